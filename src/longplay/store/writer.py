"""The one thread that writes a store: many puts, one transaction, one fsync. Knows no scan and no lock file."""

import asyncio
import concurrent.futures
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import msgspec

from longplay.records import Reply
from longplay.store.batch import Batch, CallPut, Entry
from longplay.store.errors import StoreError, one_line
from longplay.store.ids import Ids

BATCH_ROWS = 256
_LAST_MS = 500

Waiter: TypeAlias = asyncio.Future[None] | concurrent.futures.Future[None]


class Queue(msgspec.Struct):
    """What waits for the next commit. `due`: monotonic seconds; `rows` counts as far as a batch is filled."""

    entries: list[Entry] = []
    waiters: list[Waiter] = []
    rows: int = 0
    due: float = 0.0


class Writer:
    """Owns the write connection. A batch is taken at BATCH_ROWS rows or `linger_s` after its first entry."""

    def __init__(self, connection: sqlite3.Connection, path: Path, linger_s: float) -> None:
        self._connection = connection
        self._path = path
        there = path.stat()
        self._place = there.st_dev, there.st_ino
        self._linger_s = linger_s
        self._ids = Ids(connection)
        self._queue = Queue()
        self._taken = Queue()
        self._unsettled: dict[bytes, Reply] = {}
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._closing = False
        self._failure: StoreError | None = None
        self._told = False
        # A daemon: a program that forgets `close` ends all the same, as if killed.
        self._thread = threading.Thread(target=self._run, name="longplay-store", daemon=True)
        self._thread.start()

    def put(self, entry: Entry, waiter: Waiter | None = None, rows: int = 1) -> None:
        """Queue one entry; `waiter` is settled when it is committed. Raises StoreError once writing has stopped."""
        with self._lock:
            if self._failure is not None or self._closing:
                self._refuse()
            queue = self._queue
            queue.entries.append(entry)
            if waiter is not None:
                queue.waiters.append(waiter)
            if isinstance(entry, CallPut):
                self._remember(entry)
            before, queue.rows = queue.rows, queue.rows + rows
            first = len(queue.entries) == 1
            if first:
                queue.due = time.monotonic() + self._linger_s
            if first or before < BATCH_ROWS <= queue.rows:
                self._changed.notify()

    def hurry(self) -> None:
        """Take what is queued as soon as the last batch is committed."""
        with self._lock:
            self._queue.due = 0.0
            self._changed.notify()

    def put_now(self, entry: Entry) -> None:
        """Put one entry and wait until it is on the disk. Raises StoreError."""
        done: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.put(entry, done, BATCH_ROWS)
        done.result()

    def uncommitted(self, key: bytes) -> Reply | None:
        """The reply of a call that is queued and not yet committed."""
        return self._unsettled.get(key)

    def close(self) -> None:
        """Commit what is queued, bring all into the one file, and end.

        Raises StoreError if calls were lost and nobody has been told yet.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        if self._failure is None and self._gone():
            self._failure = self._lost()
        with suppress(sqlite3.Error):  # a reader at work keeps the log; nothing is lost by that
            self._connection.execute(f"PRAGMA busy_timeout={_LAST_MS}")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
        if self._failure is not None and not self._told:
            self._told = True
            raise self._failure

    def _refuse(self) -> None:
        if self._failure is not None:
            self._told = True
            raise self._failure
        raise StoreError(f"{self._path}: was closed; open the run again to write to it.")

    def _remember(self, put: CallPut) -> None:
        held = self._unsettled.get(put.key)
        if held is None or not held.final:
            self._unsettled[put.key] = put.reply

    def _run(self) -> None:
        failure: StoreError | None = self._error("a fault of longplay ended the writing thread", "Please report it")
        try:
            while self._take():
                failure = self._commit(self._taken)
                if failure is not None:
                    break
                self._forget(self._taken)
                _settle(self._taken.waiters, None)
            else:
                failure = None
        finally:  # also where a fault of ours ends this thread: nobody may wait for ever
            if failure is not None:
                self._stop(failure)

    def _take(self) -> bool:
        """Wait for the next batch; False when there is none and will be none."""
        with self._changed:
            while not self._queue.entries and not self._closing:
                self._changed.wait()
            while self._queue.rows < BATCH_ROWS and not self._closing:
                left_s = self._queue.due - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._taken, self._queue = self._queue, Queue()
        return bool(self._taken.entries)

    def _commit(self, queue: Queue) -> StoreError | None:
        """Write one batch durably; else leave the store as it was, and say why."""
        batch = Batch(self._ids)
        for entry in queue.entries:
            batch.add(entry)
        if self._gone():
            return self._lost()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            batch.insert(self._connection)
            self._connection.execute("COMMIT")
        except (sqlite3.IntegrityError, OverflowError) as error:
            fault = f"a row does not fit, or names a call or subject never put: {one_line(error)}"
            return self._error(fault, "Please report it")
        except sqlite3.Error as error:
            return self._error(one_line(error), _advice(error))
        return None

    def _gone(self) -> bool:
        """Whether the file that is written is no longer the one at its path: nobody would find what is committed."""
        try:
            there = self._path.stat()
        except OSError:
            return True
        return (there.st_dev, there.st_ino) != self._place

    def _lost(self) -> StoreError:
        return StoreError(
            f"{self._path}: was moved, deleted or replaced while it was written to. What was obtained since then is "
            "kept nowhere. Put the folder back and run again, or start in another one."
        )

    def _error(self, fault: str, advice: str) -> StoreError:
        kept = "Everything committed before is kept"
        return StoreError(f"{self._path}: writing stopped ({fault}). {kept}. {advice}, then run again to resume.")

    def _forget(self, queue: Queue) -> None:
        """Committed calls are found in the database from now on."""
        with self._changed:
            for entry in queue.entries:
                if isinstance(entry, CallPut) and self._unsettled.get(entry.key) is entry.reply:
                    del self._unsettled[entry.key]

    def _stop(self, failure: StoreError) -> None:
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        with self._changed:
            self._failure = failure
            waiters = [*self._taken.waiters, *self._queue.waiters]
            self._told = self._told or bool(waiters)
            self._queue = Queue()
        _settle(waiters, failure)


def _advice(error: sqlite3.Error) -> str:
    """What a person can do about a commit that failed."""
    code = error.sqlite_errorcode & 0xFF
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return "Make the folder writable for you"
    return "Free disk space, or put the folder on a disk that works"


def _settle(waiters: Sequence[Waiter], failure: StoreError | None) -> None:
    """Tell all who wait; those of one event loop in one call."""
    by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
    for waiter in waiters:
        if isinstance(waiter, asyncio.Future):
            by_loop.setdefault(waiter.get_loop(), []).append(waiter)
        elif failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(failure)
    for loop, futures in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_finish, futures, failure)


def _finish(futures: Sequence[asyncio.Future[None]], failure: StoreError | None) -> None:
    for future in futures:
        if future.done():
            continue
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
            future.exception()  # who does not await it hears of the failure at the next put
