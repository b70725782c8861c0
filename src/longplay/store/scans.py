"""Range scans over what is stored of one dialogue or prefix, for resuming. Works on any connection."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping

from longplay.records import Cell, DialogueKey, Reply, RoundRef, SubjectKind, VerdictSet
from longplay.records.messages import Reason
from longplay.store.ids import dialogue_key, names, sets
from longplay.store.places import condition_id, dialogue_id, name_id
from longplay.store.rows import REPLY_COLUMNS, Value, reply_of, text_of, whole
from longplay.store.schema import REASON_WORDS
from longplay.store.stored import (
    AnswerVerdictKey,
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
        "JOIN names i ON i.id=a.item JOIN journal n ON n.kind=1 AND n.subject=a.id AND n.set_id=0 "
        "AND n.judged_as=0 AND n.part=0 AND n.repeat>0 JOIN calls c ON c.id=n.call WHERE a.condition=? "
        "ORDER BY a.probe, a.item, a.draw, n.repeat",
        (condition_id(connection, cell),),
    )
    return [
        StoredRepeat(text_of(probe), text_of(item), draw, number, reply_of(rest))
        for probe, item, draw, number, *rest in found.fetchall()
    ]


_JUDGED = "v.set_id, v.judged_as, v.part, v.repeat, v.reason FROM "


def round_verdicts(connection: sqlite3.Connection, key: DialogueKey) -> dict[VerdictKey, Reason | None]:
    """Why verdicts on the rounds of a dialogue are missing, None where they were obtained; every set's."""
    # CROSS JOIN keeps SQLite to the order written. Left to itself it reads every verdict of the run for each prefix.
    found = connection.execute(
        f"SELECT r.round, {_JUDGED} rounds r CROSS JOIN verdicts v ON v.kind=0 AND v.subject=r.id WHERE r.dialogue=?",
        (dialogue_id(connection, key),),
    ).fetchall()
    if not found:  # as in every new run: names and sets are not read
        return {}
    of, words = _words(connection)
    return {
        VerdictKey(number, *_judged(of[set_id], words, judged_as, repeat, part)): REASON_WORDS[reason]
        for number, set_id, judged_as, part, repeat, reason in found
    }


def answer_verdicts(connection: sqlite3.Connection, cell: Cell) -> dict[AnswerVerdictKey, Reason | None]:
    """The same of the answers after the prefix of `cell`."""
    found = connection.execute(
        f"SELECT a.probe, a.item, a.draw, {_JUDGED} answers a CROSS JOIN verdicts v ON v.kind=1 AND v.subject=a.id "
        "WHERE a.condition=?",
        (condition_id(connection, cell),),
    ).fetchall()
    if not found:
        return {}
    of, words = _words(connection)
    return {
        AnswerVerdictKey(words[probe], words[item], draw, *_judged(of[set_id], words, judged_as, repeat, part)): (
            REASON_WORDS[reason]
        )
        for probe, item, draw, set_id, judged_as, part, repeat, reason in found
    }


def _words(connection: sqlite3.Connection) -> tuple[dict[int, VerdictSet], dict[int, str]]:
    of, words = sets(connection)
    return of, dict(enumerate(words))


def refs(connection: sqlite3.Connection, kind: SubjectKind, ids: Collection[int]) -> dict[int, RoundRef | Cell]:
    """The rounds or answers with these ids; those that are not there are left out."""
    found: dict[int, RoundRef | Cell] = {}
    keys, words = dialogues(connection), dict(enumerate(names(connection)))
    if kind == "round":
        for number in ids:
            row = connection.execute("SELECT dialogue, round FROM rounds WHERE id=?", (number,)).fetchone()
            if row is not None:
                found[number] = RoundRef(keys[row[0]], row[1])
        return found
    sql = (
        "SELECT o.dialogue, o.checkpoint, o.ask_persona, o.ask_policy, a.probe, a.item, a.draw FROM answers a "
        "JOIN conditions o ON o.id=a.condition WHERE a.id=?"
    )
    for number in ids:
        row = connection.execute(sql, (number,)).fetchone()
        if row is not None:
            dialogue, checkpoint, persona, *named, draw = map(whole, row)
            policy, probe, item = (words[one] for one in named)
            found[number] = Cell(keys[dialogue], checkpoint, words[persona] or None, policy, probe, item, draw)
    return found


def _outcome(row: list[Value]) -> tuple[Reply | None, Reason | None]:
    call, reason, *columns = row
    if call is None:
        return None, REASON_WORDS[whole(reason)]
    reply = reply_of(columns)
    return reply, reply.reason


def _judged(
    of: VerdictSet, words: Mapping[int, str], judged_as: int, repeat: int, part: int
) -> tuple[str, str, str, str | None, int, str | None]:
    seen, piece = (words[number] if number else None for number in (judged_as, part))
    return of.metric, of.judge, of.method, seen, repeat, piece
