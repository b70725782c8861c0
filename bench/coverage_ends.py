"""Do intervals near the ends of a scale hold what they promise? Planted personas, counted. Draws no conclusions.

python bench/coverage_ends.py [--seed N] [--studies 2000]: a line a figure with its bar; exit 1 when a bar is missed.
Beside each new figure stands that of Student's t over personas, which was reported before.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from analysis_table import Found, changes, levels
from bars import Figure, seeded
from coverage_planted import Floats
from longplay.stats import half_widths

NEAR, MIDDLE = 2.5, 1.6  # width over an oracle's of the same degrees of freedom
HELD, TOLD = 93.0, 95.0  # per cent
EIGHT = 8
EARLIER = {"share 0.98": "49-90 %", "mean 4.9": "80-88 %"}
SHARE, FIVE, HUNDRED = (0.0, 1.0), (1.0, 5.0), (0.0, 100.0)


def figures(seed: int, studies: int = 2000) -> Iterator[Figure]:
    """Levels near an end and in the middle, and changes that end where the scale does."""
    rng = np.random.default_rng([seed, 61])
    for personas in (4, EIGHT, 12):
        for name, values, truth, scale, middle in processes(rng, studies, personas):
            bar = None if personas == 4 else MIDDLE if middle else NEAR if personas == EIGHT else None
            yield from _level(f"{name}, {personas} personas", levels(values, scale), truth, bar)
    for name, start, end, truth in moves(rng, studies):
        yield _change(name, start, end, truth)


def processes(
    rng: np.random.Generator, studies: int, personas: int
) -> Iterator[tuple[str, Floats, float, tuple[float, float], bool]]:
    """Persona means (studies, personas), their true mean, the scale, and whether it is far from its ends."""
    for mean, alike, items in ((0.98, 0.05, 20), (0.98, 0.2, 40), (0.9, 0.1, 20), (0.5, 0.1, 20)):
        size = 1 / alike - 1
        chance = rng.beta(mean * size, (1 - mean) * size, (studies, personas))
        name = f"share {mean:g} of {items}, alike {alike:g}"
        yield name, rng.binomial(items, chance) / items, mean, SHARE, mean < 0.95
    for mean, sd in ((4.9, 0.15), (3.0, 0.4)):
        cut: Any = stats.truncnorm((1 - mean) / sd, (5 - mean) / sd, mean, sd)
        values: Floats = cut.rvs((studies, personas), random_state=rng)
        yield f"mean {mean:g} of 5", values, float(cut.mean()), FIVE, mean < 4.5


def moves(rng: np.random.Generator, studies: int) -> Iterator[tuple[str, Floats, Floats, float]]:
    """Start and end of eight personas on 0 to 100, and the true mean change: to the floor, near it, and nowhere."""
    start = rng.uniform(40, 80, (studies, EIGHT))
    yield "change: all fall to 0", start, np.zeros_like(start), -60.0
    yield "change: all fall to about 3", start, rng.uniform(0, 6, start.shape), -57.0
    high = rng.beta(48, 2, start.shape) * 100
    yield "change: stays at 96", high, rng.beta(48, 2, start.shape) * 100, 0.0
    wide = rng.uniform(0, 100, start.shape)
    yield "change: anything to anything", wide, rng.uniform(0, 100, start.shape), 0.0


def _level(name: str, found: Found, truth: float, bar: float | None) -> Iterator[Figure]:
    told = ~np.isnan(found.low)
    covered = ((found.low <= truth) & (truth <= found.high))[told]
    before = float(np.mean(np.abs(found.mean - truth) <= found.half))
    earlier = next((f"; 0.2.0, measured once: {at}" for of, at in EARLIER.items() if name.startswith(of)), "")
    note = f"Student's t {100 * before:.1f} %; told in {100 * told.mean():.1f} %{earlier}"
    yield Figure(f"{name}: covers", _share(covered), HELD, unit=" %", note=note, digits=1, of=len(covered))
    if bar is not None:
        yield Figure(f"{name}: told", _share(told), TOLD, unit=" %", digits=1, of=len(told))
        oracle = 2 * float(half_widths(np.ones(1), np.full(1, EIGHT - 1.0), 0.95)[0]) * float(found.mean.std())
        width = float(np.mean((found.high - found.low)[told])) / oracle
        yield Figure(f"{name}: width / oracle's", width, high=bar, digits=2)


def _change(name: str, start: Floats, end: Floats, truth: float) -> Figure:
    found = changes(start[..., None], end[..., None], HUNDRED)
    told = ~np.isnan(found.low)
    covered = ((found.low <= truth) & (truth <= found.high))[told]
    room = start.mean(axis=1)
    out = [
        100 * float(np.mean((low < -room - 1e-9) | (high > 100 - room + 1e-9)))
        for low, high in ((found.mean - found.half, found.mean + found.half), (found.low, found.high))
    ]
    note = f"passes the range from the start as measured in {out[1]:.0f} %, before in {out[0]:.0f} %"
    return Figure(f"{name}: covers", _share(covered), HELD, unit=" %", note=note, digits=1, of=len(covered))


def _share(flags: np.ndarray) -> float:
    return 100 * float(flags.mean())


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do intervals near the ends of a scale hold?", 2000, least=50)


if __name__ == "__main__":
    sys.exit(main())
