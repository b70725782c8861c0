"""Tidy files of a run: everything that analysis reads, in words, and the same in CSV as in Parquet."""

import csv
from pathlib import Path

import fastparquet
import pandas as pd
import pytest

from longplay.cli import main
from longplay.exchange.tidy import Column, ExportError, Tidy, write
from longplay.report import cell
from longplay.store import Reader

STUDY = """\
seed = 5
[[models]]
name = "sim/speaker"
label = "=speaker"
[models.speaker]
empty_rate = 0.2
[judge]
name = "sim/judge"
[judge.judge]
unparsable_rate = 0.2
[dialogues]
personas = ["silver", "queen"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 1
[conditioning]
checkpoints = [0, 4]
repeats = 0
[[probes]]
name = "fidelity"
limit = 2
"""
NAMES = ("rounds", "answers", "verdicts", "estimates")


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
