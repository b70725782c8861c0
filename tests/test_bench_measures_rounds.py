"""The benchmark of measures of rounds at a size for tests: contradiction finds its own, and no other moves."""

from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def test_planted_contradiction_is_found_and_moves_no_other_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from measures_rounds import MEASURES, figures

    found = {line.name: line for line in figures(3, 10, ["contradiction"])}
    assert len(found) == len(MEASURES)
    assert [line.name for line in found.values() if not line.met] == []
    own = found["contradiction planted: contradiction finds it"].value
    assert own is not None
    assert own >= 60
