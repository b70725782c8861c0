"""Means, drifts and gaps of small runs, each number computed by hand."""

import numpy as np
import pytest
from scipy import stats

from analysis_runs import Run, pick
from longplay.analysis import analyse, headlines
from longplay.records import Script
from longplay.report import title
from named import condition
from scale_ends import SHARE, of_units

KNOWLEDGE = {"fidelity": ("knowledge",)}
FOLLOW = {"follow": ("follow-strict",)}


def interval(values: list[float]) -> tuple[float, float]:
    low, high = stats.t.interval(0.95, len(values) - 1, sum(values) / len(values), stats.sem(values))
    return low, high


def over_items(values: np.ndarray, least: float = -5.0, most: float = 5.0) -> tuple[float, float]:
    """The interval of a table of personas (rows) by items for others of both, by the two-way analysis of variance."""
    n, m = values.shape
    means, items = values.mean(axis=1), values.mean(axis=0)
    left = values - means[:, None] - items + values.mean()
    between_items, rest = n * items.var(ddof=1), (left**2).sum() / ((n - 1) * (m - 1))
    parts = np.array([stats.sem(means) ** 2, max(between_items - rest, 0) / n / m])
    df = parts.sum() ** 2 / (parts**2 / [n - 1, m - 1]).sum()
    half = stats.t.ppf(0.975, df) * parts.sum() ** 0.5
    return max(means.mean() - half, least), min(means.mean() + half, most)


def fidelity_run(scores: dict[str, list[float | str]], checkpoint: int = 0, run: Run | None = None) -> Run:
    """Each persona's scores on items i0, i1, ... at one checkpoint."""
    run = run or Run("".join(scores), KNOWLEDGE)
    for persona, values in scores.items():
        for i, value in enumerate(values):
            run.answer(persona, checkpoint, f"i{i}", {"knowledge": value})
    return run


def test_a_mean_is_over_personas_with_an_interval_over_their_means_that_knows_the_ends_of_the_scale() -> None:
    run = fidelity_run({"a": [1, 3], "b": [4, 4], "c": [2, 4], "d": [5, 5]})
    found = pick(run, "curves", position=0)
    assert found.value == pytest.approx((2 + 4 + 3 + 5) / 4)
    assert (found.low, found.high) == pytest.approx(of_units([2, 4, 3, 5]))
    spread = stats.sem([2, 4, 3, 5]) * 5**0.5 * stats.t.ppf(0.975, 3)
    assert (found.new_low, found.new_high) == pytest.approx((max(1, 3.5 - spread), min(5, 3.5 + spread)))
    assert (found.n, found.clusters, found.missing) == (8, 4, 0)
    assert (found.source, condition(found), found.target) == ("fidelity", "persona", "personas like these")
    assert (found.scale, found.better, title(found)) == ((1.0, 5.0), "higher", "Knowledge")


def test_every_persona_counts_alike_however_many_items_it_has_left() -> None:
    run = fidelity_run({"a": [1, "unparsable", "unparsable"], "b": [3, 3, 3], "c": [3, 3, 3], "d": [5, 5, 5]})
    found = pick(run, "curves", position=0)
    assert found.value == pytest.approx((1 + 3 + 3 + 5) / 4)
    assert (found.n, found.missing, found.reasons) == (10, 2, {"unparsable": 2})
    assert found.lowest == pytest.approx((1 + 3 + 3 + 5) / 4)
    assert found.highest == pytest.approx(((1 + 5 + 5) / 3 + 3 + 3 + 5) / 4)


def test_under_four_personas_there_is_a_mean_and_no_interval() -> None:
    found = pick(fidelity_run({"a": [1], "b": [2], "c": [3]}), "curves", position=0)
    assert (found.value, found.low, found.high) == (2.0, None, None)
    assert found.note == "3 personas: no interval under 4"


def test_equal_personas_give_no_interval_and_at_the_end_of_the_scale_what_they_can_hide() -> None:
    found = pick(fidelity_run({p: [4] for p in "abcd"}), "curves", position=0)
    assert (found.value, found.low, found.high) == (4.0, None, None)
    assert found.note == "all 4 personas have the same mean: 60 % of all may be others"
    best = pick(fidelity_run({p: [5, 5] for p in "abcdefgh"}), "curves", position=0)
    assert (best.low, best.high) == pytest.approx((5 - 4 * (1 - 0.025 ** (1 / 8)), 5.0))
    assert best.note == "all 8 personas have the same mean: 37 % of all may be others"


def test_the_level_comes_from_the_studys_alpha_and_a_late_change_is_said_everywhere() -> None:
    run = fidelity_run({"a": [1, 3], "b": [4, 4], "c": [2, 4], "d": [5, 5]})
    assert pick(run, "curves", position=0).level == 0.95
    assert all("analysis changed after data" in e.note for e in analyse(run, changed_after_data=True))


