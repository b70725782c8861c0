"""The manifest that ships is sound; `longplay data` lists, fetches and checks; restricted sets are not read before."""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import msgspec
import pytest

from file_server import FileServer
from longplay.battery import ByHand, DataError, Host, Manifest, manifest, read_dataset, read_record, require
from longplay.cli import main
from longplay.data import examine

ROLES = (
    *("Gaston", "Michael Scott", "Blair Waldorf", "Lestat de Lioncourt", "Queen Catherine", "HAL 9000"),
    *("Juno MacGuff", "Mary Sibley"),
)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """The shipped manifest with its hosts on this machine, and a server there that has no files yet."""
    shipped = manifest()
    with FileServer() as server:
        local = Host("here", f"http://{server.place}/{{repository}}/{{commit}}/{{path}}")
        moved = Manifest(dict.fromkeys(shipped.hosts, local), shipped.sets)
        monkeypatch.setattr("longplay.cli.data.manifest", lambda: moved)
        yield server


def test_the_manifest_pins_every_file_once_to_a_place_inside_the_directory() -> None:
    files = [(dataset, file) for dataset in manifest().sets for file in dataset.files]
    paths = [file.path for _, file in files]
    assert len(set(paths)) == len(paths)
    assert len({dataset.name for dataset in manifest().sets}) == len(manifest().sets)
    for dataset, file in files:
        assert re.fullmatch(r"[0-9a-f]{8,40}", dataset.commit)
        assert not PurePosixPath(file.path).is_absolute()
        assert ".." not in PurePosixPath(file.path).parts
        assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert (file.sha256 is None) == (file.bytes is None)
        assert file.there
        assert file.made is None or file.sha256 is not None
        assert all(url.startswith("https://") for url in manifest().urls(dataset, file))


def test_the_manifest_names_what_the_paper_needs() -> None:
    pinned = {file.path: file for dataset in manifest().sets for file in dataset.files}
    unverified = {path for path, file in pinned.items() if file.sha256 is None}
    assert {f"rolebench/instructions-eng/role-specific-{role}.jsonl" for role in ROLES} <= unverified
    assert {
        "rolebench/general_test.jsonl",
        "incharacter/BFI.json",
        "persistent-personas/data/prompts.py",
    } <= unverified
    assert manifest().urls(*manifest().holding("rolebench/instructions-eng/role-specific-HAL 9000.jsonl")) == (
        "https://huggingface.co/datasets/ZenMoore/RoleBench/resolve/a57ed54f9613921e4a5f1b63601a558cd5acf971/"
        "instructions-eng/role-specific-HAL%209000.jsonl",
    )
    assert [dataset.name for dataset in manifest().sets if dataset.terms] == ["bfi"]


def test_everything_in_the_data_directory_is_what_is_pinned(data_dir: Path) -> None:
    states = [file for one in manifest().sets for file in examine(one, data_dir, read_record(data_dir)).files]
    here = {file.path: file for file in states if file.state != "missing"}
    assert {path for path, file in here.items() if file.state == "differs"} == set()
    assert len([file for file in here.values() if file.state in ("right", "copy")]) >= 34
    listed = (data_dir / "SHA256SUMS").read_text("utf-8").split()[1::2]
    known = {path.removeprefix("./") for path in listed if not re.search(r"README|LICENSE", path)}
    assert known <= here.keys()


def test_the_kept_labels_are_made_from_the_published_ones(
    data_dir: Path, published: FileServer, tmp_path: Path
) -> None:
    labels = manifest().named("bfi-labels")
    source = (data_dir / "incharacter/characters_labels.json").read_bytes()
    published.files[f"/{labels.repository}/{labels.commit}/{labels.files[0].there[0]}"] = source
    assert main(["data", "fetch", "bfi-labels", "--into", str(tmp_path)]) == 0
    assert main(["data", "check", "bfi-labels", "--into", str(tmp_path)]) == 0
    for file in labels.files:
        assert (tmp_path / file.path).read_bytes() == (data_dir / file.path).read_bytes()


