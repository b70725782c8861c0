"""Stores of earlier versions are opened for ever: written anew, whole at any moment, with nothing paid twice."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from faults import FaultServer
from killed_run import words
from longplay.cli import main
from longplay.store import Reader, Replies, Store, StoreError
from longplay.store import migrating as room
from longplay.store.schema import TABLES, VERSION

DATA = Path(__file__).parent / "data"
BROKEN = DATA / "run-0.1.0"  # a third of its replies are none, or are not what they seem
WHOLE = DATA / "run-0.1.0-whole"
Rows = list[tuple[Any, ...]]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BROKEN, tmp_path / "broken"))


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WHOLE, tmp_path / "whole"))


def rows(run: Path, sql: str) -> Rows:
    with closing(sqlite3.connect(run / "run.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def version(run: Path) -> object:
    return rows(run, "PRAGMA user_version")[0][0]


def resume(run: Path, server: FaultServer) -> int:
    """Run the study of a folder once more, its servers now at another address."""
    text = (run / "study.toml").read_text()
    lines = [f'base_url = "{server.url}"' if line.startswith("base_url") else line for line in text.splitlines()]
    study = run.parent / f"{run.name}.toml"
    study.write_text("\n".join(lines))
    return main(["run", str(study), "--into", str(run), "--no-cache"])


def test_a_run_of_version_0_1_0_opens_with_every_call_round_and_answer_that_it_had(whole: Path) -> None:
    tables = ("calls", "rounds", "answers", "verdicts", "journal", "dialogues", "documents", "spent", "names", "texts")
    before = {table: rows(whole, f"SELECT count(*) FROM {table}") for table in tables}
    said = rows(whole, "SELECT key, text, prompt FROM calls ORDER BY key")
    assert version(whole) == 1
    with Reader.open(whole) as reader:
        counts = reader.counts()
    answers = sum(found.done for found in counts.answers.values())
    assert (counts.rounds.done, answers, counts.verdicts.done) == (12, 42, 130)
    assert version(whole) == VERSION
    assert {table: rows(whole, f"SELECT count(*) FROM {table}") for table in tables} == before
    assert rows(whole, "SELECT key, text, prompt FROM calls ORDER BY key") == said
    assert sorted(path.name for path in whole.iterdir()) == ["lock", "run.sqlite", "study.toml"]


def test_a_run_of_version_0_1_0_goes_on_and_pays_nothing_again(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer(words=words) as server:
        assert resume(whole, server) == 0
        assert not server.requests
    assert "earlier version" not in capsys.readouterr().err
    assert main(["report", str(whole)]) == 0


def test_replies_that_version_0_1_0_believed_are_found_kept_and_asked_for_again(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doubted = "reason=0 AND kind<>4 AND (finish IN (3, 4) OR (finish=2 AND empty AND completion=0))"
    believed = dict(rows(broken, f"SELECT key, text FROM calls WHERE {doubted}"))
    assert len(believed) == 22
    with Reader.open(broken) as reader:
        assert reader.counts().rounds.missing == {"failed": 1, "dialogue-stopped": 2}
    kept = dict(rows(broken, "SELECT key, raw FROM calls WHERE raw IS NOT NULL"))
    assert {key: str(text).encode() for key, text in believed.items()}.items() <= kept.items()
    with FaultServer(words=words) as server:
        assert resume(broken, server) == 0
        said = capsys.readouterr().err
        assert "22 replies that an earlier version of longplay believed are no longer believed" in said
        assert "(failed 16, filtered 3, overflow 3). What failed is asked for again" in said
        asked = len(server.requests)
    assert asked > 16  # and what stood on them
    for table in ("rounds", "answers"):
        assert not rows(
            broken, f"SELECT 1 FROM {table} s LEFT JOIN calls c ON c.id=s.call WHERE c.reason=2 OR s.reason"
        )
    assert not rows(broken, "SELECT 1 FROM verdicts WHERE reason=2")
    assert kept.items() <= dict(rows(broken, "SELECT key, raw FROM calls WHERE raw IS NOT NULL")).items()
    with FaultServer(words=words) as server:
        assert resume(broken, server) == 0
        assert not server.requests
    assert "earlier version" not in capsys.readouterr().err


def test_nothing_that_stands_on_a_reply_no_longer_believed_is_counted(broken: Path) -> None:
    of_rounds = (
        "SELECT v.* FROM verdicts v JOIN rounds r ON v.kind=0 AND v.subject=r.id "
        "WHERE r.dialogue=? AND r.round BETWEEN ? AND ?"
    )
    ((dialogue,),) = rows(
        broken, "SELECT r.dialogue FROM rounds r JOIN calls c ON c.id=r.call WHERE c.finish=4 AND c.text LIKE 'Aye%'"
    )
    with closing(sqlite3.connect(broken / "run.sqlite")) as connection:
        before = connection.execute(of_rounds, (dialogue, 1, 3)).fetchall()
        assert len(connection.execute(of_rounds, (dialogue, 4, 6)).fetchall()) == 12
    with Store.open(broken):
        pass
    with closing(sqlite3.connect(broken / "run.sqlite")) as connection:
        assert not connection.execute(of_rounds, (dialogue, 4, 6)).fetchall()
        after = connection.execute(of_rounds, (dialogue, 1, 3)).fetchall()
        assert len(after) >= 9
        assert set(after) <= set(before)
        lost = connection.execute(
            "SELECT count(*) FROM answers a JOIN conditions o ON o.id=a.condition "
            "WHERE o.dialogue=? AND o.checkpoint=6 AND a.call IS NULL AND a.reason=6",
            (dialogue,),
        )
        assert lost.fetchone() == (5,)


def test_a_reply_that_took_all_tokens_it_might_is_found_to_be_cut(broken: Path) -> None:
    full = "SELECT c.finish FROM rounds r JOIN calls c ON c.id=r.call WHERE c.completion=64"
    assert rows(broken, full) == [(1,)]
    with Store.open(broken):
        pass
    assert rows(broken, full) == [(2,)]


def test_a_trace_that_was_taken_for_an_answer_is_flagged(broken: Path) -> None:
    with Store.open(broken):
        pass
    flagged = rows(broken, "SELECT text FROM calls WHERE marked=1")
    assert flagged
    assert flagged == rows(broken, "SELECT text FROM calls WHERE text LIKE '%</think>%'")


def test_copies_are_marked(whole: Path) -> None:
    said = "the sea was calm and the wind was low when we came home at last"
    with closing(sqlite3.connect(whole / "run.sqlite")) as connection:
        calls = connection.execute("SELECT call FROM rounds WHERE dialogue=1 AND round IN (2, 4)").fetchall()
        calls += connection.execute(
            "SELECT a.call FROM answers a JOIN conditions o ON o.id=a.condition "
            "WHERE o.dialogue=1 AND o.checkpoint=3 LIMIT 1"
        ).fetchall()
        connection.executemany("UPDATE calls SET text=? WHERE id=?", [(said, call) for (call,) in calls])
        connection.commit()
    with Store.open(whole):
        pass
    assert rows(whole, "SELECT dialogue, round FROM rounds WHERE copied=1") == [(1, 4)]
    assert rows(whole, "SELECT call FROM answers WHERE copied=1") == [calls[2]]


# Ends itself at one moment of the work, told by a count of them; prints that count where it is never reached.
CHILD = """
import os, signal, sqlite3, sys
from pathlib import Path
from longplay.store import Store, migrating

