"""Half-lives and steps: found where they were planted, open where the data end, and none where nothing changes."""

import numpy as np
import pytest

from longplay.stats import half_life, step

AT = np.array([0, 1, 2, 4, 8, 16, 32, 56, 79, 102], dtype=float)


def curves(seed: int, h: float, units: int = 8, change: float = -1.0, noise: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    own = change * (1 + 0.4 * rng.standard_normal((units, 1)))
    start = rng.standard_normal((units, 1))
    return start + own * (1 - 2.0 ** (-AT / h)) + noise * rng.standard_normal((units, len(AT)))


def everywhere(values: np.ndarray, at: np.ndarray = AT) -> np.ndarray:
    return np.broadcast_to(at, values.shape)


@pytest.mark.parametrize("h", [5.0, 12.0, 40.0])
def test_without_noise_the_planted_half_life_comes_back(h: float) -> None:
    values = curves(1, h, noise=0.0)
    found = half_life(values, everywhere(values))
    assert found.value == pytest.approx(h, rel=1e-4)
    change = (values[:, -1] - values[:, 0]).mean()
    assert found.change == pytest.approx(change, rel=1e-4)


def test_its_interval_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(200):
        values = curves(seed, 15.0)
        found = half_life(values, everywhere(values))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 15.0 <= found.high
    assert 182 <= covered <= 198


def test_units_with_their_own_pace_of_tokens_share_one_half_life() -> None:
    values = np.zeros((6, len(AT)))
    at = AT * np.linspace(200, 900, 6)[:, None]
    values += -2.0 * (1 - 2.0 ** (-at / 4000)) + np.arange(6)[:, None]
    values += 0.01 * np.random.default_rng(0).standard_normal(values.shape)
    found = half_life(values, at)
    assert found.value == pytest.approx(4000, rel=0.1)


def test_a_half_life_past_the_last_place_has_an_open_end() -> None:
    values = curves(3, 500.0, change=-4.0)
    found = half_life(values, everywhere(values))
    assert found.changes
    assert (found.value, found.beyond, found.high) == (None, "above", None)
    assert found.reach == (1, 102)
    assert found.low is None or found.low > 40


def test_a_change_before_the_first_checkpoint_has_an_open_start() -> None:
    at = np.array([0, 11, 22, 34, 45, 56, 68, 79, 90, 102], dtype=float)
    rng = np.random.default_rng(2)
    values = np.where(at > 0, -1.0, 0.0) + 0.1 * rng.standard_normal((8, 10))
    found = half_life(values, everywhere(values, at))
    assert (found.value, found.beyond, found.low) == (None, "below", None)
    assert found.reach == (11, 102)
    assert found.high is None or found.high < 11


def test_nothing_that_changes_says_so_and_keeps_its_level() -> None:
    changes = 0
    for seed in range(200):
        values = curves(seed, 15.0, change=0.0)
        changes += half_life(values, everywhere(values)).changes
    assert changes <= 20


def test_missing_values_are_left_out_and_short_units_with_them() -> None:
    values = curves(5, 15.0)
    values[0, 2:] = np.nan
    values[1, 4] = np.nan
    whole, without = half_life(values, everywhere(values)), half_life(values[1:], everywhere(values[1:]))
    assert whole == without
    assert (whole.units, whole.n) == (7, 69)


@pytest.mark.parametrize("values", [np.full((8, 10), np.nan), np.ones((8, 10)), np.ones((8, 2)), np.ones((0, 10))])
def test_nothing_to_fit_gives_no_numbers(values: np.ndarray) -> None:
    at = everywhere(values, AT[: values.shape[1]])
    for found in (half_life(values, at), step(values, at)):
        assert (found.value, found.low, found.high, found.change, found.units) == (None, None, None, None, 0)


def test_too_few_units_give_no_interval_of_the_change() -> None:
    values = curves(1, 10.0, units=3)
    found = half_life(values, everywhere(values))
    assert (found.change_low, found.change_high, found.changes) == (None, None, False)


def test_a_step_is_placed_where_it_is() -> None:
    rng = np.random.default_rng(4)
    values = rng.standard_normal((8, 1)) - 1.0 * (AT >= 32) + 0.1 * rng.standard_normal((8, 10))
    found = step(values, everywhere(values))
    assert (found.value, found.low, found.high) == (32, 32, 32)
    assert found.change == pytest.approx(-1.0, abs=0.1)
    assert found.changes


def test_a_faint_step_leaves_a_range_that_holds_it() -> None:
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values = rng.standard_normal((8, 1)) - 0.3 * (AT >= 16) + 0.3 * rng.standard_normal((8, 10))
        found = step(values, everywhere(values))
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 16 <= found.high
    assert hits >= 90


def test_tables_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        half_life(np.ones((3, 4)), np.ones((3, 5)))
