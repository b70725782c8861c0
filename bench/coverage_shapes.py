"""Do intervals of half-lives and change points hold what was planted, is a half-life told where there is one, and not
told where there is none? Draws studies of eight personas whose starts and changes differ, at the checkpoints of the
core battery and of the paper, and counts. Knows the statistics alone: no run, no pipeline.

python bench/coverage_shapes.py [--seed N] [--studies 7000]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from bars import Figure, seeded
from longplay.stats import half_life, step
from longplay.stats.intervals import Floats

STUDIES = 7000  # shared among all processes
COVERAGE = (93.0, 98.5)  # per cent
FALSE = 7.0  # per cent at most
FOUND = 80.0  # per cent at least
PERSONAS = 8
HALF_LIVES = (5.0, 40.0)  # rounds, drawn evenly on the log scale
LEAST_SIGNAL = 4.0  # standard errors of the planted mean change
LEVEL_SD = 0.5
PACE_SD = 0.5  # of the log half-lives of personas
TOGETHER = 0.8  # correlation of neighbouring residuals
CHECKPOINTS = {
    "core": np.array([0, 1, 2, 4, 8, 16, 32, 56, 79, 102], dtype=np.float64),
    "paper": np.array([0, 11, 22, 34, 45, 56, 68, 79, 90, 102], dtype=np.float64),
}
Curve = Callable[[np.random.Generator, Floats], tuple[Floats, float]]
Rng = np.random.Generator


class Process(msgspec.Struct, frozen=True):
    """`curve`: (personas or 1, checkpoints) of a change of 1, and what is planted in it; `together`: correlation of
    neighbouring residuals; `earlier`: what the first version's method did, for comparison."""

    name: str
    curve: Curve
    together: float = 0.0
    earlier: str = ""


def approach(rng: Rng, at: Floats) -> tuple[Floats, float]:
    """All personas with one half-life."""
    planted = float(np.exp(rng.uniform(*np.log(HALF_LIVES))))
    return 1 - 2.0 ** (-at / planted), planted


def own_approach(rng: Rng, at: Floats) -> tuple[Floats, float]:
    """Half-lives of their own about a planted median."""
    planted = float(np.exp(rng.uniform(*np.log(HALF_LIVES))))
    own = planted * np.exp(PACE_SD * rng.standard_normal((PERSONAS, 1)))
    return 1 - 2.0 ** (-at / own), planted


def one_step(rng: Rng, at: Floats) -> tuple[Floats, float]:
    """All of the change at one place."""
    planted = float(rng.choice(at[2:-2]))
    return (at >= planted).astype(np.float64), planted


def dip(rng: Rng, at: Floats) -> tuple[Floats, float]:
    """Down and back up to where it began, deepest in the middle checkpoints; no half-life."""
    place = np.arange(len(at)) - rng.uniform(3, 6)
    return np.where(at == 0, 0.0, np.where(at == at[-1], 0.0, np.exp(-((place / 2) ** 2)))) * 1.5, np.nan


def nothing(rng: Rng, at: Floats) -> tuple[Floats, float]:
    """No change of the mean; no half-life."""
    del rng
    return np.zeros_like(at), np.nan


HELD = (
    Process("one half-life", approach, earlier="94-96 %"),
    Process("half-lives of their own", own_approach, earlier="81 %"),
    Process("residuals that hang together", approach, TOGETHER, earlier="82 %"),
)
NONE = (
    Process("nothing changes", nothing, earlier="5 %"),
    Process("nothing changes, residuals hang together", nothing, TOGETHER),
    Process("dip and recovery", dip, earlier="100 %"),
)


def figures(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """Coverage, how often a planted time is told, and how often one is told that is not there."""
    rng = np.random.default_rng([seed, 9])
    share = max(studies // (len(CHECKPOINTS) * (len(HELD) + len(NONE) + 1)), 1)
    for name, at in CHECKPOINTS.items():
        for process in HELD:
            yield from _held(rng, f"{name}, {process.name}", process, at, share)
        for process in NONE:
            told = [half_life(*studied(rng, process, at)[:2]).told for _ in range(share)]
            note = f"0.2.0, measured once: {process.earlier}" if process.earlier else ""
            title = f"half-life, {name}, {process.name}: told"
            yield Figure(title, 100 * float(np.mean(told)), high=FALSE, unit=" %", note=note, of=share)
        yield from _steps(rng, name, at, share)


def _held(rng: Rng, name: str, process: Process, at: Floats, studies: int) -> Iterator[Figure]:
    held, opened = list[bool](), 0
    for _ in range(studies):
        values, places, planted = studied(rng, process, at)
        found = half_life(values, places)
        if found.told:
            opened += found.low is None or found.high is None
            # an open end says: below the first checkpoint, or past the last
            low, high = found.low or 0.0, np.inf if found.high is None else found.high
            held.append(low <= planted <= high)
    note = f"0.2.0, measured once: {process.earlier}" if process.earlier else ""
    share = 100 * float(np.mean(held))
    yield Figure(f"half-life, {name}: covers", share, *COVERAGE, unit=" %", note=note, of=len(held))
    yield Figure(f"half-life, {name}: told", 100 * len(held) / studies, low=FOUND, unit=" %", of=studies)
    yield Figure(f"half-life, {name}: an end is open", 100 * opened / max(len(held), 1), unit=" %", of=len(held))


def _steps(rng: Rng, name: str, at: Floats, studies: int) -> Iterator[Figure]:
    held, width = list[bool](), list[float]()
    process = Process("one step", one_step, TOGETHER)
    for _ in range(studies):
        values, places, planted = studied(rng, process, at)
        found = step(values, places)
        if found.low is not None and found.high is not None:
            held.append(found.low <= planted <= found.high)
            width.append(float(((at >= found.low) & (at <= found.high)).sum()))
    note = "places are discrete, so that it holds more often"
    title = f"change point, {name}, residuals hang together: covers"
    yield Figure(title, 100 * float(np.mean(held)), COVERAGE[0], unit=" %", note=note, of=len(held))
    yield Figure(f"change point, {name}: told", 100 * len(held) / studies, low=FOUND, unit=" %", of=studies)
    yield Figure(f"change point, {name}: checkpoints in the set", float(np.mean(width)))


def studied(rng: Rng, process: Process, at: Floats) -> tuple[Floats, Floats, float]:
    """Values and places, (personas, checkpoints), and what is planted. The mean change is -1; its spread over personas
    and the noise of first and last checkpoint leave LEAST_SIGNAL or more."""
    most = np.sqrt(PERSONAS) / LEAST_SIGNAL  # standard deviation of one persona's change
    spread = most * rng.uniform(0.2, 1.0)
    noise = np.sqrt(max(most**2 - spread**2, 0)) / np.sqrt(2) * rng.uniform(0.2, 1.0)
    curve, planted = process.curve(rng, at)
    change = -1 + spread * rng.standard_normal((PERSONAS, 1))
    start = LEVEL_SD * rng.standard_normal((PERSONAS, 1))
    values = start + change * curve + noise * _residuals(rng, len(at), process.together)
    return values, np.broadcast_to(at, values.shape), planted


def _residuals(rng: Rng, places: int, together: float) -> Floats:
    found = rng.standard_normal((PERSONAS, places))
    for place in range(1, places):
        found[:, place] = together * found[:, place - 1] + np.sqrt(1 - together**2) * found[:, place]
    return found


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do half-lives hold what was planted, and is none told without one?", STUDIES, least=20)


if __name__ == "__main__":
    sys.exit(main())
