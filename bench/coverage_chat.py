"""One dialogue by itself: are changes and change points told that there are, and none that there are not?

python bench/coverage_chat.py [--seed N] [--studies 500]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator

import numpy as np

from bars import Figure, seeded
from coverage_planted import Floats
from longplay.stats import last_minus_first, one_step

ROUNDS, BLOCK, AT = 102, 11, 51
COVER = (93.0, 98.5)  # per cent
TOLD, FALSE = 95.0, 5.0
DRAWS = 499
Z = 1.96
SHARED = (0.0, 0.3, 0.6)
WANDERS = 0.8  # neighbours' correlation at which 102 rounds no longer tell a step from a walk
BEFORE = "0.2.0, measured once: no interval, no change point"


def figures(seed: int, studies: int = 500) -> Iterator[Figure]:
    """No change, with rounds that are independent or share something; then half of the rounds out of role."""
    rng = np.random.default_rng([seed, 63])
    for shared in (*SHARED, WANDERS):
        series = [_scores(rng, shared) for _ in range(studies)]
        told = [(step := one_step(one, rng, draws=DRAWS)) is not None and step.p <= FALSE / 100 for one in series]
        name = f"no change, neighbours {shared:g}"
        bar = FALSE if shared in SHARED else None
        wrong = 100 * float(np.mean(told))
        yield Figure(f"{name}: a change point is told", wrong, high=bar, unit=" %", note=BEFORE, digits=1, of=studies)
        yield from _changes(name, series, 0.0, rng)
    for shared in SHARED:
        yield from _broken(rng, studies, shared)
    for lost in (0.6, 1.0):
        found = [one_step(_scores(rng, 0.3, lost), rng, draws=DRAWS) for _ in range(studies)]
        seen = 100 * float(np.mean([step is not None and step.p <= FALSE / 100 for step in found]))
        yield Figure(f"late half {lost:g} lower, neighbours 0.3: told", seen, unit=" %", digits=1, of=studies)


def _broken(rng: np.random.Generator, studies: int, shared: float) -> Iterator[Figure]:
    name = f"late half 2.5 lower, neighbours {shared:g}"
    series = [_scores(rng, shared, lost=2.5) for _ in range(studies)]
    found = [one_step(one, rng, draws=DRAWS) for one in series]
    told = [step for step in found if step is not None and step.p <= FALSE / 100]
    held = [step.low <= AT <= step.high for step in told]
    exact = [abs(step.at - AT) <= 1 for step in told]
    width = float(np.mean([step.high - step.low for step in told]))
    note = f"{width:.1f} rounds wide; within one round {100 * np.mean(exact):.0f} %"
    share = 100 * len(told) / studies
    yield Figure(f"{name}: change point told", share, TOLD, unit=" %", note=BEFORE, digits=1, of=studies)
    covered = 100 * float(np.mean(held))
    yield Figure(f"{name}: its range covers", covered, COVER[0], unit=" %", note=note, digits=1, of=len(held))
    truth = float(np.mean([one[-BLOCK:].mean() for one in series]) - np.mean([one[:BLOCK].mean() for one in series]))
    yield from _changes(name, series, truth, rng)


def _changes(name: str, series: list[Floats], truth: float, rng: np.random.Generator) -> Iterator[Figure]:
    found = [last_minus_first((one - 1) / 4, (BLOCK, BLOCK), rng, draws=19) for one in series]
    ends = [(4 * low, 4 * high) for low, high in (one.ends for one in found if one.ends is not None)]
    share, many = 100 * len(ends) / len(series), len(series)
    yield Figure(f"{name}: change told", share, TOLD, unit=" %", note=BEFORE, digits=1, of=many)
    held = 100 * float(np.mean([low <= truth <= high for low, high in ends]))
    moved = np.std([one[-BLOCK:].mean() - one[:BLOCK].mean() for one in series])
    wide = float(np.mean([high - low for low, high in ends]))
    note = f"{wide:.2f} of 4 wide, {wide / (2 * Z * moved):.2f} of an oracle's"
    yield Figure(f"{name}: change covers", held, *COVER, unit=" %", note=note, digits=1, of=len(ends))


def _scores(rng: np.random.Generator, shared: float, lost: float = 0.0) -> Floats:
    """Scores 1 to 5 of one dialogue; what neighbours share is of first order."""
    new = rng.normal(size=ROUNDS) * np.sqrt(1 - shared**2)
    state = np.empty(ROUNDS)
    state[0] = rng.normal()
    for place in range(1, ROUNDS):
        state[place] = shared * state[place - 1] + new[place]
    level = 4.0 - lost * (np.arange(ROUNDS) >= AT)
    return np.clip(np.floor(level + 0.6 * state + rng.random(ROUNDS)), 1.0, 5.0)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "What is told of one dialogue?", 500, least=20)


if __name__ == "__main__":
    sys.exit(main())
