"""Nothing that was obtained is lost: full disks, interrupts, second processes, dead servers, damaged files."""

import random
import shutil
import signal
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from faults import FaultServer
from killed_run import Ended, Running, key_of, play, settled_calls, told, words, write_study
from longplay.cli import main
from longplay.pipeline import load_text, run_study
from longplay.store import Reader, Store
from tables import Rows, contents

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
checkpoints = [0, 4]
[[probes]]
name = "fidelity"
limit = 2
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The tables of a run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    with FaultServer(words=words) as server:
        ended = play(write_study(folder, server.url), folder / "run")
        assert ended.code == 0, ended.err
        return told(folder / "run")


def resumes(study: Path, run: Path, server: FaultServer) -> dict[str, Rows]:
    """Run to the end and see that no call on the disk is sent again; the tables."""
    kept, sent = settled_calls(run), len(server.requests)
    ended = play(study, run)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("Ended with gaps: "), "five replies of the judge hold no number"
    assert not kept & {key_of(seen) for seen in server.requests[sent:]}
    assert kept <= settled_calls(run)
    return told(run)


def says_how_to_go_on(ended: Ended, study: Path, run: Path) -> None:
    """Exit code 1 and the command that resumes; no traceback."""
    assert ended.code == 1
    assert "Traceback" not in ended.err
    assert f"To go on: longplay run {study} --into {run}\n" in ended.err


