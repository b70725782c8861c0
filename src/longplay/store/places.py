"""From names to ids, read from the database: where a dialogue, a prefix, a round or an answer stands."""

import sqlite3

from longplay.records import Cell, DialogueKey, Ref, RoundRef
from longplay.store.rows import fit
from longplay.store.schema import SUBJECT_CODES


def name_id(connection: sqlite3.Connection, word: str | None) -> int:
    """The id of a word, -1 where the store has none."""
    if word is None:
        return 0
    row = connection.execute("SELECT id FROM names WHERE name=?", (fit(word),)).fetchone()
    return -1 if row is None else row[0]


def dialogue_id(connection: sqlite3.Connection, key: DialogueKey) -> int:
    words = (name_id(connection, word) for word in (key.model, key.persona, key.script, key.policy))
    row = connection.execute(
        "SELECT id FROM dialogues WHERE model=? AND persona=? AND script=? AND policy=? AND ord=? AND draw=?",
        (*words, key.order, key.draw),
    ).fetchone()
    return -1 if row is None else row[0]


def condition_id(connection: sqlite3.Connection, cell: Cell) -> int:
    dialogue = dialogue_id(connection, cell.dialogue)
    asked = name_id(connection, cell.ask_persona), name_id(connection, cell.ask_policy)
    row = connection.execute(
        "SELECT id FROM conditions WHERE dialogue=? AND checkpoint=? AND ask_persona=? AND ask_policy=?",
        (dialogue, cell.checkpoint, *asked),
    ).fetchone()
    return -1 if row is None else row[0]


def subject_id(connection: sqlite3.Connection, ref: Ref) -> tuple[int, int]:
    """Kind and id of what was judged; id -1 where it is not stored."""
    if isinstance(ref, Cell):
        kind = SUBJECT_CODES["answer"]
        place = condition_id(connection, ref), name_id(connection, ref.probe), name_id(connection, ref.item), ref.draw
        sql = "SELECT id FROM answers WHERE condition=? AND probe=? AND item=? AND draw=?"
    elif isinstance(ref, RoundRef):
        kind, place = SUBJECT_CODES["round"], (dialogue_id(connection, ref.dialogue), ref.round)
        sql = "SELECT id FROM rounds WHERE dialogue=? AND round=?"
    else:
        kind, place = SUBJECT_CODES["text"], (name_id(connection, ref.set), name_id(connection, ref.name))
        sql = "SELECT id FROM bundled WHERE collection=? AND name=?"
    row = connection.execute(sql, place).fetchone()
    return kind, -1 if row is None else row[0]
