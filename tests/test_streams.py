"""Where the command line prints may be closed, full or gone: a command does its work and ends in one line."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from longplay.cli import main
from longplay.cli.terminal import clean

STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
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
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
LOST = b"the output could not be written to stdout (No space left on device)"


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    """A line of sh in which `longplay` is this one."""
    command = f'longplay() {{ "{sys.executable}" -m longplay "$@"; }}; {line}'
    environment = ENVIRONMENT | {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]}
    return subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.toml").write_text(STUDY)
    return tmp_path


@pytest.mark.parametrize(
    "streams", [">&-", ">/dev/full", "2>&-", "2>/dev/full", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"]
)
def test_a_run_ends_with_its_own_code_whatever_became_of_its_output(streams: str, folder: Path) -> None:
    ended = shell(f"longplay run study.toml --into run {streams}", folder)
    assert ended.returncode == 0, ended.stderr
    assert b"Traceback" not in ended.stderr
    assert (LOST in ended.stderr) == (streams == ">/dev/full")
    assert main(["report", str(folder / "run")]) == 0, "nothing was written into the run's file"


@pytest.mark.parametrize("command", ["plan study.toml", "plan study.toml --json", "--help", "plan --help"])
def test_a_command_that_only_prints_fails_where_its_output_is_lost(command: str, folder: Path) -> None:
    ended = shell(f"longplay {command} >/dev/full", folder)
    assert ended.returncode == 1
    assert ended.stderr.count(b"error: ") == 1
    assert LOST in ended.stderr
    assert b"Traceback" not in ended.stderr
    assert shell(f"longplay {command} | head -c 1", folder).stderr == b"", "a reader that goes away is no fault"


def test_a_working_folder_that_is_gone_is_said(folder: Path) -> None:
    for command in ("plan study.toml", "run study.toml --into run"):
        ended = shell(f'mkdir gone && cd gone && rmdir ../gone && longplay {command}; echo "code $?"', folder)
        assert ended.stdout == b"code 2\n"
        assert ended.stderr.startswith(b"error: the working folder cannot be used")
        assert ended.stderr.count(b"\n") == 1


# argv: what stops the loading of the command line, at the import of which module
LOADING = """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "cyclopts":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
from longplay.__main__ import start
sys.exit(start())
"""


def test_an_interrupt_while_the_command_line_is_loading_ends_it_with_one_line() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, env=ENVIRONMENT, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"error: interrupted; nothing was lost.\n")


def test_an_interrupt_at_any_time_of_the_start_shows_no_traceback(folder: Path) -> None:
    """The process waits for a study that comes through a pipe; then it is interrupted."""
    os.mkfifo(folder / "pipe")
    command = [sys.executable, "-m", "longplay", "run", "pipe", "--into", "run"]
    child = subprocess.Popen(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests in the background inherit it ignored
    )
    with (folder / "pipe").open("w"):  # opened by both: the command has begun to read
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out, err) == (1, b"", b"error: interrupted; nothing was lost.\n")


def test_elsewhere_than_on_linux_and_macos_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    assert main(["--help"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: longplay runs on Linux and macOS; on Windows use WSL (Windows Subsystem for Linux)."
    ]


def test_separators_that_some_take_for_line_breaks_do_not_reach_the_terminal() -> None:
    assert clean("a\u2028b\u2029c\x85d\x1ce\n") == "abcde\n"


def test_a_python_without_docstrings_draws_as_well(folder: Path) -> None:
    ended = shell("longplay run study.toml --into run >/dev/null 2>&1; PYTHONOPTIMIZE=2 longplay report run", folder)
    assert (ended.returncode, ended.stdout) == (0, b"run/report.html\n"), ended.stderr
    assert "<svg" in (folder / "run" / "report.html").read_text("utf-8")
