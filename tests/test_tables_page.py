"""docs/tables.md says every column of every table and every value of `analysis`, and its example runs."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from longplay.analysis import ANALYSES
from longplay.analysis.setting_contrasts import KINDS
from longplay.cli import main
from longplay.exchange.estimate_rows import columns
from longplay.exchange.tidy_files import write_csv
from longplay.records import Contrast, Estimate, Place, Quantity
from longplay.report import cell, title

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tables.md").read_text("utf-8")
ESTIMATES, WHAT, TABLES, _ = re.split(
    r"^### What `analysis` may be$|^## rounds, answers, verdicts, personas$|^## Words$", PAGE, flags=re.MULTILINE
)
NAMES = [name for name, _ in columns()]
_ROWS = re.findall(r"^\| (`[^|]*) \|.*\n(?!\|---)", WHAT, re.MULTILINE)  # the first column, without its heading
TOLD = {name for row in _ROWS for name in re.findall(r"`([a-z-]+)`", row)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run, reported with its wording and exported with its texts."""
    folder = tmp_path_factory.mktemp("tables") / "run"
    shutil.copytree(ROOT / "tests" / "data" / "run-0.1.0-whole", folder)
    assert main(["report", str(folder), "--wording"]) == 0
    assert main(["export", str(folder)]) == 0
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_column_has_a_name_of_its_own_and_stands_on_the_page() -> None:
    assert len(set(NAMES)) == len(NAMES)
    told = set(re.findall(r"`([a-z_]+)`", ESTIMATES))
    for first, last in re.findall(r"`([a-z_]+)` to `([a-z_]+)`", ESTIMATES):
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


@pytest.mark.parametrize("table", ["personas", "rounds", "answers", "verdicts"])
def test_every_column_of_the_other_tables_stands_on_the_page(table: str, run: Path) -> None:
    between = {"openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism"}
    told = {*re.findall(r"`([a-z_]+)`", TABLES), *between}
    found = rows(run / "export" / f"{table}.csv")
    assert sorted(set(found[0]) - told) == []


def test_every_analysis_that_a_run_holds_is_explained(run: Path) -> None:
    found = {row["analysis"] for row in rows(run / "estimates.csv")}
    assert len(found) > 20
    assert sorted(found - TOLD) == []
    assert {f"{kind}-contrast" for kind in KINDS} <= TOLD
    named_otherwise = {"slopes", "shapes", "between", "each-persona", "neutral"}  # by what they make
    assert set(ANALYSES) - named_otherwise <= TOLD


def test_nothing_is_explained_that_no_analysis_makes() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "src" / "longplay" / "analysis").rglob("*.py"))
    made = {*re.findall(r'"([a-z-]+)"', code), *(f"{kind}-contrast" for kind in KINDS)}
    assert sorted(TOLD - made) == []
