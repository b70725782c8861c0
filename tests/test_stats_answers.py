"""Variance of answers that units share, against least squares and against planted numbers; squared distances."""

import numpy as np
import pytest

from longplay.stats import Answers, Variance, answer_variance, distinct_answers, larger, less_noise, shared_weight
from longplay.stats.intervals import Floats


def codes(values: Floats, cell: int = 0) -> Answers:
    """(item, answer, persona) as one table."""
    item, answer, persona = (code.ravel() for code in np.indices(values.shape))
    where = np.full(values.size, cell)
    return Answers(values.ravel(), item, item * values.shape[1] + answer, persona, where)


def residual(value: Floats, columns: list[Floats]) -> tuple[float, int]:
    """Residual sum of squares and df of a least-squares fit on sets of indicator columns."""
    design = np.hstack([(of[:, None] == np.unique(of)).astype(float) for of in columns])
    left = value - design @ np.linalg.lstsq(design, value, rcond=None)[0]
    return float(left @ left), len(value) - int(np.linalg.matrix_rank(design))


@pytest.mark.parametrize("seed", range(30))
def test_the_variance_of_an_answer_is_that_of_an_analysis_of_variance(seed: int) -> None:
    """By models fitted by least squares: unit in item; unit in item and answer."""
    rng = np.random.default_rng(seed)
    items, answers, personas = rng.integers(2, 6), rng.integers(2, 4), rng.integers(2, 6)
    values = rng.normal(3, 1, (items, answers, 1)) + rng.normal(0, 0.5, (items, answers, personas))
    given = codes(values)
    found = answer_variance(given, 1)
    pair = given.thing * personas + given.unit
    without, less_df = residual(given.value, [pair])
    rest, rest_df = residual(given.value, [pair, given.answer])
    between, df = (without - rest) / personas / (less_df - rest_df), less_df - rest_df
    wanted = max(between - rest / rest_df / personas, 0.0)
    assert found.variance[0] == pytest.approx(wanted)
    if wanted:
        assert found.df[0] == pytest.approx(wanted**2 / (between**2 / df + (rest / rest_df / personas) ** 2 / rest_df))


@pytest.mark.parametrize("seed", range(30))
def test_weights_are_the_covariances_of_means_that_share_answers(seed: int) -> None:
    """By the matrix of weights of answers in means: the mean covariance of two units, and the variance of all."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(2, 5, 3))
    given = codes(np.where(rng.random(shape) < 0.2, np.nan, 1.0))
    known = ~np.isnan(given.value)
    weights = np.zeros((shape[2], shape[0] * shape[1]))
    for unit in range(shape[2]):
        mine = known & (given.unit == unit)
        things = np.unique(given.thing[mine])
        for thing in things:
            some = given.answer[mine & (given.thing == thing)]
            weights[unit, some] = 1 / len(some) / len(things)
    weights = weights[weights.any(axis=1)]
    covariance = weights @ weights.T
    others = ~np.eye(len(weights), dtype=bool)
    assert shared_weight(given, 1)[0] == pytest.approx(covariance[others].mean() if others.any() else covariance[0, 0])
    assert distinct_answers(given, 1)[0] == pytest.approx(1 / covariance.mean())


def test_an_answer_that_one_unit_has_for_itself_is_not_shared() -> None:
    own = Answers(np.ones(4), np.arange(4), np.arange(4), np.array([0, 0, 1, 1]), np.zeros(4, dtype=np.int64))
    assert shared_weight(own, 1)[0] == 0
    assert distinct_answers(own, 1)[0] == 4
    assert np.isnan(answer_variance(own, 1).variance[0])


def test_rounding_is_no_variance() -> None:
    values = np.full((3, 2, 4), 0.1) * np.array([3.0, 1.0])[None, :, None] / np.array([3.0, 1.0])[None, :, None]
    assert answer_variance(codes(values), 1).variance[0] == 0


def test_of_a_part_and_its_whole_the_larger_stands() -> None:
    whole = Variance(np.array([1.0, 2.0, 2.0]), np.array([1.0, 1.0, 1.0]))
    part = Variance(np.array([1.5, 1.5, np.nan]), np.array([9.0, 9.0, np.nan]))
    found = larger(whole, part)
    assert found.variance.tolist() == [1.5, 2.0, 2.0]
    assert found.df.tolist() == [9.0, 1.0, 1.0]


@pytest.mark.parametrize("seed", range(30))
def test_a_squared_distance_less_noise_is_the_mean_product_of_two_different_items(seed: int) -> None:
    """The unbiased estimate in another form: the mean of x_i * x_j over pairs of different items."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 6, 4)
    group = np.repeat(np.arange(4), sizes)
    off = rng.normal(0.5, 1, len(group))
    square, less = less_noise(off, group, np.zeros(4, dtype=np.int64))
    for number, size in enumerate(sizes):
        some = off[group == number]
        products = np.outer(some, some)[~np.eye(size, dtype=bool)]
        assert less[number] == pytest.approx(products.mean())
        assert square[number] == pytest.approx(some.mean() ** 2)


def test_a_trait_of_one_item_takes_its_noise_from_the_others() -> None:
    off = np.array([1.0, 3.0, 2.0, np.nan])
    square, less = less_noise(off, np.array([0, 0, 1, 2]), np.zeros(3, dtype=np.int64))
    assert square[:2].tolist() == [4.0, 4.0]
    assert less[:2].tolist() == [3.0, 2.0]
    assert np.isnan(less[2])
    assert less_noise(np.array([2.0]), np.array([0]), np.array([0]))[1].tolist() == [4.0]
