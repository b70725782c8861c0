"""The notebook of the documents, run on a short form of the demo: every cell in its order, by a plain executor in a
process of its own (no kernel), which makes of each value what a notebook would display."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import longplay
from longplay.study.running import demo_study

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.ipynb"
# The demo with its models, scripts and measures, but fewer rounds, checkpoints, personas and probes.
SHORTER = {
    "rounds = 102\n": 'rounds = 12\npersonas = ["silver", "queen", "wren", "marsh"]\n',
    "[0, 1, 2, 4, 8, 16, 32, 56, 79, 102]": "[0, 6, 12]",
}
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each code cell displays, in the order of the cells."""
    folder = tmp_path_factory.mktemp("notebook")
    study = demo_study().partition('[[probes]]\nname = "refusal"')[0]
    for whole, short in SHORTER.items():
        assert whole in study
        study = study.replace(whole, short)
    (folder / "study.toml").write_text(study, encoding="utf-8")
    assert longplay.run(folder / "study.toml", folder / "runs" / "demo").status == "complete"
    (folder / "docs").mkdir()
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("notebook_cells.py")), str(NOTEBOOK)]
    ended = subprocess.run(command, cwd=folder / "docs", capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    return re.split(r"^CELL \d+\n", ended.stdout, flags=re.MULTILINE)[1:]


def test_every_code_cell_displays_something(shown: list[str]) -> None:
    assert len(shown) == sum(cell["cell_type"] == "code" for cell in CELLS)
    assert all(text.strip() for text in shown)


def test_the_notebook_shows_levels_a_curve_a_dialogue_and_a_number_of_its_own(shown: list[str]) -> None:
    _, levels, curve, dialogue, own, followed = shown
    assert levels.count("<td>sim/fickle</td>") == levels.count("<td>sim/steady</td>") == 2 * 3  # condition, position
    drawn = json.loads(curve)["text/html"]
    assert re.findall(r'"mark": \{"type": "(\w+)"', drawn) == ["area", "line"]
    assert "ROUND 3, REPLY" in dialogue
    assert "(A simulated reply; its words were picked at random.)" in dialogue
    assert own.count("<td>4</td>") == 4  # personas in each quarter
    assert followed.count("<td>0</td>") == 2 * 2 * 3  # nothing is missing, and that is said


def test_the_notebook_is_kept_without_outputs_and_names_no_place_of_a_machine() -> None:
    for cell in CELLS:
        assert cell["cell_type"] == "markdown" or (cell["outputs"], cell["execution_count"]) == ([], None)
    assert re.findall(r"[\"' (](?:/|~/|[A-Z]:)\w+", NOTEBOOK.read_text("utf-8")) == []
