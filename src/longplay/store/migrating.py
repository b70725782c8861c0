"""Stores of earlier versions, written anew in this version's form: a new file from the old one, checked, then put in
its place. Whenever this is ended, the old store or the new one is whole. Knows tables, no meaning of numbers.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from longplay.store.connection import NAME, connect, made_by, readable, reading, version_of
from longplay.store.copying import mark_copies
from longplay.store.earlier import SCHEMAS
from longplay.store.errors import StoreError, means_damage, one_line
from longplay.store.lock import Lock
from longplay.store.rechecking import disbelieve
from longplay.store.schema import APPLICATION, BROUGHT_IN, CURRENT, EARLIER, JUDGE_CODES, VERSION

_CACHE_KIB = 65_536
_BUSY_MS = 5_000


def _first_to_second(connection: sqlite3.Connection) -> None:
    disbelieve(connection)
    mark_copies(connection)
    connection.execute("INSERT INTO meta VALUES ('rubrics', '1')")


def _second_to_third(connection: sqlite3.Connection) -> None:
    """The tables that version 3 has beside those of version 2, as temporary ones of the old connection.

    A set for every metric, judge and method; where a journal's verdict is gone the method is none. Each verdict stood
    alone in its place, so all count. In version 2 the programs were called `verifier`, which a judge could be called
    too: programs make no calls, a judge does. Only what was brought in had methods whose names say so.
    """
    connection.executescript(
        f"""
        CREATE TEMP TABLE bundled(id, collection, name, text);
        CREATE TEMP TABLE called AS
        SELECT metric, judge FROM journal WHERE metric>0 UNION SELECT metric, judge FROM verdicts WHERE steps>0;
        CREATE TEMP TABLE sets(
          id INTEGER PRIMARY KEY, metric, judge, method, judge_kind, state, UNIQUE(metric, judge, method)
        );
        INSERT INTO sets(metric, judge, method, judge_kind, state)
        SELECT f.metric, f.judge, f.method,
          CASE WHEN CAST(j.name AS TEXT)='verifier' AND NOT EXISTS (
            SELECT 1 FROM temp.called c WHERE c.metric=f.metric AND c.judge=f.judge
          ) THEN {JUDGE_CODES["program"]} ELSE {JUDGE_CODES["model"]} END,
          CASE WHEN f.method=0 THEN {EARLIER} WHEN CAST(m.name AS TEXT) LIKE 'imported-%' THEN {BROUGHT_IN}
            ELSE {CURRENT} END
        FROM (
          SELECT metric, judge, method FROM verdicts UNION
          SELECT n.metric, n.judge, 0 FROM journal n WHERE n.metric>0 AND NOT EXISTS (
            SELECT 1 FROM verdicts v WHERE {_SAME_VERDICT.format(row="n")})
        ) f JOIN names j ON j.id=f.judge LEFT JOIN names m ON m.id=f.method ORDER BY f.method, f.metric, f.judge;
        """
    )


_SAME_VERDICT = (
    "v.kind={row}.kind AND v.subject={row}.subject AND v.metric={row}.metric AND v.judge={row}.judge "
    "AND v.judged_as={row}.judged_as AND v.repeat={row}.repeat"
)
_SET = "(SELECT id FROM temp.sets s WHERE s.metric={row}.metric AND s.judge={row}.judge AND s.method={method})"
_METHOD = f"coalesce((SELECT method FROM verdicts v WHERE {_SAME_VERDICT.format(row='journal')}), 0)"


def _nothing(connection: sqlite3.Connection) -> None:
    del connection


class Step(msgspec.Struct, frozen=True):
    """From one version to the next. `given`: by table of the next version, its columns that the old table has not, as
    SQL over the old row; every other column is copied. `mend`: what the new version knows better, done in the new file.
    `prepare`: makes tables that the old version has not, in the old connection's memory.
    """

    given: Mapping[str, Mapping[str, str]]
    mend: Callable[[sqlite3.Connection], None] = _nothing
    prepare: Callable[[sqlite3.Connection], None] = _nothing


# by the version that a step starts from
STEPS = {
    1: Step(
        {
            "calls": {"marked": "0", "ending": "0", "served_by": "0", "fingerprint": "0"},
            "rounds": {"copied": "0"},
            "answers": {"copied": "0"},
        },
        mend=_first_to_second,
    ),
    2: Step(
        {
            "verdicts": {"set_id": _SET.format(row="verdicts", method="verdicts.method"), "part": "0"},
            "journal": {
                "set_id": f"CASE metric WHEN 0 THEN 0 ELSE {_SET.format(row='journal', method=_METHOD)} END",
                "part": "0",
            },
        },
        prepare=_second_to_third,
    ),
}


def migrate(path: Path) -> None:
    """Bring a run's store up to this version, where it is of an earlier one. The run folder must be locked.

    Raises StoreError: it is no store, a later version wrote it, somebody reads it just now, or there is no room.
    """
    _remove(path)
    version = _version(path)
    if version is None or version == VERSION:
        return
    files = 1 + min(VERSION - version, 2)  # at once: the last two new ones, and as much again to be on the safe side
    needed, free = files * path.stat().st_size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise StoreError(
            f"{path}: is of store version {version} and must be written anew for this longplay (version {VERSION}), "
            f"which needs {needed / 1e6:,.0f} MB free; {free / 1e6:,.0f} MB are. Free disk space and try again."
        )
    _close_log(path)
    new = _steps(path, path.parent, version)
    new.replace(path)
    _sync(path.parent)


def readable_now(run: Path) -> tuple[Path, sqlite3.Connection]:
    """A run's store for reading, in this version's form. An earlier one is brought up to it first; where its folder
    cannot be written, in a temporary copy. Raises StoreError."""
    path = run / NAME
    version = _version(path)
    if version is None or version == VERSION:
        return path, readable(path)
    if os.access(run, os.W_OK):
        lock = Lock(run)
        try:
            migrate(path)
        finally:
            lock.release()
        return path, readable(path)
    with tempfile.TemporaryDirectory(prefix="longplay-") as folder:
        copy = _steps(path, Path(folder), version)
        return path, readable(copy)  # open, it outlives its name


def _version(path: Path) -> int | None:
    """The version of the store at `path`; None where there is no file or nothing in it."""
    if not path.is_file() or path.is_symlink():
        return None
    with closing(_source(path)) as connection, reading(path):
        return version_of(connection, path)


def _source(path: Path) -> sqlite3.Connection:
    """A read-only connection, also in a folder that cannot be written."""
    connection = connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(f"{NAME}-wal").exists():
            return connect(path, "ro")  # what it says of the fault is heard by whoever reads
        return connect(path, "ro&immutable=1")
    except (sqlite3.DatabaseError, ValueError):
        pass  # no database, or a damaged one: heard likewise
    return connection


def _close_log(path: Path) -> None:
    """Bring what stands in the old store's log into its file, so that the new file takes the place of all there is."""
    with closing(connect(path, "rw")) as old, reading(path):
        old.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        try:
            (mode,) = old.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            mode = "busy"
        if mode != "delete":
            raise StoreError(f"{path}: is being read by another process. Wait until it has ended, then try again.")


