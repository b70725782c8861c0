"""Downloads resume, are checked, and are refused when they differ or lead elsewhere."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from file_server import FileServer
from longplay.battery import DataFile, Host, Manifest
from longplay.data import Fetching, Times
from pinned_sets import CONTENT, a_set, fetch, fetching, pinned, published, sha, state


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A file server for one test."""
    with FileServer() as one:
        yield one


def test_a_missing_file_is_fetched_checked_and_not_fetched_again(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    assert state(tmp_path, pinned()) == "missing"
    assert fetch(server, tmp_path, pinned()).outcome == "fetched"
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT
    assert state(tmp_path, pinned()) == "right"
    assert fetch(server, tmp_path, pinned()).outcome == "already"
    assert len(server.seen) == 1
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["a file.bin"]


def test_a_download_that_broke_off_goes_on_where_it_ended(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    server.fault = "cut 0"
    broken = fetch(server, tmp_path, pinned())
    assert broken.outcome == "failed"
    assert "broke off" in broken.words
    (tmp_path / "set/a file.bin.part").write_bytes(CONTENT[:100_000])
    server.fault = ""
    assert fetch(server, tmp_path, pinned()).outcome == "fetched"
    assert server.seen[-1][1] == "bytes=100000-"
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT


def test_a_connection_that_is_cut_while_bytes_arrive_is_taken_up_again_at_once(
    server: FileServer, tmp_path: Path
) -> None:
    published(server, CONTENT)
    server.fault = "cut 100000"
    assert fetch(server, tmp_path, pinned()).outcome == "fetched"
    assert [sent for _, sent in server.seen] == ["", "bytes=100000-", "bytes=200000-"]


def test_a_server_that_ignores_ranges_sends_the_whole_file_again(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a file.bin.part").write_bytes(CONTENT[:1000])
    server.fault = "ignores ranges"
    assert fetch(server, tmp_path, pinned()).outcome == "fetched"
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("beginning", [b"not how it begins", CONTENT, CONTENT + b"and more"])
def test_a_beginning_that_does_not_fit_does_no_harm(server: FileServer, tmp_path: Path, beginning: bytes) -> None:
    published(server, CONTENT)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a file.bin.part").write_bytes(beginning)
    assert fetch(server, tmp_path, pinned()).outcome == "fetched"
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT


def test_an_unverified_file_that_changed_meanwhile_is_not_put_together_from_two(
    server: FileServer, tmp_path: Path
) -> None:
    file = DataFile("set/a file.bin", ("a file.bin",))
    published(server, CONTENT)
    server.fault = "cut 0"
    assert fetch(server, tmp_path, file).outcome == "failed"
    (tmp_path / "set/a file.bin.part").write_bytes(CONTENT[:1000])
    server.fault = ""
    published(server, CONTENT[::-1])
    assert fetch(server, tmp_path, file).outcome == "fetched"
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT[::-1]
    assert server.seen[-1][1] == "bytes=1000-"


def test_a_beginning_of_nobody_knows_what_is_not_used_for_an_unverified_file(
    server: FileServer, tmp_path: Path
) -> None:
    published(server, CONTENT)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a file.bin.part").write_bytes(b"from elsewhere")
    assert fetch(server, tmp_path, DataFile("set/a file.bin", ("a file.bin",))).outcome == "fetched"
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT


def test_a_file_with_another_hash_is_refused_and_removed(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT[:-1] + b"x")
    refused = fetch(server, tmp_path, pinned())
    assert refused.outcome == "failed"
    assert sha(CONTENT) in refused.words
    assert "removed" in refused.words
    assert list((tmp_path / "set").iterdir()) == []


def test_a_file_here_that_differs_is_replaced_and_kept_aside(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a file.bin").write_bytes(b"mine")
    assert state(tmp_path, pinned()) == "differs"
    assert "a file.bin.replaced" in fetch(server, tmp_path, pinned()).words
    assert (tmp_path / "set/a file.bin").read_bytes() == CONTENT
    assert (tmp_path / "set/a file.bin.replaced").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("status 404", "status 404.*Get http://127.0.0.1.* and put it there as .*set/a file.bin"),
        ("status 503", "status 503"),
        ("redirect http://localhost:9/a", "redirected to localhost:9, which is not one of its hosts"),
        ("redirect http://example.org/a", "example.org is not asked without https"),
        ("redirect https://user@127.0.0.1/a", "of a form that is not followed"),
        ("redirect http://[", "no URL"),
        ("redirect /again", "redirected more than"),
        ("encoded", "encoding"),
    ],
)
def test_what_cannot_be_fetched_says_why_in_a_line(fault: str, says: str, server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    server.fault = fault
    failed = fetch(server, tmp_path, pinned())
    assert failed.outcome == "failed"
    assert "\n" not in failed.words
    assert re.search(says, failed.words)
    assert state(tmp_path, pinned()) == "missing"


def test_a_redirect_to_a_named_host_is_followed(server: FileServer, tmp_path: Path) -> None:
    with FileServer() as storage:
        storage.files["/far/away"] = CONTENT
        server.fault = f"redirect http://{storage.place}/far/away"
        file = pinned()
        got = fetching(server, tmp_path, (storage.place,)).fetch(a_set(file), file)
    assert got.outcome == "fetched"
    assert (tmp_path / file.path).read_bytes() == CONTENT


def test_another_piece_than_the_one_asked_for_is_refused(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a file.bin.part").write_bytes(CONTENT[:1000])
    server.fault = "other piece"
    assert "another piece" in fetch(server, tmp_path, pinned()).words


@pytest.mark.parametrize("fault", ["", "no length"])
def test_a_file_larger_than_it_may_be_is_refused(fault: str, server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    server.fault = fault
    assert "larger than 1,000 bytes" in fetch(server, tmp_path, pinned(CONTENT[:1000])).words


def test_without_a_hash_a_file_of_unknown_length_is_refused(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT)
    server.fault = "no length"
    assert "how long" in fetch(server, tmp_path, DataFile("set/a file.bin", ("a file.bin",))).words


def test_a_server_that_says_nothing_is_given_up(server: FileServer, tmp_path: Path) -> None:
    server.fault = "silent"
    host = Host("127.0.0.1", f"http://{server.place}/{{path}}")
    quick = Fetching(Manifest({"local": host}, ()), tmp_path, Times(connect_s=5, silence_s=0.1))
    assert "no answer in time" in quick.fetch(a_set(pinned()), pinned()).words


def test_offline_every_file_says_what_to_put_where_and_is_tried_once_a_host(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{one.getsockname()[1]}"
    files = (pinned(), pinned(path="set/b"))
    offline = Fetching(Manifest({"local": Host("x", f"http://{place}/{{path}}")}, ()), tmp_path)
    for file in files:
        words = offline.fetch(a_set(*files), file).words
        assert f"{place} cannot be reached" in words
        assert f"Get http://{place}/a%20file.bin elsewhere and put it there as {tmp_path / file.path}" in words


def test_only_https_is_asked_beyond_this_machine(tmp_path: Path) -> None:
    plain = Fetching(Manifest({"local": Host("x", "http://192.0.2.1/{path}")}, ()), tmp_path)
    assert "not asked without https" in plain.fetch(a_set(pinned()), pinned()).words


def test_proxy_variables_are_not_looked_at(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    published(server, CONTENT)
    assert fetch(server, tmp_path, pinned()).outcome == "fetched"
