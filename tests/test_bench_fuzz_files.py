"""The fuzzing of files: a small one finds nothing, and what it is for is seen. Its figures are for the full size."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "bench"))

import fuzz_files


def test_damaged_files_end_in_no_traceback_and_write_nothing_outside(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz_files.run(30, 5) == []
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(fuzz_files.KINDS)
    assert all("seed 5: 0 escapes" in line for line in lines)


def test_a_traceback_and_a_stray_file_are_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashes(arguments: Sequence[str]) -> int:
        raise KeyError(*arguments)

    def strays(arguments: Sequence[str]) -> int:
        Path("stray").write_text(arguments[0])
        return 0

    for broken, told in ((crashes, "KeyError"), (strays, "written outside the run folder: ['work/stray']")):
        monkeypatch.setattr(fuzz_files, "longplay", broken)
        found = fuzz_files.run(2, 1, ("study",))
        assert [told in one.what for one in found] == [True, True]
