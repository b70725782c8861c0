"""Many numbers at once: bands that hold together, p-values of a family. Knows arrays only."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from longplay.stats.intervals import Floats

MANY_CLUSTERS = 20  # from here on the correlation between positions is estimated well enough to be used
DRAWS = 10_000


def sidak_t(df: Floats, level: float = 0.95) -> Floats:
    """Critical values of a band over all m positions: t(df) at level**(1/m) for each (Sidak 1967, JASA 62:626).

    df: (m,), NaN = no interval there, which does not count. Holds whatever the correlation between positions.
    """
    known = ~np.isnan(df)
    count = max(int(known.sum()), 1)
    return np.where(known, stdtrit(np.where(known, df, 1.0), (1 + level ** (1 / count)) / 2), np.nan)


def max_t(blocks: Sequence[Floats], df: float, seed: int, level: float = 0.95, draws: int = DRAWS) -> float:
    """The critical value of max |t| over positions, from the correlation between them by Gaussian multipliers.

    blocks: independent sources of variance, each (clusters, m): deviations of the clusters from their mean, scaled so
    that their squares sum to the variance of the estimate at each position. Each draw weights the clusters by standard
    normals and divides by sqrt(chi2(df) / df), as the errors are estimated too (Hothorn, Bretz & Westfall 2008,
    Biometrical Journal 50:346; multipliers: Chernozhukov, Chetverikov & Kato 2013, Annals of Statistics 41:2786).
    Positions without variance are left out; NaN where none has any.
    """
    variance = np.sum([np.square(block).sum(axis=0) for block in blocks], axis=0)
    used = variance > 0
    if not used.any() or not df > 0:
        return float("nan")
    rng = np.random.default_rng(seed)
    shifts = sum(rng.standard_normal((draws, len(block))) @ block[:, used] for block in blocks)
    largest = np.abs(shifts / np.sqrt(variance[used])).max(axis=1)
    largest /= np.sqrt(rng.chisquare(df, draws) / df)
    return float(np.quantile(largest, level))


def holm(p: Floats) -> Floats:
    """p-values after Holm's step-down correction (Holm 1979, Scandinavian Journal of Statistics 6:65).

    p: (k,), NaN = no test, which counts for nothing. A corrected p at or below alpha is a rejection at family-wise
    level alpha.
    """
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    stepped = p[order] * np.arange(len(order), 0, -1)
    found = np.full(len(p), np.nan)
    found[order] = np.minimum(np.maximum.accumulate(stepped), 1.0)
    return found


def equivalence_p(value: Floats, error: Floats, df: Floats, margin: float) -> Floats:
    """p of two one-sided tests that |effect| < margin: the larger of both (Schuirmann 1987, J Pharmacokin 15:657).

    NaN without an error. Without spread (error 0) it is 0 inside the margin and 1 outside.
    """
    known = ~np.isnan(value) & ~np.isnan(error) & ~np.isnan(df)
    room = margin - np.abs(value)
    ratio = np.divide(room, error, out=np.where(room > 0, np.inf, -np.inf), where=known & (error > 0))
    return np.where(known, stdtr(np.where(known, df, 1.0), -ratio), np.nan)


def first_of_last_run(passed: NDArray[np.bool_]) -> int | None:
    """The first index from which on every test passed; None where the last did not.

    Testing in a fixed order, here from the last backward, and stopping at the first failure keeps the level of each
    single test for all of them (Maurer, Hothorn & Lehmacher 1995; Wiens 2003, Pharmaceutical Statistics 2:211).
    """
    failed = np.flatnonzero(~passed)
    start = int(failed[-1]) + 1 if len(failed) else 0
    return start if start < len(passed) else None
