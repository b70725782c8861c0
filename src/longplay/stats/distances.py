"""Squared distances of means from a target, without what noise adds to them. Knows arrays only."""

import numpy as np

from longplay.stats.intervals import Floats, Integers


def less_noise(off: Floats, group: Integers, pool: Integers) -> tuple[Floats, Floats]:
    """Of each group: the square of its mean, and the same less the variance of that mean.

    off: (k,) values minus their target, NaN = missing; group: (k,) codes from 0 on; pool: (groups,) codes. The variance
    of a mean of n values is s**2 / n, so that mean**2 - s**2 / n has the square of the true mean as its expectation,
    whatever the noise (it may be below 0). A group of one value takes s**2 from the others of its pool; where none has
    two values nothing is taken off. NaN without values.
    """
    known, size = ~np.isnan(off), len(pool)
    value, of = off[known], group[known]
    n = np.bincount(of, minlength=size)
    mean = np.divide(np.bincount(of, value, size), n, out=np.full(size, np.nan), where=n > 0)
    squares = np.bincount(of, (value - mean[of]) ** 2, size).astype(np.float64)
    df = np.maximum(n - 1, 0)
    pooled, pooled_df = np.bincount(pool, squares)[pool], np.bincount(pool, df)[pool]
    alone = n < 2
    variance = np.divide(
        np.where(alone, pooled, squares), np.where(alone, pooled_df, df), out=np.zeros(size),
        where=np.where(alone, pooled_df, df) > 0,
    )  # fmt: skip
    return mean**2, mean**2 - np.divide(variance, n, out=np.zeros(size), where=n > 0)