def _steps(path: Path, folder: Path, version: int) -> Path:
    """Write the store at `path` anew, step by step; the last new file, synced, in `folder`."""
    source = path
    for number in range(version, VERSION):
        target = folder / _partial(number + 1)
        try:
            _step(source, target, number)
        except (sqlite3.Error, OSError, LookupError, ValueError) as error:
            for partial in {target, source} - {path}:
                partial.unlink(missing_ok=True)
            raise StoreError(_fault(path, error)) from None
        if source != path:
            source.unlink()
        source = target
    return source


def _fault(path: Path, error: Exception) -> str:
    """Why the store at `path` was not written anew, and what to do."""
    if not means_damage(error):
        said = error.strerror if isinstance(error, OSError) else one_line(error)
        return (
            f"{path}: could not be written anew for this longplay ({said}). It is as it was. "
            "Free disk space, or make the folder writable, then try again."
        )
    with closing(_source(path)) as connection:
        maker = made_by(connection) or "the longplay that made it"
    return (
        f"{path}: is damaged ({one_line(error)}), so that it cannot be written anew for this longplay. It is as it "
        f"was. Put back a copy of the run folder; without one, {maker} may still read a part of it."
    )


def _step(source: Path, target: Path, number: int) -> None:
    """One step, checked: every table has its rows. Raises sqlite3.Error, OSError, LookupError, ValueError."""
    step, following = STEPS[number], number + 1
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    with closing(connect(target, "rw")) as new, closing(_source(source)) as old:
        new.execute("PRAGMA journal_mode=OFF")  # a file that is not whole is thrown away
        new.execute("PRAGMA synchronous=OFF")
        new.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        new.executescript(SCHEMAS[following])
        old.execute("PRAGMA temp_store=MEMORY")
        step.prepare(old)
        new.execute("BEGIN")
        for (table,) in new.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            _copy(old, new, table, step.given.get(table, {}))
        step.mend(new)
        new.execute("COMMIT")
        new.execute(f"PRAGMA application_id={APPLICATION}")
        new.execute(f"PRAGMA user_version={following}")
    with target.open("rb+") as file:
        os.fsync(file.fileno())


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str, given: Mapping[str, str]) -> None:
    """All rows of a table, in the order of its key. Raises ValueError where not all can be read, sqlite3.Error."""
    columns = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
    selected = ", ".join(given.get(column, column) for column in columns)
    rows = old.execute(f"SELECT {selected} FROM {table}")
    new.executemany(f"INSERT INTO {table}({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone() for connection in (old, new)]
    if counts[0] != counts[1]:
        raise ValueError(f"of {table} {counts[1][0]:,} of {counts[0][0]:,} rows can be read")


def _partial(version: int) -> str:
    return f"{NAME}.version-{version}"


def _remove(path: Path) -> None:
    """Take away what an earlier attempt that was killed has left."""
    for version in SCHEMAS:
        for ending in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                path.with_name(_partial(version) + ending).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """The new name is on the disk."""
    with suppress(OSError):  # not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
