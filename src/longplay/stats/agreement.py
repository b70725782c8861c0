"""How far two raters agree on an ordered scale: exactly, and by quadratic kappa. Arrays only, no rater's name."""

import itertools

import msgspec
import numpy as np

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers, jackknife_half

_FLAT = 1e-12


class Agreement(msgspec.Struct, frozen=True):
    """Share of rows on which both chose the same, and quadratic kappa (1 = always, 0 = as by chance); with intervals.

    None where it cannot be given: kappa where neither ever varies, intervals under four clusters.
    """

    exact: float | None
    kappa: float | None
    n: int
    clusters: int = 0
    exact_interval: tuple[float, float] | None = None
    kappa_interval: tuple[float, float] | None = None


class _Two(msgspec.Struct, frozen=True, eq=False):
    """Two raters' scores of the same rows, (rows,) each."""

    one: Floats
    other: Floats
    weight: Floats
    cluster: Integers


def agreement(one: Floats, other: Floats, weight: Floats, cluster: Integers, step: float, level: float) -> Agreement:
    """Weighted agreement of two raters; arrays of one length without NaN, `step` the distance of neighbouring scores.

    Scores within half a step are the same. Kappa is 1 - observed / expected squared distance (Cohen 1968,
    Psychological Bulletin 70:213; Fleiss & Cohen 1973). Intervals: jackknife over clusters, t(clusters - 1).
    """
    two = _Two(one, other, weight, cluster)
    sums = _sums(two, step)
    whole = _figures(sums.sum(axis=1, keepdims=True))[:, 0]
    without = _figures(sums.sum(axis=1, keepdims=True) - sums)
    clusters = sums.shape[1]
    bounds = ((0.0, 1.0), (-1.0, 1.0))
    ends = [_jackknife(float(whole[i]), without[i], level, bounds[i]) for i in (0, 1)]
    exact, kappa = (None if np.isnan(value) else float(value) for value in whole)
    return Agreement(exact, kappa, len(one), clusters, ends[0], ends[1])


def among_labellers(labels: Floats, step: float) -> Agreement:
    """Mean over all pairs of labellers of their agreement on rows that both labelled; (rows, labellers), NaN = none."""
    found: list[Floats] = []
    for i, j in itertools.combinations(range(labels.shape[1]), 2):
        both = labels[~np.isnan(labels[:, [i, j]]).any(axis=1)][:, [i, j]]
        if len(both):
            ones = np.ones(len(both))
            sums = _sums(_Two(both[:, 0], both[:, 1], ones, np.zeros(len(both), dtype=np.int64)), step)
            found.append(_figures(sums)[:, 0])
    n = int(np.count_nonzero((~np.isnan(labels)).sum(axis=1) > 1))
    if not found:
        return Agreement(None, None, n)
    exact, kappa = np.array(found).T
    known = kappa[~np.isnan(kappa)]
    return Agreement(float(exact.mean()), float(known.mean()) if len(known) else None, n)


def _sums(two: _Two, step: float) -> Floats:
    """(7, clusters): what both figures are made from, summed within clusters."""
    _, place = np.unique(two.cluster, return_inverse=True)
    same = np.abs(two.one - two.other) < step / 2
    parts = (np.ones_like(two.one), same, two.one, two.other, two.one**2, two.other**2, (two.one - two.other) ** 2)
    return np.array([np.bincount(place, weights=two.weight * part) for part in parts], dtype=np.float64)


def _figures(sums: Floats) -> Floats:
    """(2, k): exact agreement and kappa of each column of sums; NaN where undefined."""
    weight = sums[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        same, one, other, one2, other2, apart = sums[1:] / weight
        expected = one2 - one**2 + other2 - other**2 + (one - other) ** 2
        kappa = np.where(expected > _FLAT, 1 - apart / expected, np.nan)
    return np.array([np.where(weight > 0, same, np.nan), kappa])


def _jackknife(value: float, without: Floats, level: float, bounds: tuple[float, float]) -> tuple[float, float] | None:
    if len(without) < FEWEST_CLUSTERS or np.isnan(without).any():
        return None
    half = jackknife_half(without, level)
    return max(value - half, bounds[0]), min(value + half, bounds[1])
