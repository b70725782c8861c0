"""The paper's forms by hand, and its bootstraps and mixed models against the recipe written out step by step."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from statsmodels.formula.api import mixedlm

from longplay.stats.paper import (
    Cells,
    bar_bootstrap,
    baseline_distance,
    block_means,
    kind_means,
    label_distance,
    line_bootstrap,
    losses,
    profiles,
    random_intercept,
    row_bootstrap,
    to_maximum,
    wins,
)

Array = NDArray[np.float64]


def some(*shape: int, seed: int = 7) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def test_blocks_end_at_their_round_and_the_first_is_a_single_round() -> None:
    rounds = np.array([9.0, 1, 2, 3, 10, 20, 30, 40])
    assert block_means(rounds, [0, 3, 5]).tolist() == [9, 2, 15]
    assert block_means(np.stack([rounds, 2 * rounds]), [0, 3, 7]).tolist() == [[9, 2, 25], [18, 4, 50]]


@pytest.mark.parametrize("ends", [[], [3, 3], [5, 2], [-1, 2], [0, 8]])
def test_blocks_that_do_not_rise_within_the_rounds_are_refused(ends: list[int]) -> None:
    with pytest.raises(ValueError, match="must rise"):
        block_means(np.zeros(8), ends)


def written_out_line(table: Array) -> list[tuple[float, float, float]]:
    """The recipe of the difference figures: pandas' own sampling on the legacy global generator, seeded once a line."""
    np.random.seed(42)
    found: list[tuple[float, float, float]] = []
    for position in range(table.shape[1]):
        differences = pd.Series(table[:, position])
        means = [differences.sample(n=len(differences), replace=True).mean() for _ in range(1000)]
        ends = np.percentile(means, 2.5), np.percentile(means, 97.5)
        found.append((float(differences.mean()), float(ends[0]), float(ends[1])))
    return found


@pytest.mark.parametrize("rows", [56, 28])
def test_line_intervals_are_those_of_the_recipe_bit_by_bit(rows: int) -> None:
    table = some(rows, 3)
    found = line_bootstrap(table)
    assert list(zip(found.centre, found.low, found.high, strict=True)) == written_out_line(table)
    assert found.n == rows


def test_line_intervals_depend_on_the_order_of_rows() -> None:
    table = some(56, 2)
    assert line_bootstrap(table).low.tolist() != line_bootstrap(table[::-1]).low.tolist()


def test_a_line_without_differences_has_an_interval_of_nothing() -> None:
    found = line_bootstrap(np.zeros((56, 1)))
    assert (found.centre[0], found.low[0], found.high[0]) == (0, 0, 0)


def test_bar_intervals_are_those_of_the_recipe_bit_by_bit() -> None:
    table = some(8, 3)
    found = bar_bootstrap(table)
    for bar in range(3):
        generator = np.random.default_rng(42)
        means = [float(np.mean(generator.choice(table[:, bar], 8))) for _ in range(5000)]
        assert found.centre[bar] == np.mean(means)
        assert found.centre[bar] != table[:, bar].mean()
        assert [found.low[bar], found.high[bar]] == np.percentile(means, [2.5, 97.5]).tolist()


def test_row_intervals_resample_whole_rows() -> None:
    column = some(40)
    found = row_bootstrap(np.column_stack((column, 2 * column)), np.random.default_rng(1), resamples=500)
    assert found.centre.tolist() == pytest.approx([column.mean(), 2 * column.mean()])
    assert 2 * found.low[0] == pytest.approx(found.low[1])
    assert found.low[0] < found.centre[0] < found.high[0]


def test_missing_values_are_refused_by_every_bootstrap() -> None:
    holed = np.array([[1.0], [np.nan]])
    for call in (line_bootstrap, bar_bootstrap, lambda values: row_bootstrap(values, np.random.default_rng(1))):
        with pytest.raises(ValueError, match="missing"):
            call(holed)
    with pytest.raises(ValueError, match="at least one row"):
        line_bootstrap(np.zeros((0, 2)))


