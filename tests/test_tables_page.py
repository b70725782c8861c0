"""docs/tables.md says every column of the estimates, and its example runs."""

import re
from pathlib import Path

import pytest

from longplay.exchange.estimate_rows import columns
from longplay.exchange.tidy import write_csv
from longplay.records import Contrast, Estimate, Place, Quantity
from longplay.report import cell, title

PAGE = (Path(__file__).parents[1] / "docs" / "tables.md").read_text("utf-8")
NAMES = [name for name, _ in columns()]


def test_every_column_has_a_name_of_its_own_and_stands_on_the_page() -> None:
    assert len(set(NAMES)) == len(NAMES)
    told = set(re.findall(r"`([a-z_]+)`", PAGE))
    for first, last in re.findall(r"`([a-z_]+)` to `([a-z_]+)`", PAGE):
        told |= set(NAMES[NAMES.index(first) : NAMES.index(last) + 1])
    assert not [name for name in NAMES if name not in told]


def test_the_example_of_the_page_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = Place("sim/a", "persona-directed")
    level = Estimate("curves", Quantity("fidelity"), "fidelity", Contrast(place), "t", "m", 61.5, position=8)
    (tmp_path / "runs" / "demo").mkdir(parents=True)
    write_csv([level], title, tmp_path / "runs" / "demo" / "estimates.csv", cell)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code.replace("runs/demo", str(tmp_path / "runs" / "demo")), "docs/tables.md", "exec"), {})
    assert "61.5" in capsys.readouterr().out
