"""MT-Eval's form (Kwan et al. 2024): a dialogue a line, `conv` with the turns as `user` and `sys`. Knows no models."""

from collections.abc import Iterator
from pathlib import Path

from longplay.exchange.conversations import Conversation, Piece
from longplay.exchange.json_files import array, dumped, mapping, read_values, text
from longplay.exchange.source_files import ImportFault, Skipped


def read_mt_eval(path: Path, speaker: str | None = None) -> Iterator[Conversation | Skipped]:
    """The dialogues of a file. A reply may be empty; one that is not there makes its dialogue skipped."""
    del speaker
    for number, one in enumerate(read_values(path), start=1):
        if isinstance(one, Skipped):
            yield one
            continue
        where = one.where
        try:
            found = mapping(one.value, where)
            pieces = tuple(_pieces(array(found.get("conv"), f"{where}, conv"), where))
            about = {key: one for key, one in found.items() if key != "conv"}
            yield Conversation(f"{number:04}", where, pieces, dumped(about))
        except ImportFault as fault:
            yield Skipped(where, str(fault))


def _pieces(turns: list[object], where: str) -> Iterator[Piece]:
    for number, value in enumerate(turns, start=1):
        place = f"{where}, turn {number:,}"
        turn = mapping(value, place)
        rest = {key: one for key, one in turn.items() if key not in ("user", "sys")}
        yield Piece("user", "user", text(turn.get("user"), f"{place}, user"), extra=dumped(rest) if rest else "")
        yield Piece("assistant", "sys", text(turn.get("sys"), f"{place}, sys"))
