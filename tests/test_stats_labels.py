"""Human labels beside a judge: the sample is what was asked for, and corrected means cover the truth of the labels."""

import msgspec
import numpy as np
import pytest
from scipy.special import betaincinv
from scipy.stats import binom

from longplay.stats import Arm, draw_by_arm, draw_sample, prediction_powered
from longplay.stats.rare_errors import room

DIALOGUES, ITEMS = 12, 50


def arm(rng: np.random.Generator, level: float, bias: float, labels: int = 100) -> Arm:
    """A judge that is wrong by `bias` on average, and as many labels as asked from the stratified sampler."""
    own = 0.4 * rng.standard_normal((DIALOGUES, 1))
    human = (level + own + 0.8 * rng.standard_normal((DIALOGUES, ITEMS))).ravel()
    judge = np.clip(np.round(human + bias + 0.6 * rng.standard_normal(len(human))), 1, 5)
    sample = draw_sample(judge.astype(np.int64), labels, rng)
    labelled = np.where(sample.chosen, human, np.nan)
    cluster = np.repeat(np.arange(DIALOGUES), ITEMS)
    return Arm(judge, labelled, sample.probability, np.ones(len(judge)), cluster)


def test_every_stratum_is_sampled_and_the_rest_by_size() -> None:
    strata = np.repeat([1, 2, 3, 4], [1, 3, 96, 900])
    found = draw_sample(strata, 100, np.random.default_rng(1))
    taken = [int(found.chosen[strata == one].sum()) for one in (1, 2, 3, 4)]
    assert sum(taken) == 100
    assert taken[:2] == [1, 2]
    assert taken[3] > 7 * taken[2]
    for one, count in zip((1, 2, 3, 4), taken, strict=True):
        assert set(found.probability[strata == one]) == {count / (strata == one).sum()}


