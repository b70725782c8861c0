"""Do intervals of half-lives hold what was planted? Draws studies of eight personas whose starts and changes differ, at
the checkpoints of the core battery and of the paper, and counts. Knows the statistics alone: no run, no pipeline.

python bench/coverage_shapes.py [--seed N] [--studies 4000]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Iterator

import numpy as np

from bars import Figure, seeded
from longplay.stats import half_life

STUDIES = 4000  # shared among the two
COVERAGE = (93.0, 98.5)  # per cent
PERSONAS = 8
HALF_LIVES = (5.0, 40.0)  # rounds, drawn evenly on the log scale
LEAST_SIGNAL = 4.0  # standard errors of the planted mean change
LEVEL_SD = 0.5
CHECKPOINTS = {
    "core": np.array([0, 1, 2, 4, 8, 16, 32, 56, 79, 102], dtype=np.float64),
    "paper": np.array([0, 11, 22, 34, 45, 56, 68, 79, 90, 102], dtype=np.float64),
}


def shapes(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """Coverage of half-lives, where a change was found; how often it was, and how often an end is open."""
    rng = np.random.default_rng([seed, 9])
    for name, at in CHECKPOINTS.items():
        held: list[bool] = []
        opened = unfound = 0
        for _ in range(studies // len(CHECKPOINTS)):
            planted = float(np.exp(rng.uniform(*np.log(HALF_LIVES))))
            found = half_life(drawn(rng, at, planted), np.broadcast_to(at, (PERSONAS, len(at))))
            if not found.changes:
                unfound += 1
                continue
            opened += found.low is None or found.high is None
            # an open end says: below the first checkpoint, or past the last
            low = found.low if found.low is not None else 0.0
            high = found.high if found.high is not None else np.inf
            held.append(low <= planted <= high)
        yield Figure(
            f"half-life, {name} checkpoints: covers", 100 * float(np.mean(held)), *COVERAGE, unit=" %", of=len(held)
        )
        yield Figure(
            f"half-life, {name} checkpoints: an end is open", 100 * opened / len(held), unit=" %", of=len(held)
        )
        yield Figure(f"half-life, {name} checkpoints: no drift found", 100 * unfound / (len(held) + unfound), unit=" %")


def drawn(rng: np.random.Generator, at: np.ndarray, planted: float) -> np.ndarray:
    """(personas, checkpoints): a change of 1 whose spread over personas and noise leave LEAST_SIGNAL or more."""
    most = np.sqrt(PERSONAS) / LEAST_SIGNAL  # standard deviation of one persona's change
    spread = most * rng.uniform(0.2, 1.0)
    noise = np.sqrt(max(most**2 - spread**2, 0)) / np.sqrt(2) * rng.uniform(0.2, 1.0)
    change = -1 + spread * rng.standard_normal((PERSONAS, 1))
    start = LEVEL_SD * rng.standard_normal((PERSONAS, 1))
    return start + change * (1 - 2.0 ** (-at / planted)) + noise * rng.standard_normal((PERSONAS, len(at)))


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(shapes, "How often do intervals of half-lives hold what was planted?", STUDIES, least=20)


if __name__ == "__main__":
    sys.exit(main())
