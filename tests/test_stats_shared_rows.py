"""What shared items add to two means at once, against sums written out and the two-way analysis of variance."""

import numpy as np
import pytest

from longplay.stats import shared_between, shared_items

INPUTS = 30


def codes(units: int, items: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    unit, item = (code.ravel() for code in np.indices((units, items)))
    return np.zeros(units * items, dtype=np.int64), unit, item


def test_the_covariance_over_a_whole_table_is_that_of_the_item_components() -> None:
    """Mean products between items less those of what is left, as in the two-way analysis of variance."""
    rng = np.random.default_rng(2)
    for _ in range(INPUTS):
        units, items = int(rng.integers(3, 9)), int(rng.integers(3, 12))
        tables = rng.normal(size=(2, units, items)) + rng.normal(size=(2, 1, items)) + rng.normal(size=(1, 1, items))
        found = shared_between(tables[0].ravel(), tables[1].ravel(), *codes(units, items), 1)
        of_items = [table.mean(axis=0) - table.mean() for table in tables]
        left = [
            table - table.mean(axis=1, keepdims=True) - effect for table, effect in zip(tables, of_items, strict=True)
        ]
        between = float((of_items[0] * of_items[1]).sum()) / (items - 1) / items
        rest = float((left[0] * left[1]).sum()) / (items - 1) / (units - 1) / units / items
        assert found[0] == pytest.approx(between - rest)


def test_the_covariance_of_a_mean_with_itself_is_its_variance_and_of_sums_it_adds_up() -> None:
    rng = np.random.default_rng(3)
    for _ in range(INPUTS):
        table, unit, item = codes(6, 8)
        one, other = rng.normal(size=(2, 48)) + np.tile(rng.normal(size=8), 6)
        one[rng.random(48) < 0.1] = np.nan
        own = shared_between(one, one, table, unit, item, 1)[0]
        assert max(own, 0.0) == pytest.approx(shared_items(one, table, unit, item, 1).variance[0])
        known = np.where(np.isnan(one), np.nan, other)
        both = shared_between(one, other + one, table, unit, item, 1)[0]
        assert both == pytest.approx(own + shared_between(one, known, table, unit, item, 1)[0])


def test_nothing_is_shared_by_one_item_or_where_nothing_is_known() -> None:
    table, unit, item = codes(4, 1)
    assert shared_between(np.arange(4.0), np.arange(4.0), table, unit, item, 1).tolist() == [0.0]
    assert shared_between(np.full(4, np.nan), np.arange(4.0), table, unit, item, 2).tolist() == [0.0, 0.0]
