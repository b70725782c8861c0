"""Range scans over what is stored of one dialogue or prefix, for resuming. Works on any connection."""

import sqlite3
from collections.abc import Iterator

from longplay.records import Cell, DialogueKey, Reply
from longplay.records.messages import Reason
from longplay.store.ids import dialogue_key, names
from longplay.store.places import condition_id, dialogue_id, name_id
from longplay.store.rows import REPLY_COLUMNS, Value, reply_of, text_of, whole
from longplay.store.schema import REASON_WORDS
from longplay.store.stored import (
    AnswerVerdictKey,
    Judged,
    StoredAnswer,
    StoredRepeat,
    StoredRound,
    StoredText,
    VerdictKey,
)


def find_call(connection: sqlite3.Connection, key: bytes) -> Reply | None:
    """The reply under a call key."""
    row = connection.execute(f"SELECT {REPLY_COLUMNS} FROM calls c WHERE c.key=?", (key,)).fetchone()
    return None if row is None else reply_of(row)


def call_keys(connection: sqlite3.Connection) -> Iterator[Value]:
    """The keys of all calls."""
    for (key,) in connection.execute("SELECT key FROM calls"):
        yield key


def rounds(connection: sqlite3.Connection, key: DialogueKey) -> list[StoredRound]:
    """The rounds of a dialogue in their order."""
    found = connection.execute(
        f"SELECT r.round, t.body, r.copied, r.call, r.reason, {REPLY_COLUMNS} FROM rounds r "
        "JOIN texts t ON t.id=r.user LEFT JOIN calls c ON c.id=r.call WHERE r.dialogue=? ORDER BY r.round",
        (dialogue_id(connection, key),),
    )
    return [
        StoredRound(number, text_of(user), *_outcome(rest), bool(copied))
        for number, user, copied, *rest in found.fetchall()
    ]


def dialogues(connection: sqlite3.Connection) -> dict[int, DialogueKey]:
    """Every dialogue begun, by its id and in the order of them."""
    rows = connection.execute("SELECT id, model, persona, script, ord, policy, draw FROM dialogues ORDER BY id")
    begun = rows.fetchall()
    words = names(connection)  # read last: a run that grows meanwhile has all names of what was read
    return {whole(number): dialogue_key(columns, words) for number, *columns in begun}


def user_turns(connection: sqlite3.Connection) -> dict[DialogueKey, list[tuple[str, int]]]:
    """Of every dialogue with rounds, in their order: the user's turn, and how many characters the reply has."""
    keys = dialogues(connection)
    found: dict[DialogueKey, list[tuple[str, int]]] = {}
    for number, user, characters in connection.execute(
        "SELECT r.dialogue, t.body, coalesce(length(c.text), 0) FROM rounds r JOIN texts t ON t.id=r.user "
        "LEFT JOIN calls c ON c.id=r.call ORDER BY r.dialogue, r.round"
    ):
        found.setdefault(keys[whole(number)], []).append((text_of(user), whole(characters)))
    return found


def answers(connection: sqlite3.Connection, cell: Cell) -> list[StoredAnswer]:
    """All answers after the prefix of `cell` (dialogue, checkpoint, persona asked, policy)."""
    found = connection.execute(
        f"SELECT p.name, i.name, a.draw, a.copied, a.call, a.reason, {REPLY_COLUMNS} FROM answers a "
        "JOIN names p ON p.id=a.probe JOIN names i ON i.id=a.item LEFT JOIN calls c ON c.id=a.call "
        "WHERE a.condition=? ORDER BY a.probe, a.item, a.draw",
        (condition_id(connection, cell),),
    )
    return [
        StoredAnswer(text_of(probe), text_of(item), draw, *_outcome(rest), bool(copied))
        for probe, item, draw, copied, *rest in found.fetchall()
    ]


