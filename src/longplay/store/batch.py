"""What is put into a store between two commits, and how it becomes rows. Knows no threads and no files."""

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeAlias

import msgspec

from longplay.records import Cell, Ref, Reply, RoundRef, SubjectKind, TextRef, Verdict, VerdictSet
from longplay.store import statements
from longplay.store.ids import Ids
from longplay.store.rows import Row, fit, reply_row, token_counts
from longplay.store.schema import REASON_CODES, STATUS_CODES, SUBJECT_KINDS

_OVERFLOW = REASON_CODES["overflow"]
_STOPPED = REASON_CODES["dialogue-stopped"]
_NOTHING_SPENT = (0, 0, 0, 0, 0, 0, 0)


class CallPut(msgspec.Struct, frozen=True):
    """A paid call. `kind`: index in schema.CALL_KINDS; `at`: seconds since 1970."""

    key: bytes
    kind: int
    model: str
    reply: Reply
    at: int


class RoundPut(msgspec.Struct, frozen=True):
    """A round; `keys`: its calls, the reply's last; `copied`: whether the reply is copied from an earlier one."""

    ref: RoundRef
    user: str
    keys: Sequence[bytes]
    copied: bool = False


class AnswerPut(msgspec.Struct, frozen=True):
    """An answer; `keys` and `copied` as in RoundPut."""

    cell: Cell
    keys: Sequence[bytes]
    copied: bool = False


class RepeatPut(msgspec.Struct, frozen=True):
    """An answer's request sent again; `number` from 1, `key`: the call's."""

    cell: Cell
    number: int
    key: bytes


class VerdictPut(msgspec.Struct, frozen=True):
    """A verdict; `keys`: the judge's calls in their order; `brought_in`: whether others obtained it."""

    verdict: Verdict
    keys: Sequence[bytes]
    brought_in: bool = False


class TextPut(msgspec.Struct, frozen=True):
    """A bundled text."""

    ref: TextRef
    text: str


class CurrentPut(msgspec.Struct, frozen=True):
    """The models' and programs' sets of verdicts that count from now on, of their metrics; of others no set by a model
    that is not among `judges`."""

    sets: Sequence[VerdictSet]
    judges: Sequence[str]


class UnreachedPut(msgspec.Struct, frozen=True):
    """Rounds and answers that will not be asked in this run, because their dialogue stopped."""

    refs: Sequence[RoundRef | Cell]


class TakenBackPut(msgspec.Struct, frozen=True):
    """Rounds and answers whose replies are not believed any more; `detail` says why."""

    refs: Sequence[RoundRef | Cell]
    detail: str


class Write(msgspec.Struct, frozen=True):
    """Plain SQL, run once for each row; `first` is run before."""

    sql: str
    rows: Sequence[Row]
    first: str | None = None


Entry: TypeAlias = (
    CallPut | RoundPut | AnswerPut | RepeatPut | VerdictPut | TextPut | CurrentPut | UnreachedPut | TakenBackPut | Write
)


