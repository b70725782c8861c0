"""One persona, one chat, few personas: what can be said of them, and for whom."""

import numpy as np
import pytest
from scipy import stats

from analysis_runs import Run, estimates, pick
from longplay.analysis import headlines
from longplay.records import Script
from longplay.report import Page
from longplay.report.answer import render as answer
from longplay.report.drifts import render as drifts
from longplay.stats import last_minus_first, one_step
from longplay.stats.intervals import Floats

ROUNDS = 102
CHECKPOINTS = (0, 11, 22, 34, 45, 56, 68, 79, 90, 102)


def chat(seed: int, *, broken_from: int | None = 52) -> Run:
    """A dialogue of 102 judged rounds, out of role from one of them on, or never."""
    rng = np.random.default_rng(seed)
    script = Script("chat", "goal-oriented", ("?",) * ROUNDS)
    run = Run("a", checkpoints=CHECKPOINTS, script=script, rounds=ROUNDS)
    for number in range(1, ROUNDS + 1):
        late = broken_from is not None and number >= broken_from
        score = rng.choice([1, 1, 1, 2]) if late else rng.choice([5, 5, 5, 4, 3])
        run.round("a", number, {"knowledge": float(score)})
    return run


def test_one_chat_has_its_change_its_change_point_and_its_first_broken_round() -> None:
    run = chat(1)
    drift, step, first = (pick(run, name, source="rounds") for name in ("drift", "round-change-point", "first-broken"))
    assert (drift.target, drift.cluster) == ("this dialogue, rounds like these", "round")
    assert drift.low is not None
    assert drift.high is not None
    assert -4.0 <= drift.low < -3.0 < drift.high < 0
    assert (step.value, step.low, step.high, step.p) == (52.0, 52.0, 52.0, 0.001)
    assert first.value == 52.0
    assert "0 of 51 rounds before the change point read as broken, 0 of 51 after it as whole" in first.note
    (headline,) = headlines(estimates(run), run.study)
    assert headline.drift == drift


def test_a_chat_that_does_not_change_has_no_change_point_and_an_interval_that_holds_none() -> None:
    run = chat(2, broken_from=None)
    drift, step, first = (pick(run, name, source="rounds") for name in ("drift", "round-change-point", "first-broken"))
    assert drift.low is not None
    assert drift.high is not None
    assert drift.low < 0 < drift.high
    assert (step.value, step.beyond, first.value, first.beyond) == (None, "never", None, "never")


def test_the_interval_of_a_change_knows_how_much_the_scores_of_each_end_vary() -> None:
    wide, narrow = np.tile([0.2, 0.8], 10), np.tile([0.45, 0.55], 10)  # neighbours differ: none counts for less

    def width(*sides: Floats) -> float:
        found = last_minus_first(np.concatenate(sides), (20, 20), np.random.default_rng(1))
        assert found.ends is not None
        assert found.ends[0] == pytest.approx(-found.ends[1])
        return found.ends[1] - found.ends[0]

    assert width(wide, narrow) == pytest.approx(width(narrow, wide))
    assert 3 * width(narrow, narrow) < width(wide, narrow) < 0.85 * width(wide, wide)


def test_a_perfect_step_of_few_rounds_is_as_rare_as_its_orders_are() -> None:
    found = one_step(np.repeat([0.0, 1.0], 4), np.random.default_rng(1))
    assert found is not None
    assert found.at == 4
    assert found.p == pytest.approx(2 / 70, abs=0.02)  # 2 of the 70 orders are a step in the middle


def test_two_dialogues_are_not_one() -> None:
    run = chat(1)
    for number in range(1, ROUNDS + 1):
        run.round("a", number, {"knowledge": 4.0}, draw=1)
    assert not [e for e in estimates(run) if e.analysis == "round-change-point"]


def test_a_step_in_values_without_noise_is_where_it_is() -> None:
    found = one_step(np.array([5.0] * 20 + [1.0] * 10), np.random.default_rng(0))
    assert found is not None
    assert (found.at, found.low, found.high, found.size) == (20, 20, 20, -4.0)
    assert found.p < 0.01
    assert one_step(np.full(30, 3.0), np.random.default_rng(0)) is None
    assert one_step(np.arange(7.0), np.random.default_rng(0)) is None


def losing(losses: dict[str, tuple[float, ...]]) -> Run:
    run = Run("".join(losses), {"fidelity": ("knowledge",)})
    for persona, of_items in losses.items():
        for item, loss in enumerate(of_items):
            run.answer(persona, 0, f"i{item}", {"knowledge": 5.0})
            run.answer(persona, 8, f"i{item}", {"knowledge": 5.0 - loss})
    return run