def texts(connection: sqlite3.Connection, cell: Cell) -> list[StoredText]:
    """What was said to the items of `cell.probe` after the prefix of `cell`: no more of a call than that is read."""
    found = connection.execute(
        "SELECT i.name, a.call, CASE WHEN c.reason=0 THEN c.text END FROM answers a JOIN names i ON i.id=a.item "
        "LEFT JOIN calls c ON c.id=a.call WHERE a.condition=? AND a.probe=? ORDER BY a.item, a.draw",
        (condition_id(connection, cell), name_id(connection, cell.probe)),
    )
    return [
        StoredText(text_of(item), None if call is None else whole(call), None if text is None else text_of(text))
        for item, call, text in found.fetchall()
    ]


def repeats(connection: sqlite3.Connection, cell: Cell) -> list[StoredRepeat]:
    """All repeats of answers after the prefix of `cell`."""
    found = connection.execute(
        f"SELECT p.name, i.name, a.draw, n.repeat, {REPLY_COLUMNS} FROM answers a JOIN names p ON p.id=a.probe "
        "JOIN names i ON i.id=a.item JOIN journal n ON n.kind=1 AND n.subject=a.id AND n.metric=0 AND n.judge=0 "
        "AND n.judged_as=0 AND n.repeat>0 JOIN calls c ON c.id=n.call WHERE a.condition=? "
        "ORDER BY a.probe, a.item, a.draw, n.repeat",
        (condition_id(connection, cell),),
    )
    return [
        StoredRepeat(text_of(probe), text_of(item), draw, number, reply_of(rest))
        for probe, item, draw, number, *rest in found.fetchall()
    ]


_JUDGED = "m.name, j.name, v.judged_as, s.name, v.repeat, d.name, v.reason FROM "
# CROSS JOIN keeps SQLite to the order written. Left to itself it reads every verdict of the run for each prefix.
_VERDICT_NAMES = (
    "JOIN names m ON m.id=v.metric JOIN names j ON j.id=v.judge JOIN names d ON d.id=v.method "
    "LEFT JOIN names s ON s.id=v.judged_as "
)


def round_verdicts(connection: sqlite3.Connection, key: DialogueKey) -> dict[VerdictKey, Judged]:
    """How every round of a dialogue was judged."""
    found = connection.execute(
        f"SELECT r.round, {_JUDGED} rounds r CROSS JOIN verdicts v ON v.kind=0 AND v.subject=r.id {_VERDICT_NAMES}"
        "WHERE r.dialogue=?",
        (dialogue_id(connection, key),),
    )
    judged: dict[VerdictKey, Judged] = {}
    for number, metric, judge, *rest in found.fetchall():
        judged_as, repeat, how = _judged(rest)
        judged[VerdictKey(number, text_of(metric), text_of(judge), judged_as, repeat)] = how
    return judged


def answer_verdicts(connection: sqlite3.Connection, cell: Cell) -> dict[AnswerVerdictKey, Judged]:
    """How every answer after the prefix of `cell` was judged."""
    found = connection.execute(
        f"SELECT p.name, i.name, a.draw, {_JUDGED} answers a JOIN names p ON p.id=a.probe JOIN names i ON i.id=a.item "
        f"CROSS JOIN verdicts v ON v.kind=1 AND v.subject=a.id {_VERDICT_NAMES} WHERE a.condition=?",
        (condition_id(connection, cell),),
    )
    judged: dict[AnswerVerdictKey, Judged] = {}
    for probe, item, draw, metric, judge, *rest in found.fetchall():
        judged_as, repeat, how = _judged(rest)
        where = text_of(probe), text_of(item), draw
        judged[AnswerVerdictKey(*where, text_of(metric), text_of(judge), judged_as, repeat)] = how
    return judged


def _outcome(row: list[Value]) -> tuple[Reply | None, Reason | None]:
    call, reason, *columns = row
    if call is None:
        return None, REASON_WORDS[whole(reason)]
    reply = reply_of(columns)
    return reply, reply.reason


def _judged(row: list[Value]) -> tuple[str | None, int, Judged]:
    judged_as, word, repeat, method, reason = row
    persona = text_of(word) if judged_as else None
    return persona, whole(repeat), Judged(text_of(method), REASON_WORDS[whole(reason)])
