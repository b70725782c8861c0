"""Tidy tables as pandas frames: the same rows and columns as the files. Knows no run and writes nothing."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from longplay.exchange.estimate_rows import Kind, Value
from longplay.exchange.tidy import CHUNK, DTYPES, TOLD, Tidy, sayable

_pandas: Any = pd  # its own annotations leave parts unknown
# columns that hold sentences, not words that rows share
PROSE = frozenset((*TOLD, "lore", "user", "reply", "title", "reasons", "warning", "note"))


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
        self._known: dict[Value, int] = {None: -1, "": -1}
        self._codes: list[Any] = [np.empty(0, np.int32)]

    def add(self, values: Sequence[Value]) -> None:
        known = self._known
        for word in dict.fromkeys(values):
            known.setdefault(word, len(known) - 2)
        self._codes.append(np.fromiter(map(known.__getitem__, values), np.int32, len(values)))

    def whole(self) -> Any:
        words = [str(sayable(word)) for word in list(self._known)[2:]]
        order = sorted(set(words))
        place = {word: number for number, word in enumerate(order)}
        moved = np.array([*(place[word] for word in words), -1], np.int32)  # the last is of -1: missing
        codes = moved[np.concatenate(self._codes)]
        return _pandas.Categorical.from_codes(codes, categories=pd.Index(order, dtype="str"))


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
