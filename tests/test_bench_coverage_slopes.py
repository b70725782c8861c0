"""The benchmark of slopes at a size for tests: what it prints and how it exits."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINE = re.compile(
    r"(?P<name>[a-z' ,]+: [a-z' ]+?) +(?P<value>[\d.]+)( %)?(   bar (?:93-98\.5 %|at most 1\.25): (?P<bar>met|MISSED))?"
    r"(   of \d+)?"
)


def test_each_kind_of_slope_has_its_coverage_and_width_and_points_have_the_papers_form_beside_them() -> None:
    command = [sys.executable, "-W", "error", "bench/coverage_slopes.py", "--seed", "1", "--studies", "6"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    first, *lines = ran.stdout.splitlines()
    assert re.fullmatch(r"seed 1: 6 studies, \d+ s", first)
    found = {line["name"]: line for line in map(LINE.fullmatch, lines) if line is not None}
    assert len(found) == len(lines) == 3 * 3 + 4 * 2
    assert {name.partition(": ")[2] for name, line in found.items() if line["bar"] is None} == {
        "the paper's form covers"
    }
    assert all(float(line["value"]) > 50 for name, line in found.items() if name.endswith(": covered"))
    assert ran.returncode == int("MISSED" in ran.stdout)
