"""Intervals on scales that end, against values of another program's formulas and against sums done another way."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from analysis_runs import Run, pick
from longplay.stats import hidden, korn_graubard, level_of, missed, new_unit, of_any_units, shared_items
from scale_ends import beta_ends


def one(share: float, error: float, df: float, units: int, skew: float = 0.0) -> tuple[float, float]:
    low, high = korn_graubard(*(np.array([value]) for value in (share, error, df, units, skew)))
    return float(low[0]), float(high[0])


def test_the_interval_is_clopper_and_pearsons_at_the_effective_size_as_statsmodels_has_it() -> None:
    rng = np.random.default_rng(13)
    for _ in range(30):
        size, units = int(rng.integers(5, 400)), 4000  # so many units that an estimated error is a known one
        hits = int(rng.integers(1, size))
        share = hits / size
        found = one(share, (share * (1 - share) / size) ** 0.5, 1e9, units)
        assert found == pytest.approx(proportion_confint(hits, size, method="beta"), abs=1e-9)


def test_the_interval_has_the_stored_values_of_svyciprop_beta_method() -> None:
    """30 random means: statsmodels' exact interval at the size by the formula of R's svyciprop (R was not at hand)."""
    with (Path(__file__).parent / "data" / "svyciprop_beta.csv").open(encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert len(rows) == 30
    for row in rows:
        found = one(row["share"], row["error"], row["df"], int(row["df"]) + 1)
        assert found == pytest.approx((row["low"], row["high"]), abs=1e-7)


def test_it_is_as_the_beta_quantiles_are_with_skewed_units_too() -> None:
    rng = np.random.default_rng(14)
    for _ in range(30):
        units = int(rng.integers(4, 30))
        values = rng.beta(9, 0.6, units)
        mean, error, skew = values.mean(), stats.sem(values), stats.skew(values)
        plain, skewed = (
            mean * (1 - mean) / error**2 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, df)) ** 2
            for df in (units - 1, 1 / (1 / (units - 1) + 0.75 * skew**2 / units))
        )
        expected = beta_ends(float(mean), max(skewed, min(plain, 3 * units)))
        assert one(mean, error, units - 1, units, skew) == pytest.approx(expected, abs=1e-9)


def test_in_the_middle_it_is_students_interval_but_for_the_width_of_one_answer() -> None:
    low, high = one(0.5, 0.02, 7, 8)
    half = stats.t.ppf(0.975, 7) * 0.02
    assert (low, high) == pytest.approx((0.5 - half, 0.5 + half), abs=0.006)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_alike_units_at_an_end_leave_open_what_they_can_hide_and_elsewhere_tell_nothing(end: float) -> None:
    low, high = one(end, 0.0, 7, 8)
    assert high - low == pytest.approx(1 - 0.025 ** (1 / 8))
    assert hidden(8) == pytest.approx(high - low)
    assert end in (low, high)
    assert np.isnan(one(0.4, 0.0, 7, 8)).all()
    assert np.isnan(one(end, 0.0, 2, 3)).all()


def test_what_is_not_known_has_no_interval() -> None:
    assert np.isnan(one(float("nan"), 0.1, 7, 8)).all()
    assert np.isnan(one(0.5, float("nan"), 7, 1)).all()


def test_so_many_standard_errors_are_the_interval_of_that_level() -> None:
    assert level_of(np.array([stats.t.ppf(0.99, 5)]), np.array([5.0]))[0] == pytest.approx(0.98)
    assert np.isnan(level_of(np.array([np.nan]), np.array([5.0]))[0])


def test_a_further_unit_lies_within_the_prediction_interval_of_a_normal_sample() -> None:
    values = np.array([1.0, 2.0, 4.0, 3.0])
    low, high = new_unit(*(np.array([v]) for v in (values.mean(), values.std(ddof=1), stats.sem(values), 4)))
    half = stats.t.ppf(0.975, 3) * values.std(ddof=1) * (1 + 1 / 4) ** 0.5
    assert (low[0], high[0]) == pytest.approx((2.5 - half, 2.5 + half))
    assert np.isnan(new_unit(*(np.array([v]) for v in (2.0, 1.0, 0.5, 3)))[0]).all()
    assert missed(8, 10) == pytest.approx(0.43046721)


def test_what_items_share_is_their_component_of_the_two_way_analysis_of_variance() -> None:
    rng = np.random.default_rng(15)
    for _ in range(30):
        units, items = int(rng.integers(2, 9)), int(rng.integers(2, 12))
        table = rng.normal(0, 1, (units, 1)) + rng.normal(0, 1, (1, items)) + rng.normal(0, 0.5, (units, items))
        means = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
        left = ((table - means[0] - means[1] + table.mean()) ** 2).sum() / (units - 1) / (items - 1)
        expected = max(units * means[1].var(ddof=1) - left, 0) / units / items
        unit, item = (part.ravel() for part in np.indices(table.shape))
        found = shared_items(table.ravel(), np.zeros(table.size, dtype=np.int64), unit, item, 1)
        assert found.variance[0] == pytest.approx(expected)
        assert found.df[0] == items - 1


def test_items_of_one_unit_alone_add_nothing() -> None:
    value, table = np.array([1.0, 2.0, 5.0, 9.0]), np.zeros(4, dtype=np.int64)
    found = shared_items(value, table, np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3]), 1)
    assert found.variance[0] == 0.0


def moved(ends: dict[str, tuple[float, float]]) -> Run:
    run = Run("".join(ends), {"follow": ("follow-strict",)})
    for persona, (first, last) in ends.items():
        for checkpoint, value in ((0, first), (8, last)):
            run.answer(persona, checkpoint, "i", {"follow-strict": value}, probe="follow")
    return run


def test_a_change_ends_where_the_scale_does_from_its_start() -> None:
    found = pick(
        moved({"a": (0.6, 1.0), "b": (0.6, 0.1), "c": (0.6, 0.9), "d": (0.6, 0.4)}),
        "drift",
        "follow-strict",
        source="follow",
    )
    assert (found.low, found.high) == pytest.approx((-0.6, 0.4))
    assert "the interval ends where the scale does" in found.note


def test_after_a_clear_fall_to_the_floor_the_change_is_as_uncertain_as_the_start() -> None:
    starts = {"a": 0.9, "b": 0.7, "c": 0.8, "d": 1.0}
    found = pick(
        moved({name: (start, 0.0) for name, start in starts.items()}), "drift", "follow-strict", source="follow"
    )
    half = stats.t.ppf(0.975, 3) * stats.sem(list(starts.values()))
    assert (found.low, found.high) == pytest.approx((max(-0.85 - half, -1.0), -0.85 + half))


def test_a_change_whose_interval_would_be_wider_than_the_scale_has_none() -> None:
    found = pick(
        moved({"a": (0.0, 1.0), "b": (1.0, 0.0), "c": (0.0, 1.0), "d": (1.0, 0.0)}),
        "drift",
        "follow-strict",
        source="follow",
    )
    assert stats.sem([1, -1, 1, -1]) * stats.t.ppf(0.975, 3) > 1
    assert (found.value, found.p, found.new_low) == (0.0, None, None)
    assert "these data say too little: the interval would be wider than the scale" in found.note


def test_however_units_vary_their_mean_is_held_as_clopper_and_pearson_hold_shares() -> None:
    """For units that are yes or no the ends are those of the exact interval; what was not drawn lies at either end."""
    rng = np.random.default_rng(15)
    for _ in range(30):
        units = int(rng.integers(4, 60))
        hits = int(rng.integers(0, units + 1))
        values = (np.arange(units) < hits).astype(np.float64)
        zero, one_ = np.zeros(1), np.ones(1)
        low, high = of_any_units(np.append(values, np.nan), np.zeros(units + 1, dtype=np.int64), zero, one_)
        least, most = stats.binomtest(hits, units).proportion_ci(method="exact")
        assert (low[0], high[0]) == pytest.approx((float(least), float(most)), abs=0.01)


def test_units_that_are_alike_can_hide_as_many_as_the_rule_of_three_says() -> None:
    values, groups = np.repeat([2.0, 3.0], [12, 8]), np.repeat([0, 1], [12, 8])
    low, high = of_any_units(values, groups, np.array([1.0, -4.0, 0.0]), np.array([5.0, 4.0, 1.0]))
    assert low[0] == pytest.approx(2 - hidden(12), abs=0.02)
    assert high[:2] == pytest.approx([2 + 3 * hidden(12), 3 + hidden(8)], abs=0.03)
    assert np.isnan(low[2])
    assert np.isnan(high[2])


def test_one_collapse_in_ten_that_nobody_drew_is_within_what_so_few_can_hide() -> None:
    rng = np.random.default_rng(16)
    held = 0
    for _ in range(200):
        losses = -3.0 * (rng.random(12) < 0.1) + rng.normal(0, 0.1, 12)
        low, high = of_any_units(losses, np.zeros(12, dtype=np.int64), np.array([-3.5]), np.array([0.5]))
        held += bool(low[0] <= -0.3 <= high[0])
    assert held >= 186
