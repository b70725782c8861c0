"""Slopes of small runs: which there are, what they are called, and what they say of themselves."""

import pytest

from analysis_runs import Run, pick
from longplay.analysis import analyse
from longplay.dialogue import user_turns
from longplay.records import Script
from named import condition, metric

KNOWLEDGE = {"fidelity": ("knowledge",)}
FOLLOW = {"follow": ("follow-strict",)}
LEVELS = {"a": (5, 4, 3), "b": (5, 5, 4), "c": (4, 3, 3), "d": (5, 3, 2), "e": (4, 4, 2)}


def answered(run: Run, metric: str = "knowledge", probe: str = "fidelity", **how: str) -> Run:
    """Two items of five personas at rounds 0, 4 and 8; the second scores one less."""
    for persona, levels in LEVELS.items():
        for checkpoint, level in zip((0, 4, 8), levels, strict=True):
            for i in range(2):
                run.answer(persona, checkpoint, f"i{i}", {metric: level - i}, probe=probe, **how)
    return run


def test_a_slope_is_the_change_in_the_metrics_units_per_ten_rounds() -> None:
    found = pick(answered(Run("abcde", KNOWLEDGE)), "slope")
    changes = [(levels[2] - levels[0]) / 8 * 10 for levels in LEVELS.values()]
    assert found.value == pytest.approx(sum(changes) / 5)
    assert found.low < found.value < found.high
    assert (found.unit, found.span, found.position) == ("points per 10 rounds", (0, 8), None)
    assert (found.n, found.clusters, found.missing, found.scale) == (30, 5, 0, (1.0, 5.0))
    assert (condition(found), found.target) == ("persona", "personas like these, asked items like these")
    assert found.method.startswith("linear mixed model of cell means")
    assert 0 < found.p < 0.05


def test_levels_have_ordinal_odds_and_the_change_that_these_imply() -> None:
    run = answered(Run("abcde", KNOWLEDGE))
    odds, implied = (pick(run, analysis) for analysis in ("slope-odds", "slope-implied"))
    assert odds.value < 0
    assert (odds.unit, odds.scale) == ("log odds per 10 rounds", None)
    assert "ordinal" in odds.method
    assert "Mancl-DeRouen" in odds.method
    assert (implied.unit, implied.span) == ("points, 1 to 5", (0, 8))
    assert implied.value == pytest.approx(sum(levels[2] - levels[0] for levels in LEVELS.values()) / 5, abs=0.3)


def test_yes_or_no_has_logistic_odds() -> None:
    run = Run("abcde", FOLLOW)
    for p, persona in enumerate("abcde"):
        for checkpoint in (0, 4, 8):
            for i in range(6):
                score = float(i + p % 2 > checkpoint / 2)
                run.answer(persona, checkpoint, f"i{i}", {"follow-strict": score}, probe="follow")
    odds, implied = (pick(run, analysis, "follow-strict") for analysis in ("slope-odds", "slope-implied"))
    assert "logistic" in odds.method
    assert odds.high < 0
    assert implied.unit == "share"
    assert -1 < implied.value < -0.5


def test_the_composite_has_a_slope_and_no_odds() -> None:
    run = Run("abcde", {"fidelity": ("knowledge", "style", "in-character")})
    for persona, levels in LEVELS.items():
        for checkpoint, level in zip((0, 4, 8), levels, strict=True):
            run.answer(persona, checkpoint, "i", dict.fromkeys(("knowledge", "style", "in-character"), level))
    found = [e for e in analyse(run) if e.analysis.startswith("slope") and metric(e) == "fidelity"]
    assert [e.analysis for e in found] == ["slope", "slope"]
    assert found[0].value == pytest.approx(25 * pick(run, "slope").value)
    assert (found[0].n, found[0].unit) == (45, "points per 10 rounds")


def test_few_personas_constant_scores_and_missing_ones_are_said() -> None:
    few = Run("ab", FOLLOW)
    for checkpoint in (0, 8):
        for persona in "ab":
            few.answer(persona, checkpoint, "i", {"follow-strict": 1}, probe="follow")
            few.answer(persona, checkpoint, "j", {"follow-strict": "unparsable"}, probe="follow")
    slope, odds = (pick(few, analysis, "follow-strict") for analysis in ("slope", "slope-odds"))
    assert (slope.value, slope.low, slope.n, slope.missing) == (pytest.approx(0, abs=1e-12), None, 4, 4)
    assert "no interval under 4" in slope.note
    assert (odds.value, odds.low) == (None, None)
    assert "no odds" in odds.note


def test_one_checkpoint_has_no_slope() -> None:
    run = Run("a", KNOWLEDGE)
    run.answer("a", 4, "i", {"knowledge": 3})
    assert not [e for e in analyse(run) if e.analysis.startswith("slope")]


def test_a_baseline_has_no_slope_and_other_ways_of_asking_have_their_own() -> None:
    run = answered(answered(Run("abcde", KNOWLEDGE)), asked_by="reminder")
    run.answer(None, 0, "i0", {("knowledge", "a"): 2})
    run.answer(None, 8, "i0", {("knowledge", "a"): 1})
    found = {condition(e) for e in analyse(run) if e.analysis == "slope"}
    assert found == {"persona", "persona, asked by reminder"}


def test_without_flagged_replies_only_what_had_some_differs() -> None:
    run = answered(Run("abcde", KNOWLEDGE))
    run.answer("a", 8, "i9", {"knowledge": 1}, finish="length")
    with_flagged, without = (pick(run, "slope", source="fidelity", replies=r) for r in ("all", "unflagged"))
    assert (with_flagged.n, with_flagged.flagged) == (31, 1)
    assert (without.n, without.flagged) == (30, 0)
    assert without.value > with_flagged.value


def spoken(orders: int, rounds: int = 8) -> Run:
    """Five personas who score what the question is worth; there are opening and closing remarks."""
    script = Script("talk", "persona-directed", tuple(f"{i}" for i in range(rounds)), opening="Hi.", closing="Bye.")
    run = Run("abcde", checkpoints=(0, rounds + 2), script=script)
    for order in range(orders):
        turns = user_turns(script, None, rounds + 2, order, run.study.seed)
        for p, persona in enumerate("abcde"):
            for number, turn in enumerate(turns, 1):
                worth = 1 + (int(turn) + p) % 5 if turn.isdecimal() else 5
                run.round(persona, number, {"knowledge": worth}, order=order)
    return run


def test_rounds_of_one_order_are_flagged_and_those_of_several_have_question_effects_removed() -> None:
    one, several = (pick(spoken(orders), "slope", source="rounds") for orders in (1, 3))
    assert "differ in their questions too" in one.note
    assert "questions random" in one.method
    assert "differ in their questions too" not in several.note
    assert "removed over orders" in several.method
    assert one.span == several.span == (2, 9)
    assert (one.n, several.n) == (40, 120)
