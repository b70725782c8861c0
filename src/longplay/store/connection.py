"""Opening the database file of a run, for writing or reading. Knows the schema, no run."""

import os
import re
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path

import msgspec

from longplay.files import advice_on
from longplay.store.earlier import SCHEMAS
from longplay.store.errors import LOCAL, NotBegun, StoreError, means_damage, one_line
from longplay.store.schema import APPLICATION, TABLES, VERSION

NAME = "run.sqlite"
_NUMBER = re.compile(r"[0-9A-Za-z.+-]{1,40}")
_OLDEST = (3, 32, 0)  # upserts, 32,766 parameters, trusted_schema
_BUSY_S = 30.0
_CACHE_KIB = 16_384  # pages of texts are written once and never read again; those of keys are what comes back
_CHECKPOINT_PAGES = 8_000  # 32 MB between checkpoints: key pages, hit at random, are then written back less often


def writable(path: Path) -> sqlite3.Connection:
    """The write connection; makes the file where there is none. Raises StoreError where it is no store of ours."""
    if path.is_symlink():
        raise StoreError(f"{path}: is a link. Put the run's own file there, or choose another run folder.")
    with suppress(FileExistsError):  # made by us alone, for this user's eyes; SQLite gives the files beside it its mode
        os.close(private(path))
    connection = connect(path, "rw")
    try:
        with reading(path):
            _identify(connection, path)
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode != "wal":
                raise StoreError(f"{path}: this file system cannot hold a run (no shared memory). {LOCAL}.")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA temp_store=MEMORY")  # what undoes a statement, not a transaction: no file for it
            connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
            if _new(connection):
                create = f"PRAGMA application_id={APPLICATION};PRAGMA user_version={VERSION}"
                connection.executescript(f"BEGIN IMMEDIATE;{TABLES};{create};COMMIT")
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # a copy of the file alone is seen to be a run
    except StoreError:
        connection.close()
        raise
    return connection


def readable(path: Path) -> sqlite3.Connection:
    """A read-only connection to an existing store, usable while another process writes. Raises StoreError."""
    if not path.is_file():
        raise NotBegun(f"{path}: no such file. Name the folder of a run that was started.")
    connection = connect(path, "ro")
    try:
        with reading(path):
            try:
                _identify(connection, path)
            except sqlite3.OperationalError:
                if path.with_name(f"{NAME}-wal").exists():
                    raise
                # A finished run in a folder that cannot be written: SQLite cannot make its shared memory there.
                connection.close()
                connection = connect(path, "ro&immutable=1")
                _identify(connection, path)
            if _new(connection):
                raise NotBegun(
                    f"{path}: holds no run yet. Start it with `longplay run`; or, if this is a copy of a run that was "
                    f"going on or was killed, copy {NAME}-wal beside it too."
                )
    except StoreError:
        connection.close()
        raise
    return connection


def private(path: Path) -> int:
    """A new file for this user's eyes, open for writing. Raises FileExistsError, StoreError."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise
    except OSError as error:
        raise StoreError(f"{path}: cannot be made ({error.strerror}). {advice_on(error)}.") from None


@contextmanager
def reading(path: Path) -> Generator[None, None, None]:
    """Turns what SQLite or our own decoding says of a damaged or foreign file into one StoreError."""
    try:
        yield
    except (sqlite3.Error, LookupError, ValueError) as error:
        if means_damage(error):
            raise StoreError(
                f"{path}: is damaged or no longplay store ({one_line(error)}). Choose another run folder."
            ) from None
        usable = "See that the folder can be read and written; on a network file system, use a local disk"
        advice = "Free disk space" if "is full" in str(error) else usable
        raise StoreError(f"{path}: cannot be used ({one_line(error)}). {advice}.") from None


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection in one of SQLite's URI modes; nothing in the file is trusted. Raises StoreError."""
    if sqlite3.sqlite_version_info < _OLDEST:
        needed = ".".join(map(str, _OLDEST))
        raise StoreError(f"This Python has SQLite {sqlite3.sqlite_version}; longplay needs {needed} or newer.")
    for beside in ("-wal", "-shm", "-journal"):  # SQLite would follow them, and write
        if path.with_name(path.name + beside).is_symlink():
            raise StoreError(f"{path}{beside}: is a link. Choose another run folder.")
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=_BUSY_S,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise StoreError(
            f"{path}: cannot be opened ({one_line(error)}). Choose a folder you can read and write."
        ) from None
    connection.execute("PRAGMA trusted_schema=OFF")
    return connection


def _new(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def version_of(connection: sqlite3.Connection, path: Path) -> int | None:
    """The version of a store, or None of an empty file. Foreign tables, views or triggers, and stores of a later
    version, are refused. Raises StoreError, sqlite3.Error."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    found = _schema(connection)
    if not found and not application and not version:
        return None
    if application != APPLICATION:
        raise StoreError(f"{path}: is a database, but no longplay store. Choose another run folder.")
    if version > VERSION:
        maker = made_by(connection)
        raise StoreError(
            f"{path}: was written by {maker or 'a later longplay'} (store version {version}); this longplay reads "
            f"store versions up to {VERSION}. Use {maker or 'the longplay that made it'}, or another run folder."
        )
    if version not in SCHEMAS or found != _expected(version):
        raise StoreError(f"{path}: has tables that longplay did not make. Choose another run folder.")
    return version


def _identify(connection: sqlite3.Connection, path: Path) -> None:
    """Let an empty file or a store of this version pass."""
    version = version_of(connection, path)
    if version not in (None, VERSION):
        raise StoreError(f"{path}: is of store version {version} and was not brought up to {VERSION}: a defect.")


def made_by(connection: sqlite3.Connection) -> str:
    """The longplay that wrote a store, as far as the store says so."""
    with suppress(sqlite3.Error, msgspec.MsgspecError, TypeError):
        row = connection.execute("SELECT value FROM meta WHERE key='versions'").fetchone()
        number = msgspec.json.decode(row[0], type=dict[str, str]).get("longplay", "") if row else ""
        return f"longplay {number}" if _NUMBER.fullmatch(number) else ""
    return ""


def _schema(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str, str | None]]:
    return frozenset(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall())


@cache
def _expected(version: int) -> frozenset[tuple[str, str, str, str | None]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMAS[version])
        return _schema(connection)
