"""A run's flat tables as columns of numbers, read a few thousand rows at a time. Works on any connection; interprets
nothing.

Millions of rows are read at the speed of their numbers: what many rows share (the dialogue of an answer, the judge of a
verdict) is read once, and set in each row's place afterwards.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from types import NoneType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.store.counting import BY_PEOPLE, COUNTS, FROM_VERDICTS, IN_FULL
from longplay.store.tables import NAMED, REASON, coded

_CHUNK = 4_000  # rows: what is read at once stays in the processor's cache
_REAL = frozenset(("score", "latency_s"))
_MAY_BE_NULL = frozenset(("call", "score", "prompt", "cached", "completion", "written"))


class Columns(msgspec.Struct, frozen=True, eq=False):
    """Columns of `size` rows: integers, or floats where the store has them. `gone`: where a column holds NULL, for
    those that do; the number there is 0, or NaN among floats."""

    size: int
    numbers: dict[str, NDArray[Any]]
    gone: dict[str, NDArray[np.bool_]]

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[Any]], names: Sequence[str], wanted: Sequence[str]) -> "Columns":
        """Some columns of rows that are held; a column that is not among `names` is there only where no row is."""
        numbers, gone = dict[str, NDArray[Any]](), dict[str, NDArray[np.bool_]]()
        for name in wanted:
            values = [row[names.index(name)] for row in rows]
            null = np.array([value is None for value in values], dtype=np.bool_)
            floats = any(isinstance(value, float) for value in values)
            numbers[name] = np.array([0 if value is None else value for value in values], float if floats else np.int64)
            if null.any():
                gone[name] = null
        return cls(len(rows), numbers, gone)

    def floats(self, name: str) -> NDArray[np.float64]:
        """A column as floats, NaN where it holds NULL."""
        found = self.numbers[name].astype(np.float64)
        if name in self.gone:
            found[self.gone[name]] = np.nan
        return found

    def rows(self) -> list[tuple[Any, ...]]:
        """The same as rows; NULL is None."""
        listed: list[list[Any]] = []
        for name, numbers in self.numbers.items():
            values: list[Any] = numbers.tolist()
            for place in np.flatnonzero(self.gone[name]) if name in self.gone else ():
                values[place] = None
            listed.append(values)
        return list(zip(*listed, strict=True))


class _Source(msgspec.Struct, frozen=True):
    """A table: its columns, in order; the SQL of those that its own rows have, and of the rows. `through`: own columns
    that hold the ids of another table's rows, whose columns it has too."""

    columns: tuple[str, ...]
    own: Mapping[str, str]
    rows: str
    through: Mapping[str, str] = {}


def _of(table: str, *names: str) -> dict[str, str]:
    return {name: f"{table}.{name}" for name in names}


_DIALOGUE = ("model", "persona", "script", "ord", "policy", "draw")
_CONDITION = ("checkpoint", "ask_persona", "ask_policy")
_SET = ("metric", "judge", "method", "judge_kind", "state")
_CALL = (
    *("id", "kind", "model", "reason", "finish", "empty", "prompt", "cached", "completion", "written", "attempts"),
    *("latency_s", "at", "marked", "ending", "served_by", "fingerprint"),
)
_REPLY = ("reason", "finish", "empty", "marked", "copied")
_REPLY_SQL = {
    "reason": REASON,
    "finish": "coalesce(c.finish, 0)",
    "empty": "coalesce(c.empty, 0)",
    "marked": "coalesce(c.marked, 0)",
    "copied": "s.copied",
}
_USAGE = ("prompt", "cached", "completion")
_JUDGED = (
    *("subject", "metric", "judge", "judged_as", "repeat", "status", "reason", "score", "label", "method", "part"),
)
_VERDICT_SQL = _of(
    "v", "kind", "subject", "set_id", "judged_as", "repeat", "status", "reason", "score", "label", "part"
)
_ASKED = (*_DIALOGUE, *_CONDITION, "probe", "item", "answer_draw")
_ASKED_SQL = {**_of("s", "id", "condition", "probe", "item"), "answer_draw": "s.draw"}


def _verdicts(columns: tuple[str, ...], where: str) -> _Source:
    own = {**_VERDICT_SQL, "counts": COUNTS}
    return _Source(columns, own, f"FROM {FROM_VERDICTS} WHERE {where}", {"set_id": "sets"})


def _whole(table: str, columns: tuple[str, ...], through: Mapping[str, str] = {}) -> _Source:
    return _Source(columns, _of(table, *columns), f"FROM {table} ORDER BY id", through)


_SOURCES: Mapping[str, _Source] = {
    "rounds": _Source(
        ("id", *_DIALOGUE, "round", *_REPLY, *_USAGE, "call"),
        {**_of("s", "id", "dialogue", "round", "call"), **_REPLY_SQL, **_of("c", *_USAGE)},
        "FROM rounds s LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
        {"dialogue": "dialogues"},
    ),
    "answers": _Source(
        ("id", *_ASKED, *_REPLY, "call"),
        {**_ASKED_SQL, **_REPLY_SQL, **_of("s", "call")},
        "FROM answers s LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
        {"condition": "conditions"},
    ),
    # `same`: whether the repeat has the answer's text; `again`: the repeat's call
    "repeats": _Source(
        ("id", *_ASKED, "repeat", "reason", "repeat_reason", "same", "call", "again"),
        {
            **_ASKED_SQL,
            "repeat": "n.repeat",
            "reason": REASON,
            "repeat_reason": "r.reason",
            "same": "c.text IS r.text",
            "call": "s.call",
            "again": "n.call",
        },
        "FROM journal n JOIN answers s ON s.id=n.subject LEFT JOIN calls c ON c.id=s.call JOIN calls r ON r.id=n.call "
        "WHERE n.kind=1 AND n.set_id=0 AND n.judged_as=0 AND n.part=0 AND n.repeat>0 ORDER BY s.id, n.repeat",
        {"condition": "conditions"},
    ),
    # of programs and models, those that count
    "round_verdicts": _verdicts(_JUDGED, f"v.kind=0 AND {IN_FULL}"),
    "answer_verdicts": _verdicts(_JUDGED, f"v.kind=1 AND {IN_FULL}"),
    # people's, on drawn texts
    "people_verdicts": _verdicts(("kind", *_JUDGED), BY_PEOPLE),
    # all that were ever given on rounds and answers; `counts`: see counting.py
    "verdicts": _verdicts(("kind", *_JUDGED, "judge_kind", "counts"), "v.kind<2"),
    "sets": _whole("sets", ("id", *_SET)),
    "calls": _whole("calls", _CALL),
    "dialogues": _whole("dialogues", ("id", *_DIALOGUE)),
    "conditions": _whole("conditions", ("id", "dialogue", *_CONDITION), {"dialogue": "dialogues"}),
}
TABLES: Collection[str] = _SOURCES.keys()


