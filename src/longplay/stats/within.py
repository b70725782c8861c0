"""Variance between repeats of the same thing, pooled over many things, a cell at a time. Knows arrays only."""

import msgspec
import numpy as np
from scipy.special import chdtri

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers, jackknife_half, unrounded


class Repeats(msgspec.Struct, frozen=True, eq=False):
    """Values (k,) that were obtained several times. `thing`: what was repeated, `unit`: the cluster it belongs to,
    `cell`: the table it counts for; codes from 0 on, a thing in one unit and one cell, a unit in one cell."""

    value: Floats
    thing: Integers
    unit: Integers
    cell: Integers


class Within(msgspec.Struct, frozen=True, eq=False):
    """Variances of a single value about its thing's mean; arrays of one length, one entry a cell.

    NaN where nothing was repeated. `low`, `high`: the interval; both 0 where no repeat differed. `df`: repeats beyond
    the first of each thing; `units`: clusters that have some; `n`: values used.
    """

    variance: Floats
    low: Floats
    high: Floats
    df: Integers
    units: Integers
    n: Integers


def within(repeats: Repeats, size: int, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Within:
    """Pooled variance within things (one-way analysis of variance), for `size` cells. NaN values are left out.

    The interval rests on units: Student's t on the log of the variance with the delete-one-unit jackknife (Efron &
    Tibshirani 1993, ch. 11), which needs no normal scores; under `fewest` units, or where one unit has all that
    differs, it is the chi-squared one.
    """
    known = ~np.isnan(repeats.value)
    value = repeats.value[known]
    thing, unit, cell = (part[known] for part in (repeats.thing, repeats.unit, repeats.cell))
    things = int(thing.max(initial=-1)) + 1
    count = np.bincount(thing, minlength=things)
    again = count[thing] > 1
    value = value[again]
    thing, unit, cell = thing[again], unit[again], cell[again]
    mean = np.bincount(thing, value, things) / np.maximum(count, 1)
    units = int(unit.max(initial=-1)) + 1
    squares = np.bincount(unit, unrounded(value - mean[thing], value) ** 2, units).astype(np.float64)
    firsts = np.bincount(unit, 1 / count[thing], units)
    df = np.rint(np.bincount(unit, minlength=units) - firsts).astype(np.int64)
    of = np.zeros(units, dtype=np.int64)
    of[unit] = cell
    used = df > 0
    found = [
        _pooled(squares[used & (of == number)], df[used & (of == number)], level, fewest) for number in range(size)
    ]
    columns = np.array(found, dtype=np.float64).reshape(size, 5)
    return Within(
        *columns[:, :3].T,
        df=columns[:, 3].astype(np.int64),
        units=columns[:, 4].astype(np.int64),
        n=np.bincount(cell, minlength=size),
    )


def unseen(repeats: float, level: float = 0.95) -> float:
    """The greatest share that `repeats` trials without a single case allow at this level: 1 - (1 - level)**(1 / n), by
    the rule of three about 3 / n (Hanley & Lippman-Hand 1983, JAMA 249:1743). 1 where there are none."""
    return float(1 - (1 - level) ** (1 / repeats)) if repeats > 0 else 1.0


def _pooled(squares: Floats, df: Integers, level: float, fewest: int) -> tuple[float, float, float, int, int]:
    """variance, low, high, df, units."""
    units, free, whole = len(df), int(df.sum()), float(squares.sum())
    if not free:
        return np.nan, np.nan, np.nan, 0, 0
    variance = whole / free
    if variance == 0:
        return 0.0, 0.0, 0.0, free, units
    rest, rest_df = whole - squares, free - df
    if units >= max(fewest, 2) and (rest_df > 0).all() and (rest > whole * 1e-9).all():
        half = jackknife_half(np.log(rest / rest_df), level)
        return variance, variance * np.exp(-half), variance * np.exp(half), free, units
    low, high = (whole / float(chdtri(free, tail)) for tail in ((1 - level) / 2, (1 + level) / 2))
    return variance, low, high, free, units
