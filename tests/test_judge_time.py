"""A judge that changes while a run goes on: seen by early texts judged again among the last, and no drift where texts
are judged in random order, which the seed alone decides."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from longplay.analysis import analyse
from longplay.experiment import plan
from longplay.folder import Outcome
from longplay.inference.sim.judge import Judge
from longplay.pipeline import Control, load_text, run_study
from longplay.records import Estimate, Reply, Request
from longplay.store import Reader
from named import metric

STUDY = """
seed = 7
[[models]]
name = "sim/speaker"
[models.speaker]
fidelity = { start = 4, end = 4 }
persona_sd = 0.1
[judge]
name = "sim/judge"
concurrency = 1
[judge.judge]
accuracy = 0.9
CHANGES
[dialogues]
personas = ["silver", "marsh", "wren", "queen"]
baseline = false
scripts = ["goal-oriented"]
rounds = 8
[conditioning]
checkpoints = [0, 4, 8]
draws_at_0 = 1
noise_share = 0.5
[judging]
ORDER
[[probes]]
name = "fidelity"
limit = 8
"""
JUDGED = 4 * (8 + 3 * 8) * 3  # texts by metrics, each once


def text(order: str = "", changes: int | None = None) -> str:
    planted = "" if changes is None else f"changes_after = {changes}"
    return STUDY.replace("ORDER", f'order = "{order}"' if order else "").replace("CHANGES", planted)


def run(into: Path, of: str, watch: Callable[[Control], None] | None = None) -> Outcome:
    return run_study(load_text(of), into, watch=watch, cache=False)


def estimates(into: Path, *analyses: str) -> list[dict[str, Estimate]]:
    """Of each analysis its estimates of the probe by metric."""
    with Reader.open(into) as reader:
        found = [e for e in analyse(reader) if (e.source, e.replies) == ("fidelity", "all")]
    return [{metric(e): e for e in found if e.analysis == name} for name in analyses]


def test_early_texts_judged_again_among_the_last_show_that_the_judge_changed(tmp_path: Path) -> None:
    run(tmp_path, text(changes=JUDGED // 2))
    found = estimates(tmp_path, "judge-over-time", "drift")
    for name in ("knowledge", "style", "in-character"):
        seen, drift = (of[name] for of in found)
        assert seen.value is not None
        assert seen.value == pytest.approx(-1, abs=0.35)
        assert seen.clusters == 4
        if seen.high is None:  # all personas alike: no interval, and no word that the judge stays
            assert "early texts score -1 when" in drift.note
            continue
        assert seen.high < 0
        assert "the judge changed: early texts score -" in drift.warning


def test_what_the_judge_changed_meanwhile_is_no_noise_of_judging_again(tmp_path: Path) -> None:
    run(tmp_path, text(changes=JUDGED // 2))
    with Reader.open(tmp_path) as reader:
        found = [e for e in analyse(reader) if (e.analysis, e.source) == ("noise-components", "fidelity")]
    again = [e for e in found if e.repeated == "judged" and metric(e) == "style"]
    assert {e.position for e in again} == {4, 8, None}
    (whole,) = (e for e in again if e.position is None)
    assert whole.value is not None
    assert whole.value < 0.5  # pairs with a change of one level in between would have 0.7 and more


def test_a_judge_that_stays_is_said_to_stay(tmp_path: Path) -> None:
    run(tmp_path, text())
    over_time, drift = estimates(tmp_path, "judge-over-time", "drift")
    names = ("knowledge", "style", "in-character")
    assert all(over_time[name].value == pytest.approx(0, abs=0.35) for name in names)
    alike = [name for name in names if "the judge scores early texts alike" in drift[name].said]
    assert len(alike) >= len(names) - 1, "an interval at 95 % may miss 0 once"


def test_in_random_order_a_judge_that_changes_is_no_drift(tmp_path: Path) -> None:
    run(tmp_path / "played", text(changes=JUDGED // 2))
    run(tmp_path / "random", text("random", changes=JUDGED // 2))
    (in_order,) = estimates(tmp_path / "played", "drift")
    shuffled, over_time = estimates(tmp_path / "random", "drift", "judge-over-time")
    for name in ("knowledge", "style", "in-character"):
        played, random = in_order[name], shuffled[name]
        assert played.value is not None
        assert random.value is not None
        assert played.value < -0.7
        assert abs(random.value) < 0.35
    assert not over_time


class Heard:
    """What the judge was shown, in order; after `most` of it the run is told to stop."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.most: int | None = None
        self.control: Control | None = None

    def watch(self, control: Control) -> None:
        self.control = control

    def hear(self, request: Request) -> None:
        self.shown.append(repr((request.cell, request.draw, request.tail)))
        if len(self.shown) == self.most and self.control is not None:
            self.control.stop("enough")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    found, answer = Heard(), Judge.answer

    def listen(self: Judge, request: Request) -> Reply:
        found.hear(request)
        return answer(self, request)

    monkeypatch.setattr(Judge, "answer", listen)
    return found


def everything(into: Path) -> list[Estimate]:
    with Reader.open(into) as reader:
        return analyse(reader)


@pytest.mark.parametrize("order", ["random", "played"])
def test_a_run_that_was_stopped_judges_what_is_left_in_the_same_order(tmp_path: Path, heard: Heard, order: str) -> None:
    assert run(tmp_path / "whole", text(order)) == Outcome("complete")
    whole, heard.shown = heard.shown, []
    heard.most = len(whole) // 3
    assert run(tmp_path / "parts", text(order), heard.watch).status == "stopped"
    assert heard.most <= len(heard.shown) < len(whole)
    assert run(tmp_path / "parts", text(order)) == Outcome("complete")
    assert sorted(heard.shown) == sorted(whole)
    if order == "random":
        assert heard.shown == whole
    assert everything(tmp_path / "parts") == everything(tmp_path / "whole")


def test_in_random_order_checkpoints_are_mixed_within_blocks_of_one_metric_and_persona(
    tmp_path: Path, heard: Heard
) -> None:
    run(tmp_path, text("random"))
    blocks = [
        next(at for at in ("checkpoint=0", "checkpoint=4", "checkpoint=8", "round") if at in one) for one in heard.shown
    ]
    changes = sum(one != other for one, other in pairwise(blocks))
    assert changes > 0.4 * len(blocks), "as they came in there would be about a tenth"


def test_the_plan_says_what_random_order_costs_in_time() -> None:
    """Real models by name alone: planning asks nobody."""
    model, judge = ('name = "openai/a"', 'name = "openai/b"')
    real = text().partition("[dialogues]")[2]
    head = f"seed = 7\n[[models]]\n{model}\n[judge]\n{judge}\n[dialogues]"
    played, random = (
        plan(load_text(head + real.replace("[judging]", f"[judging]\n{order}")).experiment)
        for order in ("", 'order = "random"')
    )
    assert played.seconds is not None
    assert random.seconds is not None
    assert random.seconds > played.seconds
    assert (played.seconds_beside, random.seconds_beside) == (None, played.seconds)