def test_drift_is_paired_by_item_and_an_item_missing_at_one_end_drops_from_both() -> None:
    run = fidelity_run({"a": [5, 1], "b": [5, 3], "c": [4, 4], "d": [3, 3]})
    fidelity_run({"a": [4, "unparsable"], "b": [2, 2], "c": [3, 1], "d": [3, 3]}, 8, run)
    found = pick(run, "drift")
    changes = [-1.0, -2.0, -2.0, 0.0]  # of a: the first item alone
    assert found.value == pytest.approx(sum(changes) / 4)
    assert (found.low, found.high) == pytest.approx(interval(changes))
    assert (found.position, found.span, found.n, found.missing) == (None, (0, 8), 14, 1)
    assert "pairs dropped because a side is missing: 1" in found.note
    assert found.lowest == pytest.approx(((-1 + 1 - 1) / 2 - 2 - 2) / 4)
    assert found.highest == pytest.approx(((-1 + 5 - 1) / 2 - 2 - 2) / 4)


def test_draws_and_orders_are_averaged_within_an_item_before_pairing() -> None:
    run = Run("a", KNOWLEDGE)
    for draw, order, score in ((0, 0, 5), (1, 0, 4), (0, 1, 3)):
        run.answer("a", 0, "i", {"knowledge": score}, answer_draw=draw, order=order)
    run.answer("a", 8, "i", {"knowledge": 2})
    found = pick(run, "drift")
    assert (found.value, found.n) == (-2.0, 4)


def test_what_is_judged_or_answered_once_more_counts_no_more_than_the_rest() -> None:
    run = Run("a", KNOWLEDGE)
    run.answer("a", 8, "i", {"knowledge": (5, 4)}, answer_draw=0)
    run.answer("a", 8, "i", {"knowledge": 2}, answer_draw=1)
    run.answer("a", 8, "i", {"knowledge": 1}, draw=1)
    found = pick(run, "curves", position=8)
    # verdicts on an answer first: 4.5; then the answers after a dialogue: 3.25; then the dialogues
    assert (found.value, found.n) == ((3.25 + 1) / 2, 4)


def test_a_checkpoint_in_the_middle_is_no_end_of_a_drift() -> None:
    run = fidelity_run({"a": [5]})
    fidelity_run({"a": [1]}, 4, run)
    assert [e for e in analyse(run) if e.analysis == "drift"] == []


def test_the_gap_pairs_each_persona_with_the_baseline_judged_as_it() -> None:
    run = fidelity_run({"a": [5, 3], "b": [4, 4], "c": [5, 5], "d": [3, 5]})
    against = {"a": [(1, 2), (1, 2)], "b": [(2, 2), (2, 2)], "c": [(1, 1), (3, 3)], "d": [(2, 4), (2, 4)]}
    for draw in range(2):
        for i in range(2):
            scores = {("knowledge", p): against[p][draw][i] for p in "abcd"}
            run.answer(None, 0, f"i{i}", scores, answer_draw=draw)
    found = pick(run, "gap", position=0)
    gaps = [4 - 1.5, 4 - 2, 5 - 2, 4 - 3]
    assert found.value == pytest.approx(sum(gaps) / 4)
    shared = np.array([[5, 3], [4, 4], [5, 5], [3, 5]]) - [[1, 2], [2, 2], [2, 2], [2, 4]]
    # a clear gap may reach past the scale's end, less what was taken away, by as much as that may lie lower
    taken = [1.5, 2, 2, 3]
    past = np.hypot(5 - 2.125 - found.value, stats.t.ppf(0.975, 3) * stats.sem(taken))
    assert (found.low, found.high) == pytest.approx(over_items(shared, most=found.value + past))
    # what draws vary for single personas alone is in the spread of these
    assert (condition(found), found.target) == (
        "persona - baseline",
        "personas like these, against baseline answers like these, asked items like these",
    )
    baseline = pick(run, "curves", position=0, condition="baseline")
    assert baseline.value == pytest.approx((1.5 + 2 + 2 + 3) / 4)
    assert (baseline.n, baseline.clusters) == (16, 4)


def test_a_gap_leaves_out_an_item_that_one_side_lacks() -> None:
    run = fidelity_run({"a": [5, 1]})
    run.answer(None, 0, "i0", {("knowledge", "a"): 2})
    run.answer(None, 0, "i1", {("knowledge", "a"): "unparsable"})
    found = pick(run, "gap", position=0)
    assert (found.value, found.n, found.missing) == (3.0, 2, 1)


