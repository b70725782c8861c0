"""The benchmark of mining: what it prints and how it exits. Its figures are for the full size, not for tests."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_patterns_prints_a_line_a_figure_and_its_exit_code_says_whether_all_bars_are_met() -> None:
    command = [sys.executable, "-W", "error", "bench/patterns.py", "--seed", "1", "--studies", "3", "--size", "1500"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    lines = ran.stdout.splitlines()
    assert [line.split(",")[0] for line in lines[:3]] == ["recall", "false", "CPU"]
    assert len([line for line in lines if line.startswith("null wording")]) == 6
    assert re.search(r"pypremise, seed 1.* overlap +[01]\.\d\d ", lines[-1])
    assert len([line for line in lines if re.search(r"bar .*: (met|MISSED)", line)]) == 7
    assert ran.returncode == int("MISSED" in ran.stdout)
