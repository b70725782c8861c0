"""Judge error against human labels: a stratified sample, and prediction-powered means. Arrays only, no metric's name.

Prediction-powered inference with a tuned weight (PPI++; Angelopoulos, Duchi & Zrnic 2023): the judge scores everything,
people score a sample, and the mean is lambda * judge's mean + mean of (human - lambda * judge) over the sample. Sampled
rows stand for 1 / inclusion probability others (Hajek 1971). Judge and human are summed within a cluster before their
variance is taken, so that what a dialogue's rows share is in the interval.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import stdtrit

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers

FEWEST_LABELS = 30
_LEAST_PER_STRATUM = 2
_FLAT = 1e-12


class Sample(msgspec.Struct, frozen=True, eq=False):
    """Which rows to label, and the probability with which each row could have been chosen; both (rows,)."""

    chosen: NDArray[np.bool_]
    probability: Floats


class Arm(msgspec.Struct, frozen=True, eq=False):
    """One mean to be estimated; arrays of one length, a row for each judged reply of the sampling frame.

    `judge`: the judge's score (no NaN); `human`: the label, NaN where there is none; `probability`: of being labelled,
    above 0 (of being sampled, times the share of the stratum's labels that came back); `weight`: of a row in the mean,
    on any scale; `cluster`: the dialogue of the row.
    """

    judge: Floats
    human: Floats
    probability: Floats
    weight: Floats
    cluster: Integers


class Corrected(msgspec.Struct, frozen=True):
    """A mean or contrast from judge and labels; None where it cannot be given.

    `judged`: the judge's own mean of the same rows; `labels`: labels used, in the arm that has least; `clusters`:
    dialogues; `tuning`: lambda of each arm.
    """

    value: float | None
    low: float | None
    high: float | None
    judged: float
    labels: int
    rows: int
    clusters: int
    tuning: tuple[float, ...] = ()


def draw_sample(strata: Integers, count: int, rng: Generator) -> Sample:
    """`count` rows (or all there are), shared among strata by size at least two of each (Cochran 1977, ch. 5).

    strata: (rows,) integers. Within a stratum every row has the same probability. More strata than half of `count`
    make the sample larger than asked.
    """
    names, place, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    take = _shares(sizes, count)
    chosen = np.zeros(len(strata), dtype=np.bool_)
    for number in range(len(names)):
        rows = np.flatnonzero(place == number)
        chosen[rng.choice(rows, size=int(take[number]), replace=False)] = True
    return Sample(chosen, (take / np.maximum(sizes, 1))[place])


def draw_by_arm(arms: Integers, strata: Integers, count: int, rng: Generator) -> Sample:
    """`count` rows, every arm with an equal share of them (or all it has), within arms as `draw_sample`.

    arms, strata: (rows,) integers; strata are told apart within arms. What a small arm leaves goes to the larger ones.
    """
    names, place, sizes = np.unique(arms, return_inverse=True, return_counts=True)
    chosen, probability = np.zeros(len(arms), dtype=np.bool_), np.zeros(len(arms))
    take, left = np.zeros(len(names), dtype=np.int64), count
    for done, arm in enumerate(np.argsort(sizes, kind="stable")):
        take[arm] = min(int(sizes[arm]), left // (len(names) - done))
        left -= int(take[arm])
    for arm in range(len(names)):
        rows = np.flatnonzero(place == arm)
        part = draw_sample(strata[rows], int(take[arm]), rng)
        chosen[rows], probability[rows] = part.chosen, part.probability
    return Sample(chosen, probability)


def with_returned(sample: Sample, score: Floats, back: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The probability of each row of one arm to have a label, and the scores whose labels all stayed out.

    score: (rows,), the judge's, by which the arm was stratified; back: where a label came back. The probability is that
    of being drawn times the share of the stratum's drawn rows that came back, as if which ones did were by chance. A
    stratum of which none came back is counted with the nearest that has one (collapsed strata; Cochran 1977, 5A.12).
    """
    probability, scores = sample.probability.copy(), np.unique(score)
    full = np.array([one for one in scores if back[score == one].any()])
    if not len(full):
        return probability, scores
    nearest = full[np.abs(score[:, None] - full).argmin(axis=1)]
    for one in full:
        inside = nearest == one
        drawn = sample.chosen[inside].sum()
        merged = np.mean(sample.probability[inside])  # of one stratum that of each row
        probability[inside] = merged * back[inside].sum() / drawn
    return probability, scores[~np.isin(scores, full)]


def _shares(sizes: Integers, count: int) -> Integers:
    """How many of each stratum: by size, rounded by the largest remainder, never fewer than the least."""
    least = np.minimum(sizes, _LEAST_PER_STRATUM)
    rest = max(min(count, int(sizes.sum())) - int(least.sum()), 0)
    room = sizes - least
    if rest == 0 or room.sum() == 0:
        return least.astype(np.int64)
    exact = rest * room / room.sum()
    take = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - take), kind="stable")
    take[order[: rest - int(take.sum())]] += 1
    return least + np.minimum(take, room)


