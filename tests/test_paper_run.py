"""A small study with the paper's battery, run whole on simulated models: counts, judging, what is stored and shown."""

import csv
import json
from pathlib import Path

import pytest

from longplay.analysis import analyse
from longplay.cli import main
from longplay.experiment import expected
from longplay.folder import FolderError
from longplay.pipeline import load, run_study
from longplay.records import Cell, DialogueKey
from longplay.store import Reader
from paper_prompts import write_prompts

LIMITS = {"ifbench": 2, "bfi": 5, "xstest": 2, "paper-general": 2, "paper-role": 2}
STUDY = """battery = "paper"
[[models]]
name = "sim/talker"
[judge]
name = "sim/judge"
judge = { accuracy = 1.0, position_bias = 0.0 }
[dialogues]
personas = ["Gaston", "HAL 9000"]
scripts = ["persona-directed"]
rounds = 4
[conditioning]
checkpoints = [0, 4]
[analysis]
bfi_labels = "none"
""" + "".join(f'[[probes]]\nname = "{name}"\nlimit = {limit}\n' for name, limit in LIMITS.items())


def written(folder: Path, text: str = STUDY) -> Path:
    (folder / "study.toml").write_text(text, "utf-8")
    return folder / "study.toml"


def command(*words: str | Path) -> int:
    try:
        return main([str(word) for word in words]) or 0
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.usefixtures("paper")
def test_a_small_study_runs_is_reported_and_says_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, study = tmp_path / "run", written(tmp_path)
    assert command("plan", study) == 0
    assert "not comparable with the paper" in capsys.readouterr().out
    assert command("run", study, "--into", run) == 0
    assert command("status", run) == 0
    assert "NOTE: not comparable with the paper" in capsys.readouterr().out
    assert command("report", run) == 0
    page = (run / "report.html").read_text("utf-8")
    assert page.lower().count("not comparable with the paper") >= 2
    assert "unverified sha256" in page
    assert "orders = [0, 1]" in (run / "study.toml").read_text("utf-8")
    rows = list(csv.DictReader((run / "estimates.csv").read_text("utf-8").splitlines()))
    compared = [row for row in rows if row["analysis"] == "missing" and row["source"].startswith("paper-")]
    assert compared
    assert {row["missing"] for row in compared} == {"0"}
    assert {row["metric"] for row in rows if row["analysis"] == "gap" and row["source"] == "paper-general"}


@pytest.mark.usefixtures("paper")
def test_the_baselines_one_answer_is_judged_for_each_persona_against_its_own_reference(tmp_path: Path) -> None:
    ready, run = load(written(tmp_path)), tmp_path / "run"
    assert run_study(ready, run).status == "complete"
    experiment = ready.experiment
    baseline = DialogueKey("sim/talker", None, "persona-directed", 0, "plain", 0)
    with Reader.open(run) as reader:
        counts = reader.counts()
        assert counts.rounds.done == expected(experiment)["rounds"] == 2 * 3 * 4
        # Each persona 2 + 5 + 2 + 2 + 2 items, the baseline 2 + 5 + 2 + 2 + 2 * 2, at two checkpoints.
        assert sum(one.done for one in counts.answers.values()) == 2 * (2 * 13 + 15)
        cell = Cell(baseline, 4, None, "plain", "paper-general", "general-baseline-001")
        judged = [one for one in reader.verdicts(cell) if one.verdict.score is not None]
        assert {one.verdict.judged_as for one in judged} == {"gaston", "hal-9000"}
        estimates = analyse(reader)
    gap = [one for one in estimates if one.analysis == "gap" and one.source == "paper-general" and one.replies == "all"]
    assert gap
    assert {one.n for one in gap} == {2 * 2 * 2}  # two items of two personas, both sides


@pytest.mark.usefixtures("paper")
def test_answers_are_scored_without_what_the_study_strips_and_kept_with_it(tmp_path: Path) -> None:
    text = STUDY + '[judging]\nstrip_answers = "⟧"\n'
    ready, run = load(written(tmp_path, text)), tmp_path / "run"
    assert run_study(ready, run).status == "complete"
    key = DialogueKey("sim/talker", "gaston", "persona-directed", 0, "plain", 0)
    with Reader.open(run) as reader:
        for item in ready.experiment.probes["bfi"]:
            cell = Cell(key, 4, "gaston", "plain", "bfi", item.id)
            answer = reader.answer_text(cell)
            assert answer is not None
            assert str(answer.text).endswith("⟧")
            # A simulated judge finds no marker in what is left and takes the answer for the lowest level.
            assert {one.verdict.score for one in reader.verdicts(cell)} == {1.0}
    written(tmp_path, STUDY)
    with pytest.raises(FolderError, match=r"judging\.strip_answers cannot change"):
        run_study(load(tmp_path / "study.toml"), run, extend=True)


def test_with_the_authors_prompts_personas_are_given_in_their_words_and_nothing_is_marked(
    paper: Path, tmp_path: Path
) -> None:
    write_prompts(paper)
    ready = load(written(tmp_path))
    assert ready.experiment.marks == ()
    assert str(ready.experiment.personas["gaston"].message).startswith("Play Gaston. ")
    assert ready.experiment.sources["persistent-personas/data/prompts.py"].startswith("unverified sha256 ")
    assert run_study(ready, tmp_path / "run").status == "complete"
    with Reader.open(tmp_path / "run") as reader:
        assert {json.loads(body)["note"] for body in reader.documents("mark").values()} == {""}
