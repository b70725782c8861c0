"""A judge's mean corrected by people's labels: prediction-powered means. Arrays only, no metric's name.

Prediction-powered inference with a tuned weight (PPI++; Angelopoulos, Duchi & Zrnic 2023): the judge scores everything,
people score a sample, and the mean is lambda * judge's mean + mean of (human - lambda * judge) over the sample. Sampled
rows stand for 1 / inclusion probability others (Hajek 1971). Judge and human are summed within a cluster before their
variance is taken, so that what a dialogue's rows share is in the interval. The correction rests on the clusters that
have labels, the judge's mean on all. Where few labels differ from the judge, lambda is 1 and the interval takes in what
the judge's errors can still be (`rare_errors`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from scipy.special import stdtrit

from longplay.stats.bounded import korn_graubard
from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers
from longplay.stats.rare_errors import Room, rarely_wrong, room

FEWEST_LABELS = 30
_FLAT = 1e-12


class Arm(msgspec.Struct, frozen=True, eq=False):
    """One mean to be estimated; arrays of one length, a row for each judged reply of the sampling frame.

    `judge`: the judge's score (no NaN); `human`: the label, NaN where there is none; `probability`: of being labelled,
    above 0 (of being sampled, times the share of the stratum's labels that came back); `weight`: of a row in the mean,
    on any scale; `cluster`: the dialogue of the row; `ends` of the scale, where None the least and greatest score.
    """

    judge: Floats
    human: Floats
    probability: Floats
    weight: Floats
    cluster: Integers
    ends: tuple[float, float] | None = None


class Corrected(msgspec.Struct, frozen=True):
    """A mean or contrast from judge and labels; None where it cannot be given.

    `judged`: the judge's own mean of the same rows; `labels`: labels used, in the arm that has least; `clusters`:
    dialogues; `labelled`: those with labels, in the arm that has least; `tuning`: lambda of each arm; `rare`: whether
    an arm has few labels that differ from the judge.
    """

    value: float | None
    low: float | None
    high: float | None
    judged: float
    labels: int
    rows: int
    clusters: int
    labelled: int = 0
    tuning: tuple[float, ...] = ()
    rare: bool = False


def prediction_powered(arms: Sequence[Arm], signs: Sequence[float], level: float = 0.95) -> Corrected:
    """Sum of sign * mean of each arm, with an interval over clusters.

    One arm and sign 1: a mean; two and (1, -1): a contrast. No value where an arm has under FEWEST_LABELS labels, no
    interval under four clusters with labels, or without width. Student's t, clusters with labels - 1 degrees, of a
    level on a scale with ends Korn and Graubard's interval; what rare errors can still be is added in squares (Zou &
    Donner 2008, Statistics in Medicine 27:1693). Raises ValueError where nothing, or arrays that do not fit, are given.
    """
    if not arms or len(arms) != len(signs):
        raise ValueError(f"{len(arms)} arms need as many signs, not {len(signs)}.")
    known = [~np.isnan(arm.human) for arm in arms]
    labels = min(int(np.count_nonzero(one)) for one in known)
    labelled = min(len(np.unique(arm.cluster[one])) for arm, one in zip(arms, known, strict=True))
    rows = sum(len(arm.judge) for arm in arms)
    judged = sum(sign * _mean(arm.judge, arm.weight) for sign, arm in zip(signs, arms, strict=True))
    names, place = np.unique(np.concatenate([arm.cluster for arm in arms]), return_inverse=True)
    if labels < FEWEST_LABELS:
        return Corrected(None, None, None, judged, labels, rows, len(names), labelled)
    parts = [_part(arm, level) for arm in arms]
    rare = any(part.room is not None for part in parts)
    value = sum(sign * part.mean for sign, part in zip(signs, parts, strict=True))
    found = Corrected(
        value, None, None, judged, labels, rows, len(names), labelled, tuple(part.tuning for part in parts), rare
    )
    if labelled < FEWEST_CLUSTERS:
        return found
    moves = [sign * np.stack(part.moves) for sign, part in zip(signs, parts, strict=True)]
    error, skew = _error(moves, place, labelled)
    half, ends = float(stdtrit(labelled - 1, (1 + level) / 2)) * error, arms[0].ends
    inner, reach = (value - half, value + half), _reach(arms, signs)
    if len(arms) == 1 and signs[0] == 1 and ends is not None and (half > _FLAT or not rare):
        inner = _of_level(value, error, skew, labelled, ends, level)
    below, above = _rooms(parts, signs)
    low = max(value - float(np.hypot(value - inner[0], below)), reach[0])
    high = min(value + float(np.hypot(inner[1] - value, above)), reach[1])
    return found if high - low < _FLAT else msgspec.structs.replace(found, low=low, high=high)


class _Part(NamedTuple):
    """The mean of an arm; what each row moves it by, as the judge's and as a label's; and what rare errors leave."""

    mean: float
    tuning: float
    moves: tuple[Floats, Floats]
    room: Room | None


def _of_level(
    value: float, deviation: float, skew: float, units: int, ends: tuple[float, float], level: float
) -> tuple[float, float]:
    """Korn and Graubard's interval of a level on its scale; the value itself where that gives none."""
    span = ends[1] - ends[0]
    place = float(np.clip((value - ends[0]) / span, 0, 1))
    share, error, df = (np.array([number]) for number in (place, deviation / span, units - 1.0))
    low, high = korn_graubard(share, error, df, np.array([units]), np.array([skew]), level)
    if np.isnan(low[0]):
        return value, value
    return min(ends[0] + span * float(low[0]), value), max(ends[0] + span * float(high[0]), value)


