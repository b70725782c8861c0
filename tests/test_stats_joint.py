"""Two quantities at once: regions and correlations hold as often as they say, and stay away where they cannot."""

import numpy as np
import pytest

from longplay.stats import joint_region, within_correlation


def inside(outline: np.ndarray, point: tuple[float, float]) -> bool:
    """Whether a convex outline holds a point: it lies on one side of all edges."""
    edges = np.roll(outline, -1, axis=0) - outline
    away = np.array(point) - outline
    turns = edges[:, 0] * away[:, 1] - edges[:, 1] * away[:, 0]
    return bool((turns > 0).all() or (turns < 0).all())


def test_the_region_holds_the_true_means_as_often_as_it_says() -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(400):
        x = rng.standard_normal(8)
        found = joint_region(10 + x, 5 + 0.7 * x + 0.3 * rng.standard_normal(8))
        assert found.outline is not None
        held += inside(found.outline, (10.0, 5.0))
    assert 0.92 * 400 <= held <= 0.98 * 400


def test_a_few_units_have_a_point_and_no_region() -> None:
    found = joint_region(np.array([1.0, 2.0, 6.0, np.nan]), np.array([0.0, 1.0, 2.0, 3.0]))
    assert (found.x, found.y, found.n, found.outline) == (3.0, 1.0, 3, None)


def planted(rng: np.random.Generator, units: int, slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Changes of x and y at eight places, with unit and place effects that would mislead a plain correlation."""
    x = rng.standard_normal((units, 8))
    y = slope * x + rng.standard_normal((units, 8))
    unit, place = 5 * rng.standard_normal((units, 1)), 5 * rng.standard_normal((1, 8))
    return x + unit + place, y - unit - place


def test_unit_and_place_means_are_taken_out_before_correlating() -> None:
    rng = np.random.default_rng(2)
    x, y = planted(rng, 200, 1.0)
    assert np.corrcoef(x.ravel(), y.ravel())[0, 1] < -0.5
    assert within_correlation(x, y).value == pytest.approx(np.sqrt(0.5), abs=0.05)


def test_its_interval_covers_none_and_some() -> None:
    for slope, truth in ((0.0, 0.0), (1.0, np.sqrt(0.5))):
        rng, held = np.random.default_rng(3), 0
        for _ in range(200):
            found = within_correlation(*planted(rng, 8, slope))
            assert found.low is not None
            assert found.high is not None
            held += found.low <= truth <= found.high
        assert 0.90 * 200 <= held <= 0.995 * 200


def test_missing_cells_are_left_out_of_both() -> None:
    x, y = planted(np.random.default_rng(4), 10, 1.0)
    x[0, :] = np.nan
    y[1, 2] = np.nan
    found = within_correlation(x, y)
    assert (found.units, found.n) == (9, 71)


@pytest.mark.parametrize("units", [1, 3])
def test_few_units_give_no_interval(units: int) -> None:
    found = within_correlation(*planted(np.random.default_rng(5), units, 1.0))
    assert (found.low, found.high) == (None, None)


def test_what_never_moves_has_no_correlation() -> None:
    x, _ = planted(np.random.default_rng(6), 6, 1.0)
    assert within_correlation(x, np.ones_like(x)).value is None
