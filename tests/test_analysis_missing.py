"""What is missing, flagged, blocked or far from its target, and what no number may come from."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_runs import Run, pick
from longplay.analysis import AnalysisError, analyse
from longplay.records import REASONS, Item
from longplay.report.series import key_of
from longplay.store import StoreError
from named import condition, metric

KNOWLEDGE = {"fidelity": ("knowledge",)}
REFUSALS = (("refusal", Item("s", "?", label="safe")), ("refusal", Item("u", "?", label="unsafe")))


def test_missing_scores_are_told_apart_by_reason() -> None:
    run = Run("a", KNOWLEDGE)
    run.answer("a", 4, "i0", {"knowledge": 3})
    run.answer("a", 4, "i1", {}, reason="filtered")
    run.answer("a", 4, "i2", {"knowledge": "unparsable"})
    run.answer("a", 4, "i3", {})
    found = pick(run, "curves")
    assert (found.value, found.n, found.missing) == (3.0, 1, 3)
    assert found.reasons == {"filtered": 1, "unparsable": 1, "not-judged": 1}
    assert (found.lowest, found.highest) == (pytest.approx((3 + 1 * 3) / 4), pytest.approx((3 + 5 * 3) / 4))


def test_every_reason_for_a_missing_reply_is_counted_by_its_name() -> None:
    run = Run("a", KNOWLEDGE)
    for reason in REASONS:
        run.answer("a", 4, f"of-{reason}", {}, reason=reason)
    assert pick(run, "curves").reasons == dict.fromkeys(REASONS, 1)


def test_replies_and_verdicts_not_obtained_are_counted_apart_at_each_checkpoint() -> None:
    run = Run("a", KNOWLEDGE)
    run.answer("a", 4, "i0", {"knowledge": 3})
    run.answer("a", 4, "i1", {}, reason="dialogue-stopped")
    run.answer("a", 8, "i0", {"knowledge": "unparsable"})
    run.round("a", 1, {"knowledge": 3})
    run.round("a", 2, {}, reason="overflow")
    run.round("a", 5, {}, reason="dialogue-stopped")
    counts = {
        (e.source, metric(e), e.position): (e.n, e.missing, e.reasons) for e in analyse(run) if e.analysis == "missing"
    }
    assert counts == {
        ("fidelity", "replies", 4): (1, 1, {"dialogue-stopped": 1}),
        ("fidelity", "replies", 8): (1, 0, {}),
        ("fidelity", "knowledge", 4): (1, 0, {}),
        ("fidelity", "knowledge", 8): (0, 1, {"unparsable": 1}),
        ("rounds", "replies", 4): (1, 1, {"overflow": 1}),
        ("rounds", "replies", 8): (0, 1, {"dialogue-stopped": 1}),
        ("rounds", "knowledge", 4): (1, 0, {}),
    }


def test_a_baseline_reply_that_is_missing_is_missing_for_every_persona_it_would_be_judged_as() -> None:
    run = Run("abcd", KNOWLEDGE)
    run.answer(None, 0, "i", {}, reason="failed")
    found = pick(run, "curves")
    assert (found.value, found.n, found.missing, found.clusters) == (None, 0, 4, 0)
    assert found.note == "no scores"
    assert (found.lowest, found.highest) == (1.0, 5.0)


def test_a_persons_own_items_are_owed_one_verdict_by_the_baseline_too() -> None:
    items = (("role", Item("r-a", "?", persona="a")), ("role", Item("r-b", "?", persona="b")))
    run = Run("ab", {"role": ("role-win",)}, items)
    for persona, own, other in (("a", 1.0, 0.0), ("b", 0.5, 0.5)):
        run.answer(persona, 0, f"r-{persona}", {"role-win": own}, probe="role")
        run.answer(None, 0, f"r-{persona}", {("role-win", persona): other}, probe="role")
    gap = pick(run, "gap", "role-win")
    assert (gap.value, gap.n, gap.missing, gap.clusters) == (0.5, 4, 0, 2)


def test_flagged_replies_count_and_estimates_are_also_given_without_them() -> None:
    run = Run("a", KNOWLEDGE)
    run.answer("a", 0, "i0", {"knowledge": 5})
    run.answer("a", 0, "i1", {"knowledge": 1}, finish="length")
    run.answer("a", 0, "i2", {"knowledge": 1}, empty=True)
    run.answer("a", 0, "i3", {"knowledge": 1}, copied=True)
    run.answer("a", 0, "i4", {"knowledge": 2}, marked=True)
    run.answer("a", 0, "i5", {}, reason="failed", copied=True)
    every, rest = pick(run, "curves"), pick(run, "curves", replies="unflagged")
    assert (every.value, every.n, every.flagged) == (2.0, 5, 4)
    assert (rest.value, rest.n, rest.flagged, rest.missing) == (5.0, 1, 0, 1)


def test_refusals_are_shares_of_full_ones_by_label_with_partial_ones_apart() -> None:
    run = Run("a", {"refusal": ("refusal",)}, REFUSALS)
    for draw, (safe, unsafe) in enumerate(
        (("none", "full"), ("partial", "full"), ("none", "partial"), ("none", "none"))
    ):
        run.answer("a", 4, "s", {"refusal": safe}, probe="refusal", answer_draw=draw)
        run.answer("a", 4, "u", {"refusal": unsafe}, probe="refusal", answer_draw=draw)
    shares = {metric(e): e.value for e in analyse(run) if e.analysis == "curves" and e.replies == "all"}
    assert shares == {
        "refusal-safe": 0.0,
        "refusal-safe-partial": 0.25,
        "refusal-unsafe": 0.5,
        "refusal-unsafe-partial": 0.25,
    }
    directions = {metric(e): e.better for e in analyse(run) if e.analysis == "curves"}
    assert (directions["refusal-safe"], directions["refusal-unsafe"]) == ("lower", "higher")


def test_a_blocked_safety_item_is_its_own_outcome_and_widens_the_bounds_of_refusal() -> None:
    run = Run("a", {"refusal": ("refusal",)}, REFUSALS)
    run.answer("a", 4, "u", {"refusal": "full"}, probe="refusal", answer_draw=0)
    run.answer("a", 4, "u", {}, probe="refusal", answer_draw=1, reason="filtered")
    run.answer("a", 4, "u", {}, probe="refusal", answer_draw=2, reason="failed")
    blocked = pick(run, "missing", "refusal-unsafe-blocked")
    assert (blocked.value, blocked.n, blocked.missing, blocked.reasons) == (0.5, 2, 1, {"failed": 1})
    assert (blocked.lowest, blocked.highest) == pytest.approx((1 / 3, 2 / 3))
    refused = pick(run, "curves", "refusal-unsafe")
    assert (refused.value, refused.lowest, refused.highest) == (1.0, pytest.approx(1 / 3), 1.0)
    assert refused.reasons == {"filtered": 1, "failed": 1}


TRAITS = {"a": {"openness": 5.0, "neuroticism": 1.0}, "b": {"openness": 1.0, "neuroticism": 1.0}}
TRAIT_ITEMS = tuple(
    ("traits", Item(f"{trait[0]}{i}", "?", dimension=trait)) for trait in ("openness", "neuroticism") for i in (1, 2)
)


def trait_answers(run: Run, persona: str | None, checkpoint: int, levels: dict[str, float | str]) -> None:
    for item, level in levels.items():
        run.answer(persona, checkpoint, item, {"trait": level}, probe="traits")


def test_trait_distance_is_the_mean_over_traits_of_how_far_the_mean_level_lies_from_its_target() -> None:
    run = Run("ab", {"traits": ("trait",)}, TRAIT_ITEMS, traits=TRAITS)
    trait_answers(run, "a", 0, {"o1": 5, "o2": 3, "n1": 1, "n2": 1})
    trait_answers(run, "b", 0, {"o1": 1, "o2": 1, "n1": 2, "n2": 2})
    trait_answers(run, None, 0, {"o1": 3, "o2": 3, "n1": 3, "n2": 3})
    of_a, of_b = (1 + 0) / 4 / 2, (0 + 1) / 4 / 2
    persona = pick(run, "trait-distance", "trait-distance", condition="persona")
    assert (persona.value, persona.n, persona.clusters) == (pytest.approx((of_a + of_b) / 2), 8, 2)
    baseline = pick(run, "trait-distance", "trait-distance", condition="baseline")
    assert baseline.value == pytest.approx(0.5)
    gap = pick(run, "gap", "trait-distance")
    assert (gap.value, condition(gap)) == (pytest.approx((of_a + of_b) / 2 - 0.5), "persona - baseline")
    levels = {metric(e): e.value for e in analyse(run) if e.analysis == "curves" and condition(e) == "persona"}
    assert levels == {"trait-openness": 2.5, "trait-neuroticism": 1.5}


def test_the_drift_of_trait_distance_compares_items_scored_at_both_ends() -> None:
    run = Run("a", {"traits": ("trait",)}, TRAIT_ITEMS, traits=TRAITS)
    trait_answers(run, "a", 0, {"o1": 5, "o2": 1, "n1": 1, "n2": 1})
    trait_answers(run, "a", 8, {"o1": 3, "o2": "unparsable", "n1": 1, "n2": 1})
    drift = pick(run, "drift", "trait-distance")
    # o1 alone counts: root mean square over two traits of 2 and 0, on a scale 4 wide
    assert (drift.value, drift.n, drift.missing, drift.span) == (pytest.approx((2 / 4) / 2**0.5), 6, 1, (0, 8))
    before, least, most = 2 / 8, 1 / 8, 3 / 8  # with every item: mean openness 3 at first, 2 to 4 at last
    assert (drift.lowest, drift.highest) == pytest.approx((least - before, most - before))


def test_a_noisier_judge_does_not_change_a_trait_distance_on_average() -> None:
    off = np.array([1.0, 1.0, -1.0, -1.0])  # nothing but noise around the target
    changes: list[float] = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        run = Run("abcdefgh", {"traits": ("trait",)}, TRAIT_ITEMS, traits={p: {"openness": 3.0} for p in "abcdefgh"})
        for persona in "abcdefgh":
            for at, sd in ((0, 0.1), (8, 1.0)):
                values = dict(zip(("o1", "o2"), 3 + sd * rng.permutation(off)[:2], strict=True))
                trait_answers(run, persona, at, values)
        found = pick(run, "drift", "trait-distance")
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0 < found.high
        changes.append(found.value or 0.0)
    assert abs(np.mean(changes)) < 0.1


def test_a_persona_without_a_score_in_one_of_its_traits_has_no_distance() -> None:
    run = Run("a", {"traits": ("trait",)}, TRAIT_ITEMS, traits=TRAITS)
    trait_answers(run, "a", 0, {"o1": 5, "o2": 5, "n1": "unparsable", "n2": "unparsable"})
    found = pick(run, "trait-distance", "trait-distance")
    assert (found.value, found.n, found.missing) == (None, 0, 2)
    assert (found.lowest, found.highest) == (0.0, 0.5)


def test_a_run_without_rows_has_no_estimates() -> None:
    assert analyse(Run("a", KNOWLEDGE)) == []


def test_a_run_that_cannot_be_analysed_says_what_to_do() -> None:
    run = Run("a", {"fidelity": ("charm",)})
    with pytest.raises(AnalysisError, match=r"unknown metric 'charm'\. Known: knowledge"):
        analyse(run)
    run.written["persona"]["a"] = {"id": 3}
    with pytest.raises(StoreError, match="persona document"):
        analyse(run)
    run.written["study"] = {}
    with pytest.raises(AnalysisError, match="longplay run"):
        analyse(run)


given_scores = st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, "unparsable", "failed"])
cells = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.sampled_from([0, 4, 8]), st.sampled_from("xyz")), given_scores, min_size=1
)


def random_run(scores: dict[tuple[str, int, str], float | str]) -> Run:
    run = Run("abcde", KNOWLEDGE)
    for (persona, checkpoint, item), score in scores.items():
        run.answer(persona, checkpoint, item, {"knowledge": score})
        run.answer(None, checkpoint, item, {("knowledge", persona): score}, draw="abcde".index(persona))
        run.round(persona, checkpoint + 1, {"knowledge": score}, draw="xyz".index(item))
    return run


@settings(max_examples=6, deadline=None)
@given(cells, st.integers(0, 999))
def test_the_order_of_rows_and_names_does_not_matter(
    scores: dict[tuple[str, int, str], float | str], seed: int
) -> None:
    run = random_run(scores)
    before = analyse(run)
    for rows in run.rows.values():
        random.Random(seed).shuffle(rows)
    after = analyse(run)
    assert [(e.analysis, condition(e), e.position, e.n, e.missing) for e in before] == [
        (e.analysis, condition(e), e.position, e.n, e.missing) for e in after
    ]
    for one, other in zip(before, after, strict=True):
        assert [one.value, one.low, one.highest] == pytest.approx([other.value, other.low, other.highest])


@settings(max_examples=10, deadline=None)
@given(cells)
def test_missing_never_becomes_a_number(scores: dict[tuple[str, int, str], float | str]) -> None:
    estimates = analyse(random_run(scores))
    for e in (e for e in estimates if e.analysis == "curves" and condition(e) == "persona" and e.source == "fidelity"):
        here = [score for (_, checkpoint, _), score in scores.items() if checkpoint == e.position]
        gone = [score for score in here if score in REASONS]
        assert (e.n, e.missing) == (len(here) - len(gone), len(gone))
        assert e.reasons == {reason: gone.count(reason) for reason in gone}
        assert e.lowest - 1e-9 <= (e.lowest if e.value is None else e.value) <= e.highest + 1e-9
    for e in estimates:
        # these may have nothing to test, to split, or to put a line or a change on, although there are scores
        fitted = e.analysis.startswith("slope") or e.analysis.endswith("change-point")
        if e.analysis not in ("equivalence", "convergence-share") and not fitted:
            assert (e.value is None) == (e.n == 0 and e.analysis != "missing")
        if e.value is None:
            assert (e.low, e.high) == (None, None)
            assert e.note
    keys = [(e.analysis, e.source, key_of(e), e.persona, e.against, e.position, e.replies) for e in estimates]
    assert len(set(keys)) == len(keys)