def test_a_baseline_whose_judge_is_blind_stands_against_every_persona() -> None:
    run = Run("abcd", FOLLOW)
    for persona, score in zip("abcd", (1, 0, 1, 1), strict=True):
        run.answer(persona, 4, "i", {"follow-strict": score}, probe="follow")
    for draw, score in enumerate((1, 0, 0, 0)):
        run.answer(None, 4, "i", {"follow-strict": score}, probe="follow", draw=draw)
    gap = pick(run, "gap", "follow-strict", position=4)
    assert gap.value == pytest.approx(0.75 - 0.25)
    of_personas, of_dialogues = (stats.sem(values) ** 2 for values in ([0.75, -0.25, 0.75, 0.75], [1, 0, 0, 0]))
    df = (of_personas + of_dialogues) ** 2 / (of_personas**2 / 3 + of_dialogues**2 / 3)
    half = stats.t.ppf(0.975, df) * (of_personas + of_dialogues) ** 0.5
    assert (gap.low, gap.high) == pytest.approx((max(0.5 - half, -0.25), min(0.5 + half, 0.75)))
    assert gap.target == "personas like these, against baseline dialogues like these, asked this item"
    assert gap.note == (
        "the interval ends where the scale does; 4 baseline dialogues, their variance is in the interval; "
        "rests on 1 item, 4 dialogues"
    )
    baseline = pick(run, "curves", "follow-strict", position=4, condition="baseline")
    assert baseline.value == 0.25
    assert (baseline.low, baseline.high) == pytest.approx(of_units([1, 0, 0, 0], SHARE))
    assert baseline.target == "this baseline, dialogues drawn like these"


def test_a_blind_baseline_with_few_draws_has_intervals_for_itself_alone() -> None:
    run = Run("a", FOLLOW)
    for checkpoint, draws in ((0, 4), (8, 3)):
        for draw in range(draws):
            run.answer(None, checkpoint, "i", {"follow-strict": draw % 2}, probe="follow", draw=draw)
    start = pick(run, "curves", "follow-strict", position=0)
    end = pick(run, "curves", "follow-strict", position=8)
    drift = pick(run, "drift", "follow-strict")
    own = "this baseline; dialogue draws like these; for this order and this item"
    assert (start.low, end.target) == (None, own)
    assert (drift.low, drift.target) == (None, "this baseline, dialogues drawn like these")
    assert stats.sem([0, 1, 0]) * stats.t.ppf(0.975, 2) > 1  # an interval would be wider than the scale
    assert "before the dialogue" in start.note
    assert end.note.startswith("3 dialogue draws: no interval under 4")
    assert drift.value == pytest.approx(1 / 3 - 1 / 2)
    assert "one baseline" in drift.note


def test_the_change_of_a_gap_is_what_the_persona_loses_beyond_the_baseline() -> None:
    run = fidelity_run({"a": [5]})
    fidelity_run({"a": [2]}, 8, run)
    for checkpoint, score in ((0, 2), (8, 1)):
        run.answer(None, checkpoint, "i0", {("knowledge", "a"): score})
    found = pick(run, "gap-drift")
    assert (found.value, found.span, condition(found)) == (-2.0, (0, 8), "persona - baseline")


def talk(checkpoints: tuple[int, ...] = (0, 2, 4, 6)) -> Run:
    script = Script("talk", "persona-directed", ("?",) * 4, opening="Hello.", closing="Goodbye.")
    return Run("a", checkpoints=checkpoints, script=script)


def test_rounds_fall_into_the_blocks_between_checkpoints_and_remarks_stay_out_of_contrasts() -> None:
    run = talk()
    for number, score in enumerate((1, 5, 4, 4, 2, 1), 1):
        run.round("a", number, {"knowledge": score})
    means = {e.position: e.value for e in analyse(run) if e.analysis == "curves" and e.replies == "all"}
    assert means == {2: 3.0, 4: 4.0, 6: 1.5}
    drift = pick(run, "drift", source="rounds")
    assert (drift.value, drift.span, drift.n) == (2.0 - 5.0, (2, 6), 2)
    assert "differ in their questions too" in drift.note


def test_a_block_of_remarks_alone_is_no_end_of_a_drift() -> None:
    run = talk((0, 1, 4, 5, 6))
    for number, score in enumerate((1, 5, 4, 3, 2, 1), 1):
        run.round("a", number, {"knowledge": score})
    drift = pick(run, "drift", source="rounds")
    assert (drift.value, drift.span) == (2.0 - 4.0, (4, 5))


