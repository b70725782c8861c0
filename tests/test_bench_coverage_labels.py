"""The benchmark of labels counts as it says: corrected intervals hold what the judge's own do not."""

from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def test_the_judge_alone_misses_what_corrected_intervals_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from coverage_labels import NAMES, figures

    found = {line.name: line for line in figures(1, 150)}
    for name in NAMES:
        assert found[f"labels, a noisy judge, {name}: covered"].value >= 85
        assert found[f"labels, a noisy judge, {name}: the judge alone covers"].met, "shown beside, without a bar"
    assert found["labels, a noisy judge, change: the judge alone covers"].value <= 20
    assert all(line.value == 0 for name, line in found.items() if name.startswith("labels, labels of 2 of 8"))
