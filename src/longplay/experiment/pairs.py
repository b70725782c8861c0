"""Which rounds are held against an earlier one: so many at each distance, alike in all dialogues. Knows no texts."""

import random
from functools import lru_cache
from itertools import pairwise

from longplay.experiment.experiment import Experiment
from longplay.judging.contradiction import LAGS
from longplay.specs import Study, StudyError

PAIRS = 8
"""Pairs of replies at each distance in one dialogue; fewer where it has fewer."""


def lags_at(study: Study, number: int) -> tuple[int, ...]:
    """The distances at which a round is the later of a pair."""
    return tuple(lag for lag in LAGS if number in later_rounds(study.seed, study.dialogues.rounds, lag))


@lru_cache(maxsize=256)
def later_rounds(seed: int, rounds: int, lag: int) -> frozenset[int]:
    """The later rounds of the pairs at a distance: one of each of PAIRS equal stretches of the dialogue, by the seed.

    All dialogues have the same, so that personas, baseline and draws are compared at equal places.
    """
    first, count = lag + 1, rounds - lag
    pairs = min(PAIRS, max(count, 0))
    chosen = random.Random(f"pairs/{seed}/{rounds}/{lag}")
    ends = [first + place * count // max(pairs, 1) for place in range(pairs + 1)]
    return frozenset(chosen.randrange(low, high) for low, high in pairwise(ends))


def check_pairs(experiment: Experiment, where: str) -> None:
    """Raises StudyError where a metric of pairs has none: the dialogues are too short, or one has no other draw."""
    rounds = experiment.study.dialogues.rounds
    for name in experiment.rounds_scored_by:
        metric, place = experiment.metrics[name], f"{where}: [judging.rounds] {name!r}"
        if metric.lag and rounds <= metric.lag:
            advice = f"set dialogues.rounds above {metric.lag}, or leave it out"
            raise StudyError(f"{place} has no pair in {rounds} rounds; {advice}.")
        if metric.across and any(experiment.other_draw(key) is None for key in experiment.dialogues()):
            advice = "set dialogues.draws and dialogues.baseline_draws to 2 or more, or leave it out"
            raise StudyError(f"{place} needs another draw of every dialogue; {advice}.")
