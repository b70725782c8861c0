"""Ratio of two means over the same independent units. Knows arrays only, not what they measure."""

import msgspec
import numpy as np
from scipy.special import stdtrit

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats


class Ratio(msgspec.Struct, frozen=True):
    """A ratio of means and its interval; None: no units or a denominator of 0, too few units for an interval."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def ratio_of_means(over: Floats, under: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Ratio:
    """mean(over) / mean(under), with Student's t interval of the linearised ratio (Cochran 1977, section 6.4).

    over, under: (units,), a unit with a NaN counts for neither. Unlike a mean of ratios it has a value where single
    units have a denominator of 0, and units weigh by what they have. Raises ValueError where the arrays do not fit.
    """
    if over.shape != under.shape or over.ndim != 1:
        raise ValueError(f"over {over.shape} and under {under.shape} must be one-dimensional and equally long.")
    known = ~(np.isnan(over) | np.isnan(under))
    over, under, n = over[known], under[known], int(known.sum())
    middle = under.mean() if n else 0.0
    if middle == 0:
        return Ratio(None, None, None, n)
    value = over.mean() / middle
    if n < max(fewest, 2):
        return Ratio(float(value), None, None, n)
    spread = np.sqrt(((over - value * under) ** 2).sum() / (n - 1) / n) / abs(middle)
    half = stdtrit(n - 1, (1 + level) / 2) * spread
    return Ratio(float(value), float(value - half), float(value + half), n)
