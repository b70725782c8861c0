"""The paper's conditioning: the persona as system message, then every round, then the user's turn."""

from functools import lru_cache

from longplay.records import EMPTY, Message, Prefix, Steps, Turn, View
from longplay.specs import Persona

RULES = (
    "Speak as {name} would: first person, this voice, this knowledge, these views.",
    "Take up whatever the other person brings, and answer it the way {name} would.",
    "Remain {name} throughout. Do not step out of the role or speak of yourself as a language model.",
    "Let what {name} knows and has lived through shape what you say.",
)


def persona_message(persona: Persona) -> Message:
    """The system message that gives a persona. Names are put in by plain replacement; nothing is evaluated."""
    rules = "\n".join(f"- {rule.replace('{name}', persona.name)}" for rule in RULES)
    return Message("system", f"You are {persona.name}.\n\n{persona.description}\n\n{rules}")


def start(persona: Persona | None) -> Prefix:
    """What stands before the first round; the baseline has no system message."""
    return EMPTY if persona is None else _opening(persona.name, persona.description)


@lru_cache(maxsize=64)  # every request of a dialogue asks for the same one
def _opening(name: str, description: str) -> Prefix:
    return EMPTY.extend(persona_message(Persona("", name, description)))


def plain(view: View) -> Steps[Turn]:
    """Persona, rounds, user turn. Makes no calls."""
    yield from ()
    return Turn(view.rounds.after(start(view.persona)), (Message("user", view.query),))
