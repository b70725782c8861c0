"""Intervals on scales that end: means near an end, what alike units can hide, a new unit. Knows arrays only."""

import numpy as np
from scipy.special import betaincinv, ndtri, stdtr, stdtrit

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers

ALIKE = 1e-9  # of the scale: a standard error under it is none
DRAWS = 10_000
LEAST_SIZE = 3.0  # answers that a unit counts for at least, where skewed units make the effective size small


def korn_graubard(
    share: Floats,
    error: Floats,
    df: Floats,
    units: Integers,
    skew: Floats | None = None,
    level: float | Floats = 0.95,
) -> tuple[Floats, Floats]:
    """Low and high ends of a mean of values in 0..1: Clopper and Pearson's interval at the effective sample size.

    share, error, df: (k,) a mean over independent units, its standard error and the error's degrees of freedom; units:
    (k,) how many. The effective size is share * (1 - share) / error**2, times (z / t(df))**2 for an error that is
    estimated, so that away from the ends the interval is that of Student's t. Source: Korn and Graubard 1998, Survey
    Methodology 24:193; `svyciprop(method = "beta")` of R's survey, whose number of answers is taken as large here,
    since scores that are no yes or no carry more than one answer each. NaN where error or df is.

    skew: (k,) of the units' values. Few skewed units tell their own variance badly: df is then Satterthwaite's for the
    variance of a variance, 2 / df + 1.5 * skew**2 / units in units of its square, with the kurtosis of a gamma
    distribution of that skewness. It takes the effective size no further down than LEAST_SIZE answers a unit.

    Without any error the sample tells no effective size. At an end each unit then counts as one answer, however many
    scores it has: at level 0.95 n units leave a share of 1 - 0.025 ** (1 / n) open, the exact form of the rule of
    three. Elsewhere, and with fewer than FEWEST_CLUSTERS units, there is no interval.
    """
    usable = ~(np.isnan(share) | np.isnan(error) | np.isnan(df)) & (df > 0)
    inside = usable & (error > ALIKE) & (share > 0) & (share < 1)
    tail = np.broadcast_to((1 - np.asarray(level, float)) / 2, share.shape)
    plain = np.divide(share * (1 - share), error**2, out=np.ones_like(share), where=inside)
    df = np.where(usable, df, 1.0)
    size = plain * (ndtri(tail) / stdtrit(df, tail)) ** 2
    if skew is not None:
        less = 1 / (1 / df + 0.75 * np.nan_to_num(skew) ** 2 / np.maximum(units, 1))
        skewed = plain * (ndtri(tail) / stdtrit(less, tail)) ** 2
        size = np.maximum(skewed, np.minimum(size, LEAST_SIZE * units))
    end = usable & (error <= ALIKE) & (units >= FEWEST_CLUSTERS) & ((share <= ALIKE) | (share >= 1 - ALIKE))
    size = np.where(end, units.astype(np.float64), size)
    hits = np.where(end, np.round(np.nan_to_num(share)), np.where(inside, share, 0.5)) * size
    # a beta with a parameter of 0 is a point at that end
    low = np.where(hits > 0, betaincinv(np.where(hits > 0, hits, 1.0), size - hits + 1, tail), 0.0)
    high = np.where(size > hits, betaincinv(hits + 1, np.where(size > hits, size - hits, 1.0), 1 - tail), 1.0)
    told = inside | end
    return np.where(told, low, np.nan), np.where(told, high, np.nan)


def level_of(critical: Floats, df: Floats) -> Floats:
    """The level of the interval that is so many standard errors wide on each side, by Student's t."""
    known = ~(np.isnan(critical) | np.isnan(df))
    return np.where(known, 1 - 2 * stdtr(np.where(known, df, 1.0), -np.where(known, critical, 1.0)), np.nan)


def hidden(units: int, level: float = 0.95) -> float:
    """The largest share of all units that may differ from these, where so many were drawn and all are alike."""
    return float(1 - ((1 - level) / 2) ** (1 / units))


def missed(units: int, one_in: int) -> float:
    """How likely so many units hold none of those that are one in `one_in` of all."""
    return float((1 - 1 / one_in) ** units)


def new_unit(
    mean: Floats, spread: Floats, error: Floats, units: Integers, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Low and high ends within which a further unit lies: mean +- t(units - 1) * sqrt(spread**2 + error**2).

    spread: (k,) standard deviation between units; error: of the mean. For units whose values are normal: what is rare
    among them is in no such interval. NaN with fewer than FEWEST_CLUSTERS units, or alike ones.
    """
    usable = (units >= FEWEST_CLUSTERS) & ~np.isnan(error) & (np.nan_to_num(spread) > ALIKE)
    t = stdtrit(np.where(usable, units - 1.0, 1.0), (1 + level) / 2)
    half = np.where(usable, t * np.sqrt(np.nan_to_num(spread) ** 2 + error**2), np.nan)
    return mean - half, mean + half


def of_any_units(
    values: Floats, groups: Integers, least: Floats, most: Floats, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Low and high ends of the mean of each group, however its units may vary between `least` and `most`.

    values: (k,) of units, NaN = missing; groups: (k,) integers in 0..size-1; least, most: (size,) between which every
    unit lies, those that were not drawn too. Gaffke's bound: one more unit at an end of the scale, and the quantile of
    the mean under uniform weights (a flat Dirichlet). Where all units are alike at one value it is the share that so
    many can hide (`hidden`), at that end. Source: Gaffke 2005; Learned-Miller & Thomas 2020, arXiv:1905.06208; proved
    for yes and no, never seen to fail otherwise. Simulated with a seed of its own. NaN without any unit.
    """
    low, high = np.full(len(least), np.nan), np.full(len(least), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    known = known[np.argsort(groups[known], kind="stable")]
    counts = np.bincount(groups[known], minlength=len(least))
    tail = (1 - level) / 2
    for n in np.unique(counts[counts > 0]):
        cells = np.flatnonzero(counts == n)
        drawn = values[known[np.isin(groups[known], cells)]].reshape(len(cells), n)
        weights = np.random.default_rng(int(n)).dirichlet(np.ones(n + 1), DRAWS)
        seen = drawn @ weights[:, :n].T
        low[cells] = np.quantile(seen + least[cells, None] * weights[:, n], tail, axis=1)
        high[cells] = np.quantile(seen + most[cells, None] * weights[:, n], 1 - tail, axis=1)
    return low, high
