"""Rows of the release to complete arrays over the paper's conditions. Knows no formats of single files.

What is not complete is refused and named: the paper's forms know no missing cell.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from longplay.exchange.release_names import (
    MODELS,
    PERSONAS,
    IncompleteError,
    ReleaseError,
    ReleaseName,
    parse_name,
    read_role,
)
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, Cells

_NAMED = 3
_MOST_FIELD = 2**24  # characters of a judge's reply


class Place(NamedTuple):
    """Where a row belongs; `persona` None = the baseline, `judged_as` the persona it was judged against."""

    model: str
    persona: str | None
    judged_as: str | None
    script: str
    position: int

    def __str__(self) -> str:
        who = self.persona or "the baseline" + (f" judged as {self.judged_as}" if self.judged_as else "")
        return f"{self.model}, {who}, {self.script}, {self.position}"


# Scores of a place by their item.
Found: TypeAlias = dict[Place, dict[int, float]]


class Row(NamedTuple):
    """One row of a CSV file, read strictly: every method raises ReleaseError with the file and the line."""

    path: Path
    line: int
    fields: Mapping[str, str]

    def fault(self, text: str) -> ReleaseError:
        return ReleaseError(f"{self.path}, line {self.line}: {text}")

    def count(self, column: str) -> int:
        """A whole number from 0 on."""
        text = self.fields[column]
        if not (text.isascii() and text.isdigit()):
            raise self.fault(f"{column} is {text!r}, no whole number.")
        return int(text)

    def score(self, column: str, words: Mapping[str, float]) -> float:
        """What a word stands for."""
        text = self.fields[column]
        if text not in words:
            raise self.fault(f"{column} is {text!r}; known: {', '.join(words)}.")
        return words[text]

    def name(self) -> ReleaseName:
        """What the file name in `role` says."""
        try:
            return parse_name(self.fields["role"])
        except ReleaseError as fault:
            raise self.fault(str(fault)) from fault

    def persona(self) -> str | None:
        """The persona in `role`, None for the baseline."""
        try:
            return read_role(self.fields["role"])
        except ReleaseError as fault:
            raise self.fault(str(fault)) from fault


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV file. Raises ReleaseError where a column is not there or a row has other fields."""
    csv.field_size_limit(_MOST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, list[str]())
            absent = [column for column in columns if column not in header]
            if absent:
                raise ReleaseError(f"{path} has no column {', '.join(absent)}.")
            for fields in reader:
                if len(fields) != len(header):
                    raise ReleaseError(f"{path}, line {reader.line_num}: {len(fields)} fields, not {len(header)}.")
                yield Row(path, reader.line_num, dict(zip(header, fields, strict=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise ReleaseError(f"{path} cannot be read: {fault}") from fault


def put(found: Found, place: Place, item: int, score: float) -> None:
    """Add a score; the same item twice is an error."""
    items = found.setdefault(place, {})
    if item in items:
        raise ReleaseError(f"{place}: item {item} stands there twice.")
    items[item] = score


def assemble(path: Path, found: Found, positions: Sequence[int], one_item: bool = False) -> Cells:
    """Scores as an array of all models by all personas. Raises IncompleteError naming what is missing.

    A baseline judged against every persona has an axis of personas, else one of 1. `one_item`: no axis of items. Raises
    ReleaseError for what is no condition of the paper.
    """
    judged = any(place.judged_as for place in found)
    personas = [[(name, None) for name in PERSONAS], [(None, name) for name in (PERSONAS if judged else (None,))]]
    grids = [
        [
            Place(model, *who, script, position)
            for model, who, script, position in product(MODELS, whos, SCRIPTS, positions)
        ]
        for whos in personas
    ]
    _complete(path, found, [place for grid in grids for place in grid])
    width = max(map(len, found.values()))
    arrays = [_array(path, found, grid, width).reshape(len(MODELS), -1, 2, len(positions), width) for grid in grids]
    values, baseline = (array[..., 0] for array in arrays) if one_item else arrays
    return Cells(MODELS, PERSONAS, tuple(positions), values, baseline)


def _complete(path: Path, found: Mapping[Place, object], places: Sequence[Place]) -> None:
    over = sorted(set(found) - set(places), key=str)
    if over:
        raise ReleaseError(f"{path} has more than the paper's conditions: {_some(over)}.")
    missing = [place for place in places if place not in found]
    if missing:
        raise IncompleteError(f"{path} is not complete: {_some(missing)} not there.")


def _some(places: Sequence[Place]) -> str:
    named = "; ".join(map(str, places[:_NAMED]))
    return named + (f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else "")


def _array(path: Path, found: Found, places: Sequence[Place], width: int) -> Floats:
    """(places, width), NaN after the last item. A persona has the same items everywhere, without gaps."""
    array = np.full((len(places), width), np.nan)
    sizes: dict[str | None, int] = {}
    for row, place in enumerate(places):
        items = found[place]
        size = sizes.setdefault(place.persona or place.judged_as, len(items))
        if len(items) != size or set(items) != set(range(size)):
            raise IncompleteError(f"{path}: {place} has {len(items)} items; {size} without gaps were expected.")
        array[row, :size] = [items[item] for item in range(size)]
    return array