def test_rounds_past_the_last_checkpoint_are_a_block_of_their_own() -> None:
    run = Run("a", checkpoints=(0, 2), rounds=5)
    for number in range(1, 6):
        run.round("a", number, {"knowledge": number % 5 + 1})
    means = {e.position: e.value for e in analyse(run) if e.analysis == "curves" and e.replies == "all"}
    assert means == {2: 2.5, 5: pytest.approx((4 + 5 + 1) / 3)}


def test_the_gap_of_rounds_pairs_the_same_question_of_the_same_order() -> None:
    run = talk()
    for order, (persona, baseline) in enumerate((((5, 3), (2, 1)), ((4, 4), (2, 4)))):
        for number in (3, 4):
            run.round("a", number, {"knowledge": persona[number - 3]}, order=order)
            run.round(None, number, {("knowledge", "a"): baseline[number - 3]}, order=order)
    run.round("a", 1, {"knowledge": 5})
    run.round(None, 1, {("knowledge", "a"): 1})
    found = pick(run, "gap", source="rounds")
    assert (found.value, found.position) == ((3 + 2 + 2 + 0) / 4, 4)


def test_other_ways_of_asking_are_conditions_of_their_own() -> None:
    run = Run("ab", KNOWLEDGE)
    run.answer("a", 0, "i", {"knowledge": 5})
    run.answer("a", 0, "i", {"knowledge": 4}, asked_by="reminder")
    run.answer("a", 0, "i", {"knowledge": 3}, asked="b")
    run.answer(None, 0, "i", {"knowledge": 2}, asked="a")
    found = {condition(e): e.value for e in analyse(run) if e.analysis == "curves" and e.replies == "all"}
    assert found == {
        "persona": 5.0,
        "persona, asked by reminder": 4.0,
        "persona, asked as another persona": 3.0,
        "baseline, asked with a persona": 2.0,
    }


def test_an_answer_that_draws_share_before_the_dialogue_counts_once() -> None:
    run = Run("a", FOLLOW)
    for draw in range(4):
        run.answer(None, 0, "i", {"follow-strict": 1}, probe="follow", draw=draw, call=77)
    assert pick(run, "curves", "follow-strict").n == 1


def test_the_composite_needs_all_its_metrics_and_runs_from_0_to_100() -> None:
    run = Run("a", {"fidelity": ("knowledge", "style", "in-character")})
    run.answer("a", 0, "i", {"knowledge": 5, "style": 4, "in-character": 3})
    run.answer("a", 0, "j", {"knowledge": 1, "style": 1, "in-character": "unparsable"})
    found = pick(run, "curves", "fidelity")
    assert found.value == pytest.approx((100 + 75 + 50) / 3)
    assert (found.n, found.missing, found.scale, found.reasons) == (3, 1, (0.0, 100.0), {"unparsable": 1})
    assert (found.lowest, found.highest) == pytest.approx(((75 + 0) / 2, (75 + 100 / 3) / 2))


def test_the_headline_gives_fidelity_at_start_and_end_and_its_drift() -> None:
    run = Run("a", {"fidelity": ("knowledge", "style", "in-character")})
    for checkpoint, score in ((0, 5), (8, 3)):
        run.answer("a", checkpoint, "i", dict.fromkeys(("knowledge", "style", "in-character"), score))
        run.answer(None, checkpoint, "i", {(m, "a"): 1 for m in ("knowledge", "style", "in-character")})
    (found,) = headlines(analyse(run), run.study)
    assert (found.start.value, found.end.value, found.drift.value) == (100.0, 50.0, -50.0)
    assert found.baseline_end is not None
    assert found.baseline_end.value == 0.0
    assert headlines([], Run().study) == []


def one_metric(metric: str, score: float = 4.0) -> Run:
    run = Run("abcd", {"fidelity": (metric,)})
    for place, persona in enumerate("abcd"):
        for checkpoint, lost in ((0, 0.0), (8, 2.0 + 0.2 * place)):
            run.answer(persona, checkpoint, "i", {metric: score + 0.2 * place - lost})
    return run


def test_where_fidelity_is_not_judged_whole_the_headline_is_the_measure_there_is() -> None:
    (found,) = headlines(analyse(one_metric("in-character")), one_metric("in-character").study)
    assert (found.drift.quantity.metric, found.drift.value) == ("in-character", pytest.approx(-2.3))
    assert (found.start.scale, found.end.position) == ((1.0, 5.0), 8)


def test_a_chat_of_nobody_in_particular_has_the_headline_of_its_own_replies() -> None:
    run = Run("a", {"fidelity": ("in-character",)})
    for checkpoint, score in ((0, 5.0), (8, 3.0)):
        run.answer(None, checkpoint, "i", {("in-character", "a"): score})
    (found,) = headlines(analyse(run), run.study)
    assert (found.drift.place.speaker, found.drift.value, found.baseline_end) == ("baseline", -2.0, None)
