"""Tables as columns: the same numbers as the rows of the database, whatever is linked, missing, or read in pieces."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from longplay.store import Reader, StoreError, columns
from longplay.store.columns import TABLES

WHOLE = Path(__file__).parent / "data" / "run-0.1.0-whole"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with rounds, answers and verdicts of models and programs, brought up to this version."""
    found = Path(shutil.copytree(WHOLE, tmp_path / "run"))
    Reader.open(found).close()
    return found


def queried(run: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(run / "run.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def changed(run: Path, sql: str) -> None:
    with closing(sqlite3.connect(run / "run.sqlite")) as connection, connection:
        connection.execute(sql)


def test_what_many_rows_share_is_set_in_each_rows_place(run: Path) -> None:
    with Reader.open(run) as reader:
        answers = reader.columns("answers", ("id", "model", "checkpoint", "item", "answer_draw")).rows()
        verdicts = reader.columns("verdicts", ("kind", "subject", "metric", "judge", "score", "method")).rows()
    linked = "JOIN conditions o ON o.id=s.condition JOIN dialogues d ON d.id=o.dialogue ORDER BY s.id"
    assert answers == queried(run, f"SELECT s.id, d.model, o.checkpoint, s.item, s.draw FROM answers s {linked}") != []
    sets = "FROM verdicts v JOIN sets s ON s.id=v.set_id WHERE v.kind<2"
    found = queried(run, f"SELECT v.kind, v.subject, s.metric, s.judge, v.score, s.method {sets}")
    assert sorted(map(repr, verdicts)) == sorted(map(repr, found)) != []


@pytest.mark.parametrize("name", TABLES)
def test_a_table_read_in_pieces_is_the_same(run: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Reader.open(run) as reader:
        whole = reader.columns(name)
        monkeypatch.setattr(columns, "_CHUNK", 3)
        pieces = reader.columns(name)
    assert list(whole.numbers) == list(pieces.numbers)
    assert whole.rows() == pieces.rows()
    assert {one: numbers.dtype for one, numbers in whole.numbers.items()} == {
        one: numbers.dtype for one, numbers in pieces.numbers.items()
    }


def test_what_is_missing_is_no_number(run: Path) -> None:
    changed(run, "UPDATE verdicts SET score=NULL")
    changed(run, "UPDATE calls SET prompt=NULL WHERE id%2=0")
    with Reader.open(run) as reader:
        scores, prompts = reader.columns("verdicts", ("score",)), reader.columns("calls", ("id", "prompt"))
    assert np.isnan(scores.numbers["score"]).all()
    assert scores.gone["score"].all()
    assert set(scores.rows()) == {(None,)}
    assert {number % 2 == 0 for number, prompt in prompts.rows() if prompt is None} == {True}
    assert np.isnan(prompts.floats("prompt")).sum() == prompts.gone["prompt"].sum() > 0


@pytest.mark.parametrize(
    ("damage", "table", "said"),
    [
        ("DELETE FROM dialogues WHERE id=1", "answers", "the column dialogue holds 1, which stands for nothing"),
        ("UPDATE answers SET condition=9999 WHERE id=1", "answers", "the column condition holds 9999"),
        ("UPDATE answers SET item='one' WHERE id=1", "answers", "the column item holds 'one'"),
        ("UPDATE verdicts SET subject=0.5 WHERE kind=1 AND subject=1", "verdicts", "the column subject holds 0.5"),
        ("UPDATE verdicts SET reason=300", "verdicts", "the column reason holds 300"),
    ],
)
def test_what_stands_for_nothing_is_damage(run: Path, damage: str, table: str, said: str) -> None:
    changed(run, damage)
    with Reader.open(run) as reader, pytest.raises(StoreError, match=said):
        reader.columns(table)
