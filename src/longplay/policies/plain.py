"""The paper's conditioning: the persona as system message, then every round, then the user's turn."""

from functools import lru_cache

from longplay.battery import ROLE, fill_places
from longplay.records import EMPTY, Message, Prefix, Steps, Turn, View
from longplay.specs import Persona


def system_message(persona: Persona) -> str:
    """What stands in a persona's system message: its own, or else longplay's words around name and description."""
    return _words(persona.message, persona.name, persona.description)


def start(persona: Persona | None) -> Prefix:
    """What stands before the first round: a system message that gives the persona, its own or else longplay's. Nothing
    in a card is evaluated. The baseline has none."""
    return EMPTY if persona is None else _opening(persona.message, persona.name, persona.description)


@lru_cache(maxsize=64)  # every request of a dialogue asks for the same one
def _opening(message: str, name: str, description: str) -> Prefix:
    return EMPTY.extend(Message("system", _words(message, name, description)))


def _words(message: str, name: str, description: str) -> str:
    return message or fill_places(ROLE, {"role": name, "role_desc": description})


def plain(view: View) -> Steps[Turn]:
    """Persona, rounds, user turn. Makes no calls."""
    yield from ()
    return Turn(view.rounds.after(start(view.persona)), (Message("user", view.query),))
