"""Thousands of damaged replies through the real command line: no traceback, nothing written outside the run folder, no
control character on the terminal. Replies are mutations of good and odd ones, of their bytes, their values and their
headers, chosen by a seed and the request.
"""

import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from case_run import ADA, Tiny, command, hasty, write_study
from case_server import Answer, Asked, CaseServer, On, completion
from stops_server import FINAL, HONEST, ONCE

STUDY = Tiny(
    rounds=4,
    personas=", ".join(f'{{ id = "p{n}", name = "P{n}", description = "A keeper of lamp {n}." }}' for n in range(9))
    + f", {ADA}",
    attempts=3,
    limit=20,
    model="prices = { input = 1.0, output = 2.0 }",
    judge="prices = { input = 1.0, output = 2.0 }",
)
SHARE = 0.8  # of the replies that are damaged
RUN = ("run", "STUDY", "--into", "RUN", "--go-on")
AFTER = (("status", "RUN"), ("status", "RUN", "--json"), ("report", "RUN"), ("export", "RUN"), ("show", "RUN"))
MOST_RUNS = 200

VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 7, 10**30, -(10**30), 1.5, 4000.0, float("nan"), float("inf"), -0.0, 1e-300),
    *("", " ", "\0", "\ud83d", "\u202e", "\x1b]0;x\x07", "9", "null", "<think>", "</think>", "[/THINK]", "a" * 5000),
    *(
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "../../etc/passwd",
        "%s{0}{{char}}",
        "\u2028",
        "stop",
        "length",
    ),
    *([], {}, [[]], [None], {"": None}, {"error": {"code": 502}}, {"error": []}, [{"type": "text", "text": 7}]),
)
BYTES = (
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\0",
    b"data: ",
    b"\r\n",
    b"[" * 3000,
    b"{" * 3000,
    b'"',
    b"\\",
    b"\\ud800",
    b"}",
)
STATUSES = (
    *([200] * 12),
    201,
    202,
    204,
    206,
    299,
    400,
    408,
    409,
    413,
    418,
    422,
    424,
    425,
    429,
    429,
    500,
    502,
    503,
    599,
)
HEADERS = (
    *("Retry-After", "retry-after-ms", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    *("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "anthropic-ratelimit-requests-reset", "Content-Type"),
)
SAID = (
    "0",
    "-1",
    "1",
    "nan",
    "inf",
    "1e999",
    "9" * 40,
    "soon",
    "",
    "1m2s",
    "-5ms",
    "Wed, 99 Foo 2015",
    "text/event-stream",
)


class Damaged:
    """Replies that depend on the request, its attempt and the seed; counts those that are damaged."""

    def __init__(self, seed: int) -> None:
        self.count = 0
        self._seed = seed

    def __call__(self, asked: Asked) -> Answer:
        """A reply, most often a damaged one."""
        rng = random.Random(f"{self._seed} {asked.attempt} {json.dumps(asked.body, sort_keys=True)}")
        if rng.random() >= SHARE:
            return Answer(json.dumps(completion(asked)).encode())
        self.count += 1
        return damage(rng, _seed_reply(rng, asked))


def _seed_reply(rng: random.Random, asked: Asked) -> Answer:
    """A good or an odd reply."""
    makes = [*ONCE.values(), *HONEST.values(), *(make for make, _ in FINAL.values())]
    return (
        rng.choice(makes)(asked, asked.good) if rng.random() < 0.7 else Answer(json.dumps(completion(asked)).encode())
    )


def damage(rng: random.Random, answer: Answer) -> Answer:
    """A reply with up to four mutations of its values or bytes, and perhaps another status and odd headers."""
    body = answer.body
    for _ in range(rng.randint(1, 4)):
        body = _values(rng, body) if rng.random() < 0.6 else _bytes(rng, body)
    headers = dict(answer.headers)
    if rng.random() < 0.2:
        headers[rng.choice(HEADERS)] = rng.choice(SAID)
    status = rng.choice(STATUSES) if rng.random() < 0.3 else answer.status
    if status == 403 and rng.random() < 0.97:  # ends most runs that it comes to
        status = 400
    return Answer(b"" if status in (204, 304) else body, status, headers)


def _bytes(rng: random.Random, body: bytes) -> bytes:
    at, end = sorted((rng.randint(0, len(body)), rng.randint(0, len(body))))
    return rng.choice(
        (
            body[:at],
            body[at:],
            body[:at] + body[end:],
            body[:at] + rng.choice(BYTES) + body[at:],
            rng.choice(BYTES) + body,
            body + rng.choice(BYTES),
            body + body,
            body[:at] + rng.randbytes(rng.randint(1, 8)) + body[at:],
            body[:at] + bytes(b ^ 1 << rng.randrange(8) for b in body[at : at + 1]) + body[at + 1 :],
            body[:end] + body[at:end] * rng.randint(1, 5) + body[end:],
        )
    )


def _values(rng: random.Random, body: bytes) -> bytes:
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return _bytes(rng, body)
    places = list(_places(whole))
    if not places:
        return _bytes(rng, body)
    holder, key = rng.choice(places)
    way = rng.randrange(5)
    if way == 0:
        holder[key] = rng.choice(VALUES)
    elif way == 1:
        del holder[key]
    elif way == 2 and isinstance(holder, dict):
        holder[str(key).upper() if rng.random() < 0.5 else f"{key}x"] = holder.pop(key)
    elif way == 3:
        holder[key] = [holder[key]] if rng.random() < 0.5 else {"value": holder[key]}
    else:
        other, place = rng.choice(places)
        holder[key] = rng.choice((other[place], rng.choice(VALUES))) if other is not holder else rng.choice(VALUES)
    try:
        return json.dumps(whole).encode()
    except (ValueError, RecursionError):  # something holds itself
        return body[: rng.randint(0, len(body))]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a JSON value, as what holds it and the key or number there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


class Watch:
    """Which files this process writes or makes outside certain folders. Installed once; `begin` says where it may."""

    def __init__(self) -> None:
        self.strays: list[str] = []
        self._allowed: tuple[str, ...] | None = None
        sys.addaudithook(self._hear)

    def begin(self, *allowed: Path) -> None:
        """From now on note what lies outside these."""
        self._allowed = tuple(os.path.realpath(one) for one in allowed)

    def end(self) -> None:
        """Note nothing more."""
        self._allowed = None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._allowed is None:
            return
        written = event in ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate")
        if event == "open" and len(arguments) == 3:
            mode, flags = arguments[1], arguments[2]
            written = (isinstance(mode, str) and any(c in mode for c in "wax+")) or bool(
                isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            )
        if written and isinstance(arguments[0], str | bytes | os.PathLike):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not any(path == one or path.startswith(one + os.sep) for one in self._allowed) and path != os.devnull:
                self.strays.append(f"{event} {path}")


class Fuzzed(msgspec.Struct):
    """What came of it."""

    replies: int = 0
    runs: int = 0
    tracebacks: list[str] = []
    strays: list[str] = []
    controls: int = 0


def fuzz_replies(folder: Path, seed: int, replies: int, watch: Watch) -> Fuzzed:
    """At least so many replies of damaging servers, in as many studies as that takes; each is run twice, one in four
    shown."""
    found = Fuzzed()
    with CaseServer() as server, hasty():
        while found.replies < replies and found.runs < MOST_RUNS:
            found.runs += 1
            here = folder / f"replies-{seed}-{found.runs}"
            here.mkdir()
            answers = Damaged(seed * 1000 + found.runs)
            url = server.open([On(answers), On(answers, "judge")])
            study, run = write_study(here, STUDY, url), here / "run"
            run.mkdir()
            watch.begin(run, Path(os.environ["XDG_CACHE_HOME"]), Path(os.environ["XDG_CONFIG_HOME"]))
            for words in (*((RUN,) * 2), *(AFTER if found.runs % 4 == 1 else ())):
                told = [{"RUN": run, "STUDY": study}.get(word, word) for word in words]
                _, printed, defect = command(told)
                if defect:
                    found.tracebacks.append(f"{words[0]}: {defect.strip().splitlines()[-1]} (run {found.runs})")
                found.controls += any(ord(c) < 32 and c not in "\n\t" for c in printed)
            watch.end()
            found.replies += answers.count
    found.strays = list(watch.strays)
    return found
