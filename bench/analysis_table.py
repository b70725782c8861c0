"""Intervals as the analysis makes them, of many planted studies in one go: each a cell. Knows no planted truth."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from coverage_planted import Floats
from longplay.analysis.frames import constant
from longplay.analysis.items import pair
from longplay.analysis.measuring import Measured, any_units_ends, measure, new_unit_ends
from longplay.analysis.over_items import with_items
from longplay.records import PLAIN, Quantity
from longplay.stats import half_widths

_NAMES = {(0.0, 1.0): "follow-strict", (1.0, 5.0): "knowledge", (0.0, 100.0): "fidelity"}
_NUMBERS = ("value", "lowest", "highest", "n", "missing", "flagged")


class Found(NamedTuple):
    """Of each study: mean, the half width of Student's t over personas, the interval's ends (NaN = none), and those
    for a further persona."""

    mean: Floats
    half: Floats
    low: Floats
    high: Floats
    new_low: Floats
    new_high: Floats


def levels(values: Floats, scale: tuple[float, float]) -> Found:
    """Of persona means (studies, personas)."""
    return _found(measure(_frame(values[..., None], scale), 0.95))


def changes(start: Floats, end: Floats, scale: tuple[float, float], *, items_too: bool = False) -> Found:
    """Of changes of items (studies, personas, items): for these items, or for items like these too."""
    later, earlier = _frame(end, scale), _frame(start, scale)
    pairs = pair(later, earlier, [name for name in later.columns if name not in _NUMBERS])
    found = measure(pairs, 0.95)
    return _found(with_items(found, pairs, "", 0.95) if items_too else found)


def whatever_they_do(start: Floats, end: Floats, scale: tuple[float, float]) -> tuple[Floats, Floats]:
    """The ends of the same changes' intervals that hold however personas vary."""
    later, earlier = _frame(end, scale), _frame(start, scale)
    found = measure(pair(later, earlier, [name for name in later.columns if name not in _NUMBERS]), 0.95)
    order = np.argsort(found.cells["position"].to_numpy())
    low, high = any_units_ends(found, 0.95)
    return low[order], high[order]


def _frame(values: Floats, scale: tuple[float, float]) -> pd.DataFrame:
    """Item means as `analysis.items` has them; a study is a position."""
    position, unit, item = (part.ravel() for part in np.indices(values.shape))
    size, flat = values.size, values.ravel()
    words = {name: constant("x", size) for name in ("source", "judge", "model", "script", "speaker")}
    ones, none = np.ones(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    return pd.DataFrame(
        {**words, "quantity": constant(Quantity(_NAMES[scale]), size), "setting": constant(PLAIN, size),
         "position": position, "unit": unit, "item": item, "value": flat, "lowest": flat, "highest": flat,
         "n": ones, "missing": none, "flagged": none}
    )  # fmt: skip


def _found(measured: Measured) -> Found:
    found = measured.found
    half = half_widths(measured.spread.sd / np.sqrt(found.n), found.n.astype(np.float64) - 1, 0.95)
    order = np.argsort(measured.cells["position"].to_numpy())
    columns = found.mean, half, found.low, found.high, *new_unit_ends(measured, 0.95)
    return Found(*(column[order] for column in columns))
