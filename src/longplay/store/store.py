"""The write side of a run: every paid call as it arrives, and what is needed to resume. Knows no meaning of numbers."""

import asyncio
import math
import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from longplay.files import advice_on
from longplay.records import Cell, DialogueKey, Reply, RoundRef, TextRef, Verdict, VerdictSet
from longplay.records.messages import Reason
from longplay.store import details, scans
from longplay.store.batch import (
    AnswerPut,
    CallPut,
    CurrentPut,
    Entry,
    RepeatPut,
    RoundPut,
    TakenBackPut,
    TextPut,
    UnreachedPut,
    VerdictPut,
    Write,
)
from longplay.store.connection import NAME, readable, reading, writable
from longplay.store.errors import StoreError
from longplay.store.known import Known
from longplay.store.lock import Lock
from longplay.store.migrating import migrate
from longplay.store.schema import KIND_CODES
from longplay.store.stored import (
    AnswerVerdictKey,
    StoredAnswer,
    StoredEstimate,
    StoredRepeat,
    StoredRound,
    VerdictKey,
)
from longplay.store.writer import Writer

_DOCUMENT = "INSERT OR REPLACE INTO documents(kind, name, body) VALUES (?, ?, ?)"


class Store:
    """A run folder opened for writing; one process at a time. Use from one thread.

    Calls are queued at once; `put_round`, `put_answer`, `put_verdict` and `put_unreached` need a running event loop and
    return a future that is done when the row is on the disk. Once writing has stopped (a full disk), every put raises
    StoreError. The scans see committed rows.
    """

    def __init__(self, path: Path, lock: Lock, writer: Writer, connection: sqlite3.Connection, known: Known) -> None:
        """Use `Store.open`."""
        self._path = path
        self._lock = lock
        self._writer = writer
        self._connection = connection
        self._known = known
        self._closed = False

    @classmethod
    def open(cls, run: Path, linger_s: float = 0.05) -> "Store":
        """Open or make the store of a run folder. `linger_s`: how long a put may wait for company before its commit.

        A store of an earlier version is brought up to this one's form.
        Raises StoreError: another process has it, a later version wrote it, it is no store, it cannot be written.
        """
        path = run / NAME
        try:
            run.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{run}: cannot be made a folder ({error.strerror}). {advice_on(error)}.") from None
        with ExitStack() as undo:
            lock = Lock(run)
            undo.callback(lock.release)
            migrate(path)
            connection = writable(path)
            undo.callback(connection.close)
            reader = readable(path)
            undo.callback(reader.close)
            with reading(path):
                known = Known(scans.call_keys(reader))
                writer = Writer(connection, path, linger_s)
            undo.pop_all()
        return cls(path, lock, writer, reader, known)

    def close(self) -> None:
        """Commit what is queued and give the lock back. Raises StoreError if queued calls were lost untold."""
        if self._closed:
            return
        self._closed = True
        self._connection.close()
        try:
            self._writer.close()
        finally:
            self._lock.release()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def set_meta(self, key: str, value: str) -> None:
        """Set one fact about the run; on the disk on return."""
        self._writer.put_now(Write("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", ((key, value),)))

    def set_document(self, kind: str, name: str, body: str) -> None:
        """Keep a study, persona, script or item as it was; on the disk on return."""
        self.set_documents(kind, {name: body})

    def set_documents(self, kind: str, bodies: Mapping[str, str]) -> None:
        """Keep several documents of one kind, by name; on the disk on return."""
        self._writer.put_now(Write(_DOCUMENT, [(kind, name, body) for name, body in bodies.items()]))

    def put_estimates(self, method: str, estimates: Sequence[bytes]) -> None:
        """Replace the estimates by those of a new analysis (JSON bodies); on the disk on return."""
        self._writer.put_now(
            Write(
                "INSERT INTO estimates(method, body) VALUES (?, ?)",
                [(method, body.decode(errors="surrogatepass")) for body in estimates],
                first="DELETE FROM estimates",
            )
        )

    def put_call(self, key: bytes, kind: str, model: str, reply: Reply) -> None:
        """Queue a call under its key; put it before what points to it. `kind`: one of CALL_KINDS.

        The first final reply under a key stands; a transient failure is replaced. Both count as spent. A reply with
        `attempts` 0 does not: nothing was sent (an earlier run had it, or the prompt could not fit).
        """
        if (reply.reason is None) != (reply.status == "ok") or (reply.text is None) != (reply.status == "missing"):
            raise StoreError(
                f"{self._path}: a reply is `ok` with a text or `missing` with a reason, not {reply.status}."
            )
        self._writer.put(CallPut(key, KIND_CODES[kind], model, reply, int(time.time())))
        self._known.add(key)

    def put_round(
        self, ref: RoundRef, user: str, keys: Sequence[bytes], *, copied: bool = False
    ) -> asyncio.Future[None]:
        """Put a round. `keys`: its calls, the reply's last; the earlier ones are journalled as a policy's steps.
        `copied`: whether the reply is copied from an earlier one of the dialogue."""
        return self._put(RoundPut(ref, user, _some(keys), copied))

    def put_answer(self, cell: Cell, keys: Sequence[bytes], *, copied: bool = False) -> asyncio.Future[None]:
        """Put an answer; `keys` and `copied` as in `put_round`."""
        return self._put(AnswerPut(cell, _some(keys), copied))

    def put_repeat(self, cell: Cell, number: int, keys: Sequence[bytes]) -> asyncio.Future[None]:
        """Put the `number`th repeat (from 1) of an answer that was put. `keys`: its calls, the repeat's own last."""
        return self._put(RepeatPut(cell, number, _some(keys)[-1]))

    def set_current(self, sets: Sequence[VerdictSet], judges: Sequence[str]) -> None:
        """The models' and programs' sets of verdicts that count from now on; on the disk on return. Others of the same
        metrics, of other settings or by judges that are no longer named, stay and count again when they are given
        again. A set that is new with its first verdict counts too. `judges`: the models that may have judged what is of
        other metrics; other models' sets of those count no longer. Else what is of other metrics, what was brought in
        and what people said is as it was."""
        self._writer.put_now(CurrentPut(tuple(sets), tuple(judges)))

    def put_text(self, ref: TextRef, text: str) -> None:
        """Put a bundled text, so that verdicts on it may be put; on the disk on return, so that no other words can take
        its name meanwhile. Raises StoreError where it has other words."""
        with reading(self._path):
            known = details.bundled_text(self._connection, ref)
        if known not in (None, text):
            raise StoreError(f"{self._path}: the text {ref.name} of {ref.set} has other words; give it another name.")
        self._writer.put_now(TextPut(ref, text))

    def put_verdict(self, verdict: Verdict, keys: Sequence[bytes], *, brought_in: bool = False) -> asyncio.Future[None]:
        """Put a verdict on a text that was put, in place of one of the same judge by the same method, beside those of
        others. `keys`: the judge's calls; `brought_in`: others obtained it, and any other set counts before it."""
        missing = verdict.status == "missing"
        scored = verdict.score is not None and math.isfinite(verdict.score)
        if missing != (verdict.reason is not None) or missing != (verdict.score is None) or scored == missing:
            raise StoreError(f"{self._path}: a verdict has a score or is missing with a reason, not {verdict.score}.")
        return self._put(VerdictPut(verdict, tuple(keys), brought_in))

    def hurry(self) -> None:
        """Commit what is queued without waiting for company."""
        self._writer.hurry()

    def put_document(self, kind: str, name: str, body: str) -> asyncio.Future[None]:
        """Put a document among the other puts; see `set_document`."""
        return self._put(Write(_DOCUMENT, ((kind, name, body),)))

    def put_unreached(self, refs: Sequence[RoundRef | Cell]) -> asyncio.Future[None]:
        """Note rounds and answers that are missing as `dialogue-stopped`, until they are put after all."""
        return self._put(UnreachedPut(tuple(refs)), len(refs))

    def take_back(self, refs: Sequence[RoundRef | Cell], detail: str) -> asyncio.Future[None]:
        """Rounds and answers that were put become missing as `overflow`, with their verdicts gone: their prompts were
        cut. The words stay as bytes; what is missing already stays as it is. `detail`: one line that says why."""
        return self._put(TakenBackPut(tuple(refs), detail), len(refs))

    def find_call(self, key: bytes) -> Reply | None:
        """The reply under a call key, queued or stored, a transient failure too (see `Reply.final`)."""
        if not self._known.may_hold(key):
            return None
        waiting = self._writer.uncommitted(key)
        if waiting is not None:
            return waiting
        with reading(self._path):
            return scans.find_call(self._connection, key)

    def rounds(self, dialogue: DialogueKey) -> list[StoredRound]:
        """The committed rounds of a dialogue in their order."""
        with reading(self._path):
            return scans.rounds(self._connection, dialogue)

    def answers(
        self, dialogue: DialogueKey, checkpoint: int, ask_persona: str | None, ask_policy: str
    ) -> list[StoredAnswer]:
        """The committed answers after one prefix."""
        with reading(self._path):
            return scans.answers(self._connection, Cell(dialogue, checkpoint, ask_persona, ask_policy, "", ""))

    def steps(self, cell: Cell) -> list[Reply]:
        """The replies that were obtained on the way to an answer, in their order."""
        with reading(self._path):
            return details.steps(self._connection, cell)

    def repeats(
        self, dialogue: DialogueKey, checkpoint: int, ask_persona: str | None, ask_policy: str
    ) -> list[StoredRepeat]:
        """The committed repeats of answers after one prefix."""
        with reading(self._path):
            return scans.repeats(self._connection, Cell(dialogue, checkpoint, ask_persona, ask_policy, "", ""))

    def round_verdicts(self, dialogue: DialogueKey) -> dict[VerdictKey, Reason | None]:
        """Why verdicts on the committed rounds of a dialogue are missing, None where they are not; of every set."""
        with reading(self._path):
            return scans.round_verdicts(self._connection, dialogue)

    def answer_verdicts(
        self, dialogue: DialogueKey, checkpoint: int, ask_persona: str | None, ask_policy: str
    ) -> dict[AnswerVerdictKey, Reason | None]:
        """The same of the committed answers after one prefix."""
        with reading(self._path):
            return scans.answer_verdicts(self._connection, Cell(dialogue, checkpoint, ask_persona, ask_policy, "", ""))

    def estimates(self) -> list[StoredEstimate]:
        """The estimates of the last analysis."""
        with reading(self._path):
            return details.estimates(self._connection)

    def _put(self, entry: Entry, rows: int = 1) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer.put(entry, done, rows)
        return done


def _some(keys: Sequence[bytes]) -> tuple[bytes, ...]:
    if not keys:
        raise StoreError("A round or answer needs the key of its call; what was never asked goes to put_unreached.")
    return tuple(keys)
