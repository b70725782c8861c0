"""Intervals of means over independent units, many groups at a time. Knows arrays only, not what they measure."""

from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

FEWEST_CLUSTERS = 4
ROUNDING = 1e-9  # of a value: a smaller difference between sums of the same scores is none


class Intervals(msgspec.Struct, frozen=True, eq=False):
    """Means of groups and their intervals; arrays of one length, one entry a group.

    NaN in `mean`: no values; NaN in `low` and `high`: too few values for an interval. `n` counts values, `missing` the
    NaN ones among those given. `error` is the standard error of the mean and `df` its degrees of freedom, NaN with
    fewer than two values.
    """

    mean: Floats
    low: Floats
    high: Floats
    n: Integers
    missing: Integers
    error: Floats
    df: Floats


def t_intervals(
    values: Floats, groups: Integers, size: int, level: float = 0.95, fewest: int = FEWEST_CLUSTERS
) -> Intervals:
    """Student's t interval of the mean of each group: mean +- t(n - 1) * sd / sqrt(n).

    values: (k,), NaN = missing; groups: (k,) integers in 0..size-1; level in (0, 1). A group with fewer than `fewest`
    values gets no interval (at least 2 are needed). Raises ValueError where the arrays do not fit.
    """
    if values.shape != groups.shape or values.ndim != 1:
        raise ValueError(f"values {values.shape} and groups {groups.shape} must be one-dimensional and equally long.")
    if not 0 < level < 1:
        raise ValueError(f"level {level} must lie between 0 and 1.")
    known = ~np.isnan(values)
    found, where = values[known], groups[known]
    n = np.bincount(where, minlength=size)
    missing = np.bincount(groups[~known], minlength=size)
    sums = np.bincount(where, weights=found, minlength=size).astype(np.float64)  # integers where nothing is known
    mean = np.divide(sums, n, out=np.full(size, np.nan), where=n > 0)
    squares = np.bincount(where, weights=unrounded(found - mean[where], found) ** 2, minlength=size)
    several = n >= 2
    df = np.where(several, n - 1.0, np.nan)
    error = np.full(size, np.nan)
    error[several] = np.sqrt(squares[several] / df[several] / n[several])
    half = np.full(size, np.nan)
    enough = n >= max(fewest, 2)
    half[enough] = stdtrit(df[enough], (1 + level) / 2) * error[enough]
    return Intervals(mean, mean - half, mean + half, n, missing, error, df)


def unrounded(differences: Floats, values: Floats) -> Floats:
    """The differences, those that are nothing but rounding of values of this size as 0."""
    most = float(np.abs(values).max(initial=0.0, where=~np.isnan(values)))
    return np.where(np.abs(differences) <= ROUNDING * max(most, 1.0), 0.0, differences)


def jackknife_half(without: Floats, level: float = 0.95) -> float:
    """Half width of Student's t interval, units - 1 degrees, from the estimates without each unit in turn.

    without: (units,), at least two, no NaN. Source: Efron & Tibshirani 1993, An Introduction to the Bootstrap, ch. 11.
    """
    units = len(without)
    error = np.sqrt((units - 1) / units * ((without - without.mean()) ** 2).sum())
    return float(stdtrit(units - 1, (1 + level) / 2) * error)
