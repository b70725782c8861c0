"""The benchmark of silent cuts: what it prints and how it exits, at a small size."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))

import truncation  # noqa: E402 - after the folder it lies in
from longplay.inference.cuts import Ledger  # noqa: E402
from truncating import HONEST, WAYS  # noqa: E402

LINE = re.compile(r"(?P<name>\w[^:]*: .*?) {2,}(?P<value>[\d,]+)   bar [^:]+: (?P<bar>met|MISSED).*")


def test_studies_of_every_way_of_counting_keep_nothing_beyond_the_cut() -> None:
    for way in WAYS:
        told = [truncation.performed(truncation.Study(way, seed)) for seed in range(3)]
        assert sum(one.cut for one in told) > 0
        assert [one.beyond for one in told] == [0, 0, 0]


def test_no_honest_server_is_suspected() -> None:
    told = [truncation.performed(truncation.Study(way, seed)) for seed, way in enumerate(HONEST)]
    assert [one for one in told if one.alarms or one.cut] == []


def test_a_blind_ledger_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "_add", lambda *_: None)
    monkeypatch.setattr(Ledger, "answer", lambda *_: None)
    told = truncation.performed(truncation.Study("kept", 1))
    assert told.beyond > 0
    assert told.alarms == 0


def test_its_figures_are_printed_with_their_bars() -> None:
    command = [sys.executable, "-W", "error", "bench/truncation.py", "--studies", "2", "--untyped"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    *figures, last = ran.stdout.splitlines()
    found = [LINE.fullmatch(line) for line in figures]
    assert len(figures) == len(WAYS) + 1
    assert all(one is not None and one["bar"] == "met" for one in found), ran.stdout
    assert re.fullmatch(r"\d+ s", last)
