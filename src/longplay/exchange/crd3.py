"""CRD3's form (Rameshkumar and Bailey 2020, cleaned data): turns of many speakers. Knows no models.

One speaker is the persona; what all others say between two of its turns is the user's side, each with the name.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from longplay.exchange.conversations import Conversation, Piece
from longplay.exchange.json_files import Value, array, dumped, mapping, read_values, text
from longplay.exchange.source_files import ImportFault, Skipped
from longplay.specs import plain

TOGETHER = " & "
_NAMED = 30


class _Turn(NamedTuple):
    names: tuple[str, ...]
    text: str
    extra: str


def read_crd3(path: Path, speaker: str | None = None) -> Iterator[Conversation | Skipped]:
    """The one transcript of a file, as a dialogue with `speaker`.

    The lines of a turn stay lines. What the speaker says together with others is theirs. A file is Skipped with the
    names of all speakers where `speaker` is None or says nothing alone.
    """
    for one in read_values(path):
        try:
            yield one if isinstance(one, Skipped) else _conversation(one, speaker)
        except ImportFault as fault:
            yield Skipped(one.where if isinstance(one, Value) else one.what, str(fault))


def _conversation(one: Value, speaker: str | None) -> Conversation:
    where, found = one.where, mapping(one.value, one.where)
    turns = [_turn(turn, f"{where}, turn {n:,}") for n, turn in enumerate(_turns(found, where), start=1)]
    alone = Counter(turn.names[0] for turn in turns if len(turn.names) == 1)
    if speaker is None or speaker not in alone:
        raise ImportFault(f"{where}: {_choose(speaker, alone)}")
    about = {key: value for key, value in found.items() if key != "TURNS"}
    number = "" if one.line is None else f"{one.line:04}"
    return Conversation(number, where, tuple(_piece(turn, speaker) for turn in turns), dumped(about), speaker)


def _turns(found: dict[str, object], where: str) -> list[object]:
    if "TURNS" not in found:
        raise ImportFault(f"{where}: has no `TURNS`; give a file of CRD3's cleaned data.")
    return array(found["TURNS"], f"{where}, TURNS")


def _turn(value: object, where: str) -> _Turn:
    turn = mapping(value, where)
    names = tuple(text(name, f"{where}, NAMES") for name in array(turn.get("NAMES"), f"{where}, NAMES"))
    if not names:
        raise ImportFault(f"{where}: names no speaker.")
    lines = [text(line, f"{where}, UTTERANCES") for line in array(turn.get("UTTERANCES"), f"{where}, UTTERANCES")]
    rest = {key: one for key, one in turn.items() if key not in ("NAMES", "UTTERANCES")}
    return _Turn(names, "\n".join(lines), dumped(rest) if rest else "")


def _piece(turn: _Turn, speaker: str) -> Piece:
    name = TOGETHER.join(turn.names)
    if turn.names == (speaker,):
        return Piece("assistant", "persona", turn.text, name, extra=turn.extra)
    return Piece("user", "others", turn.text, name, label=f"{name}: ", extra=turn.extra)


def _choose(speaker: str | None, alone: Counter[str]) -> str:
    shown = ", ".join(f"{plain(name, 60)} {count:,}" for name, count in alone.most_common(_NAMED))
    more = f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else ""
    missing = "" if speaker is None else f"{plain(speaker, 60)!r} never speaks alone. "
    return f"{missing}Say with --persona-speaker whose replies are judged. Speakers and turns: {shown or 'none'}{more}."
