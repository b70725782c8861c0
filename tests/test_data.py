"""Third-party data in its directory: hashes found, copies, rules by which files are made, terms."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from file_server import FileServer
from longplay.battery import ByHand, Copy, DataError, DataFile, Head, Labels, Record, Rows, read_record
from longplay.data import accept, examine
from pinned_sets import CONTENT, a_set, fetch, fetching, pinned, published, sha, state


@pytest.fixture
def server() -> Iterator[FileServer]:
    """A file server for one test."""
    with FileServer() as one:
        yield one


def test_places_in_the_repository_are_tried_in_their_order(server: FileServer, tmp_path: Path) -> None:
    published(server, CONTENT, "new/place")
    file = DataFile("set/file", ("old/place", "new/place"), sha(CONTENT), len(CONTENT))
    assert fetch(server, tmp_path, file).outcome == "fetched"
    assert len(server.seen) == 2


def test_the_hash_of_an_unverified_file_is_recorded_and_held_against_later(server: FileServer, tmp_path: Path) -> None:
    file = DataFile("set/a file.bin", ("a file.bin",))
    published(server, CONTENT)
    assert f"unverified (sha256 found: {sha(CONTENT)})" in fetch(server, tmp_path, file).words
    assert state(tmp_path, file) == "unverified"
    assert f"sha256 found: {sha(CONTENT)}" in fetch(server, tmp_path, file).words
    (tmp_path / file.path).write_bytes(b"changed")
    assert state(tmp_path, file) == "differs"
    published(server, b"changed too")
    assert "not " + sha(CONTENT) in fetch(server, tmp_path, file).words
    assert (tmp_path / file.path).read_bytes() == b"changed"


def test_an_unverified_file_put_there_by_hand_is_recorded_by_fetch(server: FileServer, tmp_path: Path) -> None:
    file = DataFile("file", ("file",))
    (tmp_path / "file").write_bytes(CONTENT)
    assert "none is recorded" in examine(a_set(file), tmp_path, Record()).files[0].words
    assert fetch(server, tmp_path, file).outcome == "already"
    assert read_record(tmp_path).found["file"].sha256 == sha(CONTENT)
    assert server.seen == []


def test_a_known_copy_is_accepted_in_place_of_the_published_file(server: FileServer, tmp_path: Path) -> None:
    file = DataFile("file", ("file",), copies=(Copy(sha(b"cut"), 3, "cut short"),))
    (tmp_path / "file").write_bytes(b"cut")
    assert state(tmp_path, file) == "copy"
    assert fetch(server, tmp_path, file).words == "a known copy: cut short"


ROWS = b'{"role": "A", "n": 1}\r\n{"role":"B","n":2}\n\n{"n": 3, "role": "A"}'
LABELS = {"a": {"X-en": {"BFI": {"E": 1.5}, "o": 0}, "Y-en": {"BFI": 2}}, "b": {"X-en": {"BFI": 3}, "Y-en": {}}}


@pytest.mark.parametrize(
    ("rule", "content", "kept"),
    [
        (Rows("role", ("A",)), ROWS, b'{"role": "A", "n": 1}\r\n{"n": 3, "role": "A"}'),
        (Head(2), b'[{"a": "\xc3\xa9"}, 1, 2]', b'[{"a": "\\u00e9"}, 1]'),
        (
            Labels("BFI", "-en", ("X",)),
            json.dumps(LABELS).encode(),
            json.dumps({"X": {"a": {"E": 1.5}, "b": 3}}, indent=1).encode(),
        ),
    ],
)
def test_what_is_kept_of_a_published_file_is_made_by_its_rule(
    rule: Rows | Head | Labels, content: bytes, kept: bytes, server: FileServer, tmp_path: Path
) -> None:
    published(server, content)
    file = DataFile("kept", ("a file.bin",), sha(kept), len(kept), rule)
    assert fetch(server, tmp_path, file).outcome == "fetched"
    assert (tmp_path / "kept").read_bytes() == kept


@pytest.mark.parametrize(
    ("rule", "content", "says"),
    [
        (Rows("role", ("B",)), ROWS, "what is kept of a file.bin has the sha256"),
        (Rows("role", ("B",)), b"no json", "another form"),
        (Head(1), b"{}", "another form"),
        (Labels("BFI", "-en", ("Z",)), json.dumps(LABELS).encode(), "another form"),
    ],
)
def test_what_does_not_come_out_as_pinned_is_refused(
    rule: Rows | Head | Labels, content: bytes, says: str, server: FileServer, tmp_path: Path
) -> None:
    published(server, content)
    refused = fetch(server, tmp_path, DataFile("kept", ("a file.bin",), sha(b"else"), 4, rule))
    assert says in refused.words
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_no_rule_makes_is_not_fetched(server: FileServer, tmp_path: Path) -> None:
    got = fetch(server, tmp_path, DataFile("kept", ("a",), sha(b"x"), 1, ByHand("put together by its author")))
    assert (got.outcome, server.seen) == ("by-hand", [])
    assert "put together by its author" in got.words


def test_a_restricted_set_is_fetched_only_after_its_very_terms_were_accepted(
    server: FileServer, tmp_path: Path
) -> None:
    published(server, CONTENT)
    restricted = a_set(pinned(), terms="Not for sale.")
    with pytest.raises(DataError, match="not accepted"):
        fetching(server, tmp_path).fetch(restricted, pinned())
    assert server.seen == []
    accept(tmp_path, restricted)
    assert fetching(server, tmp_path).fetch(restricted, pinned()).outcome == "fetched"
    assert not a_set(pinned(), terms="Not for sale or rent.").accepted(read_record(tmp_path))


def test_a_directory_that_cannot_be_used_says_so(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where a folder must be")
    published(server, CONTENT)
    with pytest.raises(DataError, match="cannot be written"):
        fetch(server, tmp_path / "file", pinned())
    (tmp_path / "CHECKED.json").write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        fetch(server, tmp_path, pinned())