def test_levels_average_by_trait_and_nothing_is_reversed() -> None:
    traits = np.array([0, 1, 0, 1, 1])
    assert profiles(np.array([[1.0, 5, 3, 5, 2]]), traits, 2).tolist() == [[2, 4]]


def test_a_trait_without_items_is_refused() -> None:
    with pytest.raises(ValueError, match=r"traits \[2\]"):
        profiles(np.zeros((1, 2)), np.array([0, 1]), 3)


def test_the_two_distances_weigh_traits_differently() -> None:
    # Agreeableness, conscientiousness, extraversion, neuroticism, openness: 9, 9, 8, 8 and 10 items.
    one = np.array([2.5556, 3.0, 2.0, 1.5, 2.5])
    other = np.array([3.7778, 4.1111, 2.375, 1.875, 3.6])
    assert label_distance(one, other) == pytest.approx(0.209167, abs=2e-5)
    assert baseline_distance(one, other, np.array([9, 9, 8, 8, 10])) == pytest.approx(0.215909, abs=2e-5)


@pytest.mark.parametrize(
    ("label", "expected"),
    [((2.0, 3.0, 4.3333, 4.0, 3.6667), 0.194028), ((1.0, 1.0, 5.0, 3.88, 1.64), 0.472694)],
    ids=["annotation", "pdb"],
)
def test_the_distance_to_labels_depends_much_on_which(label: tuple[float, ...], expected: float) -> None:
    lestat = np.array([3.3333, 3.5556, 3.625, 3.25, 4.2])
    assert label_distance(lestat, np.array(label)) == pytest.approx(expected, abs=2e-5)


def test_the_model_wins_as_second_at_even_items_and_as_first_at_odd_ones() -> None:
    assert wins(np.array([1.0, 1, 0, 0, np.nan])).tolist()[:4] == [1, 0, 0, 1]
    assert np.isnan(wins(np.array([1.0, 1, 0, 0, np.nan]))[4])


def test_kinds_average_over_cells_first_and_items_without_a_kind_are_left_out() -> None:
    values = np.array([[[1.0, 0, 1, 9]], [[0.0, 0, 1, 9]]])
    found = kind_means(values, np.array([0, 0, 2, -1]), 3)
    assert found[[0, 2]].tolist() == [0.25, 1]
    assert np.isnan(found[1])


def test_counts_are_shares_of_the_largest_in_their_script() -> None:
    assert to_maximum(np.array([[[1.0, 2], [4, 0]], [[5.0, 10], [1, 1]]])).tolist() == [
        [[0.25, 0.5], [1, 0]],
        [[0.5, 1], [0.1, 0.1]],
    ]


def test_the_share_lost_is_the_mean_of_ratios_not_the_ratio_of_means() -> None:
    found = losses(np.array([2.0, 100.0]), np.array([0.0, 100.0]))
    assert found.tolist() == [[1, 2], [0, 0]]
    assert found[:, 0].mean() == 0.5
    with pytest.raises(ValueError, match="1 first counts are 0"):
        losses(np.array([0.0]), np.array([1.0]))
    for first, last in ((np.ones(2), np.ones(3)), (np.ones((2, 2)), np.ones((2, 2)))):
        with pytest.raises(ValueError, match="equally long"):
            losses(first, last)


