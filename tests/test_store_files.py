"""Which folders a store opens, who may write, and what happens when writing cannot go on."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from longplay import store as room
from longplay.records import Cell, DialogueKey, Reply, Verdict
from longplay.store import Reader, Store, StoreError
from longplay.store.connection import readable, writable

DIALOGUE = DialogueKey("m", None, "s")

# Puts calls and answers without end, in chains; says on stdout which item is on the disk. Argument: run, first item.
CHILD = """
import asyncio, os, sys
from pathlib import Path
from longplay.records import Cell, DialogueKey, Reply
from longplay.store import Store, StoreError

async def chain(store, start, step):
    item = start
    while True:
        key = item.to_bytes(16, "big")
        store.put_call(key, "turn", "m", Reply("ok", f"answer {item} " * 50))
        await store.put_answer(Cell(DialogueKey("m", None, "s"), 0, None, "plain", "p", f"{item}"), [key])
        os.write(1, f"{item}\\n".encode())
        item += step

async def main():
    store = Store.open(Path(sys.argv[1]), linger_s=0.001)
    first = int(sys.argv[2])
    try:
        await asyncio.gather(*(chain(store, first + i, 20) for i in range(20)))
    except StoreError as error:
        first_error = str(error)
    try:
        store.put_call(bytes(16), "turn", "m", Reply("ok", "x"))
    except StoreError as error:
        assert str(error) == first_error
        store.close()
        print("ERROR", error)