def _reach(arms: Sequence[Arm], signs: Sequence[float]) -> tuple[float, float]:
    """How far a sum of levels can go; without end where a scale is not known."""
    low = high = 0.0
    for arm, sign in zip(arms, signs, strict=True):
        ends = (-np.inf, np.inf) if arm.ends is None else arm.ends
        least, most = sorted((sign * ends[0], sign * ends[1]))
        low, high = low + least, high + most
    return low, high


def _error(moves: Sequence[Floats], place: Integers, labelled: int) -> tuple[float, float]:
    """The standard error over clusters, and their skewness. moves: of each arm (2, rows), the judge's part and the
    correction."""
    both = np.concatenate(moves, axis=1)
    clusters = int(place.max()) + 1
    sums = [np.bincount(place, weights=one).astype(np.float64) for one in (both[1], both[0] + both[1])]
    correction, whole = map(_variance, sums)
    whole += correction * ((1 - 1 / clusters) / (1 - 1 / labelled) - 1)  # labels of some clusters alone
    second = float((sums[1] ** 2).mean())
    return float(np.sqrt(whole)), float((sums[1] ** 3).mean()) / second**1.5 if second > 0 else 0.0


def _variance(sums: Floats) -> float:
    return len(sums) / (len(sums) - 1) * float((sums**2).sum())  # moves are from a mean: they sum to 0


def _rooms(parts: Sequence[_Part], signs: Sequence[float]) -> tuple[float, float]:
    """How far below and above the sum what is rare can lie."""
    sides = [
        (abs(sign) * part.room.below, abs(sign) * part.room.above)[:: 1 if sign > 0 else -1]
        for sign, part in zip(signs, parts, strict=True)
        if part.room is not None
    ]
    return float(np.hypot.reduce([low for low, _ in sides])), float(np.hypot.reduce([high for _, high in sides]))


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


def _part(arm: Arm, level: float) -> _Part:
    known = ~np.isnan(arm.human)
    rare = not known.all() and rarely_wrong(arm.judge[known], arm.human[known])
    tuning = 1.0 if rare else _tuning(arm)
    share = arm.weight / arm.weight.sum()
    stands_for = np.where(known, arm.weight / arm.probability, 0.0)
    stands_for /= stands_for.sum()
    error = np.where(known, arm.human - tuning * arm.judge, 0.0)
    middle, correction = float((share * arm.judge).sum()), float((stands_for * error).sum())
    moves = tuning * share * (arm.judge - middle), stands_for * (error - correction)
    if not rare:
        return _Part(tuning * middle + correction, tuning, moves, None)
    low, high = arm.ends or _ends(arm)
    most = arm.judge - low, high - arm.judge
    left = room(error[known], stands_for[known], arm.cluster[known], most, level)
    return _Part(middle + correction, tuning, (moves[0], np.zeros_like(moves[1])), left)


def _ends(arm: Arm) -> tuple[float, float]:
    scores = np.concatenate([arm.judge, arm.human[~np.isnan(arm.human)]])
    return float(scores.min()), float(scores.max())