def prediction_powered(arms: Sequence[Arm], signs: Sequence[float], level: float = 0.95) -> Corrected:
    """Sum of sign * mean of each arm, with Student's t interval over clusters (clusters - 1 degrees).

    One arm and sign 1: a mean; two and (1, -1): a contrast. No value where an arm has under FEWEST_LABELS labels, no
    interval under four clusters. Raises ValueError where nothing, or arrays that do not fit, are given.
    """
    if not arms or len(arms) != len(signs):
        raise ValueError(f"{len(arms)} arms need as many signs, not {len(signs)}.")
    labels = min(int(np.count_nonzero(~np.isnan(arm.human))) for arm in arms)
    rows = sum(len(arm.judge) for arm in arms)
    judged = sum(sign * _mean(arm.judge, arm.weight) for sign, arm in zip(signs, arms, strict=True))
    names, place = np.unique(np.concatenate([arm.cluster for arm in arms]), return_inverse=True)
    if labels < FEWEST_LABELS:
        return Corrected(None, None, None, judged, labels, rows, len(names))
    tuning = tuple(_tuning(arm) for arm in arms)
    parts = [_part(arm, tuned) for arm, tuned in zip(arms, tuning, strict=True)]
    value = sum(sign * mean for sign, (mean, _) in zip(signs, parts, strict=True))
    moves = np.concatenate([sign * influence for sign, (_, influence) in zip(signs, parts, strict=True)])
    sums, clusters = np.bincount(place, weights=moves), len(names)
    if clusters < FEWEST_CLUSTERS:
        return Corrected(value, None, None, judged, labels, rows, clusters, tuning)
    error = np.sqrt(clusters / (clusters - 1) * ((sums - sums.mean()) ** 2).sum())
    half = float(stdtrit(clusters - 1, (1 + level) / 2) * error)
    return Corrected(value, value - half, value + half, judged, labels, rows, clusters, tuning)


def _mean(values: Floats, weight: Floats) -> float:
    return float((values * weight).sum() / weight.sum())


def _tuning(arm: Arm) -> float:
    """How much the judge is leant on: slope of human on judge among the labelled, less the more is labelled; 0 to 1."""
    known = ~np.isnan(arm.human)
    weight = (arm.weight / arm.probability)[known]
    judge, human = arm.judge[known], arm.human[known]
    off = judge - _mean(judge, weight)
    spread = float((weight * off**2).sum())
    if spread < _FLAT:
        return 0.0
    slope = float((weight * off * (human - _mean(human, weight))).sum()) / spread
    return float(np.clip(slope / (1 + np.count_nonzero(known) / len(known)), 0.0, 1.0))


def _part(arm: Arm, tuning: float) -> tuple[float, Floats]:
    """The mean of an arm, and what each row moves it by."""
    known = ~np.isnan(arm.human)
    share = arm.weight / arm.weight.sum()
    stands_for = np.where(known, arm.weight / arm.probability, 0.0)
    stands_for /= stands_for.sum()
    error = np.where(known, arm.human - tuning * arm.judge, 0.0)
    middle, correction = float((share * arm.judge).sum()), float((stands_for * error).sum())
    influence = tuning * share * (arm.judge - middle) + stands_for * (error - correction)
    return tuning * middle + correction, influence
