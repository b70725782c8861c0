"""The share that one part has in a whole, with its interval. Knows arrays only."""

import math

import msgspec
from scipy.special import stdtrit


class Ratio(msgspec.Struct, frozen=True):
    """part / whole and its interval; None where the whole cannot be told from 0, so that no share makes sense."""

    value: float
    low: float
    high: float


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