def columns(connection: sqlite3.Connection, name: str, wanted: Sequence[str] | None = None) -> Columns:
    """Some columns of one of TABLES, or all of them, in that order. Call it within one transaction, so that what a row
    names is there. Raises ValueError where a column holds what stands for nothing."""
    (names,) = connection.execute("SELECT count(*) FROM names").fetchone()
    order = _SOURCES[name].columns if wanted is None else tuple(wanted)
    found = _read(connection, name, order, names)
    missing = {one: found.gone[one] for one in order if one in found.gone}
    return Columns(found.size, {one: found.numbers[one] for one in order}, missing)


def _gives(name: str) -> set[str]:
    """Every column that a table has, be it through others."""
    source = _SOURCES[name]
    return set(source.own).union(*map(_gives, source.through.values()))


def _read(connection: sqlite3.Connection, name: str, wanted: Collection[str], names: int) -> Columns:
    source = _SOURCES[name]
    own, others = [one for one in source.own if one in wanted], dict[str, set[str]]()
    for key, other in source.through.items():
        there = (set(wanted) - set(own)) & _gives(other)
        if there:
            others[key] = there
    found = _own(connection, name, [*own, *(key for key in others if key not in own)], names)
    for key, there in others.items():
        rows = _read(connection, source.through[key], {*there, "id"}, names)
        place = _places(rows.numbers["id"], found.numbers[key], key)
        found.numbers.update({one: rows.numbers[one][place] for one in there})
    return found


def _places(ids: NDArray[np.int64], named: NDArray[np.int64], column: str) -> NDArray[np.int64]:
    """Where the row of each id stands; `ids` in their order."""
    place = np.searchsorted(ids, named)
    there = ids[np.minimum(place, len(ids) - 1)] == named if len(ids) else np.zeros(len(named), np.bool_)
    if not there.all():
        raise _wrong(column, named[~there].tolist()[0])
    return place


def _own(connection: sqlite3.Connection, name: str, wanted: Sequence[str], names: int) -> Columns:
    """Columns that a table's own rows have."""
    source = _SOURCES[name]
    cursor = connection.execute(f"SELECT {', '.join(source.own[one] for one in wanted)} {source.rows}")
    growing = [_Growing(one, coded(name, one, names)) for one in wanted]
    size = 0
    while chunk := cursor.fetchmany(_CHUNK):
        size += len(chunk)
        for column, values in zip(growing, zip(*chunk, strict=True), strict=True):
            column.add(values)
    numbers = {column.name: column.whole() for column in growing}
    return Columns(size, numbers, {column.name: column.missing() for column in growing if column.holes})


class _Growing:
    """A column on its way. `known`: how many numbers stand for something, where they stand for words."""

    def __init__(self, name: str, known: int | None) -> None:
        self.name, self.holes, self._known = name, False, known
        self._dtype = np.float64 if name in _REAL else np.int64
        if known is not None:
            self._dtype = np.int32 if name in NAMED else np.int8
        self._parts: list[NDArray[Any]] = [np.empty(0, self._dtype)]
        self._gone: list[NDArray[np.bool_]] = [np.empty(0, np.bool_)]

    def add(self, values: Sequence[Any]) -> None:
        """Values of further rows. Refuses what no reader could take: a number that stands for nothing, or no number."""
        found, gone = np.array(values), np.zeros(len(values), np.bool_)
        if found.dtype.kind == "O" and self.name in _MAY_BE_NULL and set(map(type, values)) <= {int, float, NoneType}:
            gone, self.holes = np.array([value is None for value in values]), True
            found = np.array([0 if value is None else value for value in values])
        if found.dtype.kind not in ("if" if self.name in _REAL else "i"):
            raise _wrong(self.name, next(value for value in values if not isinstance(value, int)))
        if self._known is not None and (found.min() < 0 or found.max() >= self._known):
            raise _wrong(self.name, found[(found < 0) | (found >= self._known)].tolist()[0])
        if self.name in _REAL and not np.isfinite(found).all():
            raise _wrong(self.name, found[~np.isfinite(found)].tolist()[0])
        found = found.astype(self._dtype)
        if self.name in _REAL:
            found[gone] = np.nan
        self._parts.append(found)
        self._gone.append(gone)

    def whole(self) -> NDArray[Any]:
        """The numbers."""
        return np.concatenate(self._parts)

    def missing(self) -> NDArray[np.bool_]:
        """Where there is none."""
        return np.concatenate(self._gone)


def _wrong(column: str, value: object) -> ValueError:
    return ValueError(f"the column {column} holds {value!r:.40}, which stands for nothing")
