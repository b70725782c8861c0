"""An import that is ended at any point goes on with the same command, and ends as if nothing had happened."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from longplay.cli import main
from tables import contents

CHATS = [
    [
        message
        for number in range(rounds)
        for message in (
            {"role": "user", "content": f"{name}: question {number}?"},
            {"role": "assistant", "content": f"{name}: answer {number}."},
        )
    ]
    for name, rounds in (("lamp", 4), ("door", 2))
]
# argv: at which commit the process ends, after how many rows of it, or in which file's writing; then the command
KILLED = """
import os, pathlib, sys
from longplay.cli import main
from longplay.store.writer import Writer
at, rows, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
commit, replace, seen = Writer._commit, pathlib.Path.replace, []

def ends(writer, queue):
    seen.append(queue)
    if len(seen) == at:
        queue.entries = queue.entries[:rows]
        commit(writer, queue)
        os._exit(9)
    return commit(writer, queue)

def places(path, target):
    if pathlib.Path(target).name == file:
        os._exit(9)
    return replace(path, target)

Writer._commit, pathlib.Path.replace = ends, places
sys.exit(main(sys.argv[4:]))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "chats"
    folder.mkdir()
    for name, chat in zip(("lamp", "door"), CHATS, strict=True):
        (folder / f"{name}.json").write_text(json.dumps(chat), "utf-8")
    return folder


def command(source: Path, into: Path) -> list[str]:
    return ["import", "openai-chat", str(source), "--into", str(into)]


@pytest.fixture(scope="module")
def whole(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("whole") / "run"
    assert main(command(source, into)) == 0
    return into


@pytest.mark.parametrize(
    ("at", "rows", "file"),
    [(1, 0, ""), (1, 1, ""), (1, 5, ""), (1, 9, ""), (2, 0, ""), (4, 1, ""), (8, 1, ""), (99, 0, "study.toml")],
)
def test_an_import_that_is_killed_goes_on_with_the_same_command(
    at: int, rows: int, file: str, source: Path, whole: Path, tmp_path: Path
) -> None:
    into = tmp_path / "run"
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(at), str(rows), file, *command(source, into)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == 9, ended.stderr
    assert main(command(source, into)) == 0
    assert contents(into) == contents(whole)
    ours, theirs = ((run / "study.toml").read_text("utf-8").replace(str(run), "RUN") for run in (into, whole))
    assert ours == theirs
    assert main(command(source, into)) == 0, "and once more finds it all there"


def test_a_run_that_lost_its_study_file_is_not_taken_for_an_import(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = (
        '[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n[dialogues]\nrounds = 2\nbaseline_draws = 1\n'
    )
    (tmp_path / "study.toml").write_text(f"{study}personas = []\n[budget]\nrequests = 3\n")
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 1
    (tmp_path / "run" / "study.toml").unlink()
    assert main(command(source, tmp_path / "run")) == 2
    assert "holds a run without study.toml; put it back" in capsys.readouterr().err


def test_a_dialogue_that_is_there_whole_is_not_made_longer(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "chats"
    source.mkdir()
    (source / "door.json").write_text(json.dumps([*CHATS[1], *CHATS[1]]), "utf-8")
    assert main(command(source, whole)) == 2
    assert "the run holds other words" in capsys.readouterr().err
