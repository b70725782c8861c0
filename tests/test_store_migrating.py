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
from longplay.analysis import analyse
from longplay.cli import main
from longplay.judging.quantities import spelled
from longplay.records import Estimate, VerdictSet
from longplay.store import Reader, Replies, Store, StoreError
from longplay.store import migrating as room
from longplay.store.schema import JUDGE_KINDS, SET_STATES, TABLES, VERSION

DATA = Path(__file__).parent / "data"
BROKEN = DATA / "run-0.1.0"  # a third of its replies are none, or are not what they seem
WHOLE = DATA / "run-0.1.0-whole"
SECOND = DATA / "run-0.2.0"  # store version 2, with labels of two people
Rows = list[tuple[Any, ...]]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BROKEN, tmp_path / "broken"))


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return Path(shutil.copytree(WHOLE, tmp_path / "whole"))


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SECOND, tmp_path / "second"))


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


@pytest.mark.parametrize("made", [WHOLE, SECOND], ids=["0.1.0", "0.2.0"])
def test_a_run_of_an_earlier_version_goes_on_and_pays_nothing_again(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    with FaultServer(words=words) as server:
        assert resume(run, server) == 0
        assert not server.requests
    assert "earlier version" not in capsys.readouterr().err
    assert main(["report", str(run)]) == 0


# every verdict with its judge's replies, by place
PLACE = "v.kind, v.subject, v.judged_as, v.repeat"
HOW = "v.status, v.reason, v.score, v.label, v.steps, v.why"
REPLIES = (
    "(SELECT group_concat(hex(c.key)) FROM (SELECT n.call FROM journal n WHERE {} AND n.kind=v.kind AND "
    "n.subject=v.subject AND n.judged_as=v.judged_as AND n.repeat=v.repeat AND n.step<v.steps ORDER BY n.step) f "
    "JOIN calls c ON c.id=f.call)"
)
OF_SECOND = REPLIES.format("n.metric=v.metric AND n.judge=v.judge")
OF_THIRD = REPLIES.format("n.set_id=v.set_id")
VERDICTS = {
    1: f"SELECT {PLACE}, v.metric, v.judge, v.method, {HOW}, {OF_SECOND} FROM verdicts v",
    2: f"SELECT {PLACE}, v.metric, v.judge, v.method, {HOW}, {OF_SECOND} FROM verdicts v",
    3: f"SELECT {PLACE}, s.metric, s.judge, s.method, {HOW}, {OF_THIRD} FROM verdicts v JOIN sets s ON s.id=v.set_id",
}


@pytest.mark.parametrize("made", [WHOLE, SECOND], ids=["0.1.0", "0.2.0"])
def test_every_verdict_of_an_earlier_version_keeps_its_method_and_replies_and_counts(
    made: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    before = sorted(rows(run, VERDICTS[int(str(version(run)))]), key=repr)
    assert any(row[-1] for row in before)
    with Reader.open(run) as reader:
        assert reader.counts().verdicts.done + reader.counts().verdicts.missing.get("unparsable", 0) == len(before)
        kinds = {(reader.names()[row[2]], JUDGE_KINDS[row[4]]) for row in reader.table("sets").rows}
    assert sorted(rows(run, VERDICTS[VERSION]), key=repr) == before
    assert kinds == {("openai/j", "model"), ("verifier", "program")}


def test_a_judge_of_version_0_2_0_that_was_called_as_the_programs_were_stays_a_judge(second: Path) -> None:
    with closing(sqlite3.connect(second / "run.sqlite")) as connection, connection:
        judge, programs = (
            connection.execute("SELECT id FROM names WHERE name=?", (name,)).fetchone()[0]
            for name in ("openai/j", "verifier")
        )
        for table in ("verdicts", "journal"):
            connection.execute(f"UPDATE {table} SET judge=? WHERE judge=?", (programs, judge))
    with Store.open(second) as store:
        begun = rows(second, SETS_OF)
        assert {metric: JUDGE_KINDS[kind] for metric, _, _, kind, _ in begun} == {
            **dict.fromkeys(("follow-loose", "follow-strict"), "program"),
            **dict.fromkeys(("in-character", "knowledge", "refusal", "style"), "model"),
        }
        store.set_current([VerdictSet(*named, JUDGE_KINDS[kind]) for *named, kind, _ in begun], ["openai/j"])
    assert rows(second, SETS_OF) == begun
    with Reader.open(second) as reader:
        counts = reader.counts().verdicts
        assert counts.done + sum(counts.missing.values()) == len(reader.table("verdicts").rows)


SETS_OF = (
    "SELECT m.name, j.name, h.name, s.judge_kind, s.state FROM sets s JOIN names m ON m.id=s.metric "
    "JOIN names j ON j.id=s.judge JOIN names h ON h.id=s.method ORDER BY s.id"
)


def test_labels_of_version_0_2_0_count_as_they_did_and_become_verdicts_when_a_sheet_is_read(
    second: Path, tmp_path: Path
) -> None:
    def of_people() -> list[Estimate]:
        with Reader.open(second) as reader:
            return [e for e in analyse(reader) if e.analysis.startswith(("judge", "labeller"))]

    before = of_people()
    agreed = {spelled(e.quantity): e.n for e in before if e.analysis == "labeller-agreement"}
    assert agreed == {"in-character": 11, "knowledge": 17, "refusal-safe": 6, "refusal-unsafe": 7, "style": 16}
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("id,metric,question,persona,user,answer,label\n", encoding="utf-8")
    assert not rows(second, "SELECT 1 FROM sets WHERE judge_kind=2")
    for name in ("ann", "bo"):
        assert main(["label", str(second), "--read", str(sheet), "--labeller", name]) == 0
    given = "SELECT n.name, count(*) FROM verdicts v JOIN sets s ON s.id=v.set_id JOIN names n ON n.id=s.judge"
    assert rows(second, f"{given} WHERE s.judge_kind=2 GROUP BY 1") == [("person/ann", 76), ("person/bo", 57)]
    assert of_people() == before


def test_labels_of_version_0_2_0_become_verdicts_when_more_texts_are_drawn(second: Path, tmp_path: Path) -> None:
    draw = ("--metrics", "style", "--count", "4", "--seed", "5")
    assert main(["label", str(second), "--into", str(tmp_path / "more.csv"), *draw]) == 0
    people = "SELECT count(*) FROM verdicts v JOIN sets s ON s.id=v.set_id WHERE s.judge_kind=2"
    ((count,),) = rows(second, people)
    assert count >= 76 + 57


def test_what_was_brought_in_by_version_0_2_0_gives_way_where_it_is_judged_here(second: Path) -> None:
    with closing(sqlite3.connect(second / "run.sqlite")) as connection, connection:
        connection.execute(
            "UPDATE names SET name='imported-' || name WHERE id=(SELECT v.method FROM verdicts v JOIN names m "
            "ON m.id=v.metric WHERE m.name='style' LIMIT 1)"
        )
    with Store.open(second):
        pass
    states = "SELECT m.name, s.state FROM sets s JOIN names m ON m.id=s.metric WHERE s.state<>2"
    assert rows(second, states) == [("style", SET_STATES.index("brought-in"))]


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
    assert not rows(broken, "SELECT 1 FROM verdicts v JOIN sets s ON s.id=v.set_id WHERE v.reason=2 AND s.state=2")
    assert kept.items() <= dict(rows(broken, "SELECT key, raw FROM calls WHERE raw IS NOT NULL")).items()
    with FaultServer(words=words) as server:
        assert resume(broken, server) == 0
        assert not server.requests
    assert "earlier version" not in capsys.readouterr().err


def test_nothing_that_stands_on_a_reply_no_longer_believed_is_counted(broken: Path) -> None:
    given = "v.subject, v.judged_as, v.repeat, {}.metric, {}.judge, {}.method, v.status, v.score, v.why"
    of_rounds = (
        "SELECT {} FROM verdicts v JOIN rounds r ON v.kind=0 AND v.subject=r.id {} "
        "WHERE r.dialogue=? AND r.round BETWEEN ? AND ?"
    )
    then = of_rounds.format(given.format("v", "v", "v"), "")
    now = of_rounds.format(given.format("s", "s", "s"), "JOIN sets s ON s.id=v.set_id")
    ((dialogue,),) = rows(
        broken, "SELECT r.dialogue FROM rounds r JOIN calls c ON c.id=r.call WHERE c.finish=4 AND c.text LIKE 'Aye%'"
    )
    with closing(sqlite3.connect(broken / "run.sqlite")) as connection:
        before = connection.execute(then, (dialogue, 1, 3)).fetchall()
        assert len(connection.execute(then, (dialogue, 4, 6)).fetchall()) == 12
    with Store.open(broken):
        pass
    with closing(sqlite3.connect(broken / "run.sqlite")) as connection:
        assert not connection.execute(now, (dialogue, 4, 6)).fetchall()
        after = connection.execute(now, (dialogue, 1, 3)).fetchall()
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


# Opens runs, each in a fork of its own that ends itself at one moment of the work, told by a count of them. Prints that
# count where it is never reached, and how each fork ended.
CHILD = """
import os, signal, sqlite3, sys
from pathlib import Path
from longplay.store import Store, migrating

most, seen = 0, 0

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
for run, last in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    if (child := os.fork()) == 0:
        most = int(last)
        Store.open(Path(run)).close()
        print(seen, flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


KILLS = 30


def opened(*ends: tuple[Path, int]) -> list[int]:
    """What CHILD prints for these runs and moments."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, *(str(word) for end in ends for word in end)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.stderr == ""
    return [int(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize("made", [BROKEN, SECOND], ids=["0.1.0", "0.2.0"])
def test_killed_at_any_moment_the_old_run_or_the_new_one_is_whole(made: Path, tmp_path: Path) -> None:
    def copy(name: str) -> Path:
        return Path(shutil.copytree(made, tmp_path / name))

    def all_rows(run: Path) -> tuple[Rows, Rows]:
        judged = VERDICTS[int(str(version(run)))]
        calls = rows(run, "SELECT key, text, raw, reason, finish FROM calls ORDER BY key")
        return calls, sorted(rows(run, judged), key=repr)

    untouched, undisturbed = copy("untouched"), copy("undisturbed")  # the sample itself is not to be opened in place
    (moments, code), first = opened((undisturbed, 0)), version(untouched)
    assert code == 0
    old, new = all_rows(untouched), all_rows(undisturbed)
    assert moments > 60
    versions: set[object] = set()
    runs = [copy(str(number)) for number in range(KILLS)]
    ends = opened(*((run, 1 + number * (moments - 1) // (KILLS - 1)) for number, run in enumerate(runs)))
    assert ends == [-signal.SIGKILL] * KILLS
    for run in runs:
        versions.add(version(run))
        assert rows(run, "PRAGMA integrity_check") == [("ok",)]
        assert all_rows(run) == (old if version(run) == first else new)
        with Store.open(run):
            pass
        assert all_rows(run) == new
        assert sorted(path.name for path in run.iterdir()) == ["lock", "run.sqlite", "study.toml"]
    assert versions == {first, VERSION}


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


def test_a_damaged_store_of_an_earlier_version_is_said_to_be_damaged_and_left_as_it_is(
    second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = second / "run.sqlite"
    whole = path.read_bytes()
    said: set[str] = set()
    for start in (20_000, *range(8_192, len(whole) - 3_000, 8_192)):
        damaged = whole[:start] + b"\xff" * 3_000 + whole[start + 3_000 :]
        path.write_bytes(damaged)
        ended = main(["status", str(second)])
        error = capsys.readouterr().err
        if "cannot be written anew" in error:
            assert ended == 2
            assert path.read_bytes()[100:] == damaged[100:]
            assert sorted(one.name for one in second.iterdir()) == ["lock", "run.sqlite", "study.toml"]
            said.add(f"{start} {error}")
        else:  # found before, or where nothing stood
            assert ended == 0 or (error.count("\n") == 1 and "is damaged" in error)
    assert len(said) > 3
    assert any(one.startswith("20000 ") for one in said)
    for one in said:
        assert one.count("\n") == 1
        assert "is damaged" in one
        assert "Put back a copy of the run folder; without one, " in one
        assert "may still read a part of it." in one
        assert "disk space" not in one
    assert any("longplay 0.2.0 may still" in one for one in said)


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
    assert (STATUSES[:3], SUBJECT_KINDS[:3]) == (("ok", "repaired", "missing"), ("round", "answer", "text"))
    assert JUDGE_KINDS[:3] == ("model", "program", "person")
    assert SET_STATES[:3] == ("earlier", "brought-in", "current")


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
