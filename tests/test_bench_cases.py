"""Odd replies and odd files: a sample of the bench's cases is right, and a case that is wrong is seen."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))

import cases  # noqa: E402 - after the folder it lies in
from case_due import Due, Found, differences  # noqa: E402
from case_files import FileCase, FileDue  # noqa: E402
from case_run import Case  # noqa: E402
from case_server import CaseServer, On, says  # noqa: E402
from longplay.records import Reply  # noqa: E402

SAMPLE = 150
LINE = re.compile(r"(?P<kind>.+?) +(?P<right>\d+) of (?P<all>\d+)")


def test_a_sample_of_all_kinds_is_right_and_a_line_a_kind_says_so() -> None:
    command = [sys.executable, "-W", "error", "bench/cases.py", "--sample", str(SAMPLE), "--seed", "3"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    lines = [found for line in ran.stdout.splitlines() if (found := LINE.fullmatch(line))]
    assert {line["kind"] for line in lines} == {case.kind for case in cases.table(3)}
    assert sum(int(line["all"]) for line in lines) == SAMPLE
    assert ran.returncode == 0, ran.stdout


def test_there_are_many_cases_each_with_a_name_of_its_own() -> None:
    table = cases.table(1)
    assert len(table) >= cases.LEAST
    names = [(case.kind, case.name) for case in table]
    assert len(set(names)) == len(names)
    assert all(case.due for case in table)
    assert [(case.kind, case.name) for case in cases.table(1)] == names


@pytest.fixture(name="server", scope="module")
def _server() -> object:
    with CaseServer() as server:
        yield server


def test_a_case_whose_reply_becomes_something_else_is_wrong(server: CaseServer, tmp_path: Path) -> None:
    on = (On(says("Aye.", "stop"), "model", "round 2"),)
    right = Case("kind", "name", on, (Due((0,), "", "Aye.", finish="stop", asked=(1, 1), goes_on=True),))
    (tmp_path / "right").mkdir()
    assert right.play(server, tmp_path / "right") == []
    due = Due((1,), "failed", "No.", finish="length", asked=(2, 2), goes_on=False, unsent=("Aye.",), in_all=1)
    (tmp_path / "wrong").mkdir()
    found = msgspec.structs.replace(right, due=(due,)).play(server, tmp_path / "wrong")
    assert [line.split(" ")[0] for line in found] == [
        *("reason", "text", "finish", "asked", "at", "'Aye.'", "the", "exit"),
    ]


def test_files_that_become_something_else_are_wrong(server: CaseServer, tmp_path: Path) -> None:
    right = FileCase("kind", "name", {}, (FileDue((0,), sent=("a lighthouse",), speakers=1),))
    (tmp_path / "right").mkdir()
    assert right.play(server, tmp_path / "right") == []
    due = FileDue((2,), ("talk",), ("Complete",), ("a windmill",), ("a lighthouse",), 2, 2, ("no turn",), ("lantern",))
    (tmp_path / "wrong").mkdir()
    assert len(msgspec.structs.replace(right, due=(due,)).play(server, tmp_path / "wrong")) == 9


def test_a_traceback_and_a_control_character_are_wrong_whatever_is_due() -> None:
    due, reply = (Due(),), Reply("ok", "Aye.")
    assert differences(due, Found(reply=reply), "round 2", "model") == []
    assert differences(due, Found(defect="Traceback\nKeyError: 'x'"), "round 2", "model") == [
        "a traceback: KeyError: 'x'"
    ]
    assert len(differences(due, Found(printed="a\x1b[31mb"), "round 2", "model")) == 1


def test_what_is_near_to_one_of_two_dues_is_held_against_that_one() -> None:
    dues = Due((0,), "", "Aye."), Due((1,), "failed", "No.", says=("refused",))
    found = Found(code=0, reason="", reply=Reply("ok", "Nay."))
    assert differences(dues, found, "round 2", "model") == ["text 'Aye.', found 'Nay.'"]
