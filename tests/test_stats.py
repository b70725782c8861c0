"""The numbers that intervals are made of, against scipy and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from longplay.stats import FEWEST_CLUSTERS, t_intervals

levels = st.sampled_from([0.8, 0.9, 0.95, 0.99])
scores = st.lists(st.floats(-1e3, 1e3), min_size=FEWEST_CLUSTERS, max_size=20)


@given(scores, levels)
def test_the_interval_is_scipys_t_interval_of_the_mean(values: list[float], level: float) -> None:
    found = t_intervals(np.array(values), np.zeros(len(values), dtype=np.int64), 1, level)
    error = stats.sem(values)
    low, high = stats.t.interval(level, len(values) - 1, np.mean(values), error) if error else (np.mean(values),) * 2
    assert found.mean[0] == pytest.approx(np.mean(values), abs=1e-9)
    assert [found.low[0], found.high[0]] == pytest.approx([low, high], abs=1e-6)


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 5) | st.just(math.nan)), max_size=40), st.randoms())
def test_the_order_of_values_does_not_matter(pairs: list[tuple[int, float]], random: object) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (
        t_intervals(np.array([v for _, v in p], dtype=float), np.array([g for g, _ in p], dtype=np.int64), 5)
        for p in (pairs, shuffled)
    )
    for name in ("mean", "low", "high", "n", "missing"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), nan_ok=True, abs=1e-9)


def test_groups_do_not_touch_each_other() -> None:
    values = np.array([1.0, 10.0, 2.0, 20.0, 3.0, 30.0, 4.0, 40.0])
    groups = np.array([0, 1] * 4)
    found = t_intervals(values, groups, 2)
    half = stats.t.ppf(0.975, 3) * np.std([1, 2, 3, 4], ddof=1) / 2
    assert found.mean == pytest.approx([2.5, 25.0])
    assert found.high - found.mean == pytest.approx([half, 10 * half])


def test_missing_values_are_counted_and_never_averaged() -> None:
    found = t_intervals(np.array([1.0, math.nan, 3.0, math.nan]), np.array([0, 0, 0, 1]), 3)
    assert found.n.tolist() == [2, 0, 0]
    assert found.missing.tolist() == [1, 1, 0]
    assert found.mean == pytest.approx([2.0, math.nan, math.nan], nan_ok=True)


@pytest.mark.parametrize("count", range(1, FEWEST_CLUSTERS))
def test_too_few_units_have_a_mean_and_no_interval(count: int) -> None:
    found = t_intervals(np.arange(count, dtype=float), np.zeros(count, dtype=np.int64), 1)
    assert not np.isnan(found.mean[0])
    assert np.isnan(found.low[0])
    assert np.isnan(found.high[0])


def test_nothing_at_all_gives_nothing_at_all() -> None:
    found = t_intervals(np.array([]), np.array([], dtype=np.int64), 0)
    assert len(found.mean) == 0


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        t_intervals(np.zeros(3), np.zeros(2, dtype=np.int64), 1)
    with pytest.raises(ValueError, match="one-dimensional"):
        t_intervals(np.zeros((2, 2)), np.zeros((2, 2), dtype=np.int64), 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        t_intervals(np.zeros(3), np.zeros(3, dtype=np.int64), 1, level=95)
