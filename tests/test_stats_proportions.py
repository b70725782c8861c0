"""Intervals of shares, against scipy and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from longplay.stats import wilson

counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_the_interval_is_scipys_wilson_interval(pair: tuple[int, int], level: float) -> None:
    hits, n = pair
    found = wilson(np.array([hits]), np.array([n]), level)
    expected = stats.binomtest(hits, n).proportion_ci(level, method="wilson")
    assert found.share[0] == hits / n
    assert [found.low[0], found.high[0]] == pytest.approx([expected.low, expected.high], abs=1e-12)


@given(counts)
def test_the_interval_holds_its_share_and_stays_within_0_and_1(pair: tuple[int, int]) -> None:
    found = wilson(*(np.array([count]) for count in pair))
    assert 0 <= found.low[0] <= found.share[0] <= found.high[0] <= 1


def test_no_flip_in_nine_leaves_room_for_thirty_percent() -> None:
    found = wilson(np.array([0, 9]), np.array([9, 9]))
    assert (found.low[0], found.high[1]) == (0.0, 1.0)
    assert found.high[0] == pytest.approx(1.959964**2 / (9 + 1.959964**2), abs=1e-6)
    assert found.low[1] == pytest.approx(1 - found.high[0])


def test_groups_do_not_touch_each_other_and_an_empty_one_has_no_share() -> None:
    found = wilson(np.array([1, 0, 3]), np.array([4, 0, 3]))
    alone = wilson(np.array([1]), np.array([4]))
    assert (found.share[0], found.low[0], found.high[0]) == (0.25, alone.low[0], alone.high[0])
    assert [np.isnan(part[1]) for part in (found.share, found.low, found.high)] == [True] * 3


@pytest.mark.parametrize(
    ("hits", "n", "level", "fault"),
    [([1, 2], [3], 0.95, "equally long"), ([4], [3], 0.95, "between 0 and its n"), ([1], [3], 95, "level 95")],
)
def test_counts_that_do_not_fit_are_refused(hits: list[int], n: list[int], level: float, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        wilson(np.array(hits), np.array(n), level)