def test_the_same_seed_draws_the_same_rows() -> None:
    strata = np.arange(200) % 5
    one, same, other = (draw_sample(strata, 40, np.random.default_rng(seed)).chosen for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()


def test_more_labels_than_rows_take_every_row() -> None:
    found = draw_sample(np.arange(30) % 3, 500, np.random.default_rng(0))
    assert found.chosen.all()
    assert (found.probability == 1).all()


def test_arms_share_alike_and_what_a_small_one_lacks_goes_to_the_others() -> None:
    arms = np.repeat([0, 1, 2], [10, 200, 3000])
    strata = np.random.default_rng(2).integers(1, 6, len(arms))
    found = draw_by_arm(arms, strata, 130, np.random.default_rng(1))
    assert [int(found.chosen[arms == arm].sum()) for arm in (0, 1, 2)] == [10, 60, 60]
    for arm in (0, 1, 2):
        for stratum in range(1, 6):
            rows = (arms == arm) & (strata == stratum)
            assert set(found.probability[rows]) == {found.chosen[rows].sum() / rows.sum()}


def test_the_mean_of_one_seed_of_labels_covers_the_truth_as_often_as_it_says() -> None:
    rng, held, judged = np.random.default_rng(5), 0, 0
    for _ in range(300):
        found = prediction_powered([arm(rng, 3.0, 0.5)], [1.0])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 3.0 <= found.high
        judged += abs(found.judged - 3.0) < 0.3
    assert 0.91 * 300 <= held <= 0.985 * 300
    assert judged < 150, "the judge alone is off"


def test_a_contrast_covers_where_the_judge_errs_more_at_its_end() -> None:
    rng, held = np.random.default_rng(6), 0
    for _ in range(300):
        found = prediction_powered([arm(rng, 2.5, 0.8), arm(rng, 3.5, 0.1)], [1.0, -1.0])
        assert found.low is not None
        assert found.high is not None
        held += found.low <= -1.0 <= found.high
    assert 0.91 * 300 <= held <= 0.985 * 300


def test_a_perfect_judge_is_leant_on_and_a_random_one_is_not() -> None:
    rng = np.random.default_rng(7)
    human = rng.integers(1, 6, 600).astype(float)
    known = np.where(rng.random(600) < 0.2, human, np.nan)
    both = (human, rng.integers(1, 6, 600).astype(float))
    perfect, random = (
        prediction_powered([Arm(judge, known, np.full(600, 0.2), np.ones(600), np.arange(600) % 12)], [1.0])
        for judge in both
    )
    assert perfect.tuning[0] > 0.8
    assert random.tuning[0] < 0.15
    assert perfect.high is not None
    assert perfect.low is not None
    assert random.high is not None
    assert random.low is not None
    assert perfect.high - perfect.low < random.high - random.low


def test_rare_rows_that_were_sampled_more_often_count_for_less() -> None:
    judge = np.repeat([1.0, 5.0], [20, 980])
    sample = draw_sample(judge.astype(np.int64), 400, np.random.default_rng(1))
    kept = sample.chosen | (judge == 1)
    probability = np.where(judge == 1, 1.0, sample.probability)
    labels = np.where(kept, judge, np.nan)
    found = prediction_powered([Arm(judge, labels, probability, np.ones(1000), np.arange(1000) % 10)], [1.0])
    assert found.value == pytest.approx(judge.mean())


def test_twenty_nine_labels_are_too_few() -> None:
    whole = arm(np.random.default_rng(8), 3.0, 0.0, labels=40)
    places = np.flatnonzero(~np.isnan(whole.human))
    human = whole.human.copy()
    human[places[29:]] = np.nan
    found = prediction_powered([msgspec.structs.replace(whole, human=human)], [1.0])
    assert (found.value, found.low, found.high, found.labels) == (None, None, None, 29)


def test_few_dialogues_have_a_value_and_no_interval() -> None:
    whole = arm(np.random.default_rng(9), 3.0, 0.0)
    found = prediction_powered([msgspec.structs.replace(whole, cluster=whole.cluster % 3)], [1.0])
    assert found.value is not None
    assert (found.low, found.high, found.clusters) == (None, None, 3)


def test_arms_without_signs_are_refused() -> None:
    with pytest.raises(ValueError, match="signs"):
        prediction_powered([], [])


def rarely(rng: np.random.Generator, wrong: float, labels: int = 50) -> Arm:
    """People say 0 or 1; the judge always says 0 and misses this share."""
    judge = np.zeros(8 * 60)
    human = (rng.random(len(judge)) < wrong).astype(float)
    chosen = draw_sample(judge.astype(np.int64), labels, rng)
    known = np.where(chosen.chosen, human, np.nan)
    return Arm(judge, known, chosen.probability, np.ones(len(judge)), np.repeat(np.arange(8), 60), (0.0, 1.0))


def test_where_no_error_was_seen_the_bound_is_the_exact_one() -> None:
    """scipy's binomial test in another form: of 50 labels none wrong has chance 5 % at the bound."""
    one = rarely(np.random.default_rng(1), 0.0)
    found = prediction_powered([one], [1.0])
    assert (found.value, found.low, found.rare) == (0, 0, True)
    assert found.high is not None
    assert binom.cdf(0, 50, found.high) == pytest.approx(0.05)


def test_of_errors_of_one_size_the_bounds_are_those_of_jeffreys() -> None:
    rng = np.random.default_rng(2)
    for _ in range(30):
        seen, n = int(rng.integers(1, 10)), int(rng.integers(40, 200))
        errors = np.zeros(n)
        errors[:seen] = 1.0
        # a cluster a label: nothing bunched
        left = room(errors, np.ones(n), np.arange(n), (np.zeros(n), np.ones(n)), 0.95)
        high = betaincinv(seen + 0.5, n - seen, 0.975)
        low = betaincinv(seen, n - seen + 0.5, 0.025)
        assert seen / n + left.above == pytest.approx(float(high), rel=0.02)
        assert seen / n - left.below == pytest.approx(float(low), rel=0.08)


def test_a_judge_that_is_rarely_wrong_is_covered() -> None:
    rng, held, width = np.random.default_rng(3), 0, 0
    for _ in range(300):
        found = prediction_powered([rarely(rng, 0.04)], [1.0])
        assert found.low is not None
        assert found.high is not None
        width += found.high > found.low
        held += found.low <= 0.04 <= found.high
    assert width == 300
    assert held >= 0.93 * 300


def test_labels_of_few_clusters_give_no_interval() -> None:
    whole = arm(np.random.default_rng(9), 3.0, 0.0, labels=400)
    some = msgspec.structs.replace(whole, human=np.where(whole.cluster < 2, whole.human, np.nan))
    found = prediction_powered([some], [1.0])
    assert found.value is not None
    assert (found.low, found.high, found.clusters, found.labelled) == (None, None, 12, 2)


def test_labels_of_some_clusters_widen_the_interval() -> None:
    whole = arm(np.random.default_rng(9), 3.0, 0.0, labels=400)
    some = msgspec.structs.replace(whole, human=np.where(whole.cluster < 5, whole.human, np.nan))
    every, five = prediction_powered([whole], [1.0]), prediction_powered([some], [1.0])
    assert every.low is not None
    assert every.high is not None
    assert five.low is not None
    assert five.high is not None
    assert five.high - five.low > 1.1 * (every.high - every.low)


def test_a_rare_error_of_the_right_side_of_a_contrast_moves_the_other_end() -> None:
    rng = np.random.default_rng(4)
    one, other = rarely(rng, 0.0), rarely(rng, 0.0, labels=30)
    found = prediction_powered([one, other], [1.0, -1.0])
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 50))
    assert found.low == pytest.approx(-(1 - 0.05 ** (1 / 30)))


def test_near_an_end_of_the_scale_the_interval_is_longer_towards_the_middle() -> None:
    rng = np.random.default_rng(12)
    human = (rng.random(240) < 0.93).astype(np.float64)
    judge = np.where(rng.random(240) < 0.8, human, 1 - human)
    every = np.ones(240)
    found = prediction_powered([Arm(judge, human, every, every, np.repeat(np.arange(12), 20), (0.0, 1.0))], [1.0])
    assert found.low is not None
    assert found.high is not None
    assert found.value - found.low > 1.1 * (found.high - found.value) > 0