def test_a_disk_that_fills_up_ends_the_run_with_one_line_and_it_resumes_once_there_is_room(
    tmp_path: Path, whole: dict[str, Rows]
) -> None:
    run = tmp_path / "run"
    with FaultServer(words=words) as server:
        study = write_study(tmp_path, server.url)
        with Running(study, run) as running:
            running.until(lambda: len(settled_calls(run)) >= 20)
        before, largest = settled_calls(run), max(path.stat().st_size for path in run.iterdir())
        with Running(study, run, largest + 200_000) as running:
            ended = running.end()
        says_how_to_go_on(ended, study, run)
        (said,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
        assert "run.sqlite: writing stopped" in said
        assert "Everything committed before is kept. Free disk space" in said
        assert before < settled_calls(run)
        assert resumes(study, run, server) == whole


@pytest.mark.parametrize("most_bytes", [1, 50_000])
def test_a_disk_that_is_full_from_the_beginning_is_one_line_and_the_run_can_begin_once_there_is_room(
    most_bytes: int, tmp_path: Path, whole: dict[str, Rows]
) -> None:
    run = tmp_path / "run"
    with FaultServer(words=words) as server:
        study = write_study(tmp_path, server.url)
        with Running(study, run, most_bytes) as running:
            ended = running.end()
        assert (ended.code, ended.out, server.requests) == (2, "", [])
        assert ended.err.startswith("error: ")
        assert ended.err.count("\n") == 1
        assert resumes(study, run, server) == whole


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_run_says_how_to_go_on_and_loses_no_reply(
    number: signal.Signals, tmp_path: Path, whole: dict[str, Rows]
) -> None:
    run = tmp_path / "run"
    with FaultServer(words=words) as server:
        study = write_study(tmp_path, server.url)
        with Running(study, run) as running:
            running.until(lambda: len(server.requests) >= 100)
            running.send(number)
            ended = running.end()
        says_how_to_go_on(ended, study, run)
        assert ended.out.startswith("Stopped (interrupted): ")
        assert {key_of(seen) for seen in server.requests} == settled_calls(run), "calls under way came to their end"
        assert len(settled_calls(run)) < len(whole["calls"])
        assert resumes(study, run, server) == whole


def test_a_second_interrupt_does_not_wait_for_a_server_that_hangs(tmp_path: Path, whole: dict[str, Rows]) -> None:
    run = tmp_path / "run"
    arrived, hanging = count(), True

    def faults(body: bytes, attempt: int) -> str | None:
        del body, attempt
        return "hang" if next(arrived) >= 50 and hanging else None

    with FaultServer(faults, words) as server:
        study = write_study(tmp_path, server.url, timeout_s=600.0)
        with Running(study, run) as running:
            running.until(lambda: len(server.requests) >= 60)
            running.send(signal.SIGINT)
            running.send(signal.SIGTERM)
            says_how_to_go_on(running.end(), study, run)
        hanging = False
        assert resumes(study, run, server) == whole


def test_a_second_process_on_the_same_run_is_refused_by_the_first_ones_number_and_disturbs_nothing(
    tmp_path: Path, whole: dict[str, Rows]
) -> None:
    run = tmp_path / "run"
    second: list[Ended] = []

    def slow_words(body: bytes) -> str:
        if len(server.requests) == 100:
            second.append(play(study, run))  # the first process waits for this reply meanwhile
        return words(body)

    with FaultServer(words=slow_words) as server:
        study = write_study(tmp_path, server.url, timeout_s=600.0)
        with Running(study, run) as first:
            first_pid, ended = first.pid, first.end()
        assert ended.code == 0, ended.err
        assert second == [
            Ended(2, "", f"error: {run}: in use by process {first_pid}. Let it finish or end it, then try again.\n")
        ]
        assert len({seen.body for seen in server.requests}) == len(server.requests)
        assert told(run) == whole


def test_a_server_that_dies_ends_the_run_with_one_line_and_what_it_left_open_is_obtained_elsewhere(
    tmp_path: Path, whole: dict[str, Rows]
) -> None:
    run = tmp_path / "run"
    with FaultServer(words=words) as server:
        study = write_study(tmp_path, server.url, attempts=1)
        running = Running(study, run)
        running.until(lambda: len(server.requests) >= 100)
    with running:
        ended = running.end()
    says_how_to_go_on(ended, study, run)
    (said,) = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "127.0.0.1: cannot be reached; check that the server runs" in said
    with Reader.open(run) as reader:
        counts = reader.counts()
    missing = Counter(counts.rounds.missing)
    for outcome in counts.answers.values():
        missing.update(outcome.missing)
    assert missing.keys() <= {"failed", "dialogue-stopped"}
    with FaultServer(words=words) as server:
        assert resumes(write_study(tmp_path, server.url), run, server) == whole


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a study and its complete run."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "study.toml").write_text(SIM)
    run_study(load_text(SIM), folder / "run")
    return folder


def damaged(body: bytes, rng: random.Random) -> bytes:
    """A database cut off, or with other bytes somewhere in it."""
    at = rng.randrange(len(body))
    if rng.random() < 0.4:
        return body[:at]
    length = rng.choice((1, 8, 200, 5_000))
    return body[:at] + rng.randbytes(length) + body[at + length :]


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_database_is_one_line_and_never_a_traceback(
    seed: int, finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Damage within a text may go unnoticed; all else is said, and reading changes nothing."""
    shutil.copytree(finished, tmp_path / "copy")
    database = tmp_path / "copy" / "run" / "run.sqlite"
    body = damaged(database.read_bytes(), random.Random(seed))
    database.write_bytes(body)
    study, run = str(tmp_path / "copy" / "study.toml"), str(tmp_path / "copy" / "run")
    for command in (["status", run], ["show", run], ["run", study, "--into", run]):
        assert database.read_bytes() == body
        code = main(command)
        said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert len(said) == (code != 0)


@pytest.mark.parametrize("left", ["half a study file", "no database", "an empty database", "an empty store"])
def test_a_run_killed_while_it_was_begun_is_begun_again(left: str, finished: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / ("study.toml.partial" if left == "half a study file" else "study.toml")).write_text(SIM)
    if left == "an empty database":
        (run / "run.sqlite").touch()
    if left == "an empty store":
        Store.open(run).close()
    assert run_study(load_text(SIM), run).status == "complete"
    assert contents(run) == contents(finished / "run")


def test_the_studys_copy_in_the_run_folder_is_never_written_through_a_link(finished: Path, tmp_path: Path) -> None:
    run, diary = tmp_path / "run", tmp_path / "diary"
    run.mkdir()
    diary.write_text("dear")
    (run / "study.toml.partial").symlink_to(diary)
    assert run_study(load_text(SIM), run).status == "complete"
    assert diary.read_text() == "dear"
    assert contents(run) == contents(finished / "run")


def test_a_damaged_copy_of_the_study_is_one_line(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    for damage in (b"\xff\xfe", b"[[models]", b"seed = 3"):
        (tmp_path / "copy" / "run" / "study.toml").write_bytes(damage)
        assert main(["run", str(tmp_path / "copy" / "study.toml"), "--into", str(tmp_path / "copy" / "run")]) == 2
        said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert len(said) == 1
        assert "run/study.toml: " in said[0]
