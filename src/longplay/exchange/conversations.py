"""Messages of any source to rounds: a user turn and a reply each, with every message's place kept. Knows no format."""

import json
from collections.abc import Sequence
from typing import Literal

import msgspec

from longplay.exchange.source_files import ImportFault
from longplay.records import DialogueKey
from longplay.records.transcripts import Part, Spoken, Transcript
from longplay.specs import NOBODY, USER, count_macros, fill_macros

Side = Literal["user", "assistant"]
MAX_ROUNDS = 10_000
BETWEEN = "\n\n"  # messages that one side sends in a row become one turn

NO_USER_YET = "an assistant's message before the first user turn"
NO_REPLY = "a user turn that nothing answers"
SYSTEM = "a system message; longplay sends its own, made from the persona"


class Piece(msgspec.Struct, frozen=True):
    """One message of a source. `side` None: it can stand in no round, because of `why`.

    `label`: what is put before the text in a turn, such as the speaker's name; `role` and `name` as the source has
    them; `extra`: its other fields as JSON.
    """

    side: Side | None
    role: str
    text: str
    name: str = ""
    label: str = ""
    reasoning: str = ""
    why: str = ""
    extra: str = ""


class Conversation(msgspec.Struct, frozen=True):
    """One transcript as a format reads it. `name`: its number in its file, or with a `title` (what the source calls
    it) its id; "" where it is alone there. `speaker`: whose replies they are, where the source says so."""

    name: str
    source: str
    pieces: tuple[Piece, ...]
    about: str = "{}"
    speaker: str | None = None
    title: str = ""


def with_names(conversation: Conversation, persona: str | None) -> tuple[Conversation, int]:
    """The conversation with names in the places of macros such as `{{char}}`, and how many were filled.

    `persona`: its name. The other names are those that the messages themselves bear, where one side bears one. What
    was written is kept with the message.
    """
    places = [count_macros(piece.text) for piece in conversation.pieces]
    if not any(places):
        return conversation, 0
    char = persona or _only(conversation, "assistant") or NOBODY
    user = _only(conversation, "user") or USER
    pieces = tuple(
        _filled(piece, char, user) if count else piece for piece, count in zip(conversation.pieces, places, strict=True)
    )
    return msgspec.structs.replace(conversation, pieces=pieces), sum(places)


def _only(conversation: Conversation, side: Side) -> str:
    names = {piece.name for piece in conversation.pieces if piece.side == side and piece.name}
    return names.pop() if len(names) == 1 else ""


def _filled(piece: Piece, char: str, user: str) -> Piece:
    written = f'{{"written": {json.dumps(piece.text)}'
    extra = f"{written}, {piece.extra[1:]}" if piece.extra else f"{written}}}"
    return msgspec.structs.replace(piece, text=fill_macros(piece.text, char, user), extra=extra)


class _Growing:
    """A dialogue as its pieces arrive: whole rounds, and the parts of the one under way."""

    def __init__(self) -> None:
        self.rounds: list[Spoken] = []
        self.parts: list[Part] = []
        self.user: list[Piece] = []
        self.replies: list[Piece] = []
        self.began = 0  # the first part of the round under way
        self.filled = {"user": 0, "assistant": 0}  # characters of its sides

    def take(self, piece: Piece) -> None:
        if piece.side == "user":
            if self.replies:
                self.close()
            if not self.user:
                self.began = len(self.parts)
            self._into(self.user, piece, "user")
        elif piece.side == "assistant" and self.user:
            self._into(self.replies, piece, "assistant")
        else:
            self.beside(piece, piece.why or NO_USER_YET)

    def beside(self, piece: Piece, why: str) -> None:
        done = len(self.rounds) + (1 if self.replies else 0)
        part = Part("", done, piece.role, piece.name, why=why, extra=piece.extra, text=piece.text)
        self.parts.append(part)

    def _into(self, side: list[Piece], piece: Piece, name: Literal["user", "assistant"]) -> None:
        start = self.filled[name] + (len(BETWEEN) if side else 0)
        self.filled[name] = start + len(piece.label) + len(piece.text)
        place = (start, len(piece.label), len(piece.text))
        self.parts.append(Part(name, len(self.rounds) + 1, piece.role, piece.name, *place, extra=piece.extra))
        side.append(piece)

    def close(self) -> None:
        reasoning = BETWEEN.join(piece.reasoning for piece in self.replies if piece.reasoning)
        self.rounds.append(Spoken(_joined(self.user), _joined(self.replies), reasoning))
        self.user, self.replies = [], []
        self.filled = {"user": 0, "assistant": 0}

    def end(self) -> None:
        """Close the last round; a user turn that nothing answers is kept beside."""
        if self.replies:
            self.close()
            return
        waiting = iter(self.user)
        for place in range(self.began, len(self.parts)) if self.user else ():
            if self.parts[place].side:
                piece = next(waiting)
                changes = {"side": "", "round": len(self.rounds), "text": piece.text, "why": NO_REPLY}
                self.parts[place] = msgspec.structs.replace(self.parts[place], start=0, label=0, length=0, **changes)


def _joined(pieces: Sequence[Piece]) -> str:
    return BETWEEN.join(piece.label + piece.text for piece in pieces)


def transcript(conversation: Conversation, model: str, persona: str | None) -> Transcript:
    """The conversation as a dialogue of its own script.

    Messages that one side sends in a row become one turn, a blank line between them. What cannot stand in a round is
    kept beside the rounds with the reason. Raises ImportFault where no round is left, or there are too many.
    """
    growing = _Growing()
    for piece in conversation.pieces:
        growing.take(piece)
    growing.end()
    if not growing.rounds:
        raise ImportFault(f"{conversation.source}: no user turn is answered, so there is no round in it.")
    if len(growing.rounds) > MAX_ROUNDS:
        raise ImportFault(f"{conversation.source}: {len(growing.rounds):,} rounds; at most {MAX_ROUNDS:,} are taken.")
    return Transcript(
        key=DialogueKey(model, persona, conversation.name),
        source=conversation.source,
        rounds=tuple(growing.rounds),
        parts=tuple(growing.parts),
        pieces=tuple(piece.text for piece in conversation.pieces),
        about=conversation.about,
    )
