"""Flips: how often the same request came back different, counted by hand."""

import pytest
from scipy import stats

from analysis_runs import Run, pick
from longplay.analysis import analyse
from longplay.records import Estimate


def flips(run: Run) -> list[Estimate]:
    return [one for one in analyse(run) if one.analysis == "noise"]


def test_shares_by_checkpoint_and_over_all_with_scipys_intervals() -> None:
    run = Run()
    for call in range(20):
        run.repeat(0, call, same=call != 3)
        run.repeat(8, 100 + call, same=call % 4 != 0)
    first, last, whole = flips(run)
    assert [(one.position, one.span, one.value, one.n) for one in (first, last, whole)] == [
        (0, None, 1 / 20, 20),
        (8, None, 5 / 20, 20),
        (None, (0, 8), 6 / 40, 40),
    ]
    for one, hits in ((first, 1), (last, 5), (whole, 6)):
        expected = stats.binomtest(hits, one.n).proportion_ci(0.95, method="wilson")
        assert (one.low, one.high) == pytest.approx((expected.low, expected.high))


def test_what_was_not_obtained_is_missing_and_never_a_flip() -> None:
    run = Run()
    run.repeat(4, 1)
    run.repeat(4, 2, same=False, again="failed")
    run.repeat(4, 3, same=False, reason="filtered", again="failed")
    run.repeat(8, 4, same=False, again="failed")
    at_4, at_8, whole = flips(run)
    assert (at_4.value, at_4.n, at_4.missing, at_4.reasons) == (0.0, 1, 2, {"filtered": 1, "failed": 1})
    assert (at_8.value, at_8.low, at_8.high, at_8.n, at_8.missing) == (None, None, None, 0, 1)
    assert at_8.note == "no repeat was obtained"
    assert (whole.value, whole.n, whole.missing) == (0.0, 1, 3)


def test_a_repeat_that_dialogues_share_counts_once() -> None:
    run = Run()
    for _ in range(5):
        run.repeat(0, 7, same=False)
    assert {one.n for one in flips(run)} == {1}


def test_repeats_change_no_other_estimate() -> None:
    runs = [Run(probes={"fidelity": ("knowledge",)}) for _ in range(2)]
    for run in runs:
        for persona in "abcd":
            for at in (0, 4, 8):
                run.answer(persona, at, "q", {"knowledge": 3.0 + at / 8})
    runs[1].repeat(0, 1, same=False)
    without, with_one = ([one for one in analyse(run) if one.analysis != "noise"] for run in runs)
    assert without == with_one
    assert pick(runs[1], "noise", "flips", position=0).value == 1.0
    assert flips(runs[0]) == []
