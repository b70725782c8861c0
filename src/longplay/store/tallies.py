"""What a run has by place, what its servers said and did, and what was lost: counts. Works on any connection."""

import sqlite3
from collections.abc import Iterator, Sequence

import msgspec

from longplay.records import Cell, DialogueKey, RoundRef, VerdictSet
from longplay.records.messages import Reason
from longplay.store.counting import COUNTS, FROM_VERDICTS, IN_FULL
from longplay.store.ids import dialogue_key, names, sets
from longplay.store.rows import text_of, whole
from longplay.store.schema import CALL_KINDS, FINISH_CODES, KIND_CODES, REASON_CODES, REASON_WORDS

_JOINED = "LEFT JOIN calls c ON c.id=s.call"
_REASON = "CASE WHEN s.call IS NULL THEN s.reason ELSE c.reason END"
_CUT = FINISH_CODES["length"]
_JUDGE, _IMPORT, _UNREAD = KIND_CODES["judge"], KIND_CODES["import"], REASON_CODES["unparsable"]
_FLAGS = (
    f"count(*), sum(coalesce(c.empty, 0)), sum(coalesce(c.finish, 0)={_CUT}), sum(coalesce(c.marked, 0)), sum(s.copied)"
)
_BEHIND = (
    "n.kind=v.kind AND n.subject=v.subject AND n.set_id=v.set_id AND n.judged_as=v.judged_as AND n.part=v.part "
    "AND n.repeat=v.repeat"
)
_KEY = "d.model, d.persona, d.script, d.ord, d.policy, d.draw"


class JudgedText(msgspec.Struct, frozen=True):
    """An answer with the label that a judge gave it."""

    metric: str
    judge: str
    label: str
    text: str


class Texts(msgspec.Struct, frozen=True):
    """Rounds of one dialogue, or answers to one probe at one checkpoint, of one outcome; flags among them.

    `checkpoint` and `probe` are None of rounds; `reason` None = obtained.
    """

    dialogue: DialogueKey
    checkpoint: int | None
    probe: str | None
    reason: Reason | None
    count: int
    empty: int
    cut: int
    marked: int
    copied: int


class Scored(msgspec.Struct, frozen=True):
    """Verdicts on rounds and answers of one set and outcome. `counts`: see counting.py."""

    of: VerdictSet
    reason: Reason | None
    count: int
    counts: bool = True


class Fault(msgspec.Struct, frozen=True):
    """Calls of one model, as a judge or not, that came to nothing for one reason in the same words of the server."""

    model: str
    judging: bool
    reason: Reason
    detail: str
    count: int


class Replied(msgspec.Struct, frozen=True):
    """The replies of one model, as a judge or not. `thought`: those without a text that have a reasoning trace."""

    model: str
    judging: bool
    count: int
    empty: int
    cut: int
    thought: int


class Served(msgspec.Struct, frozen=True):
    """Replies of one model that its server says came from one model (`name`) in one configuration (`fingerprint`); ""
    = it does not say."""

    model: str
    name: str
    fingerprint: str
    count: int


def texts(connection: sqlite3.Connection) -> list[Texts]:
    """All rounds and answers, those of each dialogue together."""
    named = names(connection)
    words = dict(enumerate(named))
    keys = {
        whole(number): dialogue_key(columns, named)
        for number, *columns in connection.execute(f"SELECT d.id, {_KEY} FROM dialogues d ORDER BY d.id")
    }
    rounds = f"SELECT s.dialogue, {_REASON}, {_FLAGS} FROM rounds s {_JOINED} GROUP BY 1, 2"
    found = [
        Texts(keys[number], None, None, REASON_WORDS[reason], *counts)
        for number, reason, *counts in connection.execute(rounds)
    ]
    answers = (
        f"SELECT o.dialogue, o.checkpoint, s.probe, {_REASON}, {_FLAGS} FROM answers s "
        f"JOIN conditions o ON o.id=s.condition {_JOINED} GROUP BY 1, 2, 3, 4"
    )
    found += [
        Texts(keys[number], checkpoint, words[probe], REASON_WORDS[reason], *counts)
        for number, checkpoint, probe, reason, *counts in connection.execute(answers)
    ]
    return found


def scored(connection: sqlite3.Connection) -> list[Scored]:
    """All verdicts on rounds and answers."""
    sql = (
        f"SELECT v.set_id, v.reason, {COUNTS} AS counts, count(*) FROM {FROM_VERDICTS} WHERE v.kind<2 GROUP BY 1, 2, 3"
    )
    found = connection.execute(sql).fetchall()
    of, _ = sets(connection)
    return [Scored(of[number], REASON_WORDS[reason], count, bool(counts)) for number, reason, counts, count in found]


def lost(connection: sqlite3.Connection) -> Iterator[RoundRef | Cell]:
    """Every round and answer that is stored as missing."""
    named = names(connection)
    words = dict(enumerate(named))
    sql = f"SELECT {_KEY}, s.round FROM rounds s JOIN dialogues d ON d.id=s.dialogue {_JOINED} WHERE {_REASON}<>0"
    for *columns, number in connection.execute(sql):
        yield RoundRef(dialogue_key(columns, named), number)
    sql = (
        f"SELECT {_KEY}, o.checkpoint, o.ask_persona, o.ask_policy, s.probe, s.item, s.draw FROM answers s "
        f"JOIN conditions o ON o.id=s.condition JOIN dialogues d ON d.id=o.dialogue {_JOINED} WHERE {_REASON}<>0"
    )
    for row in connection.execute(sql):
        key = dialogue_key(row[:6], named)
        checkpoint, persona, policy, probe, item, draw = row[6:]
        asked = words[persona] if persona else None
        yield Cell(key, checkpoint, asked, words[policy], words[probe], words[item], draw)


