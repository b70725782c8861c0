"""Half-lives and steps: found where they were planted, open where the data end, and none where nothing changes."""

import numpy as np
import pytest
from scipy.optimize import fminbound
from scipy.special import betainc, stdtr

from longplay.stats import half_life, step
from longplay.stats.free_means import misfit

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
    covered = told = 0
    for seed in range(200):
        values = curves(seed, 15.0)
        found = half_life(values, everywhere(values))
        told += found.told
        covered += found.low is not None and found.high is not None and found.low <= 15.0 <= found.high
    assert told >= 182
    assert 0.91 * told <= covered <= 0.99 * told


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
    hits = told = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        values = rng.standard_normal((8, 1)) - 0.3 * (AT >= 16) + 0.3 * rng.standard_normal((8, 10))
        found = step(values, everywhere(values))
        told += found.told
        hits += found.low is not None and found.high is not None and found.low <= 16 <= found.high
    assert told >= 25
    assert hits >= 0.9 * told


def dips(seed: int, back: float = 1.0, noise: float = 0.2) -> np.ndarray:
    """Down by 1.5 about round 16, and up again by this share."""
    rng = np.random.default_rng(seed)
    mean = np.interp(AT, [0, 8, 16, 32, 102], [0, -1.2, -1.5, -1.2, -1.5 * (1 - back)])
    own = 1 + 0.3 * rng.standard_normal((8, 1))
    return rng.standard_normal((8, 1)) + own * mean + noise * rng.standard_normal((8, len(AT)))


@pytest.mark.parametrize("back", [1.0, 0.6])
def test_what_dips_and_recovers_has_no_half_life_and_is_seen_to_dip(back: float) -> None:
    told = bent = 0
    for seed in range(100):
        values = dips(seed, back)
        found = half_life(values, everywhere(values))
        told += found.told
        assert (found.value is not None or found.low is not None) <= found.told
        bent += found.bend is not None and found.bend.from_first < 0 and found.bend.from_last < 0
    assert told <= 7
    assert bent >= 80


def test_residuals_that_hang_together_keep_the_level() -> None:
    rng, held, told = np.random.default_rng(3), 0, 0
    for _ in range(300):
        noise = rng.standard_normal((8, len(AT)))
        for place in range(1, len(AT)):
            noise[:, place] = 0.8 * noise[:, place - 1] + 0.6 * noise[:, place]
        own = -1 + 0.3 * rng.standard_normal((8, 1))
        values = own * (1 - 2.0 ** (-AT / 12.0)) + 0.3 * noise
        found = half_life(values, everywhere(values))
        told += found.told
        high = np.inf if found.high is None else found.high
        held += found.told and (found.low or 0.0) <= 12.0 <= high
    assert told >= 240
    assert 0.91 * told <= held <= 0.985 * told


def test_units_with_half_lives_of_their_own_are_held_by_the_interval() -> None:
    rng, held, told = np.random.default_rng(4), 0, 0
    for _ in range(300):
        h = 12.0 * np.exp(0.5 * rng.standard_normal((8, 1)))
        values = -1.0 * (1 - 2.0 ** (-AT / h)) + 0.1 * rng.standard_normal((8, len(AT)))
        found = half_life(values, everywhere(values))
        told += found.told
        held += found.low is not None and found.high is not None and found.low <= 12.0 <= found.high
    assert told >= 270
    assert 0.91 * told <= held <= 0.985 * told


def residual(values: np.ndarray, *curves: np.ndarray) -> np.ndarray:
    """What ordinary least squares on a constant and these curves leaves of every row."""
    design = np.stack([np.ones(len(AT)), *curves], axis=1)
    return values - (design @ np.linalg.lstsq(design, values.T, rcond=None)[0]).T


def test_estimate_and_interval_are_those_of_another_form() -> None:
    """Least squares of the mean curve by a search; at each end of the interval a one-sample t test has p = 0.05."""

    def shape(log_h: float) -> np.ndarray:
        return 0.5 ** (AT / np.exp(log_h))

    checked = 0
    for seed in range(30):
        values = curves(seed, 6.0 + seed)
        found = half_life(values, everywhere(values))
        if found.value is None or found.low is None or found.high is None:
            continue
        mean = values.mean(axis=0)[None]
        best = fminbound(lambda log_h, mean=mean: float((residual(mean, shape(log_h)) ** 2).sum()), 0.0, 5.0, xtol=1e-8)
        assert found.value == pytest.approx(float(np.exp(best)), rel=1e-4)
        for end in np.log([found.low, found.high]):
            contrast = residual((shape(end + 1e-5) - shape(end - 1e-5))[None], shape(end))[0]
            moves = values @ contrast
            t = abs(moves.mean()) / (moves.std(ddof=1) / np.sqrt(8))
            assert 2 * float(stdtr(7, -t)) == pytest.approx(0.05, abs=1e-4)
        checked += 1
    assert checked >= 25


def test_the_lack_of_fit_is_the_corrected_test_of_repeated_measures() -> None:
    """Sums of squares of conditions and of error, and epsilon by Box's formula from the double-centred covariance."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        table = rng.standard_normal((8, 1)) + rng.standard_normal((8, 6)).cumsum(axis=1) + 0.1 * seed * np.arange(6)
        grand, rows, columns = table.mean(), table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
        between = 8 * float(((columns - grand) ** 2).sum()) / 5
        error = float(((table - rows - columns + grand) ** 2).sum()) / 35
        s = np.cov(table, rowvar=False)
        top = 36 * (np.trace(s) / 6 - s.mean()) ** 2
        epsilon = top / (5 * ((s**2).sum() - 12 * (s.mean(axis=1) ** 2).sum() + 36 * s.mean() ** 2))
        ratio = between / error
        p = betainc(35 * epsilon / 2, 5 * epsilon / 2, 7 / (7 + ratio))
        assert misfit(residual_of_mean(table), table) == pytest.approx(float(p), rel=1e-6)


def residual_of_mean(table: np.ndarray) -> np.ndarray:
    return table - table.mean(axis=1, keepdims=True)


def test_the_lack_of_fit_keeps_its_level_and_finds_a_misfit() -> None:
    rng = np.random.default_rng(6)
    noise = rng.standard_normal((400, 8, 10)).cumsum(axis=2)
    flat = [misfit(residual_of_mean(one), one) for one in noise]
    off = [misfit(residual_of_mean(one), one) for one in noise[:100] + 4.0 * (np.arange(10) > 4)]
    assert 5 <= sum(p is not None and p < 0.05 for p in flat) <= 32
    assert sum(p is not None and p < 0.05 for p in off) >= 85


def test_tables_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        half_life(np.ones((3, 4)), np.ones((3, 5)))
