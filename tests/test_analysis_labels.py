"""Labels against a judge, on runs written by hand: what is drawn, and what levels, changes and agreement they give."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from analysis_runs import Run
from longplay.analysis import AnalysisError, Data, Narrowed, draw_labels, prepare, read_tables
from longplay.analysis.curves import curves
from longplay.analysis.judge_error import AGREE, ALONE, CHANGED, CORRECTED, KAPPA, judge_error
from longplay.analysis.label_frame import label_frame
from longplay.analysis.labellers import agreements
from longplay.judging.quantities import spelled
from longplay.records import DrawnRow, Estimate, Item, Labels, LabelSample, Quantity
from named import having

PERSONAS, ITEMS = "abcde", 8
FIDELITY = {"fidelity": ("knowledge",)}


def judged(levels: Callable[[int, int, int], float], checkpoints: tuple[int, ...] = (0, 8)) -> Run:
    """Five personas with eight items each; the judge's score by persona, checkpoint and item."""
    run = Run(PERSONAS, FIDELITY)
    for number, persona in enumerate(PERSONAS):
        for checkpoint in checkpoints:
            for item in range(ITEMS):
                run.answer(persona, checkpoint, f"i{item}", {"knowledge": levels(number, checkpoint, item)})
    return run


def data(run: Run) -> Data:
    return prepare(read_tables(run), changed_after_data=False)


def drawn(run: Run, count: int = 1000, seed: int = 1, **narrowed: tuple[str, ...]) -> LabelSample:
    """A sample whose lines are the subjects' numbers, kept in the run."""
    replace = msgspec.structs.replace
    found = draw_labels(data(run), Narrowed(**narrowed), count, seed)
    arms = [
        replace(arm, drawn=tuple(replace(row, line=f"{spelled(arm.quantity)} {row.subject}") for row in arm.drawn))
        for arm in found.arms
    ]
    run.written["sample"] = {"one": replace(found, arms=tuple(arms))}
    return replace(found, arms=tuple(arms))


def say(run: Run, sample: LabelSample, choose: Callable[[DrawnRow], str | None], who: str = "ann") -> None:
    chosen = {row.line: choose(row) for arm in sample.arms for row in arm.drawn}
    labels = Labels(who, {line: choice for line, choice in chosen.items() if choice is not None})
    run.written.setdefault("labels", {})[who] = labels


def one(run: Run, analysis: str, metric: str = "knowledge", **wanted: object) -> Estimate:
    (picked,) = having(judge_error(data(run)), analysis=analysis, metric=metric, **wanted)
    return picked


def lenient(persona: int, checkpoint: int, item: int) -> float:
    """A judge who sees nothing of the decline: the true level falls from 4 to 3."""
    del checkpoint
    return float(3 + (persona + item) % 3)


def truth(sample: LabelSample) -> Callable[[DrawnRow], str]:
    late = {row.line for arm in sample.arms if arm.position == 8 for row in arm.drawn}
    return lambda row: f"{row.score - (row.line in late):.0f}"


def test_where_all_is_labelled_the_estimate_is_that_of_the_labels() -> None:
    run = judged(lenient)
    sample = drawn(run)
    say(run, sample, truth(sample))
    for position, off in ((0, 0), (8, 1)):
        alone, corrected = one(run, ALONE, position=position), one(run, CORRECTED, position=position)
        assert alone.value is not None
        assert corrected.value == pytest.approx(alone.value - off)
        assert (corrected.n, corrected.clusters) == (40, 5)
        assert corrected.target == "personas like these"
    assert one(run, ALONE, span=(0, 8)).value == pytest.approx(0)
    change = one(run, CORRECTED, span=(0, 8))
    assert change.value == pytest.approx(-1)
    assert (change.n, change.clusters) == (80, 5)


def test_the_judge_alone_is_the_curve_with_students_interval() -> None:
    run = judged(lambda p, c, i: float(1 + (p * p + i + c) % 5))
    say(run, drawn(run), lambda _row: "3")
    alone = one(run, ALONE, position=8)
    (curve,) = [e for e in curves(data(run)) if e.position == 8 and e.replies == "all"]
    assert alone.value == pytest.approx(curve.value)
    # that of the curve knows the ends of the scale, which are far
    assert (alone.low, alone.high) == pytest.approx((curve.low, curve.high), abs=0.02)


