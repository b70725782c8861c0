"""Reading one dialogue or prefix costs what it holds, however much else is stored."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from longplay.records import Cell, DialogueKey, RoundRef
from longplay.store import details, scans
from longplay.store.schema import TABLES

DIALOGUE = DialogueKey("m", "p", "s")
CELL = Cell(DIALOGUE, 1, "p", "plain", "probe", "item")
# What a plan may begin with: one row by its id or key, or one range of a dialogue's or prefix's rows.
NARROW = ("rowid=?", "key=?", "dialogue=?", "condition=?", "name=?", "model=? AND", "kind=? AND subject=?")


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLES)
        yield connection


def plans(connection: sqlite3.Connection, seen: list[str]) -> dict[str, list[str]]:
    """How SQLite goes about each statement, table by table."""
    return {
        sql: [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
        for sql in seen
        if "FROM names ORDER" not in sql and "FROM sets ORDER" not in sql  # few, and read whole
    }


def test_nothing_is_read_that_does_not_belong_to_the_dialogue_or_prefix(connection: sqlite3.Connection) -> None:
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    scans.find_call(connection, bytes(16))
    scans.rounds(connection, DIALOGUE)
    scans.answers(connection, CELL)
    scans.repeats(connection, CELL)
    scans.round_verdicts(connection, DIALOGUE)
    scans.answer_verdicts(connection, CELL)
    details.answer(connection, CELL)
    details.steps(connection, CELL)
    details.judgements(connection, RoundRef(DIALOGUE, 1), every=False)
    details.judgements(connection, RoundRef(DIALOGUE, 1), every=True)
    connection.set_trace_callback(None)
    found = plans(connection, seen)
    assert len(found) > 8
    for sql, steps in found.items():
        assert any(f"({narrow}" in steps[0] for narrow in NARROW), (sql, steps)
        assert not [step for step in steps if step.startswith("SCAN")], (sql, steps)
