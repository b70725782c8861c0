"""Which of a judge's rows people label: a stratified sample, and what came back. Arrays only, no metric's name."""

import msgspec
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from longplay.stats.intervals import Floats, Integers

_LEAST_PER_STRATUM = 2


class Sample(msgspec.Struct, frozen=True, eq=False):
    """Which rows to label, and the probability with which each row could have been chosen; both (rows,)."""

    chosen: NDArray[np.bool_]
    probability: Floats


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
