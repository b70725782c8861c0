"""One answer, round or verdict with all that stands behind it, and the small tables. Works on any connection."""

import sqlite3

from longplay.records import Cell, Ref, Reply, RoundRef, TextRef, Verdict
from longplay.store.counting import COUNTS, FROM_VERDICTS
from longplay.store.ids import names
from longplay.store.places import subject_id
from longplay.store.rows import REPLY_COLUMNS, finite, reply_of, text_of, whole
from longplay.store.schema import CALL_KINDS, JUDGE_WORDS, REASON_WORDS, STATUS_WORDS
from longplay.store.stored import Judgement, Spent, StoredEstimate


def answer(connection: sqlite3.Connection, cell: Cell) -> tuple[Reply, bool] | None:
    """The reply to one item, and whether it is copied from an earlier one of the dialogue."""
    _, subject = subject_id(connection, cell)
    sql = f"SELECT a.copied, {REPLY_COLUMNS} FROM answers a JOIN calls c ON c.id=a.call WHERE a.id=?"
    row = connection.execute(sql, (subject,)).fetchone()
    return None if row is None else (reply_of(row[1:]), bool(row[0]))


def judgements(connection: sqlite3.Connection, ref: Ref, *, every: bool) -> list[Judgement]:
    """The verdicts on one text that count, or with `every` also those of earlier sets, with the judge's replies."""
    words = dict(enumerate(names(connection)))
    kind, subject = subject_id(connection, ref)
    counts = COUNTS if not every else "1"
    found = connection.execute(
        "SELECT v.set_id, v.judged_as, v.part, v.repeat, v.steps, s.metric, s.judge, s.method, s.judge_kind, v.status, "
        f"v.reason, v.score, v.label, v.why, {COUNTS} FROM {FROM_VERDICTS} WHERE v.kind=? AND v.subject=? AND {counts} "
        "ORDER BY s.metric, s.judge, s.judge_kind, v.judged_as, v.part, v.repeat, v.set_id",
        (kind, subject),
    ).fetchall()
    judged: list[Judgement] = []
    for number, judged_as, part, repeat, steps, metric, judge, method, judge_kind, *how in found:
        replies = connection.execute(
            f"SELECT {REPLY_COLUMNS} FROM journal n JOIN calls c ON c.id=n.call WHERE n.kind=? AND n.subject=? "
            "AND n.set_id=? AND n.judged_as=? AND n.part=? AND n.repeat=? AND n.step<? ORDER BY n.step",
            (kind, subject, number, judged_as, part, repeat, steps),
        )
        status, reason, score, label, why, counted = how
        verdict = Verdict(
            ref=ref,
            metric=words[metric],
            judge=words[judge],
            method=words[method],
            status=STATUS_WORDS[status],
            score=finite(score),
            label=words[label] if label else None,
            reason=REASON_WORDS[reason],
            judged_as=words[judged_as] if judged_as else None,
            repeat=whole(repeat),
            why=text_of(why),
            part=words[part] if part else None,
            judge_kind=JUDGE_WORDS[whole(judge_kind)],
        )
        judged.append(Judgement(verdict, tuple(reply_of(row) for row in replies.fetchall()), bool(counted)))
    return judged


def bundled_text(connection: sqlite3.Connection, ref: TextRef) -> str | None:
    """The words of a bundled text; None where it was never put."""
    _, subject = subject_id(connection, ref)
    sql = "SELECT t.body FROM bundled b JOIN texts t ON t.id=b.text WHERE b.id=?"
    row = connection.execute(sql, (subject,)).fetchone()
    return None if row is None else text_of(row[0])


def steps(connection: sqlite3.Connection, ref: RoundRef | Cell) -> list[Reply]:
    """The calls a policy made before a round's or answer's own."""
    kind, subject = subject_id(connection, ref)
    table = "answers" if kind else "rounds"
    found = connection.execute(
        f"SELECT {REPLY_COLUMNS} FROM {table} s JOIN journal n ON n.kind=? AND n.subject=s.id AND n.set_id=0 "
        "AND n.judged_as=0 AND n.part=0 AND n.repeat=0 AND n.step<s.steps JOIN calls c ON c.id=n.call "
        "WHERE s.id=? ORDER BY n.step",
        (kind, subject),
    )
    return [reply_of(row) for row in found.fetchall()]


def estimates(connection: sqlite3.Connection) -> list[StoredEstimate]:
    """The estimates of the last analysis, in the order they were put."""
    found = connection.execute("SELECT method, body FROM estimates ORDER BY id").fetchall()
    return [StoredEstimate(text_of(method), text_of(body).encode()) for method, body in found]


def spent(connection: sqlite3.Connection) -> dict[tuple[str, str], Spent]:
    """What was spent, by model title and kind of call."""
    found = connection.execute(
        "SELECT n.name, s.kind, s.requests, s.attempts, s.prompt, s.cached, s.completion, s.written, s.unmetered "
        "FROM spent s JOIN names n ON n.id=s.model ORDER BY s.model, s.kind"
    ).fetchall()
    return {(text_of(name), CALL_KINDS[whole(kind)]): Spent(*sums) for name, kind, *sums in found}
