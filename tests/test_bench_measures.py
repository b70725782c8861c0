"""The benchmark of further measures at a size for tests: each finds its own, and no other moves."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def test_each_measure_finds_what_is_planted_for_it_and_no_other_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    from measures import MEASURES, figures

    found = {line.name: line for line in figures(1, 40)}
    assert len(found) == 4 * len(MEASURES)
    assert [line.name for line in found.values() if not line.met] == []
    for name in ("harm", "recall", "wrong persona"):
        own = found[f"{name} planted: {name} finds it"].value
        assert own is not None
        assert own >= 90
