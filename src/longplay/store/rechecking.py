"""Replies that an earlier version believed and this one does not: found, and what was built on them taken back.

Works in SQL on a connection within a transaction. What was paid for stays: the text of a reply moves to `raw`.
"""

import sqlite3
from collections.abc import Iterator

import msgspec

from longplay.inference.traces import split_trace
from longplay.records.messages import Reason
from longplay.store.schema import CALL_KINDS, FINISH_CODES, REASON_CODES, SUBJECT_KINDS

DOUBTED = "doubted"  # the meta key of how many replies are no longer believed, by reason (JSON)
DETAIL = "an earlier version believed this reply: the server named no known ending, or counted no tokens"

_IMPORT = CALL_KINDS.index("import")
_STOPPED = REASON_CODES["dialogue-stopped"]
_ANSWER = SUBJECT_KINDS.index("answer")
# Version 1 wrote `other` for every ending that it did not know, and believed the reply.
_DOUBTS: dict[Reason, str] = {
    "failed": f"finish={FINISH_CODES['other']}",
    "filtered": f"finish={FINISH_CODES['filter']}",
    "overflow": f"finish={FINISH_CODES['length']} AND empty=1 AND completion=0",
}


class _Limits(msgspec.Struct, frozen=True):
    max_tokens: int = 0


class _Model(msgspec.Struct, frozen=True):
    name: str
    label: str | None = None
    sampling: _Limits = _Limits()
    probe_sampling: _Limits = _Limits()


class _Study(msgspec.Struct):
    models: list[_Model] = []


def disbelieve(connection: sqlite3.Connection) -> None:
    """Look again at all replies of a store of version 1. Those that are no replies become missing, with their texts
    kept in `raw`; replies that took all tokens they might are marked as cut, and texts that hold a reasoning trace or
    its marks are flagged: such a text was scored as it stands, and stood in the history."""
    connection.execute("CREATE TEMP TABLE doubted(id INTEGER PRIMARY KEY)")
    counts: dict[str, int] = {}
    for reason, doubt in _DOUBTS.items():
        where = f"reason=0 AND kind<>{_IMPORT} AND {doubt}"
        found = connection.execute(f"INSERT INTO doubted SELECT id FROM calls WHERE {where}").rowcount
        connection.execute(
            f"UPDATE calls SET reason=?, empty=0, detail=?, raw=CAST(text AS BLOB), text=NULL WHERE {where}",
            (REASON_CODES[reason], DETAIL),
        )
        if found:
            counts[reason] = found
    if counts:
        connection.execute("INSERT INTO meta VALUES (?, ?)", (DOUBTED, msgspec.json.encode(counts).decode()))
        _take_back(connection)
    connection.execute("DROP TABLE doubted")
    _mark_cut(connection)
    _mark_traces(connection)


def _take_back(connection: sqlite3.Connection) -> None:
    """What rests on doubted replies: what was asked after such a round, every verdict on such a text, in comparison
    with it or by such a reply of the judge, and repeats of answers that will be others. Verdicts are a cache: what can
    be had again from the replies is had again without a call."""
    run = connection.execute
    run("CREATE TEMP TABLE lost(kind INTEGER, subject INTEGER, PRIMARY KEY(kind, subject)) WITHOUT ROWID")
    run("CREATE TEMP TABLE broken(dialogue INTEGER PRIMARY KEY, round INTEGER)")
    run(
        "INSERT INTO broken SELECT dialogue, min(round) FROM rounds WHERE call IN (SELECT id FROM doubted) "
        "GROUP BY dialogue"
    )
    later_rounds = "SELECT r.id FROM rounds r JOIN broken b ON b.dialogue=r.dialogue AND r.round>b.round"
    later_answers = (
        "SELECT a.id FROM answers a JOIN conditions o ON o.id=a.condition JOIN broken b ON b.dialogue=o.dialogue "
        "AND o.checkpoint>=b.round"
    )
    run(f"INSERT INTO lost SELECT 0, id FROM ({later_rounds})")
    run(f"INSERT INTO lost SELECT 1, id FROM ({later_answers})")
    for table, kind in (("rounds", 0), ("answers", 1)):
        run(
            f"UPDATE {table} SET call=NULL, reason={_STOPPED}, steps=0 "
            f"WHERE id IN (SELECT subject FROM lost WHERE kind={kind})"
        )
        run(f"INSERT OR IGNORE INTO lost SELECT {kind}, id FROM {table} WHERE call IN (SELECT id FROM doubted)")
    same_item = "d.model, d.persona, a.probe, a.item"
    joined = "FROM answers a JOIN conditions o ON o.id=a.condition JOIN dialogues d ON d.id=o.dialogue"
    run(
        "DELETE FROM verdicts WHERE kind=1 AND subject IN "
        f"(SELECT a.id {joined} WHERE ({same_item}) IN "
        f"(SELECT {same_item} {joined} WHERE a.id IN (SELECT subject FROM lost WHERE kind=1)))"
    )
    place = "kind, subject, metric, judge, judged_as, repeat"
    run("DELETE FROM verdicts WHERE (kind, subject) IN (SELECT kind, subject FROM lost)")
    run(f"DELETE FROM verdicts WHERE ({place}) IN (SELECT {place} FROM journal WHERE call IN (SELECT id FROM doubted))")
    run(
        f"DELETE FROM journal WHERE kind={_ANSWER} AND metric=0 AND repeat>0 "
        f"AND subject IN (SELECT subject FROM lost WHERE kind={_ANSWER})"
    )
    run("DROP TABLE lost")
    run("DROP TABLE broken")


def _mark_cut(connection: sqlite3.Connection) -> None:
    """A reply that took as many tokens as it might was cut, whatever its server calls that."""
    dialogues = "SELECT d.id FROM dialogues d JOIN names n ON n.id=d.model WHERE n.name=?"
    rounds = f"SELECT call FROM rounds WHERE dialogue IN ({dialogues})"
    answers = f"SELECT a.call FROM answers a JOIN conditions o ON o.id=a.condition WHERE o.dialogue IN ({dialogues})"
    for model in _models(connection):
        for limit, calls in ((model.sampling.max_tokens, rounds), (model.probe_sampling.max_tokens, answers)):
            if limit:
                connection.execute(
                    f"UPDATE calls SET finish={FINISH_CODES['length']} WHERE finish={FINISH_CODES['stop']} "
                    f"AND reason=0 AND kind<>{_IMPORT} AND completion>=? AND id IN ({calls})",
                    (limit, model.label or model.name),
                )


def _mark_traces(connection: sqlite3.Connection) -> None:
    connection.create_function("holds_trace", 1, _holds_trace, deterministic=True)
    connection.execute(
        f"UPDATE calls SET marked=1 WHERE reason=0 AND kind<>{_IMPORT} AND typeof(text)='text' AND holds_trace(text)"
    )


def _holds_trace(text: str) -> bool:
    split = split_trace(text)
    return split.marked or bool(split.reasoning)


def _models(connection: sqlite3.Connection) -> Iterator[_Model]:
    """The models under test with what their replies might take, as the stored study has them."""
    for (body,) in connection.execute("SELECT body FROM documents WHERE kind='study'"):
        try:
            yield from msgspec.json.decode(body, type=_Study).models
        except (msgspec.MsgspecError, TypeError, ValueError):
            return  # a store that does not say: nothing is marked