class Batch:
    """Rows of one transaction, by table, in the order of their entries."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._writes: list[Write] = []
        self._calls: list[Row] = []
        self._spent: dict[tuple[int, int], tuple[int, ...]] = {}
        self._texts: dict[bytes, Row] = {}
        self._rounds: list[Row] = []
        self._answers: list[Row] = []
        self._bundled: list[Row] = []
        self._journal: dict[SubjectKind, list[Row]] = {kind: [] for kind in SUBJECT_KINDS}
        self._verdicts: dict[SubjectKind, list[Row]] = {kind: [] for kind in SUBJECT_KINDS}
        self._taken_back: list[tuple[str, Row]] = []

    def add(self, entry: Entry) -> None:
        """Make one entry's rows."""
        match entry:
            case CallPut():
                self._call(entry)
            case AnswerPut():
                self._answer(entry.cell, entry.keys, copied=entry.copied)
            case RoundPut():
                self._round(entry.ref, entry.user, entry.keys, copied=entry.copied)
            case RepeatPut():
                self._journal["answer"].append((*self._place(entry.cell), 0, 0, 0, entry.number, 0, entry.key))
            case VerdictPut():
                self._verdict(entry.verdict, entry.keys, brought_in=entry.brought_in)
            case TextPut():
                self._bundled.append((*self._subject(entry.ref)[1], self._text(entry.text)))
            case CurrentPut():
                self._ids.make_only(entry.sets, entry.judges)
            case UnreachedPut():
                for ref in entry.refs:
                    if isinstance(ref, Cell):
                        self._answer(ref, ())
                    else:
                        self._round(ref, "", ())
            case TakenBackPut():
                for ref in entry.refs:
                    self._take_back(ref, entry.detail)
            case Write():
                self._writes.append(entry)

    def insert(self, connection: sqlite3.Connection) -> None:
        """Insert all rows, what is pointed to before what points to it. Raises sqlite3.Error."""
        for write in self._writes:
            if write.first is not None:
                connection.execute(write.first)
            for row in write.rows:
                connection.execute(write.sql, [fit(value) for value in row])
        ids = self._ids
        for statement, rows in (
            (statements.NAMES, ids.new_names),
            (statements.DIALOGUES, ids.new_dialogues),
            (statements.CONDITIONS, ids.new_conditions),
            (statements.SETS, ids.new_sets),
            (statements.TEXTS, list(self._texts.values())),
            (statements.CALLS, self._calls),
            (statements.SPENT, [(*place, *sums) for place, sums in self._spent.items()]),
            (statements.ROUNDS, self._rounds),
            (statements.ANSWERS, self._answers),
            (statements.BUNDLED, self._bundled),
            *((statements.JOURNAL[kind], rows) for kind, rows in self._journal.items()),
            *((statements.VERDICTS[kind], rows) for kind, rows in self._verdicts.items()),
        ):
            statements.insert(connection, statement, rows)
        for sql, row in (*ids.now_current, *self._taken_back):
            connection.execute(sql, row)
        for taken in (ids.new_names, ids.new_dialogues, ids.new_conditions, ids.new_sets, ids.now_current):
            taken.clear()

    def _call(self, put: CallPut) -> None:
        reply, model = put.reply, self._ids.name(put.model)
        counts = token_counts(reply.usage)
        said = self._ids.said(reply.ending), self._ids.said(reply.served_by), self._ids.said(reply.fingerprint)
        self._calls.append((put.key, put.kind, model, *reply_row(reply, counts, put.at, said)))
        if not reply.attempts:  # not sent: nothing was paid
            return
        unmetered = counts[0] is None or counts[2] is None
        paid = reply.spent
        prompt, cached, completion, written = counts if paid is reply.usage else token_counts(paid)
        spent = self._spent.get((model, put.kind), _NOTHING_SPENT)
        self._spent[model, put.kind] = (
            spent[0] + 1,
            spent[1] + reply.attempts,
            spent[2] + (prompt or 0),
            spent[3] + (cached or 0),
            spent[4] + (completion or 0),
            spent[5] + (written or 0),
            spent[6] + unmetered,
        )

    def _round(self, ref: RoundRef, user: str, keys: Sequence[bytes], *, copied: bool = False) -> None:
        place = (self._ids.dialogue(ref.dialogue), ref.round)
        self._rounds.append((*place, self._text(user), *_outcome(keys), copied))
        self._steps("round", place, keys[:-1])

    def _answer(self, cell: Cell, keys: Sequence[bytes], *, copied: bool = False) -> None:
        place = self._place(cell)
        self._answers.append((*place, *_outcome(keys), copied))
        self._steps("answer", place, keys[:-1])

    def _steps(self, kind: SubjectKind, place: tuple[int, ...], keys: Sequence[bytes]) -> None:
        if keys:
            self._journal[kind] += [(*place, 0, 0, 0, 0, step, key) for step, key in enumerate(keys)]

    def _text(self, text: str) -> bytes:
        """Keep a text once; its digest."""
        digest = blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
        self._texts[digest] = (digest, text)
        return digest

    def _verdict(self, verdict: Verdict, keys: Sequence[bytes], *, brought_in: bool) -> None:
        ids = self._ids
        who = (
            ids.verdicts(verdict, brought_in=brought_in),
            ids.name(verdict.judged_as),
            ids.name(verdict.part),
            verdict.repeat,
        )
        what = (
            STATUS_CODES[verdict.status],
            REASON_CODES[verdict.reason],
            verdict.score,
            ids.name(verdict.label),
            len(keys),
            verdict.why or None,
        )
        kind, place = self._subject(verdict.ref)
        self._verdicts[kind].append((*place, *who, *what))
        self._journal[kind] += [(*place, *who, step, key) for step, key in enumerate(keys)]

    def _take_back(self, ref: RoundRef | Cell, detail: str) -> None:
        kind, place = self._subject(ref)
        update, delete = statements.TAKE_BACK[kind]
        self._taken_back += [(update, (_OVERFLOW, fit(detail), *place)), (delete, place)]

    def _subject(self, ref: Ref) -> tuple[SubjectKind, tuple[int, ...]]:
        """The kind of a subject, and the columns that name it."""
        if isinstance(ref, Cell):
            return "answer", self._place(ref)
        if isinstance(ref, RoundRef):
            return "round", (self._ids.dialogue(ref.dialogue), ref.round)
        return "text", (self._ids.name(ref.set), self._ids.name(ref.name))

    def _place(self, cell: Cell) -> tuple[int, int, int, int]:
        ids = self._ids
        return ids.condition(cell), ids.name(cell.probe), ids.name(cell.item), cell.draw


def _outcome(keys: Sequence[bytes]) -> tuple[bytes | None, int, int]:
    """Call key, reason, steps; without a call the dialogue stopped before it."""
    return (keys[-1], 0, len(keys) - 1) if keys else (None, _STOPPED, 0)
