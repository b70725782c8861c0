"""Many rows in one SQL statement. Knows the tables, not what fills them.

Every step of a statement gives up Python's interpreter lock and must win it back, which beside a busy event loop takes
5 ms. Row by row that is 200 rows a second; so all rows of a kind go in one step, ids of other rows looked up in SQL.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from longplay.records import SubjectKind
from longplay.store.rows import Row, fit
from longplay.store.schema import CURRENT, EARLIER, JUDGE_CODES, TRANSIENT_CODES

# Rows in a statement. Few sizes, so that each is compiled once; the rest is padded with NULLs, which cost as much.
_SIZES = (2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


class Insert(msgspec.Struct, frozen=True):
    """`into` takes `select`, made of the columns (column1, column2, ...) of rows `width` wide; `conflict` ends it.

    column1 is never NULL in a row: that marks padding.
    """

    into: str
    width: int
    select: str
    conflict: str = ""


def insert(connection: sqlite3.Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert rows in their order, in as few steps as can be. Raises sqlite3.Error."""
    for start in range(0, len(rows), _SIZES[-1]):
        part = rows[start : start + _SIZES[-1]]
        size = next(size for size in _SIZES if size >= len(part))
        values = [value for row in part for value in row]
        values += [None] * ((size - len(part)) * statement.width)
        try:
            connection.execute(_sql(statement, size), values)
        except UnicodeEncodeError:  # raised while binding: nothing was inserted
            connection.execute(_sql(statement, size), [fit(value) for value in values])


@lru_cache(maxsize=256)
def _sql(statement: Insert, size: int) -> str:
    row = f"({','.join('?' * statement.width)})"
    table = f"(VALUES {','.join([row] * size)})"
    where = f"FROM {table} WHERE column1 IS NOT NULL"
    return f"INSERT {statement.into} SELECT {statement.select} {where} {statement.conflict}"


def _columns(first: int, last: int) -> str:
    return ", ".join(f"column{i}" for i in range(first, last + 1))


def _replace(*columns: str) -> str:
    return "DO UPDATE SET " + ", ".join(f"{column}=excluded.{column}" for column in columns)


NAMES = Insert("INTO names(id, name)", 2, _columns(1, 2))
DIALOGUES = Insert("INTO dialogues(id, model, persona, script, ord, policy, draw)", 7, _columns(1, 7))
CONDITIONS = Insert("INTO conditions(id, dialogue, checkpoint, ask_persona, ask_policy)", 5, _columns(1, 5))
SETS = Insert("INTO sets(id, metric, judge, method, judge_kind, state)", 6, _columns(1, 6))
TEXTS = Insert("OR IGNORE INTO texts(digest, body)", 2, _columns(1, 2))

_REPLY = (
    *("reason", "finish", "empty", "prompt", "cached", "completion", "written"),
    *("attempts", "latency_s", "at", "marked", "ending", "served_by", "fingerprint"),
    *("text", "reasoning", "detail"),
)
CALLS = Insert(
    f"INTO calls(key, kind, model, {', '.join(_REPLY)}, raw)",
    21,
    _columns(1, 21),
    # What was missing for now, or never sent, gives way to what is obtained; bytes that were not believed stay.
    f"ON CONFLICT(key) {_replace(*_REPLY)}, "
    "raw=coalesce(excluded.raw, calls.raw) "
    f"WHERE calls.reason IN ({', '.join(map(str, TRANSIENT_CODES))}) OR (calls.reason > 0 AND calls.attempts = 0)",
)
_SUMS = ("requests", "attempts", "prompt", "cached", "completion", "written", "unmetered")
SPENT = Insert(
    f"INTO spent(model, kind, {', '.join(_SUMS)})",
    9,
    _columns(1, 9),
    "ON CONFLICT(model, kind) DO UPDATE SET " + ", ".join(f"{name}={name}+excluded.{name}" for name in _SUMS),
)

# What was never asked does not take the place of what was.
_ASKED = "WHERE excluded.call IS NOT NULL OR {table}.call IS NULL"
ROUNDS = Insert(  # dialogue, round, digest of the user turn, call key | None, reason, steps, copied
    "INTO rounds(dialogue, round, user, call, reason, steps, copied)",
    7,
    "column1, column2, (SELECT id FROM texts WHERE digest=column3), (SELECT id FROM calls WHERE key=column4), "
    "column5, column6, column7",
    f"ON CONFLICT(dialogue, round) {_replace('user', 'call', 'reason', 'steps', 'copied')} "
    + _ASKED.format(table="rounds"),
)
ANSWERS = Insert(  # condition, probe, item, draw, call key | None, reason, steps, copied
    "INTO answers(condition, probe, item, draw, call, reason, steps, copied)",
    8,
    "column1, column2, column3, column4, (SELECT id FROM calls WHERE key=column5), column6, column7, column8",
    f"ON CONFLICT(condition, probe, item, draw) {_replace('call', 'reason', 'steps', 'copied')} "
    + _ASKED.format(table="answers"),
)