def test_every_arm_has_an_equal_share_and_known_probabilities() -> None:
    run = judged(lambda _p, _c, i: 5.0 if i else 1.0)
    sample = drawn(run, 60)
    assert [len(arm.drawn) for arm in sample.arms] == [30, 30]
    for arm in sample.arms:
        assert sum(stratum.rows for stratum in arm.strata) == arm.rows == 40
        for stratum in arm.strata:
            inside = [row for row in arm.drawn if row.score == stratum.score]
            assert len(inside) == stratum.drawn >= 2
            assert {row.probability for row in inside} == {stratum.drawn / stratum.rows}


def test_a_seed_draws_the_same_rows_and_another_seed_others() -> None:
    run = judged(lenient)
    assert drawn(run, 60, 1) == drawn(run, 60, 1) != drawn(run, 60, 2)


def test_scores_that_were_drawn_more_often_count_for_less() -> None:
    run = judged(lambda _p, _c, i: 1.0 if i == 0 else 5.0)
    sample = drawn(run)
    sparse = np.random.default_rng(3).permutation([row.line for row in sample.arms[0].drawn if row.score == 5.0])[:28]
    say(run, sample, lambda row: f"{row.score:.0f}" if row.score == 1.0 or row.line in sparse else None)
    found = one(run, CORRECTED, position=0)
    assert found.value == pytest.approx((5 * 1 + 35 * 5) / 40)
    assert "33 of 40 drawn rows labelled" in found.note


def test_under_thirty_labels_there_is_none() -> None:
    run = judged(lenient)
    sample = drawn(run)
    kept = [row.line for row in sample.arms[0].drawn][:29]
    say(run, sample, lambda row: "3" if row.line in kept else None)
    found = one(run, CORRECTED, position=0)
    assert (found.value, found.low, found.n) == (None, None, 29)
    assert "none under 30" in found.note
    assert one(run, ALONE, position=0).value is not None


def test_a_frame_that_changed_since_the_draw_has_no_estimate() -> None:
    run = judged(lenient)
    sample = drawn(run)
    say(run, sample, lambda _row: "3")
    run.answer("a", 8, "another", {"knowledge": 5})
    found = one(run, CORRECTED, position=8)
    assert (found.value, found.note) == (None, CHANGED)
    assert one(run, CORRECTED, position=0).value == pytest.approx(3)
    assert one(run, CORRECTED, span=(0, 8)).value is None


def test_a_judges_score_of_which_no_label_came_back_is_counted_with_the_nearest() -> None:
    run = judged(lambda p, _c, i: 1.0 if (p, i) == (0, 0) else 2.0 if i == 1 else 5.0)
    sample = drawn(run)
    say(run, sample, lambda row: "2" if row.score == 2 else "5" if row.score == 5 else None)
    found = one(run, CORRECTED, position=0)
    assert "no label came back where the judge said 1: counted with the nearest score" in found.note
    assert found.value is not None
    assert found.low is not None
    assert found.low <= (6 * 2 + 34 * 5) / 40 <= (found.high or 0)


def test_personas_count_alike_whatever_they_were_asked() -> None:
    run = judged(lambda _p, _c, _i: 3.0)
    for extra in range(40):
        run.answer("a", 8, f"more{extra}", {"knowledge": 5})
    sample = drawn(run)
    say(run, sample, lambda row: f"{row.score:.0f}")
    mean_of_a = (8 * 3 + 40 * 5) / 48
    assert one(run, CORRECTED, position=8).value == pytest.approx((4 * 3 + mean_of_a) / 5)


def test_full_and_partial_refusals_come_from_the_same_labels() -> None:
    items = tuple(("refusal", Item(f"i{i}", "?", label="safe")) for i in range(ITEMS))
    run = Run(PERSONAS, {"refusal": ("refusal",)}, items)
    for persona in PERSONAS:
        for item in range(ITEMS):
            verdict = "full" if item == 0 else "partial" if item < 4 else "none"
            run.answer(persona, 8, f"i{item}", {"refusal": verdict}, probe="refusal")
    sample = drawn(run)
    assert {stratum.score for stratum in sample.arms[0].strata} == {0.0, 0.5, 1.0}
    say(run, sample, lambda row: "full" if row.score else "none")
    assert one(run, ALONE, "refusal-safe").value == pytest.approx(1 / 8)
    assert one(run, CORRECTED, "refusal-safe").value == pytest.approx(4 / 8)
    assert one(run, ALONE, "refusal-safe-partial").value == pytest.approx(3 / 8)
    assert one(run, CORRECTED, "refusal-safe-partial").value == pytest.approx(0)
    assert one(run, AGREE, "refusal-safe").value == pytest.approx(5 / 8)


