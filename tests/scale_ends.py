"""Intervals on scales that end, written down another way, so that tests can compute every number themselves."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

LEVELS, SHARE = (1.0, 5.0), (0.0, 1.0)


def beta_ends(share: float, size: float, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval for `share` of so many answers, as R's svyciprop("beta") takes it."""
    tail, hits = (1 - level) / 2, share * size
    low = stats.beta.ppf(tail, hits, size - hits + 1) if share > 0 else 0.0
    high = stats.beta.ppf(1 - tail, hits + 1, size - hits) if share < 1 else 1.0
    return float(low), float(high)


def bounded(
    mean: float,
    error: float,
    df: float,
    units: Sequence[float],
    scale: tuple[float, float] = LEVELS,
    level: float = 0.95,
) -> tuple[float, float]:
    """The interval of a level with this standard error; `units`: the values whose skewness counts."""
    span, n = scale[1] - scale[0], len(units)
    share, z = (mean - scale[0]) / span, stats.norm.ppf((1 + level) / 2)
    skew = float(stats.skew(units)) if np.ptp(units) > 0 else 0.0

    def size(df: float) -> float:
        return share * (1 - share) / (error / span) ** 2 * (z / stats.t.ppf((1 + level) / 2, df)) ** 2

    skewed = size(2 / (2 / df + 1.5 * skew**2 / n))
    low, high = beta_ends(share, max(skewed, min(size(df), 3 * n)), level)
    return scale[0] + span * low, scale[0] + span * high


def of_units(values: Sequence[float], scale: tuple[float, float] = LEVELS, level: float = 0.95) -> tuple[float, float]:
    """The interval of the mean of independent units."""
    return bounded(float(np.mean(values)), float(stats.sem(values)), len(values) - 1, values, scale, level)
