"""The paper's plain averages: parity wins, means by kind, scaled counts, means of ratios. Knows arrays only."""

import numpy as np

from longplay.stats.intervals import Floats, Integers


def wins(second: Floats) -> Floats:
    """Whether the model won each pair, by the paper's parity rule: it stood second at even items, first at odd ones.

    second: (..., items), 1 where the judge chose the second answer, 0 the first, NaN missing. Returns the same shape.
    """
    return np.where(np.arange(second.shape[-1]) % 2 == 0, second, 1.0 - second)


def kind_means(values: Floats, kinds: Integers, size: int) -> Floats:
    """Means over all but the last axis for each item, then over the items of each kind; NaN for kinds without items.

    values: (..., items), no NaN; kinds: (items,) in 0..size-1, -1 = of no kind. Returns (size,).
    """
    items = values.reshape(-1, values.shape[-1]).mean(axis=0)
    means = [items[kinds == kind].mean() if (kinds == kind).any() else np.nan for kind in range(size)]
    return np.array(means, dtype=np.float64)


def to_maximum(counts: Floats) -> Floats:
    """Counts as shares of their largest one, over all axes but the first. counts: (scripts, ...)."""
    largest = counts.reshape(len(counts), -1).max(axis=1)
    return counts / largest.reshape(-1, *(1 for _ in counts.shape[1:]))


def losses(first: Floats, last: Floats) -> Floats:
    """What is lost from first to last; the paper reports the mean of these shares, not the share of the means.

    first, last: (pairs,) counts. Returns (pairs, 2): the share lost 1 - last / first, and the number lost first - last.
    Raises ValueError where a first count is 0: its ratio has no value.
    """
    if first.shape != last.shape or first.ndim != 1:
        raise ValueError(f"first {first.shape} and last {last.shape} must be one-dimensional and equally long.")
    if (first == 0).any():
        raise ValueError(f"{(first == 0).sum()} first counts are 0, so that their ratio has no value.")
    return np.column_stack((1 - last / first, first - last))
