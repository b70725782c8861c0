"""Do estimates corrected by people's labels hold the truth? Planted studies whose judge errs more as rounds go by, and
labels drawn by the sampler of `longplay label`; the judge's own mean beside them. Knows no run and no pipeline.

python bench/coverage_labels.py [--seed N] [--studies 2000]: a line a figure with its bar; exit 1 when a bar is missed.
`figures(seed, studies)` gives the same to a benchmark that puts several together.
"""

import sys
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bars import Figure, seeded
from longplay.stats import Arm, Sample, draw_by_arm, prediction_powered, with_returned

COVER = (93.0, 98.5)
# Levels of 1 to 5, at the first and the last checkpoint: what people would say, and by how much the judge is off.
LEVEL, BIAS = (4.0, 3.2), (0.15, 0.6)
PERSONA_SD, PACE_SD, REPLY_SD, JUDGE_SD = 0.3, 0.2, 0.8, 0.7
ITEMS = 60
KINDS = ((8, 160), (16, 240), (36, 400))  # personas, labels of both checkpoints together
LATE = 0.7  # share of labels that came back

Floats = NDArray[np.float64]
NAMES = ("first level", "last level", "change")
SIGNS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 1.0))


class Hits(NamedTuple):
    """Of each of NAMES: whether the corrected interval and the judge's own held the truth, and widths of the corrected
    one and of one from the labels alone."""

    corrected: list[bool]
    judged: list[bool]
    width: list[float]
    labels: list[float]


def figures(seed: int, studies: int = 2000) -> list[Figure]:
    """Coverage of 95 % intervals of level and change over so many studies, shared among KINDS; what the judge's own
    mean covers; and the median width over that of the same labels without the judge (no bar)."""
    rng = np.random.default_rng([seed, 8])
    truth = _truth()
    hits = [study(rng, *KINDS[number % len(KINDS)], truth) for number in range(studies)]
    found: list[Figure] = []
    for i, name in enumerate(NAMES):
        held, alone = (100 * float(np.mean([part[i] for part in parts])) for parts in _parts(hits))
        ratio = float(np.nanmedian([one.width[i] / one.labels[i] for one in hits]))
        found += [
            Figure(f"labels, {name}: covered", held, *COVER, unit=" %", of=studies),
            Figure(f"labels, {name}: the judge alone covers", alone, unit=" %", of=studies),
            Figure(f"labels, {name}: median width to that of labels alone", ratio),
        ]
    return found


def _parts(hits: list[Hits]) -> tuple[list[list[bool]], list[list[bool]]]:
    return [one.corrected for one in hits], [one.judged for one in hits]


def study(rng: np.random.Generator, personas: int, labels: int, truth: tuple[float, float]) -> Hits:
    """One study: a dialogue a persona, as many items at both checkpoints, a sample of both labelled."""
    people, judge = _scores(rng, personas)
    checkpoint = np.repeat([0, 1], personas * ITEMS)
    drawn = draw_by_arm(checkpoint, judge.astype(np.int64), labels, rng)
    back = drawn.chosen & (rng.random(len(judge)) < LATE)
    cluster = np.tile(np.repeat(np.arange(personas), ITEMS), 2)
    known, ones = np.where(back, people, np.nan), np.ones(len(judge))
    arms: list[Arm] = []
    for at in (checkpoint == 0, checkpoint == 1):
        probability, _ = with_returned(Sample(drawn.chosen[at], drawn.probability[at]), judge[at], back[at])
        arms.append(Arm(judge[at], known[at], probability, ones[at], cluster[at]))
    alone = [Arm(arm.judge, arm.judge, np.ones(len(arm.judge)), arm.weight, arm.cluster) for arm in arms]
    blind = [Arm(np.zeros_like(arm.judge), arm.human, arm.probability, arm.weight, arm.cluster) for arm in arms]
    made = [[_interval(some, signs) for signs in SIGNS] for some in (arms, alone, blind)]
    aims = [sum(sign * value for sign, value in zip(signs, truth, strict=True)) for signs in SIGNS]
    inside = [[low <= aim <= high for (low, high), aim in zip(one, aims, strict=True)] for one in made]
    widths = [[high - low for low, high in one] for one in made]
    return Hits(inside[0], inside[1], widths[0], widths[2])


def _scores(rng: np.random.Generator, personas: int) -> tuple[Floats, Floats]:
    """What people and the judge say of each reply, first checkpoint first."""
    own = PERSONA_SD * rng.standard_normal(personas)
    level = np.array(LEVEL)[:, None] + own + PACE_SD * rng.standard_normal((2, personas))
    people = _rounded(level[..., None] + REPLY_SD * rng.standard_normal((2, personas, ITEMS)))
    off = np.array(BIAS)[:, None, None] + JUDGE_SD * rng.standard_normal(people.shape)
    return people.ravel(), _rounded(people + off).ravel()


def _rounded(level: Floats) -> Floats:
    return np.clip(np.round(level), 1, 5)


def _truth() -> tuple[float, float]:
    """What people say on average over all personas and replies."""
    cuts = np.array([1.5, 2.5, 3.5, 4.5])
    sd = float(np.sqrt(PERSONA_SD**2 + PACE_SD**2 + REPLY_SD**2))
    first, last = (1 + float(stats.norm.sf((cuts - level) / sd).sum()) for level in LEVEL)
    return first, last


def _interval(arms: list[Arm], signs: tuple[float, float]) -> tuple[float, float]:
    used = [(arm, sign) for arm, sign in zip(arms, signs, strict=True) if sign]
    found = prediction_powered([arm for arm, _ in used], [sign for _, sign in used])
    return (np.nan, np.nan) if found.low is None or found.high is None else (found.low, found.high)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do estimates corrected by labels hold the truth?", 2000, least=20)


if __name__ == "__main__":
    sys.exit(main())
