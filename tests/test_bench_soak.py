"""The soak: a small one meets every bar, and its checks see what they are for. Its figures are for the full size."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))

import soak  # noqa: E402 - after the folder it lies in
from longplay.experiment import Experiment  # noqa: E402
from soak_checks import (  # noqa: E402
    Call,
    Run,
    asked_again,
    lost_and_strange,
    read_run,
    tokens_astray,
    wrong_calls,
    wrong_gaps,
    wrong_verdicts,
)
from soak_server import KINDS, STOPPING, Said, soaker, specs_of  # noqa: E402

LINE = re.compile(r"(?P<name>.+?) {2,}(?P<value>[\d,.e+]+)   bar (?:at (?:least|most) )?[\d,.]+: (?P<bar>met|MISSED).*")


def test_a_small_soak_meets_every_fault_and_every_bar_and_its_exit_code_says_so() -> None:
    command = [sys.executable, "-W", "error", "bench/soak.py", "--requests", "1000"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    *figures, took = ran.stdout.splitlines()
    found = [LINE.fullmatch(figure) for figure in figures]
    assert None not in found, ran.stdout
    assert {line["bar"] for line in found if line} == {"met"}, ran.stdout
    values = {line["name"]: line["value"] for line in found if line}
    assert values["runs that a refusal ended, each resumed"] == str(len(STOPPING))
    assert int(values["requests"].replace(",", "")) >= 1000
    assert len(found) == 16
    assert re.fullmatch(r"\d+ s", took)
    assert ran.returncode == 0


def test_a_soak_of_too_few_requests_is_refused() -> None:
    command = [sys.executable, "bench/soak.py", "--requests", "10"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 2
    assert "at least 1000" in ran.stderr


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Experiment, Run, dict[bytes, Said]]]:
    """A small run against a server that fails one request in ten, and what the server did."""
    patch = pytest.MonkeyPatch()
    patch.setitem(soak.PROVIDERS, "soak", soak.SOAK)
    folder = tmp_path_factory.mktemp("soak")
    with soaker(specs_of(soak.study("http://127.0.0.1/v1", 0, seed=1).experiment)) as server:
        ready = soak.study(server.url, 300, seed=1)
        assert soak.play_out(ready, folder / "run") == 0
        yield ready.experiment, read_run(folder / "run"), server.said()
    patch.undo()


def test_an_honest_run_passes_every_check(soaked: tuple[Experiment, Run, dict[bytes, Said]]) -> None:
    experiment, run, said = soaked
    assert lost_and_strange(experiment, run) == (0, 0)
    assert not wrong_calls(run, said)
    assert wrong_gaps(experiment, run) == wrong_verdicts(run) == tokens_astray(run, said) == 0
    assert not asked_again(said)
    assert {fault for call in said.values() for fault in call.faults} <= {"", *KINDS}


def test_lost_and_invented_rows_are_counted(soaked: tuple[Experiment, Run, dict[bytes, Said]]) -> None:
    experiment, run, _ = soaked
    cell = next(cell for cell, row in run.answers.items() if row.reason is not None)  # owed no verdict
    others = {other: row for other, row in run.answers.items() if other != cell}
    assert lost_and_strange(experiment, msgspec.structs.replace(run, answers=others)) == (1, 0)
    moved = {**others, msgspec.structs.replace(cell, item="never asked"): run.answers[cell]}
    assert lost_and_strange(experiment, msgspec.structs.replace(run, answers=moved)) == (1, 1)
    fewer = dict(list(run.verdicts.items())[1:])
    assert lost_and_strange(experiment, msgspec.structs.replace(run, verdicts=fewer)) == (1, 0)
    rounds = dict(list(run.rounds.items())[1:])
    assert lost_and_strange(experiment, msgspec.structs.replace(run, rounds=rounds, verdicts={}))[0] > 1


def test_a_call_that_is_not_what_the_server_said_is_counted_by_its_fault(
    soaked: tuple[Experiment, Run, dict[bytes, Said]],
) -> None:
    _, run, said = soaked
    key = next(key for key, call in said.items() if call.faults == [""])
    altered = {**run.calls, key: msgspec.structs.replace(run.calls[key], text="another")}
    assert wrong_calls(msgspec.structs.replace(run, calls=altered), said) == {"good": 1}
    gone = {other: call for other, call in run.calls.items() if other != key}
    assert wrong_calls(msgspec.structs.replace(run, calls=gone), said) == {"not stored": 1}
    invented = {**run.calls, b"no key": Call(None, "stop", "", 0)}
    assert wrong_calls(msgspec.structs.replace(run, calls=invented), said) == {"never sent": 1}


def test_a_call_asked_again_after_its_reply_and_tokens_counted_twice_are_seen(
    soaked: tuple[Experiment, Run, dict[bytes, Said]],
) -> None:
    _, run, said = soaked
    key, call = next((key, call) for key, call in said.items() if call.faults == [""])
    again = {**said, key: Said(["429", "", "500", ""], call.text, call.prompt)}
    assert asked_again(again) == Counter({"429, then good, then 500, then good": 2})
    assert tokens_astray(msgspec.structs.replace(run, prompt=run.prompt + call.prompt), said) == call.prompt


def test_gaps_without_a_cause_and_verdicts_without_a_reason_are_counted(
    soaked: tuple[Experiment, Run, dict[bytes, Said]],
) -> None:
    experiment, run, _ = soaked
    cell = next(cell for cell, row in run.answers.items() if row.asked and cell.checkpoint == 0)
    gap = msgspec.structs.replace(run.answers[cell], asked=False, reason="dialogue-stopped")
    assert wrong_gaps(experiment, msgspec.structs.replace(run, answers={**run.answers, cell: gap})) == 1
    place = next(place for place, (status, _) in run.verdicts.items() if status == "ok")
    for wrong in (("missing", None), ("ok", "filtered"), ("missing", "dialogue-stopped")):
        assert wrong_verdicts(msgspec.structs.replace(run, verdicts={**run.verdicts, place: wrong})) == 1