def test_personas_that_lose_the_same_have_the_interval_of_these_and_stay_in_the_family() -> None:
    run = losing(dict.fromkeys("abcd", (1.0, 0.0, 2.0)))
    found = pick(run, "drift", source="fidelity")
    assert (found.value, found.target) == (
        -1.0,
        "these personas; items like these; for this order and this dialogue draw",
    )
    half = stats.t.ppf(0.975, 2) * stats.sem([1, 0, 2])
    assert (found.low, found.high) == pytest.approx((-1 - half, min(-1 + half, 0.0)))
    assert (found.family, found.p_adjusted) == ("primary, last-first", found.p)
    assert "all 4 personas have the same mean: 60 % of all may be others" in found.note


def test_one_persona_is_told_for_itself_over_items() -> None:
    run = losing({"a": (1.0, 0.0, 2.0, 1.0)})
    (headline,) = headlines(estimates(run), run.study)
    assert headline.drift.target == "this persona; items like these; for this order and this dialogue draw"
    assert headline.drift.low is not None
    page = Page(study=run.study, estimates=tuple(estimates(run)), headlines=(headline,))
    assert "this persona; items like these; for this order and this dialogue draw, 4 items)" in str(answer(page))
    text = str(answer(page))
    assert "play at least" not in text


def test_every_personas_change_stands_beside_their_mean() -> None:
    run = losing({"a": (0.0, 0.2), "b": (0.1, 0.1), "c": (0.2, 0.2), "d": (0.0, 0.1), "e": (3.0, 2.6)})
    each = {e.persona: e.value for e in estimates(run) if e.analysis == "persona-drift" and e.value}
    assert each == pytest.approx({"a": -0.1, "b": -0.1, "c": -0.2, "d": -0.05, "e": -2.8})
    (headline,) = headlines(estimates(run), run.study)
    assert [e.persona for e in headline.each] == ["e", "c", "a", "b", "d"]
    assert headline.unseen == pytest.approx(0.9**5)
    assert [e.analysis for e in headline.others] == ["these-items", "these-personas"]
    page = Page(study=run.study, estimates=tuple(estimates(run)), headlines=(headline,))
    for text in (str(answer(page)), str(drifts(page))):
        assert 'aria-label="Change of each persona: e' in text or "Change of each persona: " in text
        assert "\N{MINUS SIGN}2.80 to \N{MINUS SIGN}0.05" in text
    assert "5 personas miss it in 59 % of studies" in str(answer(page))
    drift = headline.drift
    assert None not in (drift.any_low, drift.low, drift.any_high, drift.high)
    assert (drift.any_low or 0.0) < (drift.low or 0.0)
    assert "However personas may vary" in str(answer(page))


def card(run: Run) -> str:
    (headline,) = headlines(estimates(run), run.study)
    page = Page(study=run.study, estimates=tuple(estimates(run)), headlines=(headline,))
    return str(answer(page))


def test_the_card_of_a_chat_says_from_where_on_it_is_another_and_its_first_broken_round() -> None:
    text = card(chat(1))
    assert "this dialogue, rounds like these, 2" in text
    assert "From round 52 on it is another: 4.41 before, 1.25 from there on (p 0.001)." in text
    assert "First broken round: 52, the first that is scored in the worse half of the scale; 0 of 51 rounds" in text
    assert "ask the same items of a probe after some of its rounds" in text  # its questions are not the same ones
    assert "play several orders" not in text
    still = card(chat(2, broken_from=None))
    assert "No round is told from which on it is another: a step as clear comes about in " in still
    assert "No round is broken: none is scored in the worse half of the scale." in still


def test_the_card_of_a_chat_is_about_its_rounds_and_its_tag_about_the_same_items_asked_after_them() -> None:
    run = chat(1)
    run.written["probe"] = {"fidelity": {"metrics": ("knowledge",)}}
    for item, loss in enumerate((1.0, 1.5, 2.0, 1.0, 1.5)):
        for at in CHECKPOINTS:
            lost = loss if at > 51 else 0.0
            run.answer("a", at, f"i{item}", {"knowledge": 5.0 - lost})
    (headline,) = headlines(estimates(run), run.study)
    assert (headline.drift.source, headline.drift.cluster) == ("rounds", "round")
    found = headline.finding
    assert (found.tag, found.basis, found.probe, found.open) == ("loss", "answers", "fidelity", "")
    assert found.value == pytest.approx(-1.4)
    text = card(run)
    assert "the tag is about the answers to the same items of probe “fidelity”, asked after both: −1.40" in text
    assert "From round 52 on it is another" in text
