"""Agreement of raters: by hand, by another formula of kappa, weighted, and between several labellers."""

import numpy as np
import pytest

from longplay.stats import Agreement, agreement, among_labellers


def agreed(one: list[float], other: list[float], weight: list[float] | None = None) -> Agreement:
    count = len(one)
    cluster = np.arange(count) % 5
    weights = np.ones(count) if weight is None else np.array(weight)
    return agreement(np.array(one), np.array(other), weights, cluster, 1.0, 0.95)


def test_kappa_is_that_of_the_table_of_counts() -> None:
    rng = np.random.default_rng(1)
    one = rng.integers(1, 6, 200).astype(float)
    other = np.clip(one + rng.integers(-1, 2, 200), 1, 5)
    table = np.zeros((5, 5))
    np.add.at(table, (one.astype(int) - 1, other.astype(int) - 1), 1 / 200)
    apart = (np.arange(5)[:, None] - np.arange(5)) ** 2
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0))
    found = agreed(list(one), list(other))
    assert found.kappa == pytest.approx(1 - (apart * table).sum() / (apart * by_chance).sum())
    assert found.exact == pytest.approx(np.trace(table))
    assert found.kappa_interval is not None
    assert found.kappa_interval[0] < found.kappa < found.kappa_interval[1]
    assert found.clusters == 5


def test_a_row_of_twice_the_weight_is_two_rows() -> None:
    twice = agreed([1, 2, 3, 3], [1, 3, 3, 3])
    once = agreed([1, 2, 3], [1, 3, 3], [1, 1, 2])
    assert (once.exact, once.kappa) == (pytest.approx(twice.exact), pytest.approx(twice.kappa))


def test_where_nobody_varies_there_is_no_kappa() -> None:
    found = agreed([3, 3, 3, 3, 3], [3, 3, 3, 3, 3])
    assert (found.exact, found.kappa, found.kappa_interval) == (1.0, None, None)


def test_few_clusters_have_no_interval() -> None:
    found = agreement(np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.ones(2), np.array([0, 1]), 1.0, 0.95)
    assert (found.exact, found.exact_interval) == (0.5, None)


def test_labellers_are_compared_in_pairs_on_rows_both_have() -> None:
    labels = np.array([[1, 1, np.nan], [2, 3, np.nan], [5, np.nan, 5], [np.nan, np.nan, 4]])
    found = among_labellers(labels, 1.0)
    assert (found.exact, found.n) == (0.75, 3)  # half of one pair's, all of the other's


def test_one_labeller_agrees_with_nobody() -> None:
    assert among_labellers(np.array([[1.0], [2.0]]), 1.0) == Agreement(None, None, 0)
