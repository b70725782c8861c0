"""Tidy files of a run: everything that analysis reads, in words, and the same in CSV as in Parquet."""

import csv
import shutil
from pathlib import Path

import fastparquet
import pandas as pd
import pytest

from longplay.cli import main
from longplay.exchange.tidy import Column, Tidy
from longplay.exchange.tidy_files import ExportError, write
from longplay.report import cell
from longplay.store import Reader
from short_study import FLAWED as STUDY

NAMES = ("rounds", "answers", "verdicts", "estimates")
DATA = Path(__file__).parent / "data"
BEFORE = DATA / "export-0.2.0"  # what 0.2.0 exported of run-0.1.0-whole; of its estimates some of every kind


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    main(["run", str(folder / "study.toml"), "--into", str(folder / "run")])
    assert main(["export", str(folder / "run"), "--texts"]) == 0
    return folder / "run"


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parquet(path: Path) -> pd.DataFrame:
    with path.open("rb") as file:
        return fastparquet.ParquetFile(file).to_pandas()


@pytest.mark.parametrize("name", NAMES)
def test_both_files_hold_the_same_rows_and_columns(run: Path, name: str) -> None:
    text, binary = lines(run / "export" / f"{name}.csv"), parquet(run / "export" / f"{name}.parquet")
    assert list(text[0]) == list(binary.columns)
    assert len(text) == len(binary) > 0
    for column in binary.columns:
        empty = [row[column] == "" for row in text]
        assert empty == [bool(pd.isna(value)) or value == "" for value in binary[column]]


def test_every_row_of_the_run_is_there_in_words(run: Path) -> None:
    with Reader.open(run) as reader:
        sizes = {
            name: len(reader.table(name).rows) for name in ("rounds", "answers", "round_verdicts", "answer_verdicts")
        }
    rounds, answers, verdicts = (parquet(run / "export" / f"{name}.parquet") for name in NAMES[:3])
    assert (len(rounds), len(answers)) == (sizes["rounds"], sizes["answers"])
    assert len(verdicts) == sizes["round_verdicts"] + sizes["answer_verdicts"]
    assert set(rounds["persona"]) == {"silver", "queen", None}
    assert set(answers["probe"]) == {"fidelity"}
    assert set(verdicts["on"]) == {"rounds", "answers"}
    assert set(verdicts["subject_id"][verdicts["on"] == "answers"]) <= set(answers["id"])


def test_missing_scores_are_empty_and_their_reason_says_why(run: Path) -> None:
    verdicts = parquet(run / "export" / "verdicts.parquet")
    gone = verdicts["status"] == "missing"
    assert gone.any()
    assert verdicts["score"][gone].isna().all()
    assert set(verdicts["reason"][gone]) == {"unparsable"}
    assert verdicts["score"][~gone].notna().all()


def test_texts_are_whole(run: Path) -> None:
    with Reader.open(run) as reader:
        said = {row[0]: row[2] for row in reader.texts("rounds")}
    rounds = parquet(run / "export" / "rounds.parquet")
    assert dict(zip(rounds["id"], rounds["reply"], strict=True)) == said


def test_simulated_numbers_are_labelled_in_every_row(run: Path) -> None:
    for name in NAMES:
        found = parquet(run / "export" / f"{name}.parquet")
        assert found["simulated"].all()
        assert set(found["study_seed"]) == {5}


def test_every_estimate_says_what_it_is(run: Path) -> None:
    found = parquet(run / "export" / "estimates.parquet")
    for column in ("method", "target", "unit", "n", "missing"):
        assert found[column].notna().all()


def test_a_name_that_a_spreadsheet_would_run_is_disarmed_in_csv_alone(run: Path) -> None:
    assert {row["model"] for row in lines(run / "export" / "rounds.csv")} == {"'=speaker"}
    assert set(parquet(run / "export" / "rounds.parquet")["model"]) == {"=speaker"}


