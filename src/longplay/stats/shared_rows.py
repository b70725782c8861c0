"""What a mean over units owes to items that several units were asked, many tables at a time. Knows arrays only."""

import numpy as np

from longplay.stats.intervals import Floats, Integers
from longplay.stats.satterthwaite import Variance


def shared_items(value: Floats, table: Integers, unit: Integers, item: Integers, size: int) -> Variance:
    """Of each table's mean over units of their means over items: the variance that other items would add to that
    between units, and its df, items - 1; 0 where no item was asked of several units or there is one item.

    value: (k,), NaN = missing; table: 0..size-1; unit, item: codes from 0 on, each of one table. The infinitesimal
    jackknife of items with its weights held, of which only products of different units count: what one unit does with
    an item is part of how units differ (Owen 2007, Annals of Applied Statistics 1(2), on resampling two crossed ways;
    see `slopes.shared_items` for slopes). For a table of all units by all items it is the item component of the two-way
    analysis of variance, divided by the items. A component below 0 counts as 0.
    """
    found, items = _shared(value, value, (table, unit, item), size)
    df = np.where(items > 1, items - 1, np.nan)
    return Variance(np.maximum(found, 0.0), df)


def shared_between(one: Floats, other: Floats, table: Integers, unit: Integers, item: Integers, size: int) -> Floats:
    """The covariance that other items would add to that between units, of two means over the same units and items: as
    `shared_items`, with products of both values' parts. NaN in either leaves both out; it can be below 0."""
    return _shared(one, other, (table, unit, item), size)[0]


def _shared(one: Floats, other: Floats, codes: tuple[Integers, Integers, Integers], size: int) -> tuple[Floats, Floats]:
    """The covariance and how many items each table has; 0 with fewer than two."""
    known = ~(np.isnan(one) | np.isnan(other))
    table, unit, item = (code[known] for code in codes)
    if not len(table):
        return np.zeros(size), np.zeros(size)
    asked, units = np.bincount(unit), np.bincount(_one_each(table, unit), minlength=size)
    first, second = (
        (value - (np.bincount(unit, value) / np.maximum(asked, 1))[unit]) / (asked[unit] * units[table])
        for value in (one[known], other[known])
    )
    times = np.bincount(item)
    products = np.bincount(item, first) * np.bincount(item, second) - np.bincount(item, first * second)
    several = times > 1
    scaled = np.where(several, products * times / np.maximum(times - 1, 1), 0.0)
    of = np.zeros(len(times), dtype=np.int64)
    of[item] = table
    items = np.bincount(of[times > 0], minlength=size).astype(np.float64)
    found = np.bincount(of, scaled, size) * items / np.maximum(items - 1, 1)
    return np.where(items > 1, found, 0.0), items


def _one_each(table: Integers, unit: Integers) -> Integers:
    """The table of every unit that has a value, once."""
    of = np.full(int(unit.max()) + 1, -1)
    of[unit] = table
    return of[of >= 0]