def faults(connection: sqlite3.Connection) -> list[Fault]:
    """All calls behind rounds, answers and verdicts that came to nothing, the most frequent first. One that was asked
    again since, with other settings or not, is gone."""
    words = dict(enumerate(names(connection)))
    sql = (
        "WITH behind(call) AS (SELECT call FROM rounds UNION SELECT call FROM answers UNION "
        f"SELECT n.call FROM {FROM_VERDICTS} JOIN journal n ON {_BEHIND} "
        f"WHERE v.reason<>0 AND n.step<v.steps AND {COUNTS}) "
        "SELECT c.model, c.kind=?, c.reason, c.detail, count(*) FROM behind b JOIN calls c ON c.id=b.call "
        "WHERE c.reason<>0 AND c.kind<>? GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC"
    )
    found: list[Fault] = []
    for model, judging, code, detail, count in connection.execute(sql, (_JUDGE, _IMPORT)):
        reason = REASON_WORDS[code]
        if reason is not None:
            found.append(Fault(words[model], bool(judging), reason, text_of(detail), count))
    return found


def served(connection: sqlite3.Connection) -> list[Served]:
    """Who the servers say has answered, in the order of their first replies; nothing where they do not say."""
    words = dict(enumerate(names(connection)))
    sql = (
        f"SELECT model, served_by, fingerprint, count(*) FROM calls WHERE reason=0 AND kind<>{_IMPORT} "
        "AND (served_by<>0 OR fingerprint<>0) GROUP BY 1, 2, 3 ORDER BY min(id)"
    )
    return [
        Served(words[model], words[name], words[fingerprint], count)
        for model, name, fingerprint, count in connection.execute(sql)
    ]


def replied(connection: sqlite3.Connection) -> list[Replied]:
    """All calls that were answered, imported ones aside."""
    words = dict(enumerate(names(connection)))
    sql = (
        f"SELECT model, kind={_JUDGE}, count(*), sum(empty), sum(finish={_CUT}), "
        f"sum(empty AND reasoning IS NOT NULL) FROM calls WHERE reason=0 AND kind<>{_IMPORT} GROUP BY 1, 2"
    )
    return [Replied(words[model], bool(judging), *counts) for model, judging, *counts in connection.execute(sql)]


def uncounted(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """Replies to requests of this run without a token count, or with 0 tokens for a text, by model and kind of call."""
    words = dict(enumerate(names(connection)))
    sql = (
        f"SELECT model, kind, count(*) FROM calls WHERE reason=0 AND kind<>{_IMPORT} AND attempts>0 "
        "AND (prompt IS NULL OR completion IS NULL OR (completion=0 AND NOT empty)) GROUP BY 1, 2"
    )
    return {(words[model], CALL_KINDS[kind]): count for model, kind, count in connection.execute(sql)}


def told_who_to_be(connection: sqlite3.Connection) -> set[str]:
    """Models of which a reply was kept that they gave as a persona: to a prompt with a system message."""
    words = dict(enumerate(names(connection)))
    found = connection.execute(
        "SELECT d.model FROM rounds r JOIN dialogues d ON d.id=r.dialogue JOIN calls c ON c.id=r.call "
        "WHERE c.reason=0 AND d.persona>0 UNION SELECT d.model FROM answers a JOIN conditions o ON o.id=a.condition "
        "JOIN dialogues d ON d.id=o.dialogue JOIN calls c ON c.id=a.call WHERE c.reason=0 AND o.ask_persona>0"
    )
    return {words[model] for (model,) in found}


def judged_answers(connection: sqlite3.Connection, metrics: Sequence[str], most: int) -> list[JudgedText]:
    """The first verdicts with a label on answers, by these metrics, with the answers' texts: evenly spaced, about
    `most` of them at the most."""
    words = names(connection)
    wanted = [number for number, word in enumerate(words) if word in metrics]
    marks = ", ".join("?" * len(wanted))
    some = f"FROM {FROM_VERDICTS} WHERE v.kind=1 AND s.metric IN ({marks}) AND v.label>0 AND v.repeat=0 AND {IN_FULL}"
    (count,) = connection.execute(f"SELECT count(*) {some}", wanted).fetchone()
    found = connection.execute(
        f"SELECT j.metric, j.judge, j.label, c.text FROM (SELECT v.subject, s.metric, s.judge, v.label, row_number() "
        f"OVER (ORDER BY v.subject, s.metric, s.judge, v.judged_as, v.part) AS place {some}) j "
        "JOIN answers a ON a.id=j.subject JOIN calls c ON c.id=a.call WHERE j.place % ? = 0 AND c.text IS NOT NULL",
        [*wanted, max(1, -(-count // most))],
    )
    return [
        JudgedText(words[whole(metric)], words[whole(judge)], words[whole(label)], text_of(text))
        for metric, judge, label, text in found
    ]


def unread(connection: sqlite3.Connection) -> dict[str, str]:
    """A reply of each judge that could not be read, the first that is stored."""
    words = dict(enumerate(names(connection)))
    unread_of = f"FROM {FROM_VERDICTS} {{}} WHERE v.reason={_UNREAD} AND {COUNTS}"
    behind = unread_of.format(f"JOIN journal n ON {_BEHIND} JOIN calls c ON c.id=n.call")
    sql = f"SELECT s.judge, c.text {behind} AND s.judge=? AND c.text IS NOT NULL LIMIT 1"
    judges = connection.execute(f"SELECT DISTINCT s.judge {unread_of.format('')}").fetchall()
    rows = (connection.execute(sql, row).fetchone() for row in judges)
    return {words[judge]: text_of(text) for judge, text in (row for row in rows if row is not None)}