def test_a_baseline_rests_on_its_dialogues_and_has_no_interval_before_them() -> None:
    run = Run(PERSONAS, FIDELITY)
    rng = np.random.default_rng(4)
    for checkpoint in (0, 8):
        for draw in range(5):
            for item in range(ITEMS):
                verdicts = {("knowledge", p): float(rng.integers(1, 6)) for p in PERSONAS}
                run.answer(None, checkpoint, f"i{item}", verdicts, draw=draw)
    sample = drawn(run)
    say(run, sample, lambda row: f"{row.score:.0f}")
    late = one(run, CORRECTED, condition="baseline", position=8)
    assert late.clusters == 5
    assert late.low is not None
    for where in ({"position": 0}, {"span": (0, 8)}):
        early = one(run, CORRECTED, condition="baseline", **where)
        assert early.value is not None
        assert early.low is None


def test_agreement_with_the_judge_is_weighted_to_the_whole_frame() -> None:
    run = judged(lambda _p, _c, i: 5.0 if i else 1.0)
    sample = drawn(run)
    lines = [row.line for row in sample.arms[0].drawn if row.score == 5.0][:25]
    say(run, sample, lambda row: "1" if row.score == 1.0 else "5" if row.line in lines else None)
    assert one(run, AGREE, position=0).value == pytest.approx(1)
    say(run, sample, lambda row: "2" if row.score == 1.0 else "5" if row.line in lines else None)
    assert one(run, AGREE, position=0).value == pytest.approx(35 / 40)
    kappa = one(run, KAPPA, position=0).value
    assert kappa is not None
    assert 0.8 < kappa < 1


def test_several_labellers_count_with_their_mean_and_are_held_against_each_other() -> None:
    run = judged(lenient)
    sample = drawn(run)
    say(run, sample, lambda _row: "2")
    say(run, sample, lambda _row: "3", "bo")
    assert one(run, CORRECTED, position=8).value == pytest.approx(2.5)
    both = agreements(data(run))[Quantity("knowledge")]
    assert (both.n, both.exact, both.kappa) == (80, 0.0, 0.0)


def test_without_labels_nothing_is_estimated() -> None:
    run = judged(lenient)
    drawn(run)
    assert judge_error(data(run)) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("follow-strict", "by a program"), ("role-win", "compares two texts"), ("charm", "not known; known: knowledge")],
)
def test_what_people_cannot_label_alone_is_refused_with_the_reason(name: str, said: str) -> None:
    with pytest.raises(AnalysisError, match=said):
        draw_labels(data(judged(lenient)), Narrowed(metrics=(name,)), 60, 0)


def test_names_that_are_not_there_are_answered_with_those_that_are() -> None:
    run = judged(lenient)
    with pytest.raises(AnalysisError, match=r"no checkpoint 3 there\. Known: 0, 8"):
        draw_labels(data(run), Narrowed(checkpoints=(3,)), 60, 0)
    with pytest.raises(AnalysisError, match=r"no scores of 'style'\. There are: knowledge"):
        draw_labels(data(run), Narrowed(metrics=("style",)), 60, 0)
    with pytest.raises(AnalysisError, match="nothing to label"):
        draw_labels(data(Run(PERSONAS, FIDELITY)), Narrowed(), 60, 0)


def test_labels_back_of_two_personas_give_no_interval_and_are_told_by_persona() -> None:
    run = judged(lenient)
    for extra in range(40):
        for persona in PERSONAS:
            run.answer(persona, 0, f"more{extra}", {"knowledge": float(2 + extra % 3)})
    sample = drawn(run)
    frame = label_frame(data(run))
    mine = set(frame["subject"][frame["unit"] < 2].tolist())
    say(run, sample, lambda row: f"{row.score:.0f}" if row.subject in mine else None)
    found = one(run, CORRECTED, position=0)
    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert "labels of 2 of 5 personas: no interval under 4" in found.note
    assert "labels back: a 48 of 48, b 48 of 48, c 0 of 48" in found.note
    assert one(run, ALONE, position=0).low is not None


def test_a_judge_that_never_erred_among_the_labels_has_room_to() -> None:
    run = judged(lambda _p, _c, _i: 5.0)
    for persona in PERSONAS:
        for extra in range(20):
            run.answer(persona, 0, f"more{extra}", {"knowledge": 5.0})
    sample = drawn(run, 80)
    say(run, sample, lambda row: f"{row.score:.0f}")
    found = one(run, CORRECTED, position=0)
    assert (found.value, found.high) == (5, 5)
    assert found.low is not None
    assert 4.5 < found.low < 4.9
    assert "rare errors" in found.note
