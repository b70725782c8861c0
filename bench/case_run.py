"""One case: a tiny study against a scripted server through the real command line in this process, and what was found.
Time between attempts goes by faster, and writes wait for no company; nothing else is replaced.
"""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from case_due import Due, Found, differences
from case_server import TURN, CaseServer, On, Who
from longplay.cli import live_run, main
from longplay.inference import PROVIDERS, Provider
from longplay.inference.openai import open_openai
from longplay.inference.retry import Pauses
from longplay.records import DialogueKey, RoundRef
from longplay.specs import LongplayError, ModelSpec
from longplay.store import Reader

SPEED = 2000.0
LINGER_S = 0.001
LONGEST_S = 60.0  # a case that takes longer is interrupted, and wrong

MODEL = """\
[[models]]
name = "openai/m"
base_url = "{url}"
concurrency = 4
attempts = {attempts}
timeout_s = 120
{model}
[judge]
name = "openai/j"
base_url = "{url}"
concurrency = 4
attempts = {attempts}
timeout_s = 120
cache = {cache}
{judge}
"""
REST = """\
[dialogues]
personas = [{personas}]
baseline = false
scripts = ["talk.toml"]
rounds = {rounds}
[conditioning]
checkpoints = [0, {rounds}]
draws_at_0 = 1
noise_share = 0
repeats = 0
[[probes]]
name = "{probe}"
limit = {limit}
[judging]
rounds = ["style"]
{more}
"""
ADA = '{ id = "ada", name = "Ada", description = "Ada keeps a lighthouse and its log." }'


class Tiny(msgspec.Struct, frozen=True):
    """A study of one model, one script and few items. `model`, `judge`, `more`, `top`: further lines of these parts.
    `cache`: whether the judge takes replies of earlier runs."""

    rounds: int = 3
    personas: str = ADA
    attempts: int = 2
    probe: str = "follow"
    limit: int = 1
    model: str = ""
    judge: str = ""
    cache: str = "false"
    more: str = ""
    top: str = ""

    def text(self, url: str) -> str:
        """The study file."""
        parts = {name: getattr(self, name) for name in self.__struct_fields__}
        return self.top + "\n" + MODEL.format(url=url, **parts) + REST.format(**parts)


class Case(msgspec.Struct, frozen=True):
    """`ons`: what the server does. `who`, `place`: the reply that is looked at. `due`: what must become of it, any one
    of these. `again`: the study of a second run into the same folder (`anew`: another); `due` is then about
    that."""

    kind: str
    name: str
    ons: tuple[On, ...]
    due: tuple[Due, ...]
    who: Who = "model"
    place: str = "round 2"
    study: Tiny = Tiny()
    again: Tiny | None = None
    options: tuple[str, ...] = ()
    again_options: tuple[str, ...] = ()
    anew: bool = False

    def play(self, server: CaseServer, folder: Path) -> list[str]:
        """Run it; how what was found differs from what is due, [] where it does not."""
        return differences(self.due, _found(self, server, folder), self.place, self.who)


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A folder to work in, in memory where there is such a place; what longplay keeps for a person is beside it."""
    memory = Path("/dev/shm")
    before = {name: os.environ.get(name) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME")}
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        os.environ |= {"XDG_CACHE_HOME": f"{name}/cache", "XDG_CONFIG_HOME": f"{name}/config"}
        (work := Path(name, "work")).mkdir()
        try:
            yield work
        finally:
            for variable, value in before.items():
                os.environ.pop(variable) if value is None else os.environ.update({variable: value})


class Clock:
    """Time that goes by faster, and how long was waited in it."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def sleep(self, wait_s: float) -> None:
        """Wait a part of it."""
        self.slept_s.append(wait_s)
        await asyncio.sleep(wait_s / SPEED)

    def now(self) -> float:
        """Seconds."""
        return asyncio.get_running_loop().time() * SPEED


@contextlib.contextmanager
def hasty() -> Iterator[Clock]:
    """Servers are asked over the real wire, with pauses on a fast clock, and writes wait for no company."""
    clock, before, patient = Clock(), PROVIDERS["openai"], live_run.run_study

    def quick(spec: ModelSpec, environment: Mapping[str, str]) -> Any:
        return open_openai(spec, environment, Pauses(sleep=clock.sleep, now=clock.now))

    PROVIDERS["openai"] = Provider(quick, before.sends)
    live_run.run_study = partial(patient, linger_s=LINGER_S)
    try:
        yield clock
    finally:
        PROVIDERS["openai"], live_run.run_study = before, patient


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """What takes longer is interrupted as by Ctrl-C, again and again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def command(arguments: Sequence[str | Path]) -> tuple[int, str, str]:
    """Exit code, what was printed, and the traceback of a defect, else ""."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            with bounded(LONGEST_S):
                code = main([str(one) for one in arguments])
        except (Exception, KeyboardInterrupt, SystemExit):  # noqa: BLE001 - what escapes is what is looked for
            return -1, printed.getvalue(), traceback.format_exc()
    return code, printed.getvalue(), ""


def write_study(folder: Path, study: Tiny, url: str) -> Path:
    """The study's files."""
    questions = json.dumps([TURN.format(number) for number in range(1, study.rounds + 1)])
    (folder / "talk.toml").write_text(f'kind = "goal-oriented"\nquestions = {questions}\n')
    (folder / "study.toml").write_text(study.text(url))
    return folder / "study.toml"


def _found(case: Case, server: CaseServer, folder: Path) -> Found:
    url, run = server.open(case.ons), folder / "run"
    found = Found()
    with hasty() as clock:
        for number, (study, options) in enumerate(((case.study, case.options), (case.again, case.again_options))):
            if study is None or found.defect:
                continue
            path = write_study(folder, study, url)
            if case.anew and number:
                run = folder / "run-2"
            found.code, found.printed, found.defect = command(["run", path, "--into", run, *options])
    found.slept_s = tuple(clock.slept_s)
    found.asked = list(server.line(url).asked)
    if (run / "run.sqlite").is_file() and not found.defect:
        _, found.status, found.defect = command(["status", run])
        with contextlib.suppress(LongplayError):
            _read(case, run, found)
        if any(due.page for due in case.due) and not found.defect:
            _, found.page, found.defect = command(["report", run])
            if (run / "report.html").is_file():
                found.page = re.sub(r"<[^>]*>|\s+", " ", (run / "report.html").read_text("utf-8"))
    return found


def _read(case: Case, run: Path, found: Found) -> None:
    ref = RoundRef(DialogueKey("openai/m", "ada", "talk.toml"), int(case.place.rpartition(" ")[2]))
    with Reader.open(run) as reader:
        if case.who == "model":
            kept = reader.round_text(ref)
            if kept is not None:
                found.reply, found.reason = kept.reply, kept.reason or ""
            return
        for judged in reader.verdicts(ref):
            found.reason, found.score = judged.verdict.reason or "", judged.verdict.score
            found.reply = judged.replies[-1] if judged.replies else None
