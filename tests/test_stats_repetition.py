"""Repetition along a dialogue, and ratios of means: numbers that one can check by hand."""

import random

import numpy as np
import pytest

from longplay.stats.ratios import ratio_of_means
from longplay.stats.repetition import distinct, repetition

PARROT = "Well now, let me tell you about the sea, my friend. Fair winds!"


def test_a_reply_like_one_before_it_is_all_taken_over() -> None:
    found = repetition([PARROT, PARROT, "Quite another thing was said here today."], [False] * 3)
    assert np.isnan(found.shared[0])
    assert found.shared.tolist()[1:] == [1, 0]
    assert found.opening.tolist()[1:] == [17, 0]
    assert found.ending.tolist()[1:] == [17, 0]
    assert found.saved[1] > 0.8
    assert found.saved[2] < 0.1


def test_a_template_around_new_words_is_seen_at_both_ends() -> None:
    made = [f"Ah, my dear friend, {word} is the thing; and now excuse me!" for word in ("bread", "courage")]
    found = repetition(made, [False, False])
    assert (found.opening[1], found.ending[1]) == (6, 9)
    assert 0 < found.shared[1] < 1


def test_only_the_five_replies_before_count() -> None:
    others = [" ".join(f"{word}{n}" for word in "abcdefgh") for n in range(5)]
    assert repetition([PARROT, *others[:4], PARROT], [False] * 6).shared[-1] == 1
    assert repetition([PARROT, *others, PARROT], [False] * 7).shared[-1] == 0


def test_missing_and_empty_replies_are_no_numbers() -> None:
    found = repetition([None, "", PARROT, None, PARROT], [False] * 5)
    assert np.isnan(found.length).tolist() == [True, False, False, True, False]
    assert np.isnan(found.compression).tolist() == [True, True, False, True, False]
    assert found.shared[4] == 1
    assert np.isnan(repetition([None], [False]).runaway).all()
    assert len(repetition([], []).length) == 0
    with pytest.raises(ValueError, match="equally many"):
        repetition(["a"], [])


def test_a_runaway_is_cut_or_far_longer_than_its_dialogue() -> None:
    replies = ["x" * 100] * 5
    assert repetition([*replies, "x" * 1_999], [False] * 6).runaway.tolist() == [0] * 6
    assert repetition([*replies, "x" * 2_001], [False] * 6).runaway.tolist() == [0] * 5 + [1]
    assert repetition(["x" * 1_000] * 5 + ["x" * 3_999], [False] * 6).runaway.sum() == 0
    assert repetition(replies, [True, *[False] * 4]).runaway.tolist() == [1, 0, 0, 0, 0]


def test_text_that_is_no_unicode_is_measured_too() -> None:
    assert repetition(["\ud800 a", "\ud800 a"], [False, False]).saved[1] > 0


@pytest.mark.parametrize("length", [1, 2, 3])
def test_distinct_runs_are_counted_in_every_window(length: int) -> None:
    rng = random.Random(length)
    replies = [" ".join(f"w{rng.randrange(20)}" for _ in range(rng.randrange(40))) for _ in range(9)]
    runs: list[tuple[str, ...]] = []
    for text in replies:
        found = text.split()
        runs += [tuple(found[i : i + length]) for i in range(len(found) - length + 1)]
    shares = [len(set(runs[i : i + 30])) / 30 for i in range(len(runs) - 29)]
    assert distinct([*replies, None], length, window=30) == pytest.approx(np.mean(shares))


def test_distinct_runs_do_not_depend_on_length_and_need_a_window() -> None:
    rng = random.Random(5)
    text = " ".join(f"w{rng.randrange(300)}" for _ in range(6_000))
    assert distinct([text[:9_000]], 1) == pytest.approx(distinct([text], 1), abs=0.02)
    assert np.isnan(distinct(["too short"], 1))


def test_a_ratio_of_means_has_a_value_where_single_denominators_are_0() -> None:
    found = ratio_of_means(np.array([-1.0, 0.0, -2.0, -1.0]), np.array([2.0, 0.0, 4.0, 2.0]))
    assert (found.value, found.n) == (-0.5, 4)
    assert found.low == found.high == -0.5
    assert ratio_of_means(np.array([1.0, np.nan]), np.array([2.0, 1.0])).low is None
    assert ratio_of_means(np.array([1.0]), np.array([0.0])).value is None
    with pytest.raises(ValueError, match="equally long"):
        ratio_of_means(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="one-dimensional"):
        ratio_of_means(np.zeros((2, 2)), np.zeros((2, 2)))


def test_the_interval_of_a_ratio_covers_the_ratio_of_the_population() -> None:
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(500):
        under = rng.gamma(8, 1 / 8, 8)
        over = -0.3 * under + 0.1 * rng.standard_normal(8)
        found = ratio_of_means(over, under)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= -0.3 <= found.high
    assert 0.92 <= hits / 500 <= 0.98
