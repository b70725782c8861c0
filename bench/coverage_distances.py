"""Does a trait distance change because the judge gets noisier? Planted studies, counted.

python bench/coverage_distances.py [--seed N] [--studies 2000]: a line a figure with its bar; 1: one was missed.
"""

import sys
from collections.abc import Iterator

import numpy as np

from bars import Figure, seeded
from longplay.stats import less_noise
from longplay.stats.intervals import Floats, Intervals, t_intervals

PERSONAS, TRAITS, ITEMS = 8, 5, 4
OFF_SD, ITEM_SD = 0.5, 0.3  # of a trait's true level about its target, of its items
NOISE = (0.4, 1.2)  # of a judge at the first and the last checkpoint
LOSS = 0.5  # of a planted change: every trait ends that much further off
COVER = (93.0, 98.5)


def figures(seed: int, studies: int = 2000) -> Iterator[Figure]:
    """False changes with a noisier judge, beside those of the plain distance; and a planted change that is found."""
    rng = np.random.default_rng([seed, 41])
    new, old = _changes(rng, studies, 0.0)
    false, plain = ([one.low > 0, one.high < 0] for one in (new, old))
    note = f"of the plain distance {100 * np.mean(plain[0]):.1f} %; 0.2.0, measured once: 83 %"
    rises = 100 * float(np.mean(false[0]))
    yield Figure("noisier judge: false rises", rises, high=5.0, of=studies, unit=" %", note=note, digits=1)
    whole = 100 * float(np.mean(false[0] | false[1]))
    yield Figure("noisier judge: false changes", whole, high=5.0, of=studies, unit=" %", digits=1)
    new, old = _changes(rng, studies, LOSS)
    note = f"of the plain distance {100 * np.mean(old.low > 0):.1f} %"
    yield Figure(
        "planted rise: found", 100 * float(np.mean(new.low > 0)), low=80.0, of=studies, unit=" %", note=note, digits=1
    )
    truth = LOSS**2 + 2 * LOSS * OFF_SD * np.sqrt(2 / np.pi)  # of the squared distance
    held = 100 * float(np.mean((new.low <= truth) & (new.high >= truth)))
    yield Figure("planted rise: covered, squared", held, *COVER, of=studies, unit=" %", digits=1)


def _changes(rng: np.random.Generator, studies: int, loss: float) -> tuple[Intervals, ...]:
    """Intervals of the change of squared distances without noise, and of plain ones."""
    off = rng.normal(0, OFF_SD, (studies, PERSONAS, TRAITS, 1))
    items = rng.normal(0, ITEM_SD, (studies, PERSONAS, TRAITS, ITEMS))
    items -= items.mean(axis=-1, keepdims=True)
    ends = [
        off + np.sign(off) * more + items + rng.normal(0, noise, items.shape)
        for more, noise in zip((0.0, loss), NOISE, strict=True)
    ]
    squares = [_less(end) for end in ends]
    plain = [np.abs(end.mean(axis=-1)).mean(axis=-1) for end in ends]
    return tuple(_interval(last - first) for first, last in (squares, plain))


def _less(values: Floats) -> Floats:
    group = np.arange(values.size) // ITEMS
    pool = np.arange(values.size // ITEMS) // TRAITS
    return less_noise(values.ravel(), group, pool)[1].reshape(values.shape[:-1]).mean(axis=-1)


def _interval(changes: Floats) -> Intervals:
    studies = len(changes)
    return t_intervals(changes.ravel(), np.repeat(np.arange(studies), PERSONAS), studies)


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Does a trait distance change because the judge gets noisier?", 2000, least=100)


if __name__ == "__main__":
    sys.exit(main())
