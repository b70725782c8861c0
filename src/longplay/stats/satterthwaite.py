"""Variances that add up, and the t interval of a number that has such a variance. Knows arrays only."""

import msgspec
import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from longplay.stats.intervals import ROUNDING, Floats


class Variance(msgspec.Struct, frozen=True, eq=False):
    """Variances of estimates and their degrees of freedom; arrays of one length, NaN = not estimable."""

    variance: Floats
    df: Floats


def added(parts: ArrayLike, dfs: ArrayLike) -> Variance:
    """The sum of independent variance estimates, and its degrees of freedom.

    parts, dfs: (k, m), k parts of each of m sums; a part may be negative where a variance is a difference of mean
    squares. df = (sum of parts)**2 / sum(part**2 / df) (Satterthwaite 1946, Biometrics Bulletin 2:110; Welch 1947).
    A part of 0 counts for nothing, whatever its df. A sum that is not above 0 is 0 with the least df of its parts.
    """
    some, df = np.atleast_2d(np.asarray(parts, float)), np.atleast_2d(np.asarray(dfs, float))
    if some.shape != df.shape:
        raise ValueError(f"parts {some.shape} and their degrees of freedom {df.shape} must have one shape.")
    whole = some.sum(axis=0)
    terms = np.divide(some**2, df, out=np.zeros_like(some), where=some != 0)
    below = terms.sum(axis=0)
    least = np.where(np.isnan(df) | (df <= 0), np.inf, df).min(axis=0)
    found = np.divide(whole**2, below, out=np.where(np.isinf(least), np.nan, least), where=(below > 0) & (whole > 0))
    return Variance(np.where(whole > 0, whole, np.where(np.isnan(whole), np.nan, 0.0)), found)


def larger(one: Variance, floor: Variance) -> Variance:
    """The first variance where it is no less than the other, which is a part of it; else the other, with its df. Where
    the other is not known the first stands."""
    less = np.nan_to_num(floor.variance, nan=-np.inf) > one.variance
    return Variance(np.where(less, floor.variance, one.variance), np.where(less, floor.df, one.df))


def half_widths(error: Floats, df: Floats, level: float | Floats) -> Floats:
    """t(df) * standard error; NaN where either is NaN. level in (0, 1)."""
    usable = ~np.isnan(error) & ~np.isnan(df) & (df > 0)
    quantile = stdtrit(np.where(usable, df, 1.0), (1 + np.asarray(level)) / 2)
    return np.where(usable, quantile * error, np.nan)


def two_sided_p(value: Floats, error: Floats, df: Floats) -> Floats:
    """Two-sided p of no effect: 2 P(t(df) > |value| / error). NaN without an error, or with one that is rounding."""
    usable = ~np.isnan(value) & ~np.isnan(df) & (np.nan_to_num(error) > ROUNDING * np.abs(np.nan_to_num(value)))
    t = np.divide(np.abs(value), error, out=np.zeros_like(value, dtype=np.float64), where=usable)
    return np.where(usable, 2 * stdtr(np.where(usable, df, 1.0), -t), np.nan)
