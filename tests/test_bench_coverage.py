"""The coverage benchmarks together: every part's lines are shown, and a missed bar is told from a part that broke."""

import subprocess
import sys
from pathlib import Path

import pytest


def bench(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_half_lives_print_their_coverage_with_its_bar() -> None:
    code, lines = bench("bench/coverage_shapes.py", "--seed", "1", "--studies", "60")
    assert code in (0, 1)
    assert lines.count("covers") == 8, "three half-lives and a change point, at two sets of checkpoints"
    assert all("bar" in line for line in lines.splitlines() if "covers" in line)
    assert (code == 1) == ("MISSED" in lines)


@pytest.mark.parametrize("name", ["coverage.py", "coverage_shapes.py"])
def test_a_number_of_studies_that_cannot_be_run_gives_no_figures(name: str) -> None:
    code, lines = bench(f"bench/{name}", "--seed", "1", "--studies", "1")
    assert code == 2
    assert "at least" in lines


def test_a_part_that_broke_is_no_missed_bar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "bench"))
    from coverage import part

    ends = {"broke": "raise ValueError", "missed": "print('MISSED'); raise SystemExit(1)", "met": ""}
    for name, text in ends.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert {name: part(str(tmp_path / name), 1, ())[0] for name in ends} == {"broke": 2, "missed": 1, "met": 0}
