"""The benchmarks with bars: what they print and how they exit. Their figures are for the full size, not for tests."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINE = re.compile(
    r"(?P<name>(?:level|drift), (?:pooled|linear|step|plateau|seed \d+)) +(?P<share>[\d.]+) % of +(?P<n>[\d,]+), "
    r"median width (?P<width>[\d.]+), mean error (?P<error>[+-][\d.]+)   bar 92-98\.5 %: (?P<bar>met|MISSED)"
)


def recovery(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run bench/recovery.py as a user does."""
    command = [sys.executable, "-W", "error", "bench/recovery.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def lines(output: str) -> dict[str, re.Match[str]]:
    """The figures by name; every line but the first is one."""
    found = [LINE.fullmatch(line) for line in output.splitlines()[1:]]
    assert None not in found, output
    return {line["name"]: line for line in found if line is not None}


def test_recovery_prints_a_line_a_figure_and_its_exit_code_says_whether_all_bars_are_met() -> None:
    ran = recovery("--studies", "12")
    found = lines(ran.stdout)
    assert ran.stderr == ""
    assert ran.stdout.startswith("12 studies of simulated models")
    groups = ("pooled", "linear", "step", "plateau", "seed 1", "seed 2", "seed 3")
    assert list(found) == [f"{kind}, {group}" for kind in ("level", "drift") for group in groups]
    assert found["level, pooled"]["n"] == str(12 * 4 * 3)
    assert found["drift, pooled"]["n"] == str(12 * 4)
    assert float(found["level, pooled"]["share"]) > 80, "too few studies for the bar, enough to see them cover"
    assert abs(float(found["level, pooled"]["error"])) < 0.1
    assert all((92 <= float(line["share"]) <= 98.5) == (line["bar"] == "met") for line in found.values())
    assert ran.returncode == int("MISSED" in ran.stdout)


def test_recovery_misses_its_bars_where_the_truth_is_another_and_draws_the_same_studies_for_a_seed() -> None:
    right, wrong = (recovery("--studies", "3", "--seed", "5", "--shift", shift) for shift in ("0", "3"))
    found = lines(wrong.stdout)
    assert wrong.returncode == 1
    assert {line["bar"] for line in found.values()} == {"MISSED"}
    assert {line["share"] for line in found.values()} == {"0.0"}
    assert ", seeds 5:" in wrong.stdout
    assert "level, seed 5" not in found
    for name, line in lines(right.stdout).items():
        assert line["width"] == found[name]["width"]
        assert float(line["error"]) == pytest.approx(float(found[name]["error"]) + 3, abs=0.002)
        assert float(line["share"]) > 50


def test_recovery_refuses_too_few_studies_for_its_shapes() -> None:
    ran = recovery("--studies", "2", "--seed", "1")
    assert ran.returncode == 2
    assert "at least 3" in ran.stderr


def test_coverage_of_levels_prints_a_line_a_figure_with_its_bar_and_the_papers_form_beside() -> None:
    command = [sys.executable, "-W", "error", "bench/coverage_levels.py", "--seed", "4", "--studies", "8"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    assert ran.returncode == int("MISSED" in ran.stdout), "8 studies are too few for the bars"
    lines = ran.stdout.splitlines()
    for name in ("mean", "contrast", "gap", "script contrast", "mean, these personas"):
        assert sum(line.startswith((f"{name}, covered", f"{name}, width")) for line in lines) == 2
    beside = [line for line in lines[1:-1] if ": met" not in line and ": MISSED" not in line]
    assert len(beside) == 4
    assert all("over personas" in line for line in beside)
