"""Intervals of shares, such as how often a server answers differently. Knows arrays only, not what they count."""

import msgspec
import numpy as np
from scipy.special import ndtri

from longplay.stats.intervals import Floats, Integers


class Shares(msgspec.Struct, frozen=True, eq=False):
    """Shares hits / n and their intervals, in 0..1; arrays of one length, NaN where n is 0."""

    share: Floats
    low: Floats
    high: Floats


def wilson(hits: Integers, n: Integers, level: float = 0.95) -> Shares:
    """Wilson's score interval of each share, for independent trials: usable for small n and shares of 0 or 1.

    hits, n: (k,) counts with 0 <= hits <= n; level in (0, 1). Raises ValueError where they do not fit.
    """
    if hits.shape != n.shape or hits.ndim != 1:
        raise ValueError(f"hits {hits.shape} and n {n.shape} must be one-dimensional and equally long.")
    if (hits < 0).any() or (hits > n).any():
        raise ValueError("every count of hits must lie between 0 and its n.")
    if not 0 < level < 1:
        raise ValueError(f"level {level} must lie between 0 and 1.")
    z = ndtri((1 + level) / 2)
    trials = np.where(n > 0, n, np.nan).astype(np.float64)
    share = hits / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / (1 + z**2 / trials)
    # Exactly 0 and 1 at the ends, where rounding would leave a trace.
    low = np.where(hits == 0, 0.0, centre - half)
    high = np.where(hits == n, 1.0, centre + half)
    nothing = n == 0
    return Shares(share, np.where(nothing, np.nan, low), np.where(nothing, np.nan, high))
