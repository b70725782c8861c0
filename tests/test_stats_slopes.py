"""Slopes over rounds: what they estimate, what their intervals hold, and when there is none."""

import numpy as np
import pytest
from scipy import stats

from longplay.stats import Scores, marginal_slopes, mixed_slope

PLACES = np.array([0.0, 20.0, 40.0, 60.0, 80.0, 100.0])


def grid(personas: int, items: int, dialogues: int = 1) -> tuple[np.ndarray, ...]:
    """Persona, dialogue, place and item of every answer."""
    parts = np.meshgrid(np.arange(personas), np.arange(dialogues), PLACES, np.arange(items), indexing="ij")
    return tuple(part.ravel() for part in parts)


def drifting(rng: np.random.Generator, items: int = 10, sd: tuple[float, float] = (0.3, 0.3)) -> Scores:
    """Eight personas that lose 0.1 every ten rounds, give or take; items that several of them were asked do, too."""
    who, talk, place, item = grid(8, items)
    own, of_item = rng.normal(0, sd[0], 8)[who], rng.normal(0, sd[1], items)[item]
    value = 4 + rng.normal(0, 0.4, 8)[who] + (own + of_item - 1) * place / 100 + rng.normal(0, 0.5, len(who))
    return Scores(value, who, talk, item, place)


def test_the_slope_is_the_mean_of_the_personas_slopes_per_ten_rounds_with_their_t_interval() -> None:
    scores = drifting(np.random.default_rng(4), sd=(0.4, 0.0))
    found = mixed_slope(scores)
    each = [
        np.polyfit(
            PLACES / 10, [scores.score[(scores.persona == p) & (scores.position == x)].mean() for x in PLACES], 1
        )
        for p in range(8)
    ]
    slopes = [line[0] for line in each]
    assert found.value == pytest.approx(np.mean(slopes))
    assert found.error == pytest.approx(np.hypot(stats.sem(slopes), found.items**0.5), rel=1e-3)
    assert (found.personas, found.n, found.missing, found.confounded) == (8, 480, 0, False)


def test_what_shared_items_differ_in_is_part_of_the_error_and_what_one_personas_items_differ_in_is_not_added() -> None:
    shared = [mixed_slope(drifting(np.random.default_rng(seed), sd=(0.1, 0.9))) for seed in range(40)]
    assert np.mean([one.items for one in shared]) == pytest.approx(0.9**2 / 10 / 100, rel=0.25)
    scores = drifting(np.random.default_rng(1), sd=(0.1, 0.9))
    own = Scores(scores.score, scores.persona, scores.dialogue, scores.item + 100 * scores.persona, scores.position)
    assert mixed_slope(own).items == 0
    assert mixed_slope(own).df == 7


def test_intervals_hold_the_planted_slope_about_as_often_as_they_say() -> None:
    found = [mixed_slope(drifting(np.random.default_rng([7, i]))) for i in range(60)]
    assert np.mean([one.low <= -0.1 <= one.high for one in found]) > 0.9


def talking(rng: np.random.Generator, orders: list[np.ndarray]) -> Scores:
    """Rounds of eight personas who do not drift; the questions do: later ones as written score lower."""
    rounds = len(orders[0])
    who, talk, place = (
        part.ravel() for part in np.meshgrid(np.arange(8), np.arange(len(orders)), np.arange(rounds), indexing="ij")
    )
    question = np.array(orders)[talk, place]
    value = 4 - 0.02 * question + rng.normal(0, 0.2, 8)[who] + rng.normal(0, 0.3, len(who))
    return Scores(value, who, talk, question, place + 1.0, questions=True)


def test_with_several_orders_questions_drop_out_and_with_one_they_are_confounded_with_their_places() -> None:
    rng = np.random.default_rng(2)
    written = np.arange(40)
    one, several = (mixed_slope(talking(rng, orders)) for orders in ([written], [written, rng.permutation(40)]))
    assert (one.confounded, several.confounded) == (True, False)
    assert one.value == pytest.approx(-0.2, abs=0.05)
    assert several.low < 0 < several.high
    assert abs(several.value) < 0.05
    odds = marginal_slopes(several_odds(rng, written), yes_no=True)[0]
    assert odds.low < 0 < odds.high


def several_odds(rng: np.random.Generator, written: np.ndarray) -> Scores:
    scores = talking(rng, [written, rng.permutation(len(written))])
    return Scores(
        (scores.score > 3.6).astype(float),
        scores.persona,
        scores.dialogue,
        scores.item,
        scores.position,
        questions=True,
    )


def choosing(personas: int = 8, items: int = 30, seed: int = 4) -> Scores:
    """Levels 1 to 5 whose log odds fall by 0.15 every ten rounds."""
    rng = np.random.default_rng(seed)
    who, talk, place, item = grid(personas, items)
    odds = rng.normal(0, 0.3, personas)[who] - 0.015 * place
    value = 1.0 + (rng.logistic(size=len(who))[:, None] + odds[:, None] > [-3, -1.5, 0, 1]).sum(axis=1)
    return Scores(value, who, talk, item, place)


def test_odds_of_levels_and_of_yes_fall_as_planted_and_imply_a_change_of_the_score() -> None:
    scores = choosing()
    odds, implied = marginal_slopes(scores, yes_no=False)
    assert odds.low < -0.15 < odds.high
    first, last = (scores.score[scores.position == place].mean() for place in (0, 100))
    assert implied.value == pytest.approx(last - first, abs=0.15)
    assert implied.low < implied.value < implied.high
    yes = Scores((scores.score > 3).astype(float), scores.persona, scores.dialogue, scores.item, scores.position)
    odds, implied = marginal_slopes(yes, yes_no=True)
    assert odds.low < -0.15 < odds.high
    assert odds.df == pytest.approx(7, abs=0.3)
    shares = [yes.score[yes.position == place].mean() for place in (0, 100)]
    assert implied.value == pytest.approx(shares[1] - shares[0], abs=0.05)


