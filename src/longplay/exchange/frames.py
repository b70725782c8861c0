"""Tidy tables as pandas frames: the same rows and columns as the files. Knows no run and writes nothing."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from longplay.exchange.estimate_rows import Kind, Value
from longplay.exchange.stored import CHUNK, Part, Stored
from longplay.exchange.tidy import DTYPES, TOLD, Tidy, sayable

_pandas: Any = pd  # its own annotations leave parts unknown
# columns that hold sentences, not words that rows share
PROSE = frozenset((*TOLD, "lore", "user", "reply", "title", "reasons", "warning", "note"))


def stored_frame(table: Stored) -> pd.DataFrame:
    """The rows of a table that a run holds, as `frame` gives them; its columns are never rows of plain values."""
    parts = {part.name: _of_part(part) for part in table.parts}
    said: list[list[Any]] = [[] for _ in table.texts]
    for texts in () if table.said is None else table.said():
        for column, text in zip(said, texts, strict=True):
            column.append(sayable(text))
    prose = {name: pd.Series(column, dtype="str") for name, column in zip(table.texts, said, strict=True)}
    names = list(parts)
    order = [*names[: table.before], *prose, *names[table.before :]]
    return pd.DataFrame({name: parts[name] if name in parts else prose[name] for name in order}, copy=False)


def _of_part(part: Part) -> Any:
    if part.words is not None:
        return _categorical(part.words, part.numbers)
    if part.kind == "flag":
        return part.numbers != 0
    if part.kind == "number":
        return part.numbers
    gone = np.zeros(len(part.numbers), np.bool_) if part.gone is None else part.gone
    return pd.arrays.IntegerArray(part.numbers.astype(np.int64), gone)


def _categorical(words: Sequence[Value], codes: np.ndarray[Any, Any]) -> Any:
    """Words by number, as categories in alphabetical order: those that a row holds. None and "" are missing."""
    said = [str(sayable(word)) if word else "" for word in words]
    held = np.flatnonzero(np.bincount(codes, minlength=len(words))).tolist()
    order = sorted({said[number] for number in held} - {""})
    place = {"": -1, **{word: number for number, word in enumerate(order)}}
    moved = np.array([place.get(word, -1) for word in said], np.int32)
    return _pandas.Categorical.from_codes(moved[codes], categories=pd.Index(order, dtype="str"))


def frame(table: Tidy) -> pd.DataFrame:
    """The rows of a table. Words are categories, in alphabetical order, missing where the files are empty; whole
    numbers are Int64, so that they may be missing; prose is text."""
    growing = [_Words() if one.kind == "text" and one.name not in PROSE else _Values(one.kind) for one in table.columns]
    rows = iter(table.rows)
    while chunk := list(islice(rows, CHUNK)):
        for column, values in zip(growing, zip(*chunk, strict=True), strict=True):
            column.add(values)
    return pd.DataFrame({one.name: column.whole() for one, column in zip(table.columns, growing, strict=True)})


class _Words:
    """A column of words on its way: a number a word."""

    def __init__(self) -> None:
        self._known: dict[Value, int] = {}
        self._codes: list[Any] = [np.empty(0, np.int32)]

    def add(self, values: Sequence[Value]) -> None:
        known = self._known
        for word in dict.fromkeys(values):
            known.setdefault(word, len(known))
        self._codes.append(np.fromiter(map(known.__getitem__, values), np.int32, len(values)))

    def whole(self) -> Any:
        codes = np.concatenate(self._codes)
        return _categorical(list(self._known), codes)


class _Values:
    """A column of numbers, flags or prose on its way."""

    def __init__(self, kind: Kind) -> None:
        self._dtype: Any = "str" if kind == "text" else DTYPES[kind]
        self._parts: list[Any] = []

    def add(self, values: Sequence[Value]) -> None:
        said = list(map(sayable, values)) if self._dtype == "str" else list(values)
        self._parts.append(pd.Series(said, dtype=self._dtype))

    def whole(self) -> Any:
        return pd.concat(self._parts, ignore_index=True) if self._parts else pd.Series([], dtype=self._dtype)
