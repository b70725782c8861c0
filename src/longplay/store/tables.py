"""The flat tables that analysis reads, and counts for a glance. Works on any connection; interprets nothing."""

import sqlite3
from collections.abc import Container, Iterable, Mapping
from operator import itemgetter

import msgspec

from longplay.store.counting import BY_PEOPLE, COUNTS, FROM_VERDICTS, IN_FULL
from longplay.store.details import spent
from longplay.store.rows import Row, Value, finite
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

_CODED: Mapping[str, Container[Value]] = {
    **dict.fromkeys(("reason", "repeat_reason"), REASON_WORDS),
    "finish": FINISH_WORDS,
    "status": STATUS_WORDS,
    "judge_kind": JUDGE_WORDS,
    "state": range(len(SET_STATES)),
}
_NUMBERS = {int, float, type(None)}


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
_REASON = "CASE WHEN s.call IS NULL THEN s.reason ELSE c.reason END AS reason"
_DIALOGUE = "d.model, d.persona, d.script, d.ord, d.policy, d.draw"
_FLAGS = "coalesce(c.empty, 0) AS empty, coalesce(c.marked, 0) AS marked, s.copied"
_REPLY = f"{_REASON}, coalesce(c.finish, 0) AS finish, {_FLAGS}"
_USAGE = "c.prompt, c.cached, c.completion"
_JUDGED = "v.subject, s.metric, s.judge, v.judged_as, v.repeat, v.status, v.reason, v.score, v.label, s.method, v.part"

TABLES: Mapping[str, str] = {
    "rounds": f"SELECT s.id, {_DIALOGUE}, s.round, {_REPLY}, {_USAGE}, s.call FROM rounds s "
    "JOIN dialogues d ON d.id=s.dialogue LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
    "answers": f"SELECT s.id, {_DIALOGUE}, o.checkpoint, o.ask_persona, o.ask_policy, s.probe, s.item, "
    f"s.draw AS answer_draw, {_REPLY}, s.call FROM answers s JOIN conditions o ON o.id=s.condition "
    "JOIN dialogues d ON d.id=o.dialogue LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
    # `same`: whether the repeat has the answer's text; `again`: the repeat's call
    "repeats": f"SELECT s.id, {_DIALOGUE}, o.checkpoint, o.ask_persona, o.ask_policy, s.probe, s.item, "
    f"s.draw AS answer_draw, n.repeat, {_REASON}, r.reason AS repeat_reason, c.text IS r.text AS same, "
    "s.call, n.call AS again FROM journal n JOIN answers s ON s.id=n.subject JOIN conditions o ON o.id=s.condition "
    "JOIN dialogues d ON d.id=o.dialogue LEFT JOIN calls c ON c.id=s.call JOIN calls r ON r.id=n.call "
    "WHERE n.kind=1 AND n.set_id=0 AND n.judged_as=0 AND n.part=0 AND n.repeat>0 ORDER BY s.id, n.repeat",
    # of programs and models, those that count
    "round_verdicts": f"SELECT {_JUDGED} FROM {FROM_VERDICTS} WHERE v.kind=0 AND {IN_FULL}",
    "answer_verdicts": f"SELECT {_JUDGED} FROM {FROM_VERDICTS} WHERE v.kind=1 AND {IN_FULL}",
    # people's, on drawn texts
    "people_verdicts": f"SELECT v.kind, {_JUDGED} FROM {FROM_VERDICTS} WHERE {BY_PEOPLE}",
    # all that were ever given on rounds and answers; `counts`: see counting.py
    "verdicts": f"SELECT v.kind, {_JUDGED}, s.judge_kind, {COUNTS} AS counts FROM {FROM_VERDICTS} WHERE v.kind<2",
    "sets": "SELECT id, metric, judge, method, judge_kind, state FROM sets ORDER BY id",
    "calls": "SELECT id, kind, model, reason, finish, empty, prompt, cached, completion, written, "
    "attempts, latency_s, at, marked, ending, served_by, fingerprint FROM calls ORDER BY id",
    "dialogues": "SELECT id, model, persona, script, ord, policy, draw FROM dialogues ORDER BY id",
    "conditions": "SELECT id, dialogue, checkpoint, ask_persona, ask_policy FROM conditions ORDER BY id",
}


# id and texts, in the order of the table of that name
TEXTS: Mapping[str, str] = {
    "rounds": "SELECT s.id, u.body, c.text FROM rounds s JOIN texts u ON u.id=s.user "
    "LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
    "answers": "SELECT s.id, c.text FROM answers s LEFT JOIN calls c ON c.id=s.call ORDER BY s.id",
}


def table(connection: sqlite3.Connection, name: str) -> Table:
    """One of TABLES, whole. Raises ValueError where a column holds what stands for nothing."""
    found = connection.execute(TABLES[name])
    whole = Table(tuple(column[0] for column in found.description), found.fetchall())
    names: int = connection.execute("SELECT count(*) FROM names").fetchone()[0]  # last: a growing run only adds names
    kinds = range(len(CALL_KINDS if name == "calls" else SUBJECT_KINDS))
    known: dict[str, Container[Value]] = {**_CODED, **dict.fromkeys(NAMED, range(names + 1)), "kind": kinds}
    for place, column in enumerate(whole.columns):
        _check(column, map(itemgetter(place), whole.rows), known.get(column))
    return whole


def _check(column: str, values: Iterable[Value], known: Container[Value] | None) -> None:
    """Refuse what no reader could take: another number than the known ones, or no number."""
    wrong: Value = None
    if known is not None:
        wrong = next((value for value in set(values) if value not in known), None)
    elif column == "score":
        for score in set(values):
            finite(score)
    else:
        wrong = next((kind.__name__ for kind in set(map(type, values)) - _NUMBERS), None)
    if wrong is not None:
        raise ValueError(f"the column {column} holds {wrong!r:.40}, which stands for nothing")


def counts(connection: sqlite3.Connection) -> Counts:
    """Count a run."""
    rounds, verdicts, answers = Outcome(), Outcome(), dict[int, Outcome]()
    joined = "LEFT JOIN calls c ON c.id=s.call"
    sql = f"SELECT {_REASON}, count(*) FROM rounds s {joined} GROUP BY 1"
    for reason, count in connection.execute(sql).fetchall():
        rounds.add(REASON_WORDS[reason], count)
    sql = (
        f"SELECT o.checkpoint, {_REASON}, count(*) FROM answers s JOIN conditions o ON o.id=s.condition {joined} "
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