if len(sys.argv) > 3:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
asyncio.run(main())
"""


def child(run: Path, first: int, *limit: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, str(run), str(first), *map(str, limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def check_kept(run: Path, committed: set[int]) -> None:
    with Store.open(run) as store:
        found = {int(a.item): a.reply and a.reply.text for a in store.answers(DIALOGUE, 0, None, "plain")}
        assert committed <= found.keys()
        assert all(text == f"answer {item} " * 50 for item, text in found.items())
    with closing(sqlite3.connect(run / "run.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_every_put_that_was_confirmed_survives_a_kill(tmp_path: Path) -> None:
    committed: set[int] = set()
    for first, lines in enumerate((0, 1, 7, 33, 190, 600, 1500)):
        with child(tmp_path, first * 1_000_000) as process:
            assert process.stdout is not None
            said = [process.stdout.readline() for _ in range(lines)]
            process.kill()
            rest = process.stdout.read()
        said += [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
        committed |= {int(line) for line in said}
        check_kept(tmp_path, committed)
    assert len(committed) > 2_000


def test_a_full_disk_stops_writing_says_what_to_do_and_keeps_what_was_committed(tmp_path: Path) -> None:
    with child(tmp_path, 0, 600_000) as process:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
    *items, error = output.decode().splitlines()
    assert error.startswith("ERROR")
    assert "Everything committed before is kept. Free disk space" in error
    assert len(items) > 100
    check_kept(tmp_path, set(map(int, items)))


def test_a_second_process_is_kept_out_and_told_who_is_in(tmp_path: Path) -> None:
    with child(tmp_path, 0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match=f"in use by process {process.pid}. Let it finish or end it"):
            Store.open(tmp_path)
        with Reader.open(tmp_path) as reader:
            assert reader.counts().answers[0].done >= 1
        process.kill()
    Store.open(tmp_path).close()


def test_a_store_opened_twice_in_one_process_is_refused_too(tmp_path: Path) -> None:
    with Store.open(tmp_path), pytest.raises(StoreError, match=f"in use by process {os.getpid()}"):
        Store.open(tmp_path)
    Store.open(tmp_path).close()


def test_closing_commits_what_is_queued_and_refuses_later_puts(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "deep" / "run", linger_s=60)
    store.put_call(bytes(16), "turn", "m", Reply("ok", "x"))
    store.close()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.put_call(bytes(16), "turn", "m", Reply("ok", "x"))
    with Store.open(tmp_path / "deep" / "run") as store:
        assert store.find_call(bytes(16)) == Reply("ok", "x")


def test_a_put_about_something_never_stored_stops_the_store_instead_of_hanging(tmp_path: Path) -> None:
    cell = Cell(DIALOGUE, 0, None, "plain", "p", "i")

    puts: tuple[Callable[[Store], asyncio.Future[None]], ...] = (
        lambda store: store.put_answer(cell, [bytes(16)]),
        lambda store: store.put_verdict(Verdict(cell, "x", "j", "m", "ok", 1.0), ()),
        lambda store: store.put_unreached([Cell(DIALOGUE, 2**70, None, "plain", "p", "i")]),
    )

    async def main() -> None:
        for put in puts:
            with Store.open(tmp_path) as store:
                store.set_meta("before", "kept")
                with pytest.raises(StoreError, match=r"never put.*Please report it"):
                    await put(store)
                with pytest.raises(StoreError, match="never put"):
                    store.set_meta("after", "lost")
            with Reader.open(tmp_path) as reader:
                assert reader.meta() == {"before": "kept"}

    asyncio.run(main())


def test_calls_that_were_lost_without_anyone_knowing_are_told_at_the_end(tmp_path: Path) -> None:
    store = Store.open(tmp_path, linger_s=60)
    with closing(sqlite3.connect(tmp_path / "run.sqlite")) as foreign:
        foreign.execute("DROP TABLE calls")
    store.put_call(bytes(16), "turn", "m", Reply("ok", "x"))
    with pytest.raises(StoreError, match="writing stopped"):
        store.close()
    store.close()


def test_a_run_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").touch()
    with pytest.raises(StoreError, match="holds no run yet"):
        Reader.open(tmp_path)
    with Store.open(tmp_path) as store:
        store.set_meta("a", "b")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("PRAGMA user_version=7", "was written by a later longplay .store version 7"),
        ("PRAGMA application_id=5", "no longplay store"),
        ("CREATE TRIGGER t AFTER INSERT ON calls BEGIN DELETE FROM rounds; END", "tables that longplay did not make"),
        ("DROP TABLE estimates; CREATE VIEW estimates AS SELECT load_extension('x')", "longplay did not make"),
        ("INSERT INTO names VALUES (7, 'gap')", "damaged.*gaps"),
        ("INSERT INTO dialogues VALUES (1, 9, 0, 1, 0, 1, 0)", "damaged.*names what is not there"),
    ],
)
def test_a_store_of_another_make_is_refused_by_name(tmp_path: Path, change: str, says: str) -> None:
    Store.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "run.sqlite")) as connection:
        connection.executescript(change)
    before = (tmp_path / "run.sqlite").read_bytes()
    for _ in range(2):  # the lock is given back
        with pytest.raises(StoreError, match=says):
            Store.open(tmp_path)
    assert (tmp_path / "run.sqlite").read_bytes() == before


@pytest.mark.parametrize("content", [b"dear diary\n" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.sqlite").write_bytes(content)
    for opening in (Store.open, Reader.open):
        with pytest.raises(StoreError, match=r"Choose another run folder|See that the folder"):
            opening(tmp_path)
    assert (tmp_path / "run.sqlite").read_bytes() == content


def test_links_in_a_prepared_folder_are_not_followed(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.write_text("dear")
    for name in ("lock", "run.sqlite"):
        run = tmp_path / f"run-{name}"
        run.mkdir()
        (run / name).symlink_to(diary)
        with pytest.raises(StoreError, match=r"[Cc]hoose another run folder"):
            Store.open(run)
    assert diary.read_text() == "dear"


def test_a_folder_that_cannot_be_and_a_run_that_is_not_there_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made a folder"):
        Store.open(tmp_path / "file" / "run")
    with pytest.raises(StoreError, match="no such file"):
        Reader.open(tmp_path / "nowhere")


def test_a_finished_run_is_read_where_nothing_can_be_written_beside_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.set_meta("a", "b")
    (tmp_path / "run.sqlite-shm").mkdir()
    with Reader.open(tmp_path) as reader:
        assert reader.meta() == {"a": "b"}


def test_a_copied_run_with_its_log_is_read_whole(tmp_path: Path) -> None:
    with Store.open(tmp_path / "run") as store:
        store.set_meta("a", "b")
        shutil.copytree(tmp_path / "run", tmp_path / "copy with ?# in it")
    with Reader.open(tmp_path / "copy with ?# in it") as reader:
        assert reader.meta() == {"a": "b"}


def test_schemas_are_not_trusted_and_commits_are_synchronous(tmp_path: Path) -> None:
    with closing(writable(tmp_path / "run.sqlite")) as writing, closing(readable(tmp_path / "run.sqlite")) as reading:
        for connection in (writing, reading):
            assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
        assert writing.execute("PRAGMA synchronous").fetchone() == (2,)
        assert writing.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reading.execute("DELETE FROM meta")


def test_nothing_here_can_run_what_it_reads() -> None:
    sources = [path.read_text() for path in Path(room.__path__[0]).glob("*.py")]
    assert len(sources) > 10
    assert not any(re.search(r"\b(pickle|marshal|shelve|eval|enable_load_extension)\b", text) for text in sources)
