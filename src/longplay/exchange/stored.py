"""Rounds, answers and verdicts of a run, column by column: numbers, and the words that they stand for. Knows no files
and no frames."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.battery import NEUTRAL_KINDS
from longplay.exchange.estimate_rows import KINDS, Kind, Value
from longplay.records.places import NEUTRAL
from longplay.store import Reader
from longplay.store.columns import Columns
from longplay.store.rows import text_of
from longplay.store.schema import FINISH_CODES, FINISH_WORDS, JUDGE_WORDS, REASON_WORDS, STATUS_WORDS, SUBJECT_KINDS
from longplay.store.tables import NAMED

CHUNK = 50_000  # rows that are plain values at once
_CODES: Mapping[str, Mapping[int, str | None]] = {
    "reason": REASON_WORDS,
    "finish": FINISH_WORDS,
    "status": STATUS_WORDS,
    "kind": {code: f"{kind}s" for code, kind in enumerate(SUBJECT_KINDS)},
    "judge_kind": JUDGE_WORDS,
}
# columns that tables call otherwise than people do
_TITLES = {
    "ord": "order",
    "draw": "replicate",
    "answer_draw": "answer_replicate",
    "policy": "play_policy",
    "empty": "empty_reply",
    "marked": "marked_reply",
    "copied": "copied_reply",
    "prompt": "prompt_tokens",
    "cached": "cached_tokens",
    "completion": "completion_tokens",
    "kind": "on",
    "subject": "subject_id",
}
_FLAGS = frozenset(("empty", "marked", "copied", "counts"))
_INTERNAL = frozenset(("call",))
TEXTS = {"rounds": ("user", "reply"), "answers": ("reply",)}
VERDICTS = "verdicts"


class Part(msgspec.Struct, frozen=True, eq=False):
    """A column: numbers, none where `gone`; or words, each number the place of its own in `words`."""

    name: str
    kind: Kind
    numbers: NDArray[Any]
    gone: NDArray[np.bool_] | None = None
    words: Sequence[str | None] | None = None

    def values(self, first: int, last: int) -> Iterable[Value]:
        """Some rows as plain values."""
        numbers: list[Any] = self.numbers[first:last].tolist()
        if self.words is not None:
            return map(self.words.__getitem__, numbers)
        if self.kind == "flag":
            return map(bool, numbers)
        for place in () if self.gone is None else np.flatnonzero(self.gone[first:last]):
            numbers[place] = None
        return numbers


class Stored(msgspec.Struct, frozen=True, eq=False):
    """A table of `size` rows. `said` gives the texts of each row, by the names of `texts`, after `before` parts."""

    name: str
    size: int
    parts: tuple[Part, ...]
    texts: tuple[str, ...] = ()
    said: Callable[[], Iterator[Sequence[str | None]]] | None = None
    before: int = 0

    def rows(self) -> Iterator[Sequence[Value]]:
        """The rows as plain values, those of the parts before the texts first."""
        said = repeat(()) if self.said is None else self.said()
        for first in range(0, self.size, CHUNK):
            values = zip(*(part.values(first, first + CHUNK) for part in self.parts), strict=True)
            for row, texts in zip(values, said, strict=False):
                yield (*row[: self.before], *texts, *row[self.before :])


def stored(reader: Reader, name: str, facts: Mapping[str, int | bool], *, texts: bool) -> Stored:
    """rounds, answers or verdicts, of which `subject_id` is the `id` of the table that `on` names. `facts` stand in
    every row; `texts`: also what was said. Raises StoreError where the run is damaged."""
    found = reader.columns(name)
    names = [word or None for word in reader.names()]
    parts = [_part(column, found, names) for column in found.numbers if column not in _INTERNAL]
    if name != VERDICTS:
        persona, finish = found.numbers["persona"], found.numbers["finish"]
        told = {name: 2 + list(NEUTRAL).index(NEUTRAL_KINDS[name]) for name in reader.documents("neutral")}
        speaker = np.array([told.get(word or "", int(word is not None)) for word in names], dtype=np.int8)
        words = ("baseline", "persona", *NEUTRAL.values())
        parts.append(Part("condition", "text", speaker[persona], words=words))
        parts.append(Part("truncated", "flag", finish == FINISH_CODES["length"]))
    every = (*parts, *(_fact(fact, value, found.size) for fact, value in facts.items()))
    titles = TEXTS.get(name, ()) if texts else ()
    ids = found.numbers["id"] if titles else np.empty(0, np.int64)

    def said() -> Iterator[Sequence[str | None]]:
        return _aligned(ids.tolist(), reader.texts(name), len(titles))

    return Stored(name, found.size, every, titles, said if titles else None, len(parts))


def _part(column: str, found: Columns, names: Sequence[str | None]) -> Part:
    title, numbers = _TITLES.get(column, column), found.numbers[column]
    if column in NAMED:
        return Part(title, "text", numbers, words=names)
    if column in _CODES:
        words = _CODES[column]
        return Part(title, "text", numbers, words=[words[code] for code in range(len(words))])
    if column in _FLAGS:
        return Part(title, "flag", numbers)
    return Part(title, "number" if column == "score" else "integer", numbers, found.gone.get(column))


def _fact(name: str, value: int | bool, size: int) -> Part:
    return Part(name, KINDS[type(value)], np.broadcast_to(np.asarray(value), size))


def _aligned(ids: Sequence[int], said: Iterable[Sequence[Any]], many: int) -> Iterator[Sequence[str | None]]:
    """The texts of these rows, both in the order of ids. Texts are read later, so that a growing run may have more."""
    waiting = iter(said)
    texts: Sequence[Any] | None = next(waiting, None)
    for number in ids:
        while texts is not None and texts[0] < number:
            texts = next(waiting, None)
        found = texts[1:] if texts is not None and texts[0] == number else (None,) * many
        yield [None if text is None else text_of(text) for text in found]