def test_a_score_between_no_and_yes_counts_as_that_share_of_a_yes() -> None:
    who, talk, place, item = grid(4, 2)
    ties = Scores(np.where((item + who) * 20 < place, 0.5, 1.0), who, talk, item, place)
    both = Scores(
        np.concatenate((np.ceil(ties.score), np.floor(ties.score))),
        *(np.concatenate((part, part)) for part in _places(ties)),
    )
    once, twice = (marginal_slopes(scores, yes_no=True)[0] for scores in (ties, both))
    assert (once.value, once.error) == pytest.approx((twice.value, twice.error))


def test_missing_scores_are_counted_and_left_out() -> None:
    scores = drifting(np.random.default_rng(0))
    gone = np.arange(len(scores.score)) % 7 == 0
    holed = Scores(np.where(gone, np.nan, scores.score), scores.persona, scores.dialogue, scores.item, scores.position)
    kept = Scores(
        *(part[~gone] for part in (scores.score, scores.persona, scores.dialogue, scores.item, scores.position))
    )
    found, whole = mixed_slope(holed), mixed_slope(kept)
    assert (found.value, found.low, found.n) == (whole.value, whole.low, whole.n)
    assert (found.missing, whole.missing) == (gone.sum(), 0)


def test_under_four_personas_there_is_a_slope_and_no_interval() -> None:
    scores = choosing(personas=3)
    for found in (mixed_slope(scores), *marginal_slopes(scores, yes_no=False)):
        assert found.value is not None
        assert (found.low, found.high, found.error, found.p) == (None,) * 4
        assert found.note == "3 personas seen at two positions: no interval under 4"


def test_a_persona_seen_at_one_place_is_none_that_an_interval_rests_on() -> None:
    scores = choosing(personas=4)
    seen = (scores.persona < 3) | (scores.position == 0)
    found = mixed_slope(Scores(np.where(seen, scores.score, np.nan), *_places(scores)))
    assert (found.personas, found.low) == (3, None)


def _places(scores: Scores) -> tuple[np.ndarray, ...]:
    return scores.persona, scores.dialogue, scores.item, scores.position


def test_scores_that_are_all_the_same_have_a_slope_of_zero_without_width_and_no_odds() -> None:
    who, talk, place, item = grid(5, 3)
    scores = Scores(np.ones(len(who)), who, talk, item, place)
    found = mixed_slope(scores)
    assert (found.value, found.low, found.high) == pytest.approx((0, 0, 0), abs=1e-12)
    assert "no width" in found.note
    odds, implied = marginal_slopes(scores, yes_no=True)
    assert (odds.value, implied.value) == (None, None)
    assert "no odds" in odds.note


def test_scores_that_the_rounds_tell_apart_have_no_finite_odds() -> None:
    who, talk, place, item = grid(5, 3)
    odds, _ = marginal_slopes(Scores((place < 50).astype(float), who, talk, item, place), yes_no=True)
    assert odds.value is None
    assert "finite" in odds.note


def test_one_place_or_no_score_at_all_gives_no_slope() -> None:
    who, talk, place, item = grid(5, 3)
    for score in (np.where(place == 0, 1.0, np.nan), np.full(len(who), np.nan)):
        scores = Scores(score, who, talk, item, place)
        for found in (mixed_slope(scores), *marginal_slopes(scores, yes_no=True)):
            assert (found.value, found.low, found.missing) == (None, None, np.isnan(score).sum())
            assert found.note == "fewer than two positions"


def test_answers_before_the_dialogue_belong_to_all_dialogues_of_a_persona() -> None:
    rng = np.random.default_rng(6)
    who, talk, place, item = grid(6, 4, dialogues=3)
    value = 3 - 0.01 * place + rng.normal(0, 0.3, (6, 3))[who, talk] * (place > 0) + rng.normal(0, 0.2, len(who))
    once = (place > 0) | (talk == 0)
    found = mixed_slope(Scores(value[once], who[once], talk[once], item[once], place[once]))
    assert found.low < -0.1 < found.high


def test_an_answer_judged_twice_counts_as_one_beside_another_of_its_item() -> None:
    """At the end item 0 has two answers: one of 2, judged twice, and one of 5."""
    who = np.repeat(np.arange(4), 5)
    score = np.tile([4.0, 4.0, 2.0, 2.0, 5.0], 4)
    position = np.tile([0.0, 0.0, 10.0, 10.0, 10.0], 4)
    item, none = np.tile([0, 1, 0, 0, 0], 4), np.zeros(20, dtype=np.int64)
    answer = np.arange(20) - np.tile([0, 0, 0, 1, 0], 4)
    once = mixed_slope(Scores(score, who, none, item, position, answer=answer))
    each = mixed_slope(Scores(score, who, none, item, position))
    assert (once.value, each.value) == pytest.approx((3.5 - 4, 3 - 4))


def test_odds_of_scores_with_many_levels_are_not_estimated_and_the_note_says_why() -> None:
    scores = drifting(np.random.default_rng(9))
    assert len(np.unique(scores.score)) > 9
    for found in marginal_slopes(scores, yes_no=False):
        assert (found.value, found.note) == (None, "more than 9 levels")
