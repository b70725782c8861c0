"""Replies kept across runs: found again as they were, by many processes, and never a reason for a run to fail."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longplay.records import Reply, Usage
from longplay.store import Reader, Replies, Store, replies_file, replies_path
from longplay.store.replies import MOST_BODY_BYTES, PENDING

OLD = 20_000  # days since 1970, long ago
texts = st.text(st.characters(codec=None)) | st.text()
replies = st.builds(
    Reply,
    st.just("ok"),
    text=texts,
    reasoning=texts,
    finish=st.sampled_from(["stop", "length", "filter", "other", None]),
    usage=st.builds(Usage, *[st.none() | st.integers(0, 2**40 - 1)] * 3),
)

# Keeps replies and finds those of the others. Arguments: the file, own number, how many processes there are.
CHILD = """
import sys
from pathlib import Path
from longplay.records import Reply
from longplay.store import Replies

path, own, others = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with Replies.open(path) as replies:
    for number in range(400):
        replies.keep(bytes([own]) + number.to_bytes(15, "big"), Reply("ok", f"{own} said {number}"))
        for other in range(others):
            found = replies.find(bytes([other]) + number.to_bytes(15, "big"))
            assert found is None or found.text == f"{other} said {number}"
assert replies.fault is None, replies.fault
"""


def key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def kept(path: Path, number: int) -> str | None:
    """What is found by a run that begins now."""
    with Replies.open(path) as opened:
        found = opened.find(key(number))
    assert opened.fault is None, opened.fault
    return None if found is None else found.text


@given(replies)
def test_a_reply_is_found_again_as_it_was_but_unsent(tmp_path_factory: pytest.TempPathFactory, reply: Reply) -> None:
    path = tmp_path_factory.getbasetemp() / "one-file" / "replies.sqlite"
    with Replies.open(path) as first:
        first.keep(key(1), reply)
        at_once = first.find(key(1))
    with Replies.open(path) as second:
        later = second.find(key(1))
    expected = Reply("ok", reply.text, None, reply.finish, reply.usage, reply.reasoning, attempts=0)
    assert at_once == later == expected
    assert (first.fault, second.fault) == (None, None)


@pytest.mark.parametrize("reason", ["failed", "filtered", "overflow", "undecodable"])
def test_a_missing_reply_is_never_kept(tmp_path: Path, reason: str) -> None:
    with Replies.open(tmp_path / "r.sqlite") as opened:
        opened.keep(key(1), Reply("missing", reason=reason, detail="no"))  # type: ignore[arg-type]
        assert opened.find(key(1)) is None
    assert kept(tmp_path / "r.sqlite", 1) is None


def test_a_reply_too_long_to_be_worth_it_is_not_kept(tmp_path: Path) -> None:
    with Replies.open(tmp_path / "r.sqlite") as opened:
        opened.keep(key(1), Reply("ok", "x" * (MOST_BODY_BYTES + 1)))
        assert opened.find(key(1)) is None


def test_several_processes_share_the_file_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    path, others = tmp_path / "cache" / "r.sqlite", 3
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", CHILD, str(path)]
    children = [subprocess.Popen([*command, str(own), str(others)], env=environment) for own in range(others)]
    assert [child.wait(60) for child in children] == [0] * others
    with Replies.open(path) as opened:
        for own in range(others):
            found = [opened.find(bytes([own]) + number.to_bytes(15, "big")) for number in range(400)]
            assert [reply and reply.text for reply in found] == [f"{own} said {number}" for number in range(400)]


def test_a_run_does_not_wait_for_a_process_that_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with Replies.open(path) as opened:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for number in range(3 * PENDING):
                opened.keep(key(number), Reply("ok", f"{number}"))
            assert opened.find(key(0)) is not None
            other.execute("ROLLBACK")
        opened.keep(key(9_999), Reply("ok", "last"))
    assert opened.fault is None
    assert [kept(path, number) for number in (0, 3 * PENDING - 1, 9_999)] == ["0", f"{3 * PENDING - 1}", "last"]


def damage_header(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 1000)


def damage_pages(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[4096:] = os.urandom(len(whole) - 4096)
    path.write_bytes(whole)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:9_000])


def another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={replies_file.VERSION + 1}")


def another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs(x)")


def a_trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON replies BEGIN DELETE FROM replies; END")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


DAMAGES = [damage_header, damage_pages, cut_short, another_version, another_program, a_trigger, a_folder, a_link]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_cannot_be_used_is_left_alone_and_said_in_one_line(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "r.sqlite"
    with Replies.open(path) as opened:
        for number in range(500):
            opened.keep(key(number), Reply("ok", f"{number} " * 50))
    damage(path)
    before = None if path.is_dir() else path.read_bytes()
    with Replies.open(path) as opened:
        found = [opened.find(key(number)) for number in range(500)]
        for number in range(2 * PENDING):
            opened.keep(key(number), Reply("ok", "new"))
    assert all(reply is None or reply.text == f"{number} " * 50 for number, reply in enumerate(found))
    assert opened.fault is not None
    assert str(path) in opened.fault
    assert "the cache of replies is not used" in opened.fault
    assert "\n" not in opened.fault
    assert before is None or path.read_bytes() == before


def test_a_reply_whose_bytes_have_changed_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    with Replies.open(path) as opened:
        for number in (1, 2, 3):
            opened.keep(key(number), Reply("ok", "Rating: 5"))
    with closing(sqlite3.connect(path)) as connection:
        changed = "CAST(replace(body, 'Rating: 5', 'Rating: 1') AS BLOB)"
        connection.execute(f"UPDATE replies SET body={changed} WHERE key=?", (key(1),))
        connection.execute("UPDATE replies SET key=? WHERE key=?", (key(4), key(2)))
        connection.commit()
    assert [kept(path, number) for number in (1, 2, 3, 4)] == [None, None, "Rating: 5", None]


def test_a_folder_that_cannot_be_made_is_said_and_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Replies.open(tmp_path / "file" / "longplay" / "r.sqlite") as opened:
        opened.keep(key(1), Reply("ok", "x"))
        assert opened.find(key(1)) is None
    assert opened.fault is not None
    assert "Make its folder writable" in opened.fault


def test_the_file_is_bounded_and_what_nobody_asks_for_goes_first(tmp_path: Path) -> None:
    path, most = tmp_path / "r.sqlite", 400_000
    for generation in range(20):
        with Replies.open(path, most) as opened:
            for number in range(100):
                opened.keep(key(1000 * generation + number), Reply("ok", "x" * 500))
            assert opened.find(key(0)) is not None, "asked for in every run"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE replies SET day=?+? WHERE day>?", (OLD, generation, OLD + 100))
            connection.commit()
    assert opened.fault is None
    assert path.stat().st_size < 1.3 * most
    assert [kept(path, number) is not None for number in (0, 19_099, 1_050)] == [True, True, False]


def test_only_its_owner_can_read_it_and_it_holds_no_question(tmp_path: Path) -> None:
    with Replies.open(tmp_path / "deep" / "r.sqlite") as opened:
        opened.keep(key(1), Reply("ok", "the reply"))
    assert stat.S_IMODE((tmp_path / "deep" / "r.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"XDG_CACHE_HOME": "/caches"}, "/caches/longplay/replies.sqlite"),
        ({"XDG_CACHE_HOME": "not/absolute"}, "~/.cache/longplay/replies.sqlite"),
        ({"XDG_CACHE_HOME": ""}, "~/.cache/longplay/replies.sqlite"),
        ({}, "~/.cache/longplay/replies.sqlite"),
    ],
)
def test_the_file_stands_where_caches_stand(environment: dict[str, str], path: str) -> None:
    assert replies_path(environment) == Path(path).expanduser()


def test_a_reply_that_was_not_sent_is_stored_in_the_run_and_not_counted_as_spent(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.put_call(key(1), "judge", "m", Reply("ok", "found", usage=Usage(10, 0, 5), attempts=0))
        store.put_call(key(2), "judge", "m", Reply("ok", "paid", usage=Usage(7, 0, 3)))
    with Store.open(tmp_path) as store:
        assert store.find_call(key(1)) == Reply("ok", "found", usage=Usage(10, 0, 5), attempts=0)
    with Reader.open(tmp_path) as reader:
        spent = reader.spent()["m", "judge"]
    assert (spent.requests, spent.prompt, spent.completion) == (1, 7, 3)