def test_fixtures_of_the_form_of_absent_sets_are_fetched_as_unverified(
    published: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = b'{"instruction": "Gaston, who are you?", "answer": "Nobody."}\n'
    rolebench = manifest().named("rolebench")
    for file in rolebench.files:
        place = file.there[0].replace(" ", "%20")
        published.files[f"/{rolebench.repository}/{rolebench.commit}/{place}"] = row
    assert main(["data", "fetch", "rolebench", "--into", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count(f"unverified (sha256 found: {hashlib.sha256(row).hexdigest()})") == 9
    assert main(["data", "list", "rolebench", "--into", str(tmp_path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {file["state"] for file in shown[0]["files"]} == {"unverified"}
    (tmp_path / "rolebench/general_test.jsonl").write_bytes(b"")
    assert main(["data", "check", "--into", str(tmp_path)]) == 1
    assert re.search(r"0 of 46 files verified.*8 unverified, 1 differ, 37 missing", capsys.readouterr().out)


QUESTIONS = json.dumps({"questions": {"1": {"rewritten_en": "?", "dimension": "Extraversion", "category": "positive"}}})


def test_a_restricted_set_shows_its_terms_and_waits_for_acceptance(
    published: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bfi = manifest().named("bfi")
    published.files[f"/{bfi.repository}/{bfi.commit}/data/questionnaires/BFI.json"] = QUESTIONS.encode()
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    assert main(["data", "fetch", "bfi"]) == 2
    said = capsys.readouterr().err
    assert "non-commercial research" in said
    assert "--accept-licence bfi" in said
    assert published.seen == []
    with pytest.raises(DataError, match=r"non-commercial research.*--accept-licence bfi"):
        require("bfi")
    with pytest.raises(DataError, match="not accepted"):
        read_dataset("incharacter/BFI.json")
    assert main(["data", "fetch", "bfi", "--accept-licence", "bfi"]) == 0
    assert require("bfi") == bfi
    assert read_dataset("incharacter/BFI.json") == QUESTIONS.encode()
    assert main(["data", "fetch", "bfi"]) == 0


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 2), ("", 2)])
def test_on_a_terminal_one_is_asked(
    answer: str, code: int, published: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bfi = manifest().named("bfi")
    published.files[f"/{bfi.repository}/{bfi.commit}/data/questionnaires/BFI.json"] = QUESTIONS.encode()
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    monkeypatch.setattr("sys.stderr", _Terminal())
    assert main(["data", "fetch", "bfi", "--into", str(tmp_path)]) == code
    assert (tmp_path / "incharacter/BFI.json").exists() == (code == 0)


def test_fetching_everything_leaves_out_what_was_not_accepted_and_is_not_done(
    published: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "fetch", "--into", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "Left out: bfi" in shown.err
    fetchable = [file for one in manifest().sets for file in one.files if not isinstance(file.made, ByHand)]
    assert shown.out.count("failed  ") == len(fetchable) - 1
    assert not any("BFI.json" in path for path, _ in published.seen)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["list", "nothing"], "no data set 'nothing'. Known: xstest, "),
        (["list", "--accept-licence", "bfi"], "goes with"),
        (["fetch", "ifeval", "--accept-licence", "ifeval"], "not a set with terms"),
        (["fetch", "ifeval", "--accept-licence", "bfi"], "not a set with terms"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", *arguments, "--into", str(tmp_path)]) == 2
    assert says in capsys.readouterr().err


def test_a_list_says_what_is_here(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "list", "ifbench", "bfi", "--into", str(data_dir)]) == 0
    shown = capsys.readouterr().out
    assert re.search(r"ifbench +294 prompts +ODC-BY-1.0 +here and right +1 +419,877", shown)
    assert re.search(r"bfi .*non-commercial research only.*restricted, terms not accepted", shown)


def test_a_pinned_file_is_read_only_as_it_is_pinned(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "xstest/xstest_prompts.csv"
    monkeypatch.setenv("LONGPLAY_DATA", str(data_dir))
    content = read_dataset(path)
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    with pytest.raises(DataError, match="longplay data fetch xstest"):
        read_dataset(path)
    (tmp_path / "xstest").mkdir()
    (tmp_path / path).write_bytes(content + b"\n")
    with pytest.raises(DataError, match=r"is not xstest_prompts.csv of github.com/paul-rottger/xstest at d7bb5bd7"):
        read_dataset(path)


def test_an_unknown_key_in_a_manifest_is_a_fault() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"hosts": {}, "sets": [], "more": 1}, Manifest)
