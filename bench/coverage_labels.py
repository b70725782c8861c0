"""Do estimates corrected by people's labels hold the truth? Planted studies whose judge errs more as rounds go by, or
rarely, and labels drawn by the sampler of `longplay label` that come back by chance or of some personas alone; the
judge's own mean beside them. Knows no run and no pipeline.

python bench/coverage_labels.py [--seed N] [--studies 3000]: a line a figure with its bar; exit 1 when a bar is missed.
`figures(seed, studies)` gives the same to a benchmark that puts several together.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bars import Figure, seeded
from longplay.stats import Arm, Sample, draw_by_arm, prediction_powered, with_returned

STUDIES = 3000  # shared among PROCESSES
COVER = (93.0, 98.5)
COVER_RARE = (93.0, 99.9)  # bounds of few errors are exact, so that they hold more often
TOLD = 95.0  # per cent of studies that have an interval, at least
# Levels of 1 to 5, at the first and the last checkpoint: what people would say, and by how much the judge is off.
LEVEL, BIAS = (4.0, 3.2), (0.15, 0.6)
PERSONA_SD, PACE_SD, REPLY_SD, JUDGE_SD = 0.3, 0.2, 0.8, 0.7
RARE = (0.01, 0.03)  # share of replies that the judge gets wrong, first and last checkpoint
REFUSED = (-1.0, -0.6)  # logits of the share refused
ITEMS = 60
LATE = 0.7  # share of labels that came back

Floats = NDArray[np.float64]
Scores = Callable[[np.random.Generator, int], tuple[Floats, Floats]]
NAMES = ("first level", "last level", "change")
SIGNS = ((1.0, 0.0), (0.0, 1.0), (-1.0, 1.0))


class Process(NamedTuple):
    """`scores`: what people and the judge say, (2, personas, ITEMS) each; `ends` of the scale; `kinds`: personas and
    labels of both checkpoints together, in turn; `labelling`: personas whose labels come back, None: all."""

    name: str
    scores: Scores
    ends: tuple[float, float]
    truth: tuple[float, float]
    kinds: tuple[tuple[int, int], ...]
    labelling: int | None = None
    earlier: str = ""
    cover: tuple[float, float] = COVER


class Hits(NamedTuple):
    """Of each of NAMES: whether the corrected interval (None: there is none) and the judge's own held the truth, and
    widths of the corrected one and of one from the labels alone."""

    corrected: list[bool | None]
    judged: list[bool | None]
    width: list[float]
    labels: list[float]


def figures(seed: int, studies: int = STUDIES) -> list[Figure]:
    """Coverage of 95 % intervals of level and change over so many studies, shared among PROCESSES; how many have one;
    what the judge's own mean covers; and the median width over that of the same labels without the judge (no bar)."""
    rng = np.random.default_rng([seed, 8])
    share = max(studies // len(PROCESSES), 1)
    return [
        figure
        for process in PROCESSES
        for figure in _of_process(
            process, [study(rng, process, *process.kinds[n % len(process.kinds)]) for n in range(share)]
        )
    ]


def _of_process(process: Process, hits: list[Hits]) -> list[Figure]:
    found: list[Figure] = []
    note = f"0.2.0, measured once: {process.earlier}" if process.earlier else ""
    for i, name in enumerate(NAMES):
        title = f"labels, {process.name}, {name}"
        held = [one.corrected[i] for one in hits if one.corrected[i] is not None]
        told, alone = 100 * len(held) / len(hits), 100 * sum(one.judged[i] is True for one in hits) / len(hits)
        if process.labelling == FEWER:
            found.append(Figure(f"{title}: with an interval", told, high=0.0, unit=" %", note=note))
            continue
        covered = 100 * sum(held) / len(held) if held else None
        ratio = float(np.nanmedian([one.width[i] / one.labels[i] for one in hits]))
        found += [
            Figure(f"{title}: covered", covered, *process.cover, unit=" %", note=note, of=len(held)),
            Figure(f"{title}: with an interval", told, low=TOLD, unit=" %", of=len(hits)),
            Figure(f"{title}: the judge alone covers", alone, unit=" %", of=len(hits)),
            Figure(f"{title}: median width to that of labels alone", ratio),
        ]
    return found


def study(rng: np.random.Generator, process: Process, personas: int, labels: int) -> Hits:
    """One study: a dialogue a persona, as many items at both checkpoints, a sample of both labelled."""
    people, judge = (table.ravel() for table in process.scores(rng, personas))
    checkpoint = np.repeat([0, 1], personas * ITEMS)
    cluster = np.tile(np.repeat(np.arange(personas), ITEMS), 2)
    drawn = draw_by_arm(checkpoint, (2 * judge).astype(np.int64), labels, rng)
    back = drawn.chosen & (rng.random(len(judge)) < LATE)
    if process.labelling is not None:
        back = drawn.chosen & np.isin(cluster, rng.permutation(personas)[: process.labelling])
    known, ones = np.where(back, people, np.nan), np.ones(len(judge))
    arms: list[Arm] = []
    for at in (checkpoint == 0, checkpoint == 1):
        probability, _ = with_returned(Sample(drawn.chosen[at], drawn.probability[at]), judge[at], back[at])
        arms.append(Arm(judge[at], known[at], probability, ones[at], cluster[at], process.ends))
    alone = [Arm(arm.judge, arm.judge, np.ones(len(arm.judge)), arm.weight, arm.cluster) for arm in arms]
    blind = [Arm(np.full_like(arm.judge, -9), arm.human, arm.probability, arm.weight, arm.cluster) for arm in arms]
    made = [[_interval(some, signs) for signs in SIGNS] for some in (arms, alone, blind)]
    aims = [sum(sign * value for sign, value in zip(signs, process.truth, strict=True)) for signs in SIGNS]
    inside = [
        [None if np.isnan(low) else low <= aim <= high for (low, high), aim in zip(one, aims, strict=True)]
        for one in made
    ]
    widths = [[high - low for low, high in one] for one in made]
    return Hits(inside[0], inside[1], widths[0], widths[2])


def often_wrong(rng: np.random.Generator, personas: int) -> tuple[Floats, Floats]:
    """Levels 1 to 5, the judge off by BIAS and noisy."""
    people = _levels(rng, personas)
    off = np.array(BIAS)[:, None, None] + JUDGE_SD * rng.standard_normal(people.shape)
    return people, _rounded(people + off)


def rarely_off(rng: np.random.Generator, personas: int) -> tuple[Floats, Floats]:
    """Levels 1 to 5, the judge right but for RARE, where it is two levels too kind."""
    people = _levels(rng, personas)
    wrong = rng.random(people.shape) < np.array(RARE)[:, None, None]
    return people, np.where(wrong, np.minimum(people + 2, 5), people)


def rarely_other(rng: np.random.Generator, personas: int) -> tuple[Floats, Floats]:
    """Refused or not; the judge sees no refusal in RARE of the replies, whatever they are."""
    own = 0.5 * rng.standard_normal((1, personas, 1))
    share = 1 / (1 + np.exp(-(np.array(REFUSED)[:, None, None] + own)))
    people = (rng.random((2, personas, ITEMS)) < share).astype(np.float64)
    wrong = rng.random(people.shape) < 2 * np.array(RARE)[:, None, None]
    return people, np.where(wrong, 0.0, people)


def _levels(rng: np.random.Generator, personas: int) -> Floats:
    own = PERSONA_SD * rng.standard_normal(personas)
    level = np.array(LEVEL)[:, None] + own + PACE_SD * rng.standard_normal((2, personas))
    return _rounded(level[..., None] + REPLY_SD * rng.standard_normal((2, personas, ITEMS)))


def _rounded(level: Floats) -> Floats:
    return np.clip(np.round(level), 1, 5)


def _truth() -> tuple[float, float]:
    """What people say on average over all personas and replies."""
    cuts = np.array([1.5, 2.5, 3.5, 4.5])
    sd = float(np.sqrt(PERSONA_SD**2 + PACE_SD**2 + REPLY_SD**2))
    first, last = (1 + float(ndtr((level - cuts) / sd).sum()) for level in LEVEL)
    return first, last


def _refused() -> tuple[float, float]:
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    first, last = (float((weights / (1 + np.exp(-(at + 0.5 * points)))).sum() / weights.sum()) for at in REFUSED)
    return first, last


FEWER = 2
LIKERT, SHARE = (1.0, 5.0), (0.0, 1.0)
USUAL = ((8, 160), (16, 240), (36, 400))
PROCESSES = (
    Process("a noisy judge", often_wrong, LIKERT, _truth(), USUAL, earlier="94-96 %"),
    Process("a judge rarely wrong", rarely_off, LIKERT, _truth(), ((8, 120), (16, 160)), None, "80-87 %", COVER_RARE),
    Process(
        "refusals rarely missed", rarely_other, SHARE, _refused(), ((8, 120), (16, 160)), None, "80-87 %", COVER_RARE
    ),
    Process("labels of 5 of 8 personas", often_wrong, LIKERT, _truth(), ((8, 240),), 5, earlier="71-79 % of 2 of 8"),
    Process("labels of 2 of 8 personas", often_wrong, LIKERT, _truth(), ((8, 400),), FEWER, earlier="covers 71-79 %"),
)


def _interval(arms: list[Arm], signs: tuple[float, float]) -> tuple[float, float]:
    used = [(arm, sign) for arm, sign in zip(arms, signs, strict=True) if sign]
    found = prediction_powered([arm for arm, _ in used], [sign for _, sign in used])
    return (np.nan, np.nan) if found.low is None or found.high is None else (found.low, found.high)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do estimates corrected by labels hold the truth?", STUDIES, least=20)


if __name__ == "__main__":
    sys.exit(main())
