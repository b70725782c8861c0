"""What somebody else may have done to a run folder, before or while it is used."""

import errno
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import longplay.files
from faults import FaultServer
from longplay.cli import main
from longplay.files import advice_on, drafts
from longplay.store import Reader, Store, StoreError
from longplay.store.errors import NotBegun

SIM = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 1
[conditioning]
repeats = 0
noise_share = 0
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 2
"""
SERVED = SIM.replace('"sim/speaker"', '"openai/m"\nbase_url = "URL"\nconcurrency = 1')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "study.toml").write_text(SIM)
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def test_a_run_folder_and_its_files_are_for_the_users_eyes(run: Path) -> None:
    assert main(["report", str(run)]) == 0
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (run, *run.iterdir())}
    assert modes == {
        "run": 0o700,
        **dict.fromkeys(("run.sqlite", "lock", "study.toml", "report.html", "estimates.csv"), 0o600),
    }


def test_what_a_run_obtained_stands_in_one_file_when_it_has_ended(run: Path, tmp_path: Path) -> None:
    assert sum(path.stat().st_size for path in run.glob("run.sqlite-wal")) == 0
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(run / "run.sqlite", copy)
    with Reader.open(copy) as there, Reader.open(run) as here:
        assert there.counts() == here.counts()


def test_a_copy_without_its_log_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "run.sqlite").touch()
    with pytest.raises(NotBegun, match=r"copy run\.sqlite-wal beside it too"):
        Reader.open(tmp_path)
    whole = tmp_path / "whole"
    with Store.open(whole) as store:
        store.set_meta("a", "b")
        copy = tmp_path / "copy"
        copy.mkdir()
        shutil.copy(whole / "run.sqlite", copy)
        with Reader.open(copy) as reader:
            assert reader.meta() == {}, "a store, as yet without what stands in the log"


@pytest.mark.parametrize("name", ["export/.rounds.csv.part", "export/rounds.csv", "report.html", ".report.html.part"])
def test_prepared_links_for_files_are_not_written_through(run: Path, name: str, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.write_text("dear")
    (run / name).parent.mkdir(exist_ok=True)
    (run / name).symlink_to(diary)
    assert main(["export", str(run)]) == 0
    assert main(["report", str(run)]) == 0
    assert diary.read_text() == "dear"
    assert not list(run.rglob("*.part")) or name.endswith(".part")


def test_an_export_folder_that_is_a_link_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (run / "export").symlink_to(elsewhere)
    assert main(["export", str(run)]) == 2
    assert "export: is a link, and is not followed" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []
    assert main(["export", str(run), "--into", str(run / "export")]) == 0, "what a person names is theirs"


@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal"])
def test_links_beside_the_database_are_not_followed(
    run: Path, beside: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    diary = tmp_path / "diary"
    diary.write_text("dear")
    (run / f"run.sqlite{beside}").unlink(missing_ok=True)
    (run / f"run.sqlite{beside}").symlink_to(diary)
    assert main(["report", str(run)]) == 2
    assert f"run.sqlite{beside}: is a link" in capsys.readouterr().err
    with pytest.raises(StoreError, match="is a link"):
        Store.open(run)
    assert diary.read_text() == "dear"


def test_a_study_file_that_is_a_link_does_not_bring_another_file_onto_the_page(run: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.write_text("dear diary")
    (run / "study.toml").unlink()
    (run / "study.toml").symlink_to(diary)
    assert main(["report", str(run)]) == 0
    assert "dear diary" not in (run / "report.html").read_text("utf-8")


def removed(run: Path) -> None:
    shutil.rmtree(run)


def moved(run: Path) -> None:
    run.rename(run.with_name("moved"))


def replaced(run: Path) -> None:
    copy = run / "copy"
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE other(a)")
    connection.close()
    copy.replace(run / "run.sqlite")


@pytest.mark.parametrize("change", [removed, moved, replaced])
@pytest.mark.parametrize("after", [2, 11])
def test_a_folder_that_goes_away_while_the_run_is_going_on_ends_it_with_one_line(
    change: Callable[[Path], None], after: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, seen, lock = tmp_path / "run", list[int](), threading.Lock()

    def fault(body: bytes, attempt: int) -> None:
        del body
        with lock:
            seen.append(attempt)
            if len(seen) == after:
                change(run)

    with FaultServer(fault) as server:
        (tmp_path / "study.toml").write_text(SERVED.replace("URL", server.url))
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(run)]) == 1
    out, err = capsys.readouterr()
    assert "Complete" not in out
    assert "run.sqlite: was moved, deleted or replaced while it was written to" in err
    assert "Everything obtained is kept" not in err or change is replaced
    assert not (run / "study.toml").exists() or change is replaced


def test_a_folder_that_goes_away_before_the_last_line_is_noticed(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "run")
    store.set_meta("a", "b")
    removed(tmp_path / "run")
    with pytest.raises(StoreError, match="was moved, deleted or replaced"):
        store.close()


@pytest.mark.parametrize("command", ["report", "wording", "export"])
def test_a_disk_that_is_read_only_gets_one_line(
    run: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = os.open

    def read_only(path: str | Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and run in Path(path).parents:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return opened(path, flags, mode, **more)

    def no_removal(path: Path, missing_ok: bool = False) -> None:
        del missing_ok
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("os.open", read_only)
    monkeypatch.setattr(Path, "unlink", no_removal)
    (run / "export").mkdir(exist_ok=True)
    assert main([command, str(run)]) == 2
    assert "cannot be written (Read-only file system). Nothing can be written on that disk" in capsys.readouterr().err


def test_a_draft_takes_its_place_only_when_its_block_ends_well(tmp_path: Path) -> None:
    end = tmp_path / "a"
    end.write_text("old")

    def fails() -> None:
        with drafts(end, tmp_path / "b") as (one, _):
            one.write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert (end.read_text(), os.listdir(tmp_path)) == ("old", ["a"])
    with drafts(end, mode=longplay.files.SHARED) as (one,):
        one.write_text("new")
    assert (end.read_text(), os.listdir(tmp_path)) == ("new", ["a"])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "Free disk space"),
        (errno.EACCES, "Make the folder writable"),
        (errno.EROFS, "on another"),
        (errno.ENOTDIR, "Name a folder"),
    ],
)
def test_advice_fits_the_fault(number: int, said: str) -> None:
    assert said in advice_on(OSError(number, "why"))


def test_a_path_that_cannot_be_made_is_not_called_a_full_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text(SIM)
    (tmp_path / "file").touch()
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "file" / "run")]) == 2
    said = capsys.readouterr().err
    assert "Not a directory" in said
    assert "Free disk space" not in said