def test_what_utf_8_cannot_say_is_escaped(tmp_path: Path) -> None:
    table = Tidy("odd", (Column("text", "text"), Column("count", "integer")), [["a\ud800b", 1], [None, None]])
    assert write(table, tmp_path, cell).rows == 2
    assert parquet(tmp_path / "odd.parquet")["text"].tolist() == ["a\\ud800b", None]
    assert lines(tmp_path / "odd.csv")[0]["count"] == "1"


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    write(Tidy("none", (Column("text", "text"), Column("count", "integer")), []), tmp_path, cell)
    assert list(parquet(tmp_path / "none.parquet").columns) == ["text", "count"]
    assert lines(tmp_path / "none.csv") == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="cannot be written"):
        write(Tidy("none", (Column("text", "text"),), []), tmp_path / "file", cell)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.fixture(scope="module")
def as_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("format-1")
    shutil.copytree(DATA / "run-0.1.0-whole", folder / "run")
    assert main(["export", str(folder / "run"), "--into", str(folder / "before"), "--format", "1"]) == 0
    return folder / "before"


@pytest.mark.parametrize("name", NAMES[:3])
def test_format_1_is_what_0_2_0_exported(as_before: Path, name: str) -> None:
    assert (as_before / f"{name}.csv").read_bytes() == (BEFORE / f"{name}.csv").read_bytes()
    assert list(parquet(as_before / f"{name}.parquet").columns) == list(lines(BEFORE / f"{name}.csv")[0])
    assert not (as_before / "personas.csv").exists(), "0.2.0 had none"


# What this version decides in its own way: intervals, noise floors, and how often an answer that is repeated counts.
OWN = {"target", "method", "note", "low", "high", "clusters", "p", "floor", "floor_low", "floor_high", "floor_times"}
COUNTED = {"value", "lowest", "highest"}


def test_estimates_of_format_1_have_the_columns_and_words_of_0_2_0(as_before: Path) -> None:
    of = ("analysis", "metric", "source", "model", "script", "condition", "position", "replies")
    found, wanted = lines(as_before / "estimates.csv"), lines(BEFORE / "estimates.csv")
    assert list(found[0]) == list(wanted[0])
    by_name = {tuple(row[name] for name in of): row for row in found}
    assert len(by_name) == len(found), "words tell them apart"
    for row in wanted:
        now = by_name[tuple(row[name] for name in of)]
        repeated = row["metric"].startswith("refusal")
        assert bool(now["value"]) == bool(row["value"])
        for name, value in row.items():
            if name in OWN or (repeated and name in COUNTED):
                continue
            number = now[name] != value and value.replace(".", "").replace("-", "").replace("e", "").isdigit()
            assert now[name] == value or (number and float(now[name]) == pytest.approx(float(value))), (name, row)


def test_texts_stand_in_format_1_too(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), "--into", str(tmp_path), "--format", "1", "--texts"]) == 0
    before, now = (parquet(folder / "answers.parquet") for folder in (tmp_path, run / "export"))
    assert before["reply"].tolist() == now["reply"].tolist()
    assert before["answer_draw"].tolist() == now["answer_replicate"].tolist()
    assert {"condition", "truncated"} <= set(now.columns)
    assert {"condition", "truncated"}.isdisjoint(before.columns)
    spoken = now["persona"].notna().map({True: "persona", False: "baseline"})
    assert now["condition"].tolist() == spoken.tolist()
    assert now["truncated"].tolist() == (now["finish"] == "length").tolist()


def test_a_format_that_is_none_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--format", "3"]) == 2
    assert "format" in capsys.readouterr().err


def test_no_two_columns_have_one_name(run: Path, as_before: Path) -> None:
    for folder in (run / "export", as_before):
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                head, *rest = csv.reader(file)
            assert len(set(head)) == len(head)
            assert {len(row) for row in rest} <= {len(head)}
