"""Which files a study may have sent: those beside it, and those that a person names. And a study from a pipe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import longplay
from longplay.cli import main
from longplay.pipeline import load
from longplay.specs import StudyError

STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = [PERSONAS]
scripts = [SCRIPTS]
baseline = false
rounds = 2
[conditioning]
repeats = 0
noise_share = 0
checkpoints = [0, 2]
[[probes]]
name = "refusal"
limit = 1
"""
CAST = '{"Keeper": "You keep the light."}'
SCRIPT = '{"questions": ["Who are you?", "Where?"]}'


def study(folder: Path, personas: str = '"silver"', scripts: str = '"goal-oriented"') -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "study.toml"
    path.write_text(STUDY.replace("PERSONAS", personas).replace("SCRIPTS", scripts), "utf-8")
    return path


@pytest.mark.parametrize(
    ("given", "key"),
    [({"personas": '"cast/gone.json#Ada"'}, "personas"), ({"scripts": '"cast/gone.json"'}, "scripts")],
)
def test_a_file_that_is_not_there_is_said_with_the_study_and_the_key_that_name_it(
    given: dict[str, str], key: str, tmp_path: Path
) -> None:
    path = study(tmp_path, **given)
    with pytest.raises(StudyError) as fault:
        load(path)
    assert str(fault.value) == f"{path}: [dialogues.{key}] {tmp_path}/cast/gone.json: no such file."


def test_a_fault_in_a_file_is_said_with_the_study_and_the_key_that_name_it(tmp_path: Path) -> None:
    path = study(tmp_path, '"cast.json"')
    (tmp_path / "cast.json").write_text('{"name": "Ada", "description": ""}', "utf-8")
    with pytest.raises(StudyError, match=r"study\.toml: \[dialogues\.personas\] .*cast\.json: persona 'Ada'"):
        load(path)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "cast.json").write_text(CAST, "utf-8")
    (tmp_path / "mine" / "script.json").write_text(SCRIPT, "utf-8")
    return tmp_path / "mine"


@pytest.mark.parametrize("way", ["absolute", "upwards", "link", "linked folder"])
def test_a_file_outside_the_studys_folder_needs_a_word_however_it_is_named(
    way: str, mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "cast.json").symlink_to(mine / "cast.json")
    (theirs / "data").symlink_to(mine)
    named = {
        "absolute": str(mine / "cast.json"),
        "upwards": "../mine/cast.json#Keeper",
        "link": "cast.json",
        "linked folder": "data/cast.json",
    }[way]
    path = study(theirs, json.dumps(named))
    assert main(["plan", str(path)]) == 0
    assert f"outside the study's folder: {mine / 'cast.json'} (run: --allow-file)" in capsys.readouterr().out
    run = ["run", str(path), "--into", str(tmp_path / "run")]
    assert main(run) == 2
    assert f"If that is meant, add --allow-file {mine / 'cast.json'}" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert main([*run, "--allow-file", str(mine / "script.json")]) == 2, "a word for another file is none for this"
    assert main([*run, "--allow-file", str(mine / "cast.json")]) == 0


def test_scripts_are_files_too_and_python_has_the_same_word(mine: Path, tmp_path: Path) -> None:
    path = study(tmp_path / "theirs", '"../mine/cast.json"', '"../mine/script.json"')
    with pytest.raises(StudyError, match=r"--allow-file \S+cast\.json --allow-file \S+script\.json"):
        longplay.run(path, tmp_path / "run")
    files = [mine / "cast.json", tmp_path / "theirs" / ".." / "mine" / "script.json"]
    assert longplay.run(path, tmp_path / "run", allow_files=files).status == "complete"


def test_files_beside_and_below_a_study_need_no_word(
    mine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mine / "link.json").symlink_to("cast.json")
    path = study(tmp_path, '"mine/link.json"', '"./mine/script.json"')
    assert main(["plan", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files_outside"] == []
    assert main(["run", str(path), "--into", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize("named", ["/dev/stdin", "fifo"])
def test_a_study_from_a_pipe_is_read_once_and_kept_whole(named: str, tmp_path: Path) -> None:
    text = study(tmp_path).read_text("utf-8")
    (tmp_path / "study.toml").unlink()
    if named == "fifo":
        os.mkfifo(tmp_path / "fifo")
    command = [sys.executable, "-m", "longplay", "run", named, "--into", "run"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment
    )
    if named == "fifo":
        (tmp_path / "fifo").write_text(text, "utf-8")
    _, err = child.communicate(b"" if named == "fifo" else text.encode(), timeout=120)
    assert child.returncode == 0, err
    assert 'name = "sim/speaker"' in (tmp_path / "run" / "study.toml").read_text("utf-8")


def test_a_pipe_without_end_is_no_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "/dev/zero", "--into", str(tmp_path / "run")]) == 2
    assert "that is no study file" in capsys.readouterr().err


def test_a_run_without_a_folder_is_told_the_line_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "my study.toml"]) == 2
    assert "longplay run 'my study.toml' --into 'runs/my study'" in capsys.readouterr().err