BUNDLED = Insert(  # collection, name, digest of the text; the first words under a name stand
    "OR IGNORE INTO bundled(collection, name, text)",
    3,
    "column1, column2, (SELECT id FROM texts WHERE digest=column3)",
)

# id, metric, judge, kind of judge, id: the set is current, and the one before is earlier
MAKE_CURRENT = (
    f"UPDATE sets SET state=CASE id WHEN ? THEN {CURRENT} ELSE {EARLIER} END "
    f"WHERE metric=? AND judge=? AND judge_kind=? AND (state={CURRENT} OR id=?)"
)
# metric: a study may no longer name a judge of it; what was brought in and what people said is not the study's to name
MAKE_NONE_CURRENT = (
    f"UPDATE sets SET state={EARLIER} WHERE metric=? AND state={CURRENT} AND judge_kind<>{JUDGE_CODES['person']}"
)
# judge: a study no longer names this model, nor any metric that it gave
MAKE_NONE_OF_JUDGE = (
    f"UPDATE sets SET state={EARLIER} WHERE judge=? AND state={CURRENT} AND judge_kind={JUDGE_CODES['model']}"
)

# Rows about a round start with dialogue, round; rows about an answer with condition, probe, item, draw; rows about a
# bundled text with collection, name.
_ROUND = "0, (SELECT id FROM rounds WHERE dialogue=column1 AND round=column2)"
_ANSWER = "1, (SELECT id FROM answers WHERE condition=column1 AND probe=column2 AND item=column3 AND draw=column4)"
_TEXT = "2, (SELECT id FROM bundled WHERE collection=column1 AND name=column2)"
_VERDICT = ("set_id", "judged_as", "part", "repeat", "status", "reason", "score", "label", "steps", "why")
_VERDICTS_INTO = f"INTO verdicts(kind, subject, {', '.join(_VERDICT)})"
_VERDICTS_CONFLICT = f"ON CONFLICT(kind, subject, set_id, judged_as, part, repeat) {_replace(*_VERDICT[4:])}"
# then: set, judged_as, part, repeat, step, call key
_JOURNAL_INTO = "OR REPLACE INTO journal(kind, subject, set_id, judged_as, part, repeat, step, call)"


def _verdicts(subject: str, first: int) -> Insert:
    """Verdicts on a subject that `first` columns before theirs name."""
    return Insert(_VERDICTS_INTO, first + 10, f"{subject}, {_columns(first + 1, first + 10)}", _VERDICTS_CONFLICT)


def _journal(subject: str, first: int) -> Insert:
    call = f"(SELECT id FROM calls WHERE key=column{first + 6})"
    return Insert(_JOURNAL_INTO, first + 6, f"{subject}, {_columns(first + 1, first + 5)}, {call}")


# by the kind of subject, and how many columns name one
_SUBJECTS: Mapping[SubjectKind, tuple[str, int]] = {"round": (_ROUND, 2), "answer": (_ANSWER, 4), "text": (_TEXT, 2)}
VERDICTS = {kind: _verdicts(*subject) for kind, subject in _SUBJECTS.items()}
JOURNAL = {kind: _journal(*subject) for kind, subject in _SUBJECTS.items()}


# A reply that is not believed any more: its text stays as bytes, and how it was judged goes.
_FOUND: Mapping[SubjectKind, tuple[int, str]] = {
    "round": (0, "rounds WHERE dialogue=? AND round=?"),
    "answer": (1, "answers WHERE condition=? AND probe=? AND item=? AND draw=?"),
}
TAKE_BACK = {
    subject: (
        "UPDATE calls SET reason=?, detail=?, raw=coalesce(CAST(text AS BLOB), raw), text=NULL, empty=0 "
        f"WHERE reason IN (0, {', '.join(map(str, TRANSIENT_CODES))}) AND id=(SELECT call FROM {found})",
        f"DELETE FROM verdicts WHERE kind={kind} AND subject=(SELECT id FROM {found})",
    )
    for subject, (kind, found) in _FOUND.items()
}
