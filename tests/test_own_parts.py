"""A study's own probes, scorers and rubrics: from the file to estimates, and in a run that is opened again."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

import longplay
from longplay.experiment.own_parts import define_metrics
from longplay.specs import ScorerSpec, StudyError

STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
rounds = 4
personas = ["silver", "marsh", "wren"]
[conditioning]
checkpoints = [0, 4]
[[probes]]
name = "sums"
file = "items.jsonl"
metrics = ["exact", "brief"]
[[scorers]]
kind = "exact"
[[rubrics]]
name = "brief"
question = "How brief is the reply?"
levels = { "1" = 1.0, "2" = 2.0, "3" = 3.0 }
"""
ITEMS = """{"id": "a", "text": "What is 2+2?", "reference": "4"}
{"id": "b", "text": "What is the capital of France?", "reference": "Paris"}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "items.jsonl").write_text(ITEMS)
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path / "study.toml"


def test_own_metrics_are_estimated_and_known_when_the_run_is_opened_again(study: Path, tmp_path: Path) -> None:
    longplay.run(study, tmp_path / "run")
    (tmp_path / "items.jsonl").unlink()

    found: Any = longplay.open(tmp_path / "run").estimates()

    drift = found[found["analysis"] == "drift"]
    highest = set(zip(drift["quantity"], drift["scale_high"], strict=True))
    assert {("exact", 1.0), ("brief", 3.0)} <= highest


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('name = "sums"', 'name = "fidelity"', "a name of longplay's own"),
        ('kind = "exact"', 'kind = "exact"\nname = "knowledge"', "a name of longplay's own"),
        ('kind = "exact"', 'kind = "exact"\n[[scorers]]\nkind = "exact"', "stands there twice"),
    ],
)
def test_names_that_are_taken_are_refused(study: Path, tmp_path: Path, written: str, instead: str, said: str) -> None:
    study.write_text(STUDY.replace(written, instead, 1))

    with pytest.raises(StudyError, match=said):
        longplay.run(study, tmp_path / "run")


@pytest.mark.parametrize("name", ["refusal-unsafe", "trait-distance", "trait-openness"])
def test_a_metric_is_not_called_as_a_part_of_one_of_longplays_is(name: str) -> None:
    with pytest.raises(StudyError, match=f"{name}' is what tables call a part of a metric"):
        define_metrics([msgspec.convert({"kind": "number", "name": name}, ScorerSpec)], [], "s.toml")
