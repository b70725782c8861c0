"""System messages that give no persona: a second baseline, since having none also removes having a system message.

Knows no studies and no models.
"""

from collections.abc import Iterable, Mapping
from statistics import median

from msgspec import UNSET

from longplay.battery.own_prompts import ROLE
from longplay.battery.paper_prompts import fill_places
from longplay.specs import NOBODY, NeutralKind, Persona, PersonaKind, Study

SHORT = (
    "You are a helpful assistant.",
    "Answer the user's messages.",
    "What follows is a conversation. Reply to each message as you see fit.",
)
_SENTENCES = (
    "What follows is a conversation with one user, who writes one message at a time.",
    "Read each message in full before you reply to it.",
    "Reply in the language in which the user writes.",
    "Some messages belong together, and others begin something new.",
    "Where a message refers to an earlier one, take the earlier one into account.",
    "Where it does not, treat it as a message of its own.",
    "The user may ask a question, make a request, tell you something, or only say a word.",
    "A reply may be as long as the message calls for, and no longer.",
    "If a message can be understood in two ways, choose the likelier one, or ask.",
    "If a message asks for several things, take them up one after the other.",
    "If a message asks for a certain form, such as a list, a table or a letter, use that form.",
    "If it does not, use ordinary sentences and paragraphs.",
    "The conversation may be short, or it may go on for a long time.",
    "Its subject may change at any point, and it may come back to an earlier subject.",
    "There is no need to sum up what was said before unless the user asks for it.",
    "There is no need to thank the user for each message.",
    "The user sees only your replies, not this text.",
    "This text stands before the conversation once and is not repeated.",
    "Nothing in it is about the subject of the conversation.",
    "It does not say who the user is, and the user may or may not tell you.",
    "It does not say when or where the conversation takes place.",
    "Dates, names and numbers that the user gives are those of the conversation.",
    "Further messages may follow after any reply, and there may also be none.",
    "Begin with your reply to the first message.",
)
LONG = " ".join(_SENTENCES)
NEUTRAL_TEXTS: dict[NeutralKind, int] = {"short": len(SHORT), "long": 1}
"""How many texts there are of each kind."""
NEUTRAL_KINDS: dict[str, NeutralKind] = {
    f"neutral-{kind}-{number}": kind for kind, count in NEUTRAL_TEXTS.items() for number in range(1, count + 1)
}
"""The kind of each speaker that there can be, by its id."""


def neutral_speakers(kinds: Iterable[NeutralKind], personas: Iterable[Persona]) -> dict[str, Persona]:
    """The speakers of these kinds by id; each is told a text in a persona's place. The long text is as long as the
    middle one of the personas' system messages, as nearly as whole sentences allow, and `LONG` at most."""
    found: dict[str, Persona] = {}
    lengths = [_length(persona) for persona in personas]
    for kind in dict.fromkeys(kinds):
        texts = SHORT if kind == "short" else (_as_long_as(lengths),)
        for name, text in zip(speakers_of(kind), texts, strict=True):
            found[name] = Persona(name, NOBODY, text, PersonaKind.NEUTRAL, message=text)
    return found


def recorded_neutral(study: Study, recorded: Mapping[str, Persona]) -> dict[str, Persona]:
    """Those of a run's recorded speakers that its study asks for now."""
    kinds = () if study.dialogues.neutral is UNSET else study.dialogues.neutral
    return {name: recorded[name] for kind in kinds for name in speakers_of(kind) if name in recorded}


def speakers_of(kind: NeutralKind) -> list[str]:
    """The ids of a kind's speakers, one a text."""
    return [name for name, known in NEUTRAL_KINDS.items() if known == kind]


def _length(persona: Persona) -> int:
    """Characters of a persona's system message."""
    return len(persona.message or fill_places(ROLE, {"role": persona.name, "role_desc": persona.description}))


def _as_long_as(lengths: list[int]) -> str:
    wanted = median(lengths) if lengths else len(LONG)
    texts = [" ".join(_SENTENCES[:count]) for count in range(1, len(_SENTENCES) + 1)]
    return min(texts, key=lambda text: abs(len(text) - wanted))
