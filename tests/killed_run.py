"""A small study on a loopback server, run by the real command in a child process that a test can end at any moment.

What a run paid for is read back from the bodies that the server saw: a body names its call.
"""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from faults import Seen, digest_words
from longplay.pipeline import load_text
from longplay.records import EMPTY, Message, Request, call_key
from longplay.store.schema import TRANSIENT_CODES
from tables import Rows, contents

DIALOGUES = """
seed = 3
[[models]]
name = "openai/m"
base_url = "URL"
concurrency = 16
timeout_s = TIMEOUT
attempts = ATTEMPTS
[judge]
name = "openai/j"
base_url = "URL"
concurrency = 16
timeout_s = TIMEOUT
attempts = ATTEMPTS
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
rounds = 5
[conditioning]
repeats = 0
checkpoints = [0, 2, 5]
"""
PROBES = {"fidelity": 1, "follow": 2, "refusal": 2, "traits": 2, "general": 1, "role": 1}
CHOICES = {b"A, B or tie": ("A", "B", "tie"), b"full, partial or none": ("full", "partial", "none")}
BOUND_S = 120.0  # far more than anything here takes: a test that hangs shall fail with its place
# argv: most bytes of a file (0 = any number), then the command's arguments
COMMAND = (
    "import resource, sys; most = int(sys.argv[1]); "
    "most and resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); "
    "from longplay.cli import main; sys.exit(main(sys.argv[2:]))"
)


def words(body: bytes) -> str:
    """Replies that depend on the body alone: a judge's name a choice, except for a few that name none."""
    said, number = digest_words(body), int.from_bytes(hashlib.blake2b(body, digest_size=4).digest(), "big")
    if not body.startswith(b'{"model":"j"') or number % 11 == 0:
        return said
    choices = next((known for asked, known in CHOICES.items() if asked in body), tuple("12345"))
    return f"{said}\nResult: {choices[number % len(choices)]}"


def write_study(folder: Path, url: str, *, timeout_s: float = 20.0, attempts: int = 2, times: int = 1) -> Path:
    """The study's file, for a server at `url`; `times` as many items of each probe."""
    text = DIALOGUES.replace("URL", url).replace("TIMEOUT", str(timeout_s)).replace("ATTEMPTS", str(attempts))
    text += "".join(f'[[probes]]\nname = "{name}"\nlimit = {times * limit}\n' for name, limit in PROBES.items())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(text)
    return folder / "study.toml"


@dataclass(frozen=True)
class Ended:
    """How a child process ended; a negative code is the signal that ended it."""

    code: int
    out: str
    err: str


class Running:
    """`longplay run STUDY --into RUN` in a process of its own; killed on leaving where it still runs."""

    def __init__(self, study: Path, run: Path, most_bytes: int = 0) -> None:
        arguments = [str(most_bytes), "run", str(study), "--into", str(run)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that comes about while the process runs."""
        until(lambda: condition() or self._process.poll() is not None)
        if self._process.poll() is not None and not condition():
            out, err = self._process.communicate()
            raise AssertionError(f"the run ended ({self._process.returncode}) before what was waited for: {out}{err}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> Ended:
        """Wait for the end."""
        out, err = self._process.communicate(timeout=BOUND_S)
        return Ended(self._process.returncode, out, err)


def play(study: Path, run: Path) -> Ended:
    """Run a study to its end."""
    with Running(study, run) as running:
        return running.end()


def until(condition: Callable[[], bool]) -> None:
    """Poll a condition; bounded."""
    last = time.monotonic() + BOUND_S
    while not condition():
        assert time.monotonic() < last, "what was waited for did not come about"
        time.sleep(0.003)


def settled_calls(run: Path) -> set[bytes]:
    """Keys of the committed calls that may never be sent again; none where there is no database yet."""
    transient = ", ".join(map(str, TRANSIENT_CODES))
    try:
        with closing(sqlite3.connect(f"file:{run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
            found = connection.execute(f"SELECT key FROM calls WHERE reason NOT IN ({transient})").fetchall()
    except sqlite3.OperationalError:
        return set()
    return {key for (key,) in found}


class _Body(msgspec.Struct):
    model: str
    messages: list[Message]
    seed: int


_EXPERIMENT = load_text(
    DIALOGUES.replace("URL", "http://127.0.0.1/v1").replace("TIMEOUT", "1").replace("ATTEMPTS", "1")
)
_SPECS = {spec.model: spec for spec in (*_EXPERIMENT.experiment.models.values(), _EXPERIMENT.experiment.judge)}


def key_of(seen: Seen) -> bytes:
    """The key of the call that a request was sent for."""
    body = msgspec.json.decode(seen.body, type=_Body)
    spec = _SPECS[body.model]
    assert spec.sampling == spec.probe_sampling
    draw = body.seed - (spec.sampling.seed or 0)
    return call_key(spec.identity, Request(EMPTY, tuple(body.messages), spec.sampling, draw))


def told(run: Path) -> dict[str, Rows]:
    """A run's tables in words, without the study, which names its server."""
    tables = contents(run)
    tables["documents"] = [row for row in tables["documents"] if row[0] != "study"]
    return tables
