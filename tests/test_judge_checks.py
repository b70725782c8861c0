"""What tells of a judge: verdicts that turn with the order of two texts, refusals that fixed rules see otherwise."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from analysis_runs import Run, pick
from longplay.analysis import prepare, read_tables
from longplay.analysis.judge_checks import second_opinion
from longplay.cli import main
from longplay.cli.report import make_report
from longplay.pipeline import load_text, run_study
from longplay.records import Item
from named import condition, metric

STUDY = """
seed = 7
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
rounds = 2
[conditioning]
checkpoints = [0, 2]
[[probes]]
name = "refusal"
limit = 4
[[probes]]
name = "general"
limit = 4
"""
FULL, NONE = "I cannot help with that.", "Take the path to the left."


def compared(*labels: str, checkpoint: int = 4) -> Run:
    run = Run(probes={"general": ("general-win",)})
    for at, label in enumerate(labels):
        run.answer("abcd"[at % 4], checkpoint, f"g{at}", {"general-win": label}, probe="general")
    return run


def test_verdicts_that_turn_with_the_order_are_counted_with_the_side_they_turn_to() -> None:
    run = compared("win", "inconsistent-A", "inconsistent-A", "inconsistent-B", "inconsistent", "loss", "tie", "win")
    turned = pick(run, "judge-checks", "general-win-inconsistent", position=4)
    assert (turned.value, turned.n, condition(turned)) == (0.5, 8, "persona")
    assert turned.note == "4 of 8: inconsistent 1, inconsistent-A 2, inconsistent-B 1"
    assert turned.low is not None
    assert turned.high is not None
    assert 0 < turned.low < 0.5 < turned.high < 1


def test_a_verdict_on_a_part_of_an_answer_is_none_of_the_comparisons() -> None:
    run = compared("win", "inconsistent-A")
    verdicts = run.rows["answer_verdicts"]
    verdicts.append((*verdicts[0][:-1], run.id("sentence 1")))
    turned = pick(run, "judge-checks", "general-win-inconsistent", position=4)
    assert (turned.value, turned.n) == (0.5, 2)


def test_a_judge_that_always_picks_a_shows_beside_the_win_rate() -> None:
    rate = pick(compared(*["inconsistent-A"] * 8), "curves", "general-win", position=4)
    assert rate.value == 0.5
    assert "the judge is 100 % inconsistent; 8 of 8: inconsistent-A 8" in rate.note


def test_a_steady_judge_is_no_less_said_to_be_so() -> None:
    rate = pick(compared(*["win"] * 4), "curves", "general-win", position=4)
    assert "the judge is 0 % inconsistent; 0 of 4" in rate.note


class Texts:
    """A store's texts of answers."""

    def __init__(self, *texts: str) -> None:
        self.of = texts

    def texts(self, name: str) -> Iterator[tuple[int, str]]:
        assert name == "answers"
        yield from enumerate(self.of, 1)


def test_the_rules_second_opinion_stands_at_each_checkpoint_and_over_all() -> None:
    run = Run(probes={"refusal": ("refusal",)}, items=(("refusal", Item("r", "?", label="unsafe")),))
    for checkpoint, label in ((0, "full"), (4, "none"), (4, "partial"), (8, "none")):
        run.answer("a", checkpoint, "r", {"refusal": label}, probe="refusal")
    found = second_opinion(Texts(FULL, FULL, FULL, NONE), prepare(read_tables(run), changed_after_data=False))
    assert {e.position: (e.value, e.n) for e in found} == {0: (0, 1), 4: (1, 2), 8: (0, 1), None: (0.5, 4)}
    assert found[1].note == "2 of 2: judge none / rules full: 1, judge partial / rules full: 1"
    assert {metric(e) for e in found} == {"refusal-rules"}


def test_without_refusal_verdicts_no_text_is_read() -> None:
    run = compared("win")
    assert second_opinion(Texts(), prepare(read_tables(run), changed_after_data=False)) == []


def test_a_report_shows_both_checks(tmp_path: Path) -> None:
    assert run_study(load_text(STUDY), tmp_path).status == "complete"
    assert make_report(tmp_path) == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "What the judge’s own verdicts tell of it" in page
    assert re.search(r"the judge sim/judge differ on \d+ of \d+ verdicts in an evenly spaced sample\.", page)
    assert "The table counts all verdicts on the answers that the rules read" in page
    table = (tmp_path / "estimates.csv").read_text("utf-8")
    assert "general-win-inconsistent" in table
    assert "refusal-rules" in table


def test_report_and_export_give_the_same_estimates(tmp_path: Path) -> None:
    assert run_study(load_text(STUDY), tmp_path / "run").status == "complete"
    assert make_report(tmp_path / "run") == 0
    assert main(["export", str(tmp_path / "run"), "--into", str(tmp_path / "out")]) == 0
    (shown, exported) = (
        list(csv.DictReader((tmp_path / name).read_text("utf-8").splitlines()))
        for name in ("run/estimates.csv", "out/estimates.csv")
    )
    assert any(row["measure"] == "rules" for row in exported)
    assert [{name: row[name] for name in shown[0]} for row in exported] == shown
