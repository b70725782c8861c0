"""One case: a tiny study against a scripted server through the real command line in this process, what was found, and
how that differs from what must become of it. Time between attempts goes by faster; nothing else is replaced.
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
from types import MappingProxyType
from typing import Any

import msgspec

from case_server import TURN, Asked, CaseServer, On, Who
from longplay.cli import main, performing
from longplay.inference import PROVIDERS
from longplay.inference.openai import open_openai
from longplay.inference.retry import Pauses
from longplay.records import DialogueKey, Reply, RoundRef
from longplay.specs import LongplayError, ModelSpec
from longplay.store import Reader

NONE: Mapping[str, object] = MappingProxyType({})
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


class Due(msgspec.Struct, frozen=True):
    """What must become of the reply at a case's place, and what must be said. What is None or empty may be anything.

    `says`, `tells`, `keeps_quiet`: patterns, any case: in what `run` printed, in what `status` prints, in neither.
    `detail`: in the reason that is kept with the reply. `lacks`: in no kept text. `asked`: requests for this place, at
    least and at most; `in_all`: requests of the case at most; `waits_s`: the longest pause, from and to.
    `goes_on`: whether the next round was asked. `reply`: fields of the reply. `sent`, `unsent`: words that some request
    and that no request held. `counts_posts`: `status` counts every request that came. `bounded`: no line has more
    than 2,000 characters. `page`: patterns in the text of the report.
    """

    code: tuple[int, ...] = ()
    reason: str | None = None
    text: str | None = None
    contains: str = ""
    lacks: tuple[str, ...] = ()
    finish: str | None = None
    reply: Mapping[str, object] = NONE
    usage: Mapping[str, object] = NONE
    detail: str = ""
    says: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    keeps_quiet: tuple[str, ...] = ()
    asked: tuple[int, int] | None = None
    in_all: int | None = None
    waits_s: tuple[float, float] | None = None
    goes_on: bool | None = None
    score: float | None = None
    sent: tuple[str, ...] = ()
    unsent: tuple[str, ...] = ()
    counts_posts: bool = False
    bounded: bool = False
    page: tuple[str, ...] = ()


class Found(msgspec.Struct):
    """What a case came to. `reason`: "" where the reply was obtained, None where there is none of either."""

    code: int = -1
    printed: str = ""
    status: str = ""
    page: str = ""
    defect: str = ""
    reason: str | None = None
    reply: Reply | None = None
    score: float | None = None
    asked: list[Asked] = []
    slept_s: tuple[float, ...] = ()


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
    clock, before, patient = Clock(), PROVIDERS["openai"], performing.run_study

    def quick(spec: ModelSpec, environment: Mapping[str, str]) -> Any:
        return open_openai(spec, environment, Pauses(sleep=clock.sleep, now=clock.now))

    PROVIDERS["openai"] = quick
    performing.run_study = partial(patient, linger_s=LINGER_S)
    try:
        yield clock
    finally:
        PROVIDERS["openai"], performing.run_study = before, patient


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


def differences(dues: Sequence[Due], found: Found, place: str, who: Who) -> list[str]:
    """How it differs from the one that is due it comes nearest to."""
    if found.defect:
        return ["a traceback: " + found.defect.strip().splitlines()[-1]]
    control = [c for c in found.printed + found.status if ord(c) < 32 and c not in "\n\t"]
    ways = [[*_of_reply(due, found), *_of_asking(due, found, place, who), *_of_words(due, found)] for due in dues]
    return [*min(ways, key=len), *([f"control characters printed: {control[:3]!r}"] if control else [])]


def _of_reply(due: Due, found: Found) -> Iterator[str]:
    reply = found.reply
    said = reply.text if reply is not None else None
    if due.reason is not None and found.reason != due.reason:
        detail = f" ({reply.detail})" if reply is not None and reply.detail else ""
        yield f"reason {due.reason!r}, found {found.reason!r}{detail}"
    if due.text is not None and said != due.text:
        yield f"text {due.text!r}, found {said!r}"
    if due.contains and due.contains not in (said or ""):
        yield f"text with {due.contains!r}, found {said!r}"
    for words in due.lacks:
        if words in (said or ""):
            yield f"text without {words!r}, found {said!r}"
    if due.finish is not None and (reply is None or reply.finish != due.finish):
        yield f"finish {due.finish!r}, found {reply.finish if reply else None!r}"
    for name, value in due.reply.items():
        if reply is None or getattr(reply, name, None) != value:
            yield f"{name} {value!r}, found {getattr(reply, name, None)!r}"
    for name, value in due.usage.items():
        if reply is None or getattr(reply.usage, name) != value:
            yield f"{name} tokens {value!r}, found {getattr(reply.usage, name) if reply else None!r}"
    if due.detail and (reply is None or not re.search(due.detail, reply.detail, re.IGNORECASE)):
        yield f"detail with /{due.detail}/, found {reply.detail if reply else None!r}"
    if due.score is not None and found.score != due.score:
        yield f"score {due.score}, found {found.score}"


def _of_asking(due: Due, found: Found, place: str, who: Who) -> Iterator[str]:
    here = sum(one.who == who and one.place == place for one in found.asked)
    if due.asked is not None and not due.asked[0] <= here <= due.asked[1]:
        yield f"asked {due.asked[0]} to {due.asked[1]} times, found {here}"
    if due.in_all is not None and len(found.asked) > due.in_all:
        yield f"at most {due.in_all} requests, found {len(found.asked)}"
    if due.waits_s is not None:
        longest = max(found.slept_s, default=0.0)
        if not due.waits_s[0] <= longest <= due.waits_s[1]:
            yield f"a pause of {due.waits_s[0]:g} to {due.waits_s[1]:g} s, the longest was {longest:.1f} s"
    bodies = json.dumps([one.body for one in found.asked], ensure_ascii=False)
    for words, there in (*((one, True) for one in due.sent), *((one, False) for one in due.unsent)):
        if (words in bodies) != there:
            yield f"{words!r} sent to a model: {there}, found otherwise"
    if due.counts_posts and f"{len(found.asked):,} requests" not in found.status:
        yield f"{len(found.asked):,} requests counted, found: {last(found.status)}"
    if due.goes_on is not None:
        following = f"round {int(place.rpartition(' ')[2]) + 1}"
        went = any(one.who == "model" and one.place == following for one in found.asked)
        if went != due.goes_on:
            yield f"the next round {'asked' if due.goes_on else 'not asked'}, found otherwise"


def _of_words(due: Due, found: Found) -> Iterator[str]:
    if due.code and found.code not in due.code:
        yield f"exit code {' or '.join(map(str, due.code))}, found {found.code} ({last(found.printed)})"
    longest = max(map(len, (found.printed + found.status).split("\n")))
    if due.bounded and longest > 2000:
        yield f"lines of at most 2,000 characters, found one of {longest:,}"
    for pattern in due.says:
        if not matches(pattern, found.printed):
            yield f"run says /{pattern}/, found: {last(found.printed)}"
    for pattern in due.tells:
        if not matches(pattern, found.status):
            yield f"status says /{pattern}/, found: {last(found.status)}"
    for pattern in due.page:
        if not matches(pattern, found.page):
            yield f"the report says /{pattern}/, found: {last(found.page)}"
    for pattern in due.keeps_quiet:
        if matches(pattern, found.printed + found.status):
            yield f"nothing says /{pattern}/, found: {last(found.printed)}"


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern stands anywhere in a text, in any case."""
    return re.search(pattern, text, re.IGNORECASE | re.MULTILINE) is not None


def last(text: str) -> str:
    """The end of what was printed, as one line."""
    return " | ".join(text.split("\n"))[-300:]
