"""The benchmark of labels counts as it says: corrected intervals hold what the judge's own do not."""

from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def test_the_judge_alone_misses_what_corrected_intervals_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from coverage_labels import NAMES, figures

    found = {line.name: line for line in figures(1, 60)}
    for name in NAMES:
        assert found[f"labels, {name}: covered"].value >= 85
        assert found[f"labels, {name}: the judge alone covers"].met, "shown beside, without a bar"
    assert found["labels, change: the judge alone covers"].value <= 20
