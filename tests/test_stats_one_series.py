"""One dialogue by itself: the parts of its statistics against definitions written out and against simulated series."""

import numpy as np
import pytest

from longplay.stats import last_minus_first, one_step
from longplay.stats.one_series import errors_of_ends, normalised_step

INPUTS = 30


def test_what_sums_wander_is_as_the_definition_has_it() -> None:
    rng = np.random.default_rng(3)
    for _ in range(INPUTS):
        n = int(rng.integers(8, 30))
        values = rng.normal(size=n)
        apart, best = values - values.mean(), 0.0
        for k in range(2, n - 1):
            sides = apart[:k], apart[k:][::-1]
            wandered = sum(float((np.cumsum(side - side.mean()) ** 2).sum()) for side in sides)
            best = max(best, float(apart[:k].sum() ** 2) * n / wandered)
        assert normalised_step(values[None])[0] == pytest.approx(best)


def test_errors_of_independent_rounds_are_those_of_welch() -> None:
    rng = np.random.default_rng(4)
    for _ in range(INPUTS):
        sides = rng.normal(size=int(rng.integers(5, 20))), rng.normal(0, 3, size=int(rng.integers(5, 20)))
        errors, df = errors_of_ends(sides, 0.0, np.zeros(10**6))
        variances = [float(side.var(ddof=1)) / len(side) for side in sides]
        known = sum(variances) ** 2 / sum(v**2 / (len(side) - 1) for v, side in zip(variances, sides, strict=True))
        assert errors == pytest.approx(np.sqrt(variances))
        assert df == pytest.approx(known, rel=1e-3)


@pytest.mark.parametrize("shared", [0.3, 0.6])
def test_errors_of_rounds_that_hang_together_are_those_of_their_means(shared: float) -> None:
    rng = np.random.default_rng(5)
    state = rng.normal(size=(4000, 40))
    for place in range(1, 40):
        state[:, place] = shared * state[:, place - 1] + np.sqrt(1 - shared**2) * state[:, place]
    sides = state[:, :12], state[:, -12:]
    means = sides[1].mean(axis=1) - sides[0].mean(axis=1)
    left = state[0]
    told = np.mean([(errors_of_ends(pair, shared, left)[0] ** 2).sum() for pair in zip(*sides, strict=True)])
    assert told == pytest.approx(means.var(), rel=0.1)


def test_a_series_that_wanders_has_a_step_rarely_and_a_stepped_one_nearly_always() -> None:
    rng = np.random.default_rng(6)
    found: tuple[list[bool], list[bool]] = [], []
    for lost in (0, 1):
        for _ in range(60):
            state = rng.normal(size=102)
            for place in range(1, 102):
                state[place] = 0.5 * state[place - 1] + 0.87 * state[place]
            step = one_step(state - 2.5 * lost * (np.arange(102) >= 51), rng, draws=199)
            assert step is not None
            found[lost].append(step.p <= 0.05)
    assert sum(found[0]) <= 9
    assert sum(found[1]) >= 57


def test_a_side_with_few_rounds_has_no_interval_and_one_with_enough_holds_its_change() -> None:
    values = np.tile([0.2, 0.4, 0.3, 0.5], 6)
    rng = np.random.default_rng(0)
    assert last_minus_first(values, (3, 8), rng, draws=19).ends is None
    found = last_minus_first(values, (8, 8), rng, draws=19)
    assert found.ends is not None
    assert found.ends[0] < 0 == found.value < found.ends[1]
