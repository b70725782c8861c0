"""The paper's conditioning: the persona as system message, then every round, then the user's turn."""

from functools import lru_cache

from longplay.battery import ROLE, fill_places
from longplay.records import EMPTY, Message, Prefix, Steps, Turn, View
from longplay.specs import Persona


def persona_message(persona: Persona) -> Message:
    """The system message that gives a persona: its own, else longplay's. Nothing in a card is evaluated."""
    if persona.message:
        return Message("system", persona.message)
    return Message("system", fill_places(ROLE, {"role": persona.name, "role_desc": persona.description}))


def start(persona: Persona | None) -> Prefix:
    """What stands before the first round; the baseline has no system message."""
    return EMPTY if persona is None else _opening(persona_message(persona).content)


@lru_cache(maxsize=64)  # every request of a dialogue asks for the same one
def _opening(text: str) -> Prefix:
    return EMPTY.extend(Message("system", text))


def plain(view: View) -> Steps[Turn]:
    """Persona, rounds, user turn. Makes no calls."""
    yield from ()
    return Turn(view.rounds.after(start(view.persona)), (Message("user", view.query),))
