"""Variances that add up, components, bands, families, equivalence, shares and question effects, each held against
numbers computed another way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from longplay.stats import (
    Cells,
    added,
    crossed,
    equivalence_p,
    fieller,
    first_of_last_run,
    half_widths,
    holm,
    max_t,
    sidak_t,
    two_sided_p,
    without_questions,
)


def one_table(values: np.ndarray) -> Cells:
    """A table of rows x columns in the long form."""
    row, column = np.indices(values.shape)
    table = np.zeros(values.size, dtype=np.int64)
    return Cells(values.ravel(), table, row.ravel(), column.ravel(), np.ones(1, dtype=np.int64))


def test_two_variances_add_up_as_welch_has_it() -> None:
    one, other = np.array([1.0, 3.0, 2.0, 5.0]), np.array([2.0, 2.5, 7.0])
    found = added([[stats.sem(one) ** 2], [stats.sem(other) ** 2]], [[3.0], [2.0]])
    low, high = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    half = half_widths(np.sqrt(found.variance), found.df, 0.95)
    assert half == pytest.approx([(high - low) / 2])


def test_a_part_without_variance_changes_nothing() -> None:
    found = added([[2.0, 0.0], [0.0, 0.0]], [[5.0, 5.0], [math.nan, 1.0]])
    assert found.variance.tolist() == [2.0, 0.0]
    assert found.df.tolist() == [5.0, 1.0]


def test_p_values_are_those_of_the_t_test_and_need_spread() -> None:
    values = np.array([0.3, 1.2, -0.4, 0.9])
    p = two_sided_p(np.array([values.mean(), 1.0]), np.array([stats.sem(values), 0.0]), np.array([3.0, 3.0]))
    assert p == pytest.approx([stats.ttest_1samp(values, 0.0).pvalue, math.nan], nan_ok=True)


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 6), st.integers(2, 5), st.integers(0, 2**31))
def test_the_variance_of_a_complete_table_is_that_of_its_mean_squares(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, columns)) + rng.normal(size=(rows, 1)) + rng.normal(size=columns)
    means, of_rows, of_columns = values.mean(), values.mean(axis=1), values.mean(axis=0)
    by_rows = columns * ((of_rows - means) ** 2).sum() / (rows - 1)
    by_columns = rows * ((of_columns - means) ** 2).sum() / (columns - 1)
    rest = ((values - of_rows[:, None] - of_columns + means) ** 2).sum() / (rows - 1) / (columns - 1)
    found = crossed(one_table(values)).of_mean()
    if by_rows > rest and by_columns > rest:
        assert found.variance == pytest.approx([(by_rows + by_columns - rest) / values.size])
    assert found.variance[0] >= 0
    assert found.df[0] > 0


def test_a_level_with_one_unit_is_no_source_of_variance() -> None:
    values = np.array([[1.0], [2.0], [4.0]])
    items, dialogues, nothing = (crossed(one_table(v)) for v in (values, values.T, values[:1]))
    for found, df in ((items, items.row_df), (dialogues, dialogues.column_df)):
        assert found.of_mean().variance == pytest.approx([np.var(values, ddof=1) / 3])
        assert found.of_mean().df == df == [2.0]
    assert np.isnan(nothing.of_mean().variance[0])


def test_items_of_their_own_in_every_column_leave_the_columns_to_rest_on() -> None:
    column = np.repeat(np.arange(3), 4)
    values = np.array([1.0, 2.0, 3.0, 4.0, 2.0, 2.0, 3.0, 3.0, 7.0, 5.0, 6.0, 6.0])
    zeros = np.zeros(12, dtype=np.int64)
    found = crossed(Cells(values, zeros, np.arange(12), column, np.ones(1, dtype=np.int64)))
    means = values.reshape(3, 4).mean(axis=1)
    assert found.of_mean().variance == pytest.approx([np.var(means, ddof=1) / 3])
    assert np.isnan(found.by_rows[0])


def test_missing_cells_are_left_out_and_tables_do_not_touch_each_other() -> None:
    values = np.random.default_rng(1).normal(size=(5, 3))
    values[0, 1] = math.nan
    one = one_table(values)
    both = Cells(
        np.tile(one.value, 2),
        np.repeat([0, 1], one.value.size),
        np.concatenate([one.row, one.row + 5]),
        np.concatenate([one.column, one.column + 3]),
        np.ones(2, dtype=np.int64),
    )
    alone, together = crossed(one).of_mean(), crossed(both).of_mean()
    assert together.variance == pytest.approx(np.repeat(alone.variance, 2))
    assert np.isfinite(alone.variance).all()


def test_sidaks_band_is_the_interval_where_there_is_one_position_and_wider_with_more() -> None:
    assert sidak_t(np.array([7.0])) == pytest.approx([stats.t.ppf(0.975, 7)])
    several = sidak_t(np.array([7.0, 7.0, math.nan, 7.0]))
    assert several[0] == pytest.approx(stats.t.ppf((1 + 0.95 ** (1 / 3)) / 2, 7))
    assert np.isnan(several[2])


def test_max_t_knows_that_equal_positions_are_one_and_independent_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    apart = rng.normal(size=(40, 6))
    same = np.repeat(apart[:, :1], 6, axis=1)
    one = max_t([same], 39, seed=1)
    assert one == pytest.approx(stats.t.ppf(0.975, 39), rel=0.03)
    assert max_t([apart], 39, seed=1) > one * 1.2
    assert max_t([apart], 39, seed=1) == max_t([apart], 39, seed=1)
    assert math.isnan(max_t([np.zeros((40, 2))], 39, seed=1))


def test_holms_correction_multiplies_by_what_is_left_and_never_falls() -> None:
    p = np.array([0.01, math.nan, 0.04, 0.03])
    assert holm(p) == pytest.approx([0.03, math.nan, 0.06, 0.06], nan_ok=True)


def test_equivalence_is_the_larger_of_two_one_sided_tests() -> None:
    values = np.array([0.1, 0.3, -0.1, 0.2, 0.0])
    margin = 0.4
    lower = stats.ttest_1samp(values, -margin, alternative="greater").pvalue
    upper = stats.ttest_1samp(values, margin, alternative="less").pvalue
    found = equivalence_p(np.array([values.mean()]), np.array([stats.sem(values)]), np.array([4.0]), margin)
    assert found == pytest.approx([max(lower, upper)])
    still = equivalence_p(np.array([0.1, 0.5]), np.zeros(2), np.full(2, 4.0), margin)
    assert still.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("passed", "first"), [([1, 0, 1, 1], 2), ([1, 1], 0), ([1, 0], None)])
def test_the_fixed_sequence_starts_at_the_last_and_stops_at_the_first_failure(
    passed: list[int], first: int | None
) -> None:
    assert first_of_last_run(np.array(passed, dtype=bool)) == first


def test_fiellers_ends_are_where_the_share_could_no_longer_be_told_from_the_truth() -> None:
    part, whole, covariance, df = 1.0, 2.0, (0.04, 0.03, 0.09), 9.0
    found = fieller(part, whole, covariance, df, 0.95)
    assert found is not None
    for end in (found.low, found.high):
        error = math.sqrt(covariance[0] - 2 * end * covariance[1] + end**2 * covariance[2])
        assert abs(part - end * whole) == pytest.approx(stats.t.ppf(0.975, df) * error)
    assert found.low < found.value == 0.5 < found.high
    assert fieller(1.0, 0.1, covariance, df, 0.95) is None


def test_question_effects_leave_the_contrast_of_blocks() -> None:
    rng = np.random.default_rng(3)
    question = np.concatenate([np.arange(30), rng.permutation(30)])
    block = np.tile(np.repeat([1, 2, 3], 10), 2)
    values = rng.normal(0, 5, 30)[question] + np.array([0.0, 0.5, -1.25])[block - 1]
    found = without_questions(values, (values, values), question, block, (1, 3))
    assert found is not None
    assert found.value == pytest.approx(-1.25)
    assert (found.lowest, found.highest) == pytest.approx((-1.25, -1.25))
    values[4] = math.nan
    missing = without_questions(
        values, (np.nan_to_num(values, nan=-9), np.nan_to_num(values, nan=9)), question, block, (1, 3)
    )
    assert missing is not None
    assert (missing.value, missing.n) == (pytest.approx(-1.25), 59)
    assert missing.lowest < missing.highest


def test_one_order_cannot_tell_questions_from_blocks() -> None:
    values = np.arange(4.0)
    assert without_questions(values, (values, values), np.arange(4), np.array([1, 1, 2, 2]), (1, 2)) is None
