"""Mining words that tell two sets apart: what is planted is found, what is not is left, and counts are exact."""

import random

import numpy as np
import pytest
from scipy.stats import fisher_exact

from longplay.stats.word_patterns import Texts, described, false_discovery, fisher, log_odds_ratio, mine, words
from longplay.stats.word_patterns import _likely as likely  # pyright: ignore[reportPrivateUsage]


def babble(rng: random.Random, size: int, planted: str = "", share: float = 0.0) -> list[str]:
    """Texts of common words; some have the planted words at their end."""
    made: list[str] = []
    for _ in range(size):
        text = " ".join(f"w{min(int(rng.expovariate(0.1)), 60)}" for _ in range(20))
        made.append(f"{text} {planted}" if rng.random() < share else text)
    return made


def test_words_keep_their_apostrophes_and_signs_stand_alone() -> None:
    assert words("Don't — I’M an AI!") == ["don't", "—", "i’m", "an", "ai", "!"]


def test_planted_runs_are_found_in_their_direction_and_first() -> None:
    rng = random.Random(1)
    here, there = babble(rng, 300, "shiver my timbers", 0.4), babble(rng, 300, "as an ai", 0.3)
    found = mine(here, there)
    planted = {"shiver", "my", "timbers", "as", "an", "ai"}
    assert {one.words for one in found} >= {("shiver", "my", "timbers"), ("as", "an", "ai"), ("my", "timbers")}
    assert all(planted & set(one.words) for one in found)
    for one in found:
        assert (one.share > one.other_share) == (one.log_odds > 0) == bool({"shiver", "my", "timbers"} & {*one.words})
        assert one.q is not None
        assert one.p <= one.q <= 0.04
    assert [abs(one.z) for one in found] == sorted((abs(one.z) for one in found), reverse=True)


def test_two_sets_that_say_the_same_give_hardly_ever_a_pattern() -> None:
    rng = random.Random(2)
    assert sum(bool(mine(babble(rng, 60), babble(rng, 60))) for _ in range(30)) <= 4


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert mine([], ["a"]) == []
    assert mine(["", " "], [""]) == []
    with pytest.raises(ValueError, match="above 0"):
        mine(["a"], ["b"], rate=0.5)


@pytest.mark.parametrize(("texts", "found"), [(4, False), (5, True)])
def test_a_run_of_words_must_be_in_five_texts(texts: int, found: bool) -> None:
    here = ["shiver my timbers"] * texts + ["a calm sea"] * (20 - texts)
    there = ["a calm sea"] * 400
    assert (("shiver", "my", "timbers") in {one.words for one in mine(here, there)}) == found


def test_shares_are_those_of_texts_that_have_the_run() -> None:
    rng = random.Random(3)
    here, there = babble(rng, 100, "ahoy there", 0.5), babble(rng, 80)
    one = next(one for one in mine(here, there) if one.words == ("ahoy", "there"))
    assert one.share == sum("ahoy there" in text for text in here) / 100
    assert one.other_share == 0


def test_a_text_has_a_run_only_in_one_piece_and_holds_words_wherever_they_stand() -> None:
    texts = Texts(["The white whale", "whale white", "", "a white. whale", "whale", "WHITE WHALE white whale"])
    patterns = [("white", "whale"), ("whale",), ("unknown", "whale"), ("a", "white", ".")]
    runs, held = texts.present(patterns), texts.holding(patterns)
    assert runs[:, 0].tolist() == [True, False, False, False, False, True]
    assert held[:, 0].tolist() == [True, True, False, True, False, True]
    assert runs[:, 1].tolist() == held[:, 1].tolist() == [True, True, False, True, True, True]
    assert not runs[:, 2].any()
    assert not held[:, 2].any()
    assert runs[:, 3].tolist() == [False, False, False, True, False, False]
    assert texts.present([]).shape == texts.holding([]).shape == (6, 0)


def test_another_split_is_used_where_given() -> None:
    texts = Texts(["A a", "b"], str.split)
    assert texts.holding([("A",), ("a",)]).tolist() == [[True, True], [False, False]]


def test_fisher_is_exact_and_what_is_not_looked_at_could_not_be_selected() -> None:
    rng = np.random.default_rng(4)
    for sizes in ((12, 15), (137, 140), (40, 400)):
        counts = np.column_stack([rng.integers(0, size + 1, 300) for size in sizes])
        p = fisher(counts, sizes)
        for (a, b), mine_p in zip(counts[:40].tolist(), p[:40].tolist(), strict=True):
            table = [[a, sizes[0] - a], [b, sizes[1] - b]]
            tails = [fisher_exact(table, side).pvalue for side in ("less", "greater")]
            assert mine_p == pytest.approx(min(1.0, 2 * tails[a * sizes[1] > b * sizes[0]]))
        assert (p[~likely(counts, sizes)] > 0.1).all()


def test_adjusted_p_are_benjamini_and_hochbergs() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.5])
    assert false_discovery(p).tolist() == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert false_discovery(np.ones(3)).tolist() == [1, 1, 1]


def test_log_odds_are_shrunk_and_known_where_all_or_none_have_a_pattern() -> None:
    log_odds, z = log_odds_ratio(np.array([[5, 0], [50, 0], [50, 50], [100, 100]]), (100, 100))
    assert np.isfinite(log_odds).all()
    assert log_odds[1] > log_odds[0] > 0
    assert z[1] > z[0]
    assert log_odds[2:].tolist() == pytest.approx([0, 0])


def test_patterns_selected_elsewhere_are_described_alike() -> None:
    texts = Texts(["ahoy you", "ahoy", "you"]), Texts(["you", "you"])
    patterns = [("ahoy",), ("you",)]
    ahoy, you = described(patterns, *(one.holding(patterns) for one in texts))
    assert (ahoy.share, ahoy.other_share, ahoy.q) == (2 / 3, 0, None)
    assert you.other_share == 1