def grouped() -> pd.DataFrame:
    """Eight groups of ten rows with their own levels and a slope."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"group": np.repeat(list("hgfedcba"), 10), "position": np.tile(np.arange(10.0), 8)})
    level = frame["group"].map(dict(zip("abcdefgh", 4 * rng.normal(size=8), strict=True)))
    return frame.assign(rating=level - 0.5 * frame["position"] + rng.normal(size=80))


def summary(fit: object) -> list[list[str]]:
    """The coefficient table as statsmodels prints it."""
    return [[str(cell) for cell in row] for row in fit.summary().tables[1].to_numpy().tolist()]  # type: ignore[attr-defined]


def test_mixed_models_are_those_of_the_formula_to_the_printed_digits() -> None:
    frame = grouped()
    printed = summary(mixedlm("rating ~ position", frame, groups=frame["group"]).fit(method=["powell", "lbfgs"]))
    found = random_intercept(
        frame["rating"].to_numpy(), frame["position"].to_numpy(), [str(group) for group in frame["group"]]
    )
    assert found is not None
    for row, one in zip(printed[:2], (found.intercept, found.slope), strict=True):
        assert row == [f"{number:.3f}" for number in (one.value, one.error, one.z, one.p, one.low, one.high)]
    assert printed[2][:2] == [f"{found.group_variance:.3f}", f"{found.group_variance_error:.3f}"]
    assert (found.n, found.groups, found.converged, found.notes) == (80, 8, True, ())


def test_a_factor_of_two_levels_is_a_regressor_of_zeros_and_ones() -> None:
    frame = grouped().assign(who=["empty", "persona"] * 40)
    formula = "rating ~ C(who, Treatment('empty'))"
    printed = summary(mixedlm(formula, frame, groups=frame["group"]).fit(method=["powell", "lbfgs"]))
    has = (frame["who"] == "persona").to_numpy(dtype=np.float64)
    found = random_intercept(frame["rating"].to_numpy(), has, [str(group) for group in frame["group"]])
    assert found is not None
    assert printed[1][:2] == [f"{found.slope.value:.3f}", f"{found.slope.error:.3f}"]


def test_one_row_a_group_is_least_squares_as_statsmodels_finds_it_too() -> None:
    frame = grouped().assign(row=[str(row) for row in range(80)], who=["persona"] * 60 + ["empty"] * 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the group variance cannot be told, and it says so
        formula = "rating ~ C(who, Treatment('empty'))"
        printed = summary(mixedlm(formula, frame, groups=frame["row"]).fit(method=["powell", "lbfgs"]))
    has = (frame["who"] == "persona").to_numpy(dtype=np.float64)
    found = random_intercept(frame["rating"].to_numpy(), has, frame["row"].tolist())
    assert found is not None
    for row, one in zip(printed[:2], (found.intercept, found.slope), strict=True):
        assert row == [f"{number:.3f}" for number in (one.value, one.error, one.z, one.p, one.low, one.high)]
    assert found.group_variance is None
    assert found.notes


def test_values_that_are_explained_exactly_have_no_fit() -> None:
    position, groups = np.tile(np.arange(5.0), 2), ["a"] * 5 + ["b"] * 5
    assert random_intercept(np.full(10, 3.0), position, groups) is None
    assert random_intercept(0.3 * position + np.repeat([0.1, 7.0], 5), position, groups) is None
    assert random_intercept(0.3 * position, position, [str(row) for row in range(10)]) is None
    assert random_intercept(position**2, position, groups) is not None


def test_rows_that_do_not_fit_or_are_missing_are_refused() -> None:
    with pytest.raises(ValueError, match="not alike"):
        random_intercept(np.zeros(3), np.zeros(3), ["a", "b"])
    with pytest.raises(ValueError, match="missing"):
        random_intercept(np.array([1.0, np.nan]), np.zeros(2), ["a", "b"])


def test_cells_must_fit_their_names() -> None:
    Cells(("m",), ("a", "b"), (0, 11), np.zeros((1, 2, 2, 2)), np.zeros((1, 1, 2, 2)))
    with pytest.raises(ValueError, match="do not fit"):
        Cells(("m",), ("a",), (0, 11), np.zeros((1, 2, 2, 2)))
    with pytest.raises(ValueError, match="baseline"):
        Cells(("m",), ("a", "b"), (0,), np.zeros((1, 2, 2, 1)), np.zeros((1, 3, 2, 1)))
    with pytest.raises(ValueError, match="baseline"):
        Cells(("m",), ("a", "b"), (0,), np.zeros((1, 2, 2, 1)), np.zeros((2, 1, 2, 1)))
    with pytest.raises(ValueError, match="baseline"):
        Cells(("m",), ("a", "b"), (0,), np.zeros((1, 2, 2, 1)), np.zeros((1, 1, 2, 3)))