most, seen = int(sys.argv[2]), 0

def moment(*_):
    global seen
    seen += 1
    if seen == most:
        os.kill(os.getpid(), signal.SIGKILL)

def watched(function):
    def act(*arguments, **named):
        moment()
        result = function(*arguments, **named)
        moment()
        return result
    return act

connect = migrating.connect
def connected(*arguments):
    connection = connect(*arguments)
    connection.set_progress_handler(moment, 400)
    return connection
migrating.connect = connected
os.fsync, os.open, os.replace = watched(os.fsync), watched(os.open), watched(os.replace)
Path.replace = watched(Path.replace)
Path.unlink = watched(Path.unlink)
Store.open(Path(sys.argv[1])).close()
print(seen)
"""


def child(run: Path, moment: int) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, str(run), str(moment)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_killed_at_any_moment_the_old_run_or_the_new_one_is_whole(tmp_path: Path) -> None:
    def copy(name: str) -> Path:
        return Path(shutil.copytree(BROKEN, tmp_path / name))

    undisturbed = copy("undisturbed")
    moments = int(child(undisturbed, 0).stdout)
    calls = "SELECT key, text, raw, reason, finish FROM calls ORDER BY key"
    old, new = rows(BROKEN, calls), rows(undisturbed, calls)
    assert moments > 100
    versions: set[object] = set()
    for number in range(50):
        run = copy(str(number))
        ended = child(run, 1 + number * (moments - 1) // 49)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        versions.add(version(run))
        assert rows(run, "PRAGMA integrity_check") == [("ok",)]
        assert rows(run, calls) == (old if version(run) == 1 else new)
        with Store.open(run):
            pass
        assert rows(run, calls) == new
        assert sorted(path.name for path in run.iterdir()) == ["lock", "run.sqlite", "study.toml"]
    assert versions == {1, VERSION}


def test_a_full_disk_leaves_the_old_run_and_says_what_is_needed(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (whole / "run.sqlite").read_bytes()
    usage = shutil.disk_usage(whole)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _: usage._replace(free=150_000))
    with pytest.raises(StoreError, match=r"needs 0 MB free; 0 MB are\. Free disk space"):
        Store.open(whole)
    assert (whole / "run.sqlite").read_bytes() == before
    monkeypatch.undo()
    monkeypatch.setitem(room.SCHEMAS, VERSION, f"PRAGMA max_page_count=8; {TABLES}")
    with pytest.raises(StoreError, match=r"disk is full\). It is as it was\. Free disk space"):
        Store.open(whole)
    assert version(whole) == 1
    assert sorted(path.name for path in whole.iterdir()) == ["lock", "run.sqlite", "study.toml"]


def test_a_folder_that_cannot_be_written_is_read_and_left_as_it_is(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (whole / "run.sqlite").read_bytes()
    monkeypatch.setattr(room.os, "access", lambda *_: False)
    with Reader.open(whole) as reader:
        assert reader.counts().rounds.done == 12
    assert (whole / "run.sqlite").read_bytes() == before


def test_a_store_whose_tables_cannot_be_read_as_text_is_damaged_and_no_traceback(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = (whole / "run.sqlite").read_bytes()
    (whole / "run.sqlite").write_bytes(raw.replace(b"CREATE TABLE", b"CREATE T\x87BLE"))
    assert main(["status", str(whole)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "is damaged" in said


def test_a_run_that_is_being_read_is_not_changed_under_its_reader(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_BUSY_MS", 1)
    with closing(sqlite3.connect(whole / "run.sqlite")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM calls").fetchone()
        with pytest.raises(StoreError, match=r"is being read by another process\. Wait until it has ended"):
            Store.open(whole)
    with Store.open(whole):
        pass
    assert version(whole) == VERSION


def test_a_store_of_a_later_version_is_refused_with_the_version_that_made_it(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.set_meta("versions", json.dumps({"longplay": "0.9.1", "python": "3.19.0"}))
    with closing(sqlite3.connect(tmp_path / "run.sqlite")) as connection:
        connection.execute("PRAGMA user_version=9")
    for opening in (Store.open, Reader.open):
        with pytest.raises(
            StoreError, match=r"was written by longplay 0\.9\.1 \(store version 9\).*Use longplay 0\.9\.1"
        ):
            opening(tmp_path)


def test_codes_of_stored_words_never_change_their_places() -> None:
    from longplay.records import REASONS
    from longplay.store.schema import CALL_KINDS, FINISHES, STATUSES, SUBJECT_KINDS

    known = ("filtered", "failed", "overflow", "unparsable", "undecodable", "dialogue-stopped", "no-reference")
    assert REASONS[: len(known)] == known
    assert FINISHES[:5] == (None, "stop", "length", "filter", "other")
    assert CALL_KINDS[:5] == ("turn", "step", "judge", "repeat", "import")
    assert (STATUSES[:3], SUBJECT_KINDS[:2]) == (("ok", "repaired", "missing"), ("round", "answer"))


def test_the_cache_of_version_0_1_0_opens_and_hands_on_no_broken_reply(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    shutil.copy(DATA / "replies-0.1.0.sqlite", path)
    with closing(sqlite3.connect(path)) as connection:
        keys = [key for (key,) in connection.execute("SELECT key FROM replies")]
    with Replies.open(path) as replies:
        found = [replies.find(key) for key in keys]
        assert replies.fault is None
    kept = [reply for reply in found if reply is not None]
    assert (len(keys), len(kept)) == (233, 215)
    assert all(reply.finish in ("stop", "length") and reply.status == "ok" for reply in kept)
    with Replies.open(path) as replies:
        assert [replies.find(key) for key in keys] == found
