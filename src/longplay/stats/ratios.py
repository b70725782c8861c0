"""Ratios with their intervals: of two correlated estimates, of two means over the same units. Knows arrays only."""

import math

import msgspec
import numpy as np
from scipy.special import stdtrit

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats


class Ratio(msgspec.Struct, frozen=True):
    """part / whole and its interval; None where the whole cannot be told from 0, so that no share makes sense."""

    value: float
    low: float
    high: float


class RatioOfMeans(msgspec.Struct, frozen=True):
    """A ratio of means and its interval; None: no units or a denominator of 0, too few units for an interval."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def fieller(part: float, whole: float, covariance: tuple[float, float, float], df: float, level: float) -> Ratio | None:
    """Fieller's interval of part / whole (Fieller 1954, JRSS B 16:175).

    covariance: var(part), cov(part, whole), var(whole). All ratios r with |part - r whole| <= t(df) se(part - r whole),
    which is one stretch only where the interval of the whole excludes 0; None otherwise.
    """
    of_part, between, of_whole = covariance
    t = float(stdtrit(df, (1 + level) / 2))
    a = whole**2 - t**2 * of_whole
    if not a > 0:
        return None
    b, c = part * whole - t**2 * between, part**2 - t**2 * of_part
    root = math.sqrt(max(b**2 - a * c, 0.0))
    return Ratio(part / whole, (b - root) / a, (b + root) / a)


def ratio_of_means(over: Floats, under: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> RatioOfMeans:
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
        return RatioOfMeans(None, None, None, n)
    value = over.mean() / middle
    if n < max(fewest, 2):
        return RatioOfMeans(float(value), None, None, n)
    spread = np.sqrt(((over - value * under) ** 2).sum() / (n - 1) / n) / abs(middle)
    half = stdtrit(n - 1, (1 + level) / 2) * spread
    return RatioOfMeans(float(value), float(value - half), float(value + half), n)
