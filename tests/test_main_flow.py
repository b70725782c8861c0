"""The main flow stands on one screen, and what it shows is what a run does: play, ask, judge, each one's result on the
disk before what builds on it is begun."""

import ast
from pathlib import Path
from typing import Any

import pytest

from import_graph import ROOT
from longplay.folder import Outcome
from longplay.pipeline import load_text, run_study
from longplay.pipeline.judgements import JudgeJob
from longplay.pipeline.questioning import AskJob
from longplay.pipeline.round_job import RoundJob
from longplay.pipeline.run import LIFE
from longplay.pipeline.workbench import Job, Send
from longplay.records import Cell, Ref, RoundRef

PIPELINE = ROOT / "src" / "longplay" / "pipeline"
SCREEN = 60  # lines
STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
rounds = 4
[conditioning]
repeats = 0
noise_share = 0
checkpoints = [0, 2, 4]
[[probes]]
name = "fidelity"
limit = 3
[[probes]]
name = "follow"
limit = 2
"""


def test_the_life_of_one_answer_is_told_in_order_on_one_screen() -> None:
    text = (PIPELINE / "run.py").read_text("utf-8")
    told = [one for one in ast.parse(text).body if isinstance(one, ast.AsyncFunctionDef)]
    assert [one.name for one in told] == ["run", "play", "ask", "judge", "note"]
    assert len(text.splitlines()) - told[0].lineno + 1 <= SCREEN


def test_every_kind_of_job_has_its_place_in_the_main_flow() -> None:
    modules = (ast.parse(path.read_text("utf-8")) for path in PIPELINE.glob("*.py"))
    classes = (one.name for module in modules for one in module.body if isinstance(one, ast.ClassDef))
    assert sorted(one.__name__ for one in LIFE) == sorted(
        name for name in classes if name.endswith("Job") and name != "Job"
    )


class Watched:
    """What a run does, in order: a text's name, when its job begins and when it has ended."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.begun: list[tuple[str, Ref]] = []
        self.faults: list[str] = []
        self._stored: set[Ref] = set()
        for kind in (RoundJob, AskJob, JudgeJob):
            patch.setitem(LIFE, kind, self._watching(LIFE[kind]))

    def _watching(self, act: Any) -> Any:
        async def watched(job: Job, send: Send) -> None:
            kind, ref, needs = _place(job)
            self.begun.append((kind, ref))
            if needs is not None and needs not in self._stored:
                self.faults.append(f"{kind} {ref} before {needs} was stored")
            await act(job, send)
            self._stored.add(ref)

        return watched


def _place(job: Job) -> tuple[str, Ref, Ref | None]:
    """The kind of a job, the text that it is about, and the text that must be stored before it."""
    if isinstance(job, RoundJob):
        return "play", job.ref, RoundRef(job.ref.dialogue, job.ref.round - 1) if job.ref.round > 1 else None
    if isinstance(job, AskJob):
        cell = job.cell
        return "ask", cell, RoundRef(cell.dialogue, cell.checkpoint) if cell.checkpoint else None
    assert isinstance(job, JudgeJob)
    return "judge", job.subject.ref, job.subject.ref


def test_a_run_does_what_the_main_flow_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    ready = load_text(STUDY)
    assert run_study(ready, tmp_path / "run") == Outcome("complete")
    assert watched.faults == []
    one = next(ref for kind, ref in watched.begun if kind == "ask" and isinstance(ref, Cell) and ref.checkpoint == 2)
    assert isinstance(one, Cell)
    life = [kind for kind, ref in watched.begun if ref in (one, RoundRef(one.dialogue, 2)) and kind != "judge"]
    assert life == ["play", "ask"]
    assert ("judge", one) in watched.begun
