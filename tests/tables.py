"""The tables of a run in words instead of numbers, sorted, so that two runs can be compared. Ids, times and numbers of
attempts depend on the order of arrival and are left out."""

import sqlite3
from contextlib import closing
from pathlib import Path

Rows = list[tuple[object, ...]]

NAME = "(SELECT name FROM names WHERE id={})"
DIALOGUE = ", ".join(NAME.format(f"d.{column}") for column in ("model", "persona", "script", "policy"))
DIALOGUE += ", d.ord, d.draw"
CELL = f"{DIALOGUE}, o.checkpoint, {NAME.format('o.ask_persona')}, {NAME.format('o.ask_policy')}"
CELL += f", {NAME.format('s.probe')}, {NAME.format('s.item')}, s.draw"
FROM_ROUNDS = "rounds s JOIN dialogues d ON d.id=s.dialogue"
FROM_ANSWERS = "answers s JOIN conditions o ON o.id=s.condition JOIN dialogues d ON d.id=o.dialogue"
SETS = "LEFT JOIN sets e ON e.id=v.set_id"
JUDGED = ", ".join(NAME.format(column) for column in ("e.metric", "e.judge", "e.method", "v.judged_as", "v.part"))
VERDICT = f"{JUDGED}, v.repeat, e.state, v.status, v.reason, v.score, {NAME.format('v.label')}, v.why"
STEP = f"{JUDGED}, v.repeat, v.step, hex(c.key)"

QUERIES = {
    "calls": "SELECT hex(key), kind, reason, finish, empty, CAST(text AS BLOB), CAST(reasoning AS BLOB), raw, "
    f"prompt, cached, completion, {NAME.format('model')} FROM calls",
    "rounds": f"SELECT {DIALOGUE}, s.round, (SELECT body FROM texts WHERE id=s.user), hex(c.key), s.reason, s.copied "
    f"FROM {FROM_ROUNDS} LEFT JOIN calls c ON c.id=s.call",
    "answers": f"SELECT {CELL}, hex(c.key), s.reason, s.copied FROM {FROM_ANSWERS} LEFT JOIN calls c ON c.id=s.call",
    "round_verdicts": f"SELECT {DIALOGUE}, s.round, {VERDICT} FROM {FROM_ROUNDS} "
    f"JOIN verdicts v ON v.kind=0 AND v.subject=s.id {SETS}",
    "answer_verdicts": f"SELECT {CELL}, {VERDICT} FROM {FROM_ANSWERS} "
    f"JOIN verdicts v ON v.kind=1 AND v.subject=s.id {SETS}",
    "round_steps": f"SELECT {DIALOGUE}, s.round, {STEP} FROM {FROM_ROUNDS} "
    f"JOIN journal v ON v.kind=0 AND v.subject=s.id {SETS} JOIN calls c ON c.id=v.call",
    "answer_steps": f"SELECT {CELL}, {STEP} FROM {FROM_ANSWERS} JOIN journal v ON v.kind=1 AND v.subject=s.id "
    f"{SETS} JOIN calls c ON c.id=v.call",
    "documents": "SELECT kind, name, body FROM documents",
}


def contents(run: Path) -> dict[str, Rows]:
    """Every table by name."""
    with closing(sqlite3.connect(f"file:{run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
        return {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in QUERIES.items()}
