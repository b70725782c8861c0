"""Sets of the Hugging Face hub, from a hub on this machine: fetched when asked for alone, pinned, and read."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import longplay
from file_server import FileServer
from longplay.battery import DataError, hub_record, hub_set
from longplay.cli import main
from longplay.specs import LongplayError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "hf:owner/capitals@v1#test"
ROWS = """{"question": "Capital of France?", "answer": "Paris"}
{"question": "Capital of Peru?", "answer": "Lima"}"""
STUDY = f"""
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
rounds = 2
baseline_draws = 1
[conditioning]
checkpoints = [0, 2]
[[probes]]
name = "capitals"
file = "{NAME}"
fields = {{ text = "question", reference = "answer" }}
metrics = ["includes"]
[[scorers]]
kind = "includes"
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    with FileServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://{server.place}/")
        monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path / "data"))
        offer(server, {"test.jsonl": ROWS, "train.jsonl": '{"question": "no"}'})
        yield server


def offer(server: FileServer, files: dict[str, str], sha: str = COMMIT) -> None:
    server.files.clear()
    listing = {"sha": sha, "siblings": [{"rfilename": name} for name in ("README.md", "run.py", *files)]}
    server.files["/api/datasets/owner/capitals/revision/v1"] = json.dumps(listing).encode()
    server.files["/api/datasets/owner/capitals/revision/refs%2Fconvert%2Fparquet"] = json.dumps(listing).encode()
    for name, text in files.items():
        server.files[f"/datasets/owner/capitals/resolve/{COMMIT}/{name}"] = text.encode()


def test_a_study_asks_for_nothing_by_itself(hub: FileServer, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY)

    with pytest.raises(LongplayError, match=f"was not fetched into .*Get it: longplay data fetch {NAME}"):
        longplay.plan(tmp_path / "study.toml")
    assert hub.seen == []


def test_a_set_that_was_fetched_is_asked_and_its_commit_is_kept(hub: FileServer, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    assert main(["data", "fetch", NAME]) == 0
    asked = [path for path, _ in hub.seen]
    hub.fault = "status 500"  # nobody is asked again

    longplay.run(tmp_path / "study.toml", tmp_path / "run")

    assert asked == [
        "/api/datasets/owner/capitals/revision/v1",
        f"/datasets/owner/capitals/resolve/{COMMIT}/test.jsonl",
    ]
    shown = longplay.open(tmp_path / "run").show(probe="capitals", item="row-2", checkpoint=2)
    assert "Capital of Peru?" in shown
    with pytest.raises(LongplayError, match="hf:owner/capitals@v1#test"):
        longplay.plan(changed(tmp_path / "data"))


def changed(data: Path) -> Path:
    """The study, once what was fetched is no longer what it was."""
    (path,) = data.rglob("*.jsonl")
    path.write_text('{"question": "Other?", "answer": "x"}')
    return data.parent / "study.toml"


def test_a_set_that_is_here_stays_as_it_is(hub: FileServer, tmp_path: Path) -> None:
    longplay.fetch_data(NAME)
    offer(hub, {"test.jsonl": '{"question": "New?"}'}, sha="f" * 40)

    (again,) = longplay.fetch_data(NAME)

    record = hub_record(hub_set(NAME), tmp_path / "data")
    assert (again.outcome, record is not None and record.commit) == ("already", COMMIT)
    assert COMMIT in again.words


@pytest.mark.parametrize(
    ("files", "named", "fetched"),
    [
        (["data/test-00000-of-00002.parquet", "data/test-00001-of-00002.parquet", "test.csv"], "v1#test", 2),
        (["en/test-00000-of-00001.parquet", "fr/test-00000-of-00001.parquet"], "v1#fr/test", 1),
        (["en/test/0000.parquet", "en/test/0001.parquet"], "refs/convert/parquet#test", 2),
        (["only.csv"], "v1", 1),
    ],
)
def test_the_files_of_a_split_are_told_by_their_names(
    hub: FileServer, files: list[str], named: str, fetched: int
) -> None:
    offer(hub, dict.fromkeys(files, "text\na\n"))

    assert len(longplay.fetch_data(f"hf:owner/capitals@{named}")) == fetched


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("hf:owner/capitals#test", "has no revision, which says which version is meant. Write hf:NAME@REVISION#SPLIT"),
        ("hf:owner/../capitals@v1", "is no such name"),
        ("hf:owner/capitals@..#test", "is no such name"),
        ("hf:owner/capitals@v1#tset", r"has no such split; name one\. Known: test, train"),
        ("hf:owner/capitals@v1", r"has several such splits; name one\. Known: test, train"),
        ("hf:owner/capitals@v2#test", "404"),
    ],
)
def test_what_is_not_there_is_named(hub: FileServer, tmp_path: Path, named: str, said: str) -> None:
    del hub
    with pytest.raises(DataError, match=said):
        longplay.fetch_data(named)
    assert list((tmp_path / "data").glob("**/*")) == []


@pytest.mark.parametrize(
    ("listing", "said"),
    [
        ("no JSON", "answers with no list of files"),
        ('{"sha": "../../x", "siblings": []}', "names no commit"),
        ('{"siblings": []}', "answers with no list of files"),
        (f'{{"sha": "{COMMIT}", "siblings": [{{"rfilename": "run.py"}}]}}', "Known: none that is read; many sets have"),
    ],
)
def test_a_hub_that_says_something_else_is_not_believed(hub: FileServer, listing: str, said: str) -> None:
    hub.files["/api/datasets/owner/capitals/revision/v1"] = listing.encode()

    with pytest.raises(DataError, match=said):
        longplay.fetch_data(NAME)


def test_names_of_the_hub_are_no_paths_here(hub: FileServer, tmp_path: Path) -> None:
    hub.files.clear()
    there = "../../../outside/test.jsonl"
    listing = {"sha": COMMIT, "siblings": [{"rfilename": there}]}
    hub.files["/api/datasets/owner/capitals/revision/v1"] = json.dumps(listing).encode()
    hub.files[f"/datasets/owner/capitals/resolve/{COMMIT}/{there}"] = b'{"text": "a"}'

    longplay.fetch_data("hf:owner/capitals@v1")

    assert [path.name for path in tmp_path.rglob("*.jsonl")] == ["000.jsonl"]
    assert (tmp_path / "data").resolve() in next(tmp_path.rglob("*.jsonl")).resolve().parents


def test_a_redirect_to_another_host_is_not_followed(hub: FileServer) -> None:
    hub.fault = "redirect https://example.org/x"

    with pytest.raises(DataError, match=r"is redirected to example\.org, which is not one of its hosts"):
        longplay.fetch_data(NAME)
