"""What the columns of tables hold, and counts for a glance. Works on any connection; interprets nothing."""

import sqlite3
from collections.abc import Mapping

import msgspec

from longplay.store.counting import FROM_VERDICTS, IN_FULL
from longplay.store.details import spent
from longplay.store.rows import Row
from longplay.store.schema import (
    CALL_KINDS,
    FINISH_WORDS,
    JUDGE_WORDS,
    KIND_CODES,
    REASON_WORDS,
    SET_STATES,
    STATUS_WORDS,
    SUBJECT_KINDS,
)
from longplay.store.stored import Spent

# Columns of integers that are indexes into `Reader.names()`; 0 = none. Of the others, `reason` is coded by
# schema.REASON_WORDS, `finish` by FINISH_WORDS, `status` by STATUS_WORDS, a call's `kind` by CALL_KINDS, a verdict's by
# SUBJECT_KINDS, `judge_kind` by JUDGE_KINDS, the `state` of a set by SET_STATES.
NAMED = frozenset(
    (
        *("model", "persona", "script", "policy", "ask_persona", "ask_policy"),
        *("probe", "item", "metric", "judge", "judged_as", "label", "method", "part"),
        *("ending", "served_by", "fingerprint"),
    )
)

# how many numbers stand for something in columns of codes, which begin at 0
_CODED: Mapping[str, int] = {
    "reason": len(REASON_WORDS),
    "repeat_reason": len(REASON_WORDS),
    "finish": len(FINISH_WORDS),
    "status": len(STATUS_WORDS),
    "judge_kind": len(JUDGE_WORDS),
    "state": len(SET_STATES),
}
REASON = "CASE WHEN s.call IS NULL THEN s.reason ELSE c.reason END"


class Table(msgspec.Struct, frozen=True):
    """Rows with their column names; NULL is None."""

    columns: tuple[str, ...]
    rows: list[Row]


class Outcome(msgspec.Struct):
    """How many were obtained, and how many are missing by reason."""

    done: int = 0
    missing: dict[str, int] = {}

    def add(self, reason: str | None, count: int) -> None:
        """Count some of one outcome."""
        if reason is None:
            self.done += count
        else:
            self.missing[reason] = self.missing.get(reason, 0) + count


class Counts(msgspec.Struct, frozen=True):
    """How far a run is. `answers` by checkpoint; `verdicts`: those that count, people's aside; times in seconds since
    1970, None before the first call.

    `reused`: calls that were not sent, because an earlier run had the reply; `judging`: what of `spent` judges took.
    """

    rounds: Outcome
    answers: dict[int, Outcome]
    verdicts: Outcome
    spent: dict[str, Spent]
    first_call_at: int | None
    last_call_at: int | None
    reused: int = 0
    judging: dict[str, Spent] = {}


_IMPORT = KIND_CODES["import"]  # neither sent by this run nor paid
# id and texts, in the order of the table of that name
TEXTS: Mapping[str, str] = {
    "rounds": "SELECT s.id, u.body, c.text FROM rounds s JOIN texts u ON u.id=s.user "
    "LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
    "answers": "SELECT s.id, c.text FROM answers s LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
}


def coded(table: str, column: str, names: int) -> int | None:
    """How many numbers from 0 on stand for something in a column of a table, where `names` ids are given out; None
    where it holds no codes."""
    if column in NAMED:
        return names + 1
    if column == "kind":
        return len(CALL_KINDS if table == "calls" else SUBJECT_KINDS)
    return _CODED.get(column)


def check_sets(connection: sqlite3.Connection) -> None:
    """Look at the sets of verdicts, on which every count of verdicts rests. Raises ValueError where one stands for
    nothing."""
    found = connection.execute("SELECT metric, judge, method, judge_kind, state FROM sets")
    rows: list[Row] = found.fetchall()
    (names,) = connection.execute("SELECT count(*) FROM names").fetchone()  # last: a growing run only adds names
    for place, (column, *_) in enumerate(found.description):
        wrong = [row[place] for row in rows if row[place] not in range(coded("sets", column, names) or 0)]
        if wrong:
            raise ValueError(f"the column {column} holds {wrong[0]!r:.40}, which stands for nothing")


def counts(connection: sqlite3.Connection) -> Counts:
    """Count a run."""
    rounds, verdicts, answers = Outcome(), Outcome(), dict[int, Outcome]()
    joined = "LEFT JOIN calls c ON c.id=s.call"
    sql = f"SELECT {REASON}, count(*) FROM rounds s {joined} GROUP BY 1"
    for reason, count in connection.execute(sql).fetchall():
        rounds.add(REASON_WORDS[reason], count)
    sql = (
        f"SELECT o.checkpoint, {REASON}, count(*) FROM answers s JOIN conditions o ON o.id=s.condition {joined} "
        "GROUP BY 1, 2 ORDER BY 1"
    )
    for checkpoint, reason, count in connection.execute(sql).fetchall():
        answers.setdefault(checkpoint, Outcome()).add(REASON_WORDS[reason], count)
    sql = f"SELECT v.reason, count(*) FROM {FROM_VERDICTS} WHERE v.kind<2 AND {IN_FULL} GROUP BY 1"
    for reason, count in connection.execute(sql).fetchall():
        verdicts.add(REASON_WORDS[reason], count)
    edges = [
        row[0]
        for order in ("ASC", "DESC")
        for row in connection.execute(f"SELECT at FROM calls WHERE kind<>{_IMPORT} ORDER BY id {order} LIMIT 1")
    ]
    first, last = edges or (None, None)
    (reused,) = connection.execute(
        f"SELECT count(*) FROM calls WHERE attempts=0 AND reason=0 AND kind<>{_IMPORT}"
    ).fetchone()
    by_model, judging = dict[str, Spent](), dict[str, Spent]()
    for (model, kind), paid in spent(connection).items():
        by_model[model] = by_model.get(model, Spent()).plus(paid)
        if kind == "judge":
            judging[model] = paid
    return Counts(rounds, answers, verdicts, by_model, first, last, reused, judging)
