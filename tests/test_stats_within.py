"""Variance between repeats: the planted one comes back, its interval covers, and nothing repeated gives nothing."""

import numpy as np
import pytest

from longplay.stats import Repeats, within


def repeats(rng: np.random.Generator, units: int = 8, things: int = 20, times: int = 2, sd: float = 0.5) -> Repeats:
    shape = (units, things, times)
    value = 5 * rng.standard_normal(shape[:2])[..., None] + sd * rng.standard_normal(shape)
    thing = np.broadcast_to(np.arange(units * things).reshape(units, things, 1), shape)
    unit = np.broadcast_to(np.arange(units)[:, None, None], shape)
    return Repeats(value.ravel(), thing.ravel(), unit.ravel(), np.zeros(value.size, dtype=np.int64))


def test_the_planted_variance_comes_back_whatever_the_things_are() -> None:
    found = within(repeats(np.random.default_rng(1), things=500, times=3), 1)
    assert found.variance[0] == pytest.approx(0.25, rel=0.03)
    assert (found.df[0], found.units[0], found.n[0]) == (8000, 8, 12000)


@pytest.mark.parametrize("units", [8, 2])
def test_its_interval_covers_as_often_as_it_says(units: int) -> None:
    rng, held = np.random.default_rng(2), 0
    for _ in range(300):
        found = within(repeats(rng, units=units), 1)
        held += found.low[0] <= 0.25 <= found.high[0]
    assert 0.91 * 300 <= held <= 0.99 * 300


def test_scores_of_zero_and_one_with_units_that_differ_are_covered_too() -> None:
    rng, held = np.random.default_rng(3), 0
    for _ in range(300):
        share = np.repeat(rng.beta(2, 6, 10), 60)
        one = repeats(rng, units=10, things=30)
        value = (rng.random(600) < share).astype(float)
        found = within(Repeats(value, one.thing, one.unit, one.cell), 1)
        truth = 2 / 8 * 6 / 8 * 8 / 9  # mean of p (1 - p)
        held += found.low[0] <= truth <= found.high[0]
    assert held >= 0.90 * 300


def test_cells_are_apart_and_missing_values_left_out() -> None:
    one = repeats(np.random.default_rng(4), units=4, things=3)
    value = np.concatenate([one.value, 3 * one.value, [np.nan]])
    cell = np.repeat([0, 2, 2], [24, 24, 1])
    both = Repeats(
        value,
        np.append(np.tile(one.thing, 2) + np.repeat([0, 12], 24), 0),
        np.append(np.tile(one.unit, 2) + np.repeat([0, 4], 24), 0),
        cell,
    )
    found = within(both, 3)
    assert found.variance[2] == pytest.approx(9 * found.variance[0])
    assert np.isnan(found.variance[1])
    assert found.n.tolist() == [24, 0, 24]


def test_repeats_that_never_differ_have_no_variance_and_things_seen_once_say_nothing() -> None:
    same = Repeats(np.ones(6), np.array([0, 0, 1, 1, 2, 2]), np.zeros(6, dtype=np.int64), np.zeros(6, dtype=np.int64))
    assert [part[0] for part in (within(same, 1).variance, within(same, 1).low, within(same, 1).high)] == [0, 0, 0]
    once = Repeats(np.arange(6.0), np.arange(6), np.zeros(6, dtype=np.int64), np.zeros(6, dtype=np.int64))
    assert np.isnan(within(once, 1).variance[0])
    assert within(once, 1).df[0] == 0


def test_a_unit_in_which_nothing_was_repeated_counts_for_nothing() -> None:
    one = repeats(np.random.default_rng(6), units=5)
    things = int(one.thing.max()) + 1
    unit = np.where(one.unit < 2, one.unit, one.unit + 1)  # unit 2 has one value
    more = Repeats(np.append(one.value, 3.0), np.append(one.thing, things), np.append(unit, 2), np.append(one.cell, 0))
    without, found = within(one, 1), within(more, 1)
    for name in ("variance", "low", "high", "df", "units", "n"):
        assert getattr(found, name)[0] == getattr(without, name)[0], name
