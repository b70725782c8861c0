"""The paper's three bootstraps of a mean, bit by bit: generator, seed, order of draws. Knows arrays only.

All resample rows as if they were independent; none corrects for the number of positions. Percentiles 2.5 and 97.5.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from longplay.stats.intervals import Floats

SEED = 42
_ENDS = (2.5, 97.5)


class Resampled(msgspec.Struct, frozen=True, eq=False):
    """Centres and intervals of one length, each from `n` rows."""

    centre: Floats
    low: Floats
    high: Floats
    n: int


def line_bootstrap(values: Floats, seed: int = SEED, resamples: int = 1000) -> Resampled:
    """The lines of the paper's difference figures: at each position the sample mean and its bootstrap interval.

    values: (rows, positions), no NaN. NumPy's legacy generator is seeded once a line and draws for the positions in
    their order. Raises ValueError for missing values or none at all.
    """
    rows, positions = _complete(values).shape
    generator = np.random.RandomState(seed)
    found = np.empty((3, positions))
    for place in range(positions):
        column = np.ascontiguousarray(values[:, place])  # sums of strided values may differ in their last bit
        drawn = column[generator.randint(0, rows, size=(resamples, rows))].mean(axis=1)
        found[:, place] = column.mean(), *np.percentile(drawn, _ENDS)
    return Resampled(found[0], found[1], found[2], rows)


def bar_bootstrap(values: Floats, seed: int = SEED, resamples: int = 5000) -> Resampled:
    """The bars of the paper's per-model figures: the mean of bootstrap means (not the sample mean) and their interval.

    values: (rows, bars), no NaN. Each bar has a new generator of the same seed. Raises ValueError as `line_bootstrap`.
    """
    rows, bars = _complete(values).shape
    found = np.empty((3, bars))
    for place in range(bars):
        drawn = _means(values[:, place], np.random.default_rng(seed), resamples)
        found[:, place] = drawn.mean(), *np.percentile(drawn, _ENDS)
    return Resampled(found[0], found[1], found[2], rows)


def row_bootstrap(values: Floats, generator: np.random.Generator, resamples: int = 10_000) -> Resampled:
    """The paper's interval of pattern counts: sample means of columns, rows resampled whole.

    values: (rows, columns), no NaN. The paper's generator has no seed, so its own ends cannot be met bit by bit.
    Raises ValueError as `line_bootstrap`.
    """
    rows, columns = _complete(values).shape
    drawn = np.empty((resamples, columns))
    for place in range(resamples):
        drawn[place] = values[generator.integers(0, rows, size=rows)].mean(axis=0)
    low, high = np.percentile(drawn, _ENDS, axis=0)
    return Resampled(values.mean(axis=0), low, high, rows)


def _means(values: Floats, generator: np.random.Generator, resamples: int) -> Floats:
    drawn: NDArray[np.int64] = generator.integers(0, len(values), size=(resamples, len(values)))
    return values[drawn].mean(axis=1)


def _complete(values: Floats) -> Floats:
    if values.ndim != 2 or not len(values):
        raise ValueError(f"values {values.shape} must be rows by columns, with at least one row.")
    if np.isnan(values).any():
        raise ValueError(f"{np.isnan(values).sum()} values are missing; the paper's bootstraps know none.")
    return values
