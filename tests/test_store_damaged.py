"""A store with rows that stand for nothing is said to be damaged, in one line, by every command that reads them."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from longplay.cli import main
from short_study import talk

STUDY = f"""
seed = 3
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
{talk(2)}\
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "follow"
limit = 2
"""
# a row as it can be damaged, and which commands read it
DAMAGE = {
    "UPDATE sets SET judge_kind=7": ("status", "show", "report", "export"),
    "UPDATE sets SET judge=9999": ("status", "show", "report", "export"),
    "UPDATE sets SET state=9": ("status", "show", "report", "export"),
    "UPDATE verdicts SET part=99999": ("show", "report", "export"),
    "UPDATE verdicts SET judged_as=99999": ("show", "report", "export"),
    "UPDATE verdicts SET label=-1": ("show", "report", "export"),
    "UPDATE verdicts SET status=99": ("show", "report", "export"),
    "UPDATE verdicts SET reason=99": ("status", "show", "report", "export"),
    "UPDATE verdicts SET score='abc'": ("show", "report", "export"),
    "UPDATE verdicts SET score=9e999": ("show", "report", "export"),
    "UPDATE verdicts SET score=x'00ff'": ("show", "report", "export"),
    "UPDATE calls SET finish=99": ("show", "report", "export"),
    "UPDATE calls SET prompt='many'": ("report", "export"),
    "UPDATE dialogues SET script=9999": ("status", "report", "export"),
    "UPDATE answers SET probe=9999": ("status", "report", "export"),
}
COMMANDS = ("status", "show", "report", "export")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run")]) == 0
    return folder / "run"


@pytest.mark.parametrize("damage", DAMAGE)
def test_rows_that_stand_for_nothing_are_damage_and_no_traceback(
    damage: str, made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(made, tmp_path / "run"))
    with closing(sqlite3.connect(run / "run.sqlite")) as connection, connection:
        connection.execute(damage)
    refused: list[str] = []
    for command in COMMANDS:
        ended, said = main([command, str(run)]), capsys.readouterr().err
        if ended == 2 and "is damaged" in said:
            refused.append(command)
            assert said.count("\n") == 1 or command == "show", said
    assert set(refused) >= set(DAMAGE[damage]), refused
