"""Half-life and change point of a run's curves: in rounds and tokens, with what cannot be said said in words."""

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


def test_the_change_point_stands_beside_it() -> None:
    found = pick(run(-2.0), "change-point", "knowledge", source="fidelity")
    assert found.value in CHECKPOINTS
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    assert "fitted change" in found.note


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
