"""What others wrote down, on its way into a run: dialogues with the place of every message, answers, verdicts."""

from typing import Literal

import msgspec

from longplay.records.keys import Cell, DialogueKey, Verdict

Side = Literal["user", "assistant", ""]


class Part(msgspec.Struct, frozen=True):
    """One message of a source and where its text went.

    `side` "user" or "assistant": into that side of `round`, from character `start` on, behind a label (the speaker's
    name) of `label` characters, `length` characters long. `side` "": kept beside the rounds as `text`, after `round`
    completed rounds, because of `why`. `role` and `name` are the source's; `extra`: its other fields as JSON.
    """

    side: Side
    round: int
    role: str
    name: str = ""
    start: int = 0
    label: int = 0
    length: int = 0
    why: str = ""
    extra: str = ""
    text: str = ""


class Spoken(msgspec.Struct, frozen=True):
    """One round as it is kept."""

    user: str
    reply: str
    reasoning: str = ""


class Transcript(msgspec.Struct, frozen=True):
    """One dialogue of a source. `source`: file and place; `about`: what else the source says of it, as JSON; `pieces`:
    the source's texts in their order, which `parts` must give back."""

    key: DialogueKey
    source: str
    rounds: tuple[Spoken, ...]
    parts: tuple[Part, ...]
    pieces: tuple[str, ...]
    about: str = "{}"
    sha256: str = ""


class AnswerSheet(msgspec.Struct, frozen=True):
    """Answers of one source file. A text is None where the source has none; why is in `absent`."""

    source: str
    answers: tuple[tuple[Cell, str | None], ...]
    absent: str = ""


class VerdictSheet(msgspec.Struct, frozen=True):
    """Verdicts of one source file, each with the judge's reply; None where only the score was published."""

    source: str
    verdicts: tuple[tuple[Verdict, str | None], ...]


Deposit = Transcript | AnswerSheet | VerdictSheet


def texts_of(parts: tuple[Part, ...], rounds: tuple[Spoken, ...]) -> list[str]:
    """The source's texts in their order, from the rounds as they are kept. Raises IndexError without a round."""
    found: list[str] = []
    for part in parts:
        if not part.side:
            found.append(part.text)
            continue
        spoken = rounds[part.round - 1]
        side = spoken.user if part.side == "user" else spoken.reply
        start = part.start + part.label
        found.append(side[start : start + part.length])
    return found


class SourceFile(msgspec.Struct, frozen=True):
    """What became of one file of a source. `what`: read, not of use here, or refused as it could not be understood;
    `why` says so in words. `texts`: messages, answers or judge replies taken from it, `characters` of them."""

    path: str
    what: Literal["read", "left", "refused"]
    why: str = ""
    texts: int = 0
    characters: int = 0
    sha256: str = ""
