"""Replies kept across runs, so that judging the same text again costs nothing: one file of the user's, shared by
processes. A cache: whatever is wrong with it, a run goes on without it. Knows no run folder and no model.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Annotated

import msgspec

from longplay.records import Reply, Usage
from longplay.records.messages import Finish
from longplay.store.errors import one_line
from longplay.store.replies_file import VERSION, Unusable, busy, connect, earlier, size, undo
from longplay.store.rows import likeliest_of, likeliest_text, tokens

NAME = "replies.sqlite"
MOST_BYTES = 500_000_000
MOST_BODY_BYTES = 1_000_000
PENDING = 64  # replies that wait for one transaction
_MOST_PENDING = 4096
_LAST_BUSY_MS = 5_000
_DAY_S = 86_400

Count = Annotated[int, msgspec.Meta(ge=0)]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of a reply. Texts as bytes: they may hold what UTF-8 cannot say."""

    text: bytes
    reasoning: bytes
    finish: Finish | None
    prompt: Count | None
    cached: Count | None
    completion: Count | None
    ending: str = ""
    served_by: str = ""
    fingerprint: str = ""
    marked: bool = False
    likeliest: str = ""


def replies_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the file stands: in `$XDG_CACHE_HOME/longplay`, or in `~/.cache/longplay`."""
    named = environment.get("XDG_CACHE_HOME", "")
    folder = named if Path(named).is_absolute() else os.path.join(os.path.expanduser("~"), ".cache")
    return Path(folder) / "longplay" / NAME


class Replies:
    """The file, open. Use from one thread at a time. `fault`: one line that says why it is not used any more.

    No method raises for what is wrong with the file: then nothing is found and nothing is kept.
    """

    def __init__(self, path: Path, most_bytes: int) -> None:
        """Use `Replies.open`."""
        self.fault: str | None = None
        self._path = path
        self._most_bytes = most_bytes
        self._connection: sqlite3.Connection | None = None
        self._new: dict[bytes, bytes] = {}
        self._used: set[bytes] = set()

    @classmethod
    def open(cls, path: Path, most_bytes: int = MOST_BYTES) -> "Replies":
        """Open or make the file. It grows to about `most_bytes`; then those go that nobody asked for longest."""
        replies = cls(path, most_bytes)
        try:
            replies._connection = connect(path)
        except (Unusable, sqlite3.Error, OSError) as error:
            replies._give_up(error)
        replies._attempt(replies._look_again)
        replies._attempt(replies._trim)
        return replies

    def find(self, key: bytes) -> Reply | None:
        """The reply under a key, with `attempts` 0: it was not sent. Its usage is that of the call once paid."""
        connection, waiting = self._connection, self._new.get(key)
        if connection is None:
            return None
        if waiting is not None:
            return _reply(waiting)
        try:
            row = connection.execute("SELECT day, sum, body FROM replies WHERE key=?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._give_up(error)
            return None
        if row is None:
            return None
        day, guard, body = row
        found = _reply(body) if isinstance(body, bytes) and guard == _sum(key, body) else None
        if found is not None and day != _today():
            self._used.add(key)
            self._write_when_many()
        return found

    def keep(self, key: bytes, reply: Reply) -> None:
        """Keep a reply that was obtained; a missing one never is."""
        if self._connection is None or reply.text is None or reply.status != "ok":
            return
        usage = reply.usage
        text, reasoning = (part.encode(errors="surrogatepass") for part in (reply.text, reply.reasoning))
        prompt, cached, completion = tokens(usage.prompt), tokens(usage.cached), tokens(usage.completion)
        said = reply.ending, reply.served_by, reply.fingerprint
        rest = reply.marked, likeliest_text(reply.likeliest)
        kept = _Body(text, reasoning, reply.finish, prompt, cached, completion, *said, *rest)
        body = msgspec.msgpack.encode(kept)
        if len(body) <= MOST_BODY_BYTES:
            self._new[key] = body
            self._write_when_many()

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        connection = self._connection
        if connection is None:
            return
        connection.execute(f"PRAGMA busy_timeout={_LAST_BUSY_MS}")
        self._attempt(self._write)
        self._attempt(self._trim)
        self._connection = None
        connection.close()

    def __enter__(self) -> "Replies":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write_when_many(self) -> None:
        waiting = len(self._new) + len(self._used)
        if not waiting % PENDING:
            self._attempt(self._write)
        if waiting > _MOST_PENDING:  # another process holds the file for long: these are asked again one day
            self._new.clear()
            self._used.clear()

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do something with the file, unless another process holds it just now; where it fails, do without the file."""
        try:
            act()
        except sqlite3.Error as error:
            if not busy(error):
                self._give_up(error)

    def _write(self) -> None:
        connection, today = self._connection, _today()
        if connection is None or not (self._new or self._used):
            return
        connection.execute("BEGIN IMMEDIATE")
        with undo(connection):
            if size(connection) < self._most_bytes:
                rows = [(key, today, _sum(key, body), body) for key, body in self._new.items()]
                connection.executemany("INSERT OR REPLACE INTO replies(key, day, sum, body) VALUES (?, ?, ?, ?)", rows)
            connection.executemany("UPDATE replies SET day=? WHERE key=?", [(today, key) for key in self._used])
            connection.execute("COMMIT")
        self._new.clear()
        self._used.clear()

    def _look_again(self) -> None:
        """Forget what an earlier version kept and this one would not."""
        connection = self._connection
        if connection is None or not earlier(connection):
            return
        connection.execute("BEGIN IMMEDIATE")
        with undo(connection):
            rows = connection.execute("SELECT rowid, body FROM replies")
            doubted = [(number,) for number, body in rows if not isinstance(body, bytes) or not _credible(_reply(body))]
            connection.executemany("DELETE FROM replies WHERE rowid=?", doubted)
            connection.execute(f"PRAGMA user_version={VERSION}")
            connection.execute("COMMIT")

    def _trim(self) -> None:
        """Make room in a full file, before or after a run: it takes a while."""
        connection = self._connection
        if connection is None or size(connection) < self._most_bytes * 7 // 8:
            return
        connection.execute("BEGIN IMMEDIATE")
        with undo(connection):
            (rows,) = connection.execute("SELECT count(*) FROM replies").fetchone()
            spare = rows - rows * self._most_bytes * 3 // (4 * max(size(connection), 1))
            oldest = "SELECT rowid FROM replies ORDER BY day, rowid LIMIT ?"
            connection.execute(f"DELETE FROM replies WHERE rowid IN ({oldest})", (max(spare, 0),))
            connection.execute("COMMIT")

    def _give_up(self, error: Exception) -> None:
        fault = error.strerror or str(error) if isinstance(error, OSError) else one_line(error)
        if self.fault is None:
            advice = "Remove it to begin a new one" if not isinstance(error, OSError) else "Make its folder writable"
            self.fault = f"{self._path}: the cache of replies is not used ({fault}). {advice}, or add --no-cache."
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _sum(key: bytes, body: bytes) -> bytes:
    return blake2b(key + body, digest_size=8).digest()


def _reply(body: bytes) -> Reply | None:
    """The reply as it was kept, now unsent; None where the bytes hold none."""
    try:
        kept = msgspec.msgpack.decode(body, type=_Body)
        text, reasoning = (part.decode(errors="surrogatepass") for part in (kept.text, kept.reasoning))
    except (msgspec.MsgspecError, ValueError):
        return None
    usage = Usage(kept.prompt, kept.cached, kept.completion)
    return Reply(
        "ok",
        text=text,
        finish=kept.finish,
        usage=usage,
        reasoning=reasoning,
        attempts=0,
        ending=kept.ending,
        served_by=kept.served_by,
        fingerprint=kept.fingerprint,
        marked=kept.marked,
        likeliest=likeliest_of(kept.likeliest),
    )


def _credible(reply: Reply | None) -> bool:
    """Whether a reply that an earlier version kept ended in a known way."""
    if reply is None or reply.finish not in ("stop", "length"):
        return False
    return not (reply.empty and reply.cut and reply.usage.completion == 0)


def _today() -> int:
    return int(time.time()) // _DAY_S
