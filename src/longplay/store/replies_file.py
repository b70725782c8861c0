"""The file of kept replies: made, opened, and refused where it is not ours. Knows no replies."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from stat import S_ISREG

VERSION = 2  # another one also where a reply would be read out of the same bytes differently
EARLIER = 1  # the same tables, with replies among them that are not believed any more
APPLICATION = 0x6C70_7265  # "lpre"
_OPEN_S = 5.0
_BUSY_MS = 50  # a run must not wait for other runs

# `day`: days since 1970 on which the reply was last asked for; `sum` guards against bytes that changed on the disk
_TABLES = """
CREATE TABLE replies(
  key BLOB PRIMARY KEY, day INTEGER NOT NULL, sum BLOB NOT NULL, body BLOB NOT NULL
);
CREATE INDEX days ON replies(day);
"""


class Unusable(Exception):
    """Why the file cannot be used; for this room alone."""


@contextmanager
def undo(connection: sqlite3.Connection) -> Generator[None, None, None]:
    """Takes the transaction that has begun back where its block fails."""
    try:
        yield
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def connect(path: Path) -> sqlite3.Connection:
    """The file, ours and whole as far as can be seen at once. Raises Unusable, sqlite3.Error or OSError."""
    if not path.is_absolute():
        raise Unusable("there is no home folder")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # Made by us alone, for this user's eyes, through no prepared link.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if not S_ISREG(path.lstat().st_mode):
            raise Unusable("it is no plain file") from None
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=_OPEN_S, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        _identify(connection)
        with suppress(sqlite3.OperationalError):  # another process is switching it, or has
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    except (Unusable, sqlite3.Error):
        connection.close()
        raise
    return connection


def _identify(connection: sqlite3.Connection) -> None:
    """Make the table in an empty file; refuse what is not exactly ours."""
    if not _schema(connection):
        connection.execute("BEGIN IMMEDIATE")  # of several processes, one makes it
        with undo(connection):
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            if not _schema(connection) and not application:
                for statement in (*_TABLES.split(";"), f"PRAGMA application_id={APPLICATION}"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version={VERSION}")
            connection.execute("COMMIT")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise Unusable("it is another program's file")
    if version not in (EARLIER, VERSION):
        raise Unusable(f"its version is {version}, this longplay's is {VERSION}")
    if _schema(connection) != _expected():
        raise Unusable("it has tables that longplay did not make")


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str, str | None]]:
    return frozenset(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())


@cache
def _expected() -> frozenset[tuple[str, str, str, str | None]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_TABLES)
        return _schema(connection)


def earlier(connection: sqlite3.Connection) -> bool:
    """Whether an earlier version wrote the file."""
    return connection.execute("PRAGMA user_version").fetchone() == (EARLIER,)


def busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the file just now; nothing is wrong with it then."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def size(connection: sqlite3.Connection) -> int:
    """Bytes in use."""
    names = ("page_count", "freelist_count", "page_size")
    pages, spare, page_bytes = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
    return (pages - spare) * page_bytes
