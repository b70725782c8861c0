"""The benchmarks of the schedule, at a size for tests: what they print and how they exit; and the store they use."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from longplay.experiment import Experiment, expected
from longplay.inference.sim import open_simulated
from longplay.pipeline import Control, Progress, Spending
from longplay.pipeline.run import run
from longplay.store import Store

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))

from memory_store import MemoryStore  # noqa: E402
from paper_shape import Shape  # noqa: E402


def bench(name: str) -> subprocess.CompletedProcess[str]:
    """Run a benchmark on a tiny study, as a user does."""
    command = [sys.executable, "-W", "error", f"bench/{name}", "--small", "--scale", "0.02"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_prefix_prints_a_line_a_figure_with_the_papers_order_beside_it_and_confirms_it_over_http() -> None:
    ran = bench("prefix.py")
    assert ran.stderr == ""
    first, *lines = ran.stdout.splitlines()
    assert first.startswith("12 simulated dialogues of 12 rounds, 16 slots")
    figure = re.compile(
        r"  2% of the items, cache of (every live dialogue|two dialogues) +(?P<ratio>[\d.]+) x the least "
        r"\([\d.]+ M tokens\), makespan [\d:]+;  (size not said (?P<unsaid>[\d.]+) x;  )?"
        r"paper's order +[\d.]+ x, [\d:]+   "
        r"bar (?P<bar>1\.05|1\.15): (?P<met>met|MISSED)"
    )
    found = [figure.fullmatch(line) for line in lines[:2]]
    for line in found:
        assert line is not None, ran.stdout
        assert float(line["ratio"]) >= 1
        assert (line["unsaid"] is None) == (line[1] == "every live dialogue")
        assert (float(line["ratio"]) <= float(line["bar"])) == (line["met"] == "met")
    confirmed = re.fullmatch(
        r"over HTTP, .*: ([\d.]+) x the least, .* virtual time ([\d.]+) x   bar 1\.05: met", lines[2]
    )
    assert confirmed is not None, ran.stdout
    assert float(confirmed[1]) == pytest.approx(float(confirmed[2]), abs=0.02)
    assert len(lines) == 3
    assert ran.returncode == int("MISSED" in ran.stdout)


def test_makespan_prints_a_line_a_figure_with_phase_by_phase_beside_it() -> None:
    ran = bench("makespan.py")
    assert ran.stderr == ""
    first, *lines = ran.stdout.splitlines()
    assert first.startswith("12 simulated dialogues of 12 rounds, 16 slots and as many of the judge")
    figure = re.compile(
        r"  2% of the items  (?P<ratio>[\d.]+) x the least of [\d:]+ \(critical path [\d:]+, work [\d:]+\): [\d:]+;  "
        r"phase by phase (?P<phased>[\d.]+) x, [\d:]+   bar 1\.1: (?P<met>met|MISSED)"
    )
    found = figure.fullmatch(lines[0])
    assert found is not None, ran.stdout
    assert 1 <= float(found["ratio"]) < float(found["phased"])
    assert len(lines) == 1
    assert ran.returncode == int("MISSED" in ran.stdout)


def play(store: Store, experiment: Experiment) -> dict[str, int]:
    """Run a study of simulated models; what was done."""
    control = Control(Progress(expected(experiment), Spending(experiment.study.budget)))
    servers = {role: [open_simulated(spec)] for role, spec in experiment.roles.items()}
    outcome = asyncio.run(run(experiment, store, servers, control))
    assert outcome.status == "complete"
    assert control.progress.done.total() == control.progress.found or control.progress.found == 0
    return dict(control.progress.done)


def test_a_store_in_memory_gives_back_what_one_on_disk_does_and_resumes_likewise(tmp_path: Path) -> None:
    experiment = Shape(scale=0.01, rounds=4, checkpoints=2, personas=1, slots=4, judged=True).experiment()
    memory = MemoryStore()
    with Store.open(tmp_path, 0.001) as disk:
        done = play(disk, experiment)
        assert play(memory, experiment) == done
        assert play(memory, experiment) == play(disk, experiment) == done
        for key in experiment.dialogues():
            assert memory.rounds(key) == disk.rounds(key)
            assert memory.round_verdicts(key) == disk.round_verdicts(key)
            for checkpoint in experiment.study.checkpoints:
                place = (key, checkpoint, key.persona, "plain")
                assert sorted(memory.answers(*place), key=str) == sorted(disk.answers(*place), key=str)
                assert memory.answer_verdicts(*place) == disk.answer_verdicts(*place)
