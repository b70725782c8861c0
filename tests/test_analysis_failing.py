"""Reports on runs that ended anywhere, and of an analysis or a section that fails: it alone is left out, and said."""

import csv
import html
import random
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from longplay.analysis import ANALYSES, analyse, analyse_data, prepare, read_tables
from longplay.analysis.data import Data
from longplay.cli import main
from longplay.records import Estimate, Failure
from longplay.report import SECTIONS, Section
from longplay.store import Reader
from named import condition, metric

STUDY = """
seed = 2
[[models]]
name = "sim/speaker"
label = "one"
[[models]]
name = "sim/speaker"
label = "two"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh", "queen", "scrooge"]
scripts = ["goal-oriented", "persona-directed"]
rounds = 4
ORDERS
baseline_draws = 2
[conditioning]
checkpoints = [0, 4]
ORDERS
noise_share = 0.5
[[probes]]
name = "fidelity"
limit = 3
[[probes]]
name = "refusal"
limit = 2
[analysis]
contrasts = ["script", "model", "gap"]
"""
ORDERED = STUDY.replace("ORDERS", "orders = [0, 1]").replace("baseline_draws = 2", "baseline_draws = 4")
PLAIN = STUDY.replace("ORDERS\n", "")
WHOLE = 3_000  # calls, more than any of these studies makes
ENDS = sorted(random.Random(11).sample(range(1, 1_500), 7))


def played(folder: Path, study: str, requests: int | None = None) -> Path:
    capped = study if requests is None else f"{study}\n[budget]\nrequests = {requests}\n"
    (folder / "study.toml").write_text(capped, encoding="utf-8")
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run"), "--no-cache"]) == int(
        requests is not None and requests < WHOLE
    )
    return folder / "run"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return played(tmp_path_factory.mktemp("whole"), ORDERED)


@pytest.fixture(scope="module")
def data(whole: Path) -> Data:
    with Reader.open(whole) as reader:
        return prepare(read_tables(reader), changed_after_data=False)


@pytest.fixture(scope="module")
def as_it_is(data: Data) -> list[Estimate]:
    return analyse_data(data)


@pytest.mark.parametrize("requests", ENDS)
def test_a_run_that_ended_anywhere_has_a_report_and_an_export(
    requests: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = played(tmp_path, PLAIN, requests)
    capsys.readouterr()
    assert main(["report", str(run)]) == 0
    assert main(["export", str(run)]) == 0
    assert "failed" not in capsys.readouterr().err
    assert "failed and is left out" not in (run / "report.html").read_text(encoding="utf-8")


def test_several_orders_and_several_baseline_dialogues_are_analysed(whole: Path) -> None:
    with Reader.open(whole) as reader:
        found = analyse(reader)  # without `tell`: whatever fails is raised
    for analysis, source in (("gap", "fidelity"), ("gap", "rounds"), ("curves", "fidelity"), ("curves", "rounds")):
        notes = [
            e.note
            for e in found
            if (e.analysis, e.source, e.position) == (analysis, source, 4) and condition(e).endswith("baseline")
        ]
        assert notes
        assert all("8 baseline dialogues" in note for note in notes)


@pytest.mark.parametrize("fault", [ValueError("no\nsuch shape"), FloatingPointError()])
def test_an_analysis_that_fails_costs_its_own_numbers_and_is_named(
    whole: Path, fault: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(data: object) -> NoReturn:
        del data
        raise fault

    monkeypatch.setitem(ANALYSES, "gap", failing)
    line = f"the analysis gap failed and is left out ({type(fault).__name__}"
    assert main(["report", str(whole)]) == 0
    assert line in capsys.readouterr().err
    page = html.unescape((whole / "report.html").read_text(encoding="utf-8"))
    assert line in page
    assert "Persona fidelity joins" in page
    assert main(["export", str(whole)]) == 0
    assert line in capsys.readouterr().err
    with (whole / "export" / "estimates.csv").open(encoding="utf-8", newline="") as file:
        analyses = {row["analysis"] for row in csv.DictReader(file)}
    assert "gap" not in analyses
    assert {"curves", "drift", "gap-drift"} <= analyses


@pytest.mark.parametrize("fault", [KeyError("x"), MemoryError(), np.linalg.LinAlgError("singular"), TypeError(1)])
def test_what_goes_over_all_estimates_may_fail_too(
    data: Data, as_it_is: list[Estimate], fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*given: object, **named: object) -> NoReturn:
        del given, named
        raise fault

    told: list[Failure] = []
    for name in ("warned", "corrected", "floored"):
        monkeypatch.setattr(f"longplay.analysis.{name}", failing)
    found = analyse_data(data, told.append)
    assert [one.what for one in told] == [
        "the warning of missing scores",
        "the correction of p-values",
        "the noise floor of effects",
    ]
    assert [(e.analysis, metric(e), e.position, e.value) for e in found] == [
        (e.analysis, metric(e), e.position, e.value) for e in as_it_is
    ]


def test_a_section_that_fails_says_so_in_its_place(
    whole: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def failing(page: object) -> NoReturn:
        del page
        raise ZeroDivisionError("<b>division</b>")

    monkeypatch.setitem(SECTIONS, "curves", Section("Round by round", failing))
    assert main(["report", str(whole)]) == 0
    assert "the section 'Round by round' failed" in capsys.readouterr().err
    page = (whole / "report.html").read_text(encoding="utf-8")
    assert "ZeroDivisionError: &lt;b&gt;division&lt;/b&gt;" in page
    assert "What changed, in numbers" in page
