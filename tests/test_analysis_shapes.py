"""Half-life and change point of a run's curves: in rounds and tokens, with what cannot be said said in words."""

from collections.abc import Callable

import numpy as np
import pytest

from analysis_runs import Run, pick
from longplay.analysis import analyse

CHECKPOINTS = (0, 1, 2, 4, 8, 16, 32)


def run(change: float, h: float = 4.0, personas: str = "abcdef", tokens: int | None = 100) -> Run:
    rng = np.random.default_rng(7)
    made = Run(personas=personas, probes={"fidelity": ("knowledge",)}, checkpoints=CHECKPOINTS)
    for place, persona in enumerate(personas):
        for at in CHECKPOINTS:
            for item in "xy":
                score = 4 + 0.1 * place + change * (1 - 2 ** (-at / h)) + 0.05 * rng.standard_normal()
                made.answer(persona, at, item, {"knowledge": score})
        for number in range(1, 33):
            usage = (None, None) if tokens is None else (50 + (number - 1) * tokens, tokens - 50)
            made.round(persona, number, {"knowledge": 3.0}, tokens=usage)
    return made


def test_half_life_in_rounds_and_in_tokens() -> None:
    made = run(-2.0)
    rounds = pick(made, "half-life", "knowledge", source="fidelity")
    tokens = pick(made, "half-life-tokens", "knowledge", source="fidelity")
    assert rounds.value == pytest.approx(4.0, rel=0.15)
    assert (rounds.unit, rounds.span, rounds.clusters, rounds.n) == ("rounds", (0, 32), 6, 84)
    assert rounds.low is not None
    assert rounds.high is not None
    assert rounds.low < 4.0 < rounds.high
    # a hundred tokens a round
    assert tokens.value == pytest.approx(100 * rounds.value, rel=1e-3)
    assert tokens.unit == "tokens"


def test_no_drift_has_no_time() -> None:
    for analysis in ("half-life", "half-life-tokens", "change-point"):
        found = pick(run(0.0), analysis, "knowledge", source="fidelity")
        assert (found.value, found.low, found.high, found.reach, found.beyond) == (None, None, None, None, "never")
        assert "no drift to time" in found.note


def test_an_end_that_the_dialogue_does_not_reach_is_said() -> None:
    found = pick(run(-2.0, h=300.0), "half-life", "knowledge", source="fidelity")
    assert (found.value, found.high, found.reach, found.beyond) == (None, None, (1, 32), "above")
    assert "half-life > 32 rounds" in found.note
    assert "interval to > 32 rounds" in found.note


def written(mean: Callable[[int], float]) -> Run:
    """Six personas whose scores follow one mean by checkpoint."""
    rng = np.random.default_rng(3)
    made = Run(personas="abcdef", probes={"fidelity": ("knowledge",)}, checkpoints=CHECKPOINTS)
    for place, persona in enumerate("abcdef"):
        for at in CHECKPOINTS:
            for item in "xy":
                made.answer(persona, at, item, {"knowledge": 4 + 0.1 * place + mean(at) + 0.1 * rng.standard_normal()})
    return made


def test_the_change_point_stands_where_all_came_in_one_step() -> None:
    found = pick(written(lambda at: -1.5 * (at >= 8)), "change-point", "knowledge", source="fidelity")
    assert (found.value, found.low, found.high) == (8, 8, 8)
    assert "change from first to last -1.46" in found.note


def test_a_change_that_wears_on_has_no_change_point() -> None:
    found = pick(run(-2.0), "change-point", "knowledge", source="fidelity")
    assert (found.value, found.low, found.high, found.beyond) == (None, None, None, "refuted")
    assert "does not come in one step" in found.note


@pytest.mark.parametrize(("end", "beyond"), [(0.0, "never"), (-0.8, "refuted")])
def test_a_dip_is_said_to_be_one_and_has_no_time(end: float, beyond: str) -> None:
    made = written(lambda at: {4: -1.0, 8: -2.0, 16: -1.5}.get(at, end if at > 16 else 0.0))
    for analysis in ("half-life", "change-point"):
        found = pick(made, analysis, "knowledge", source="fidelity")
        assert (found.value, found.low, found.high, found.reach, found.beyond) == (None, None, None, None, beyond)
        assert "dips and recovers: after 8 rounds 2" in found.note


def test_where_each_block_has_its_own_questions_nothing_is_timed() -> None:
    """Only the questions differ in difficulty, alike for all personas: no half-life of the personas."""
    made = run(0.0)
    for persona in "abcdef":
        for number in range(1, 33):
            made.round(persona, number, {"knowledge": 2.0 + (number <= 8) + 0.01 * ord(persona) * (number % 2)})
    for analysis in ("half-life", "change-point"):
        found = pick(made, analysis, "knowledge", source="rounds")
        assert (found.value, found.low, found.high, found.beyond) == (None, None, None, "")
        assert "questions and rounds change together" in found.note


def test_times_stand_without_flagged_replies_too() -> None:
    made = run(-2.0)
    for persona in "abcdef":
        made.answer(persona, 32, "z", {"knowledge": 5.0}, finish="length")
    every, kept = (
        pick(made, "half-life", "knowledge", source="fidelity", replies=replies) for replies in ("all", "unflagged")
    )
    assert (every.n, every.flagged) == (90, 6)
    assert (kept.n, kept.flagged) == (84, 0)
    assert kept.value == pytest.approx(4.0, rel=0.15)
    assert kept.value != every.value
    steps = [pick(made, "change-point", "knowledge", source="fidelity", replies=one).n for one in ("all", "unflagged")]
    assert steps == [90, 84]


def test_without_token_counts_there_is_no_half_life_in_tokens() -> None:
    found = pick(run(-2.0, tokens=None), "half-life-tokens", "knowledge", source="fidelity")
    assert found.value is None
    assert "no token counts" in found.note


def test_blocks_of_rounds_are_flagged_where_their_questions_differ() -> None:
    found = pick(run(-2.0), "half-life", "knowledge", source="rounds")
    assert "differ in their questions too" in found.note


def test_three_positions_are_too_few_for_a_shape() -> None:
    made = Run(probes={"fidelity": ("knowledge",)})
    for persona in "abcd":
        for at in (0, 4, 8):
            made.answer(persona, at, "x", {"knowledge": 3.0})
    assert not [one for one in analyse(made) if one.analysis == "half-life"]
