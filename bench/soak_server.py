"""The soak's server: chat/completions on loopback that fails in every known way, in a process of its own, and can say
afterwards what it did to each call. Faults are those of the tests. Knows the key of a call, nothing of its storing.
"""

import multiprocessing
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from longplay.experiment import Experiment
from longplay.records import EMPTY, Message, Request, call_key
from longplay.specs import ModelSpec

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from faults import FAULTS, SPENT, FaultServer, Seen
from killed_run import words

RATE = 0.10  # part of the requests that meet a fault
GOOD = ("", *SPENT)  # the reply is whole, whatever the headers say of rates
STOPPING = ("401", "403", "404", "quota", "redirect", "unsupported")  # each ends a run
SLOW = ("hang", "large")  # take seconds, so few of them
KINDS = tuple(kind for kind in FAULTS if kind not in STOPPING)
FEW = 8


class Said(msgspec.Struct):
    """What the server did to one call: its faults in the order of the requests ("" = none), and the good reply."""

    faults: list[str]
    text: str
    prompt: int  # tokens, as the server counts them


class _Body(msgspec.Struct):
    model: str
    messages: list[Message]
    seed: int


class _Faults:
    """A fault for one request in ten, the kinds in turns; run-ending ones after every `stop_every` requests."""

    def __init__(self, stop_every: int | None) -> None:
        self._stops = list(STOPPING) if stop_every else []
        self._stop_every = stop_every or 0
        self._requests = 0
        self._turn = 0
        self._slow = dict.fromkeys(SLOW, FEW)

    def __call__(self, body: bytes, attempt: int) -> str | None:
        """The fault that this request meets."""
        self._requests += 1
        if self._stops and self._requests % self._stop_every == 0:
            return self._stops.pop()
        chance = blake2b(body, key=attempt.to_bytes(4, "big"), digest_size=4).digest()
        if int.from_bytes(chance, "big") >= RATE * 2**32:
            return None
        kind = self._next()
        while self._slow.get(kind) == 0:
            kind = self._next()
        if kind in self._slow:
            self._slow[kind] -= 1
        return kind

    def _next(self) -> str:
        self._turn += 1
        return KINDS[self._turn % len(KINDS)]


class _Recorder(FaultServer):
    """Keeps what it did to each call instead of every request."""

    def __init__(self, specs: Mapping[str, ModelSpec], faults: _Faults) -> None:
        super().__init__(faults, words)
        self._specs = specs
        self.said: dict[bytes, Said] = {}

    def note(self, seen: Seen) -> None:
        """Keep a request's fault under the key of its call."""
        key = self._key(seen.body)
        known = self.said.get(key)
        if known is None:
            known = self.said[key] = Said([], words(seen.body), len(seen.body) // 4)
        known.faults.append(seen.fault or "")

    def _key(self, body: bytes) -> bytes:
        found = msgspec.json.decode(body, type=_Body)
        spec = self._specs[found.model]
        draw = found.seed - (spec.sampling.seed or 0)
        return call_key(spec.identity, Request(EMPTY, tuple(found.messages), spec.sampling, draw))


def specs_of(experiment: Experiment) -> dict[str, ModelSpec]:
    """Models and judge by the names that the server sees; rounds, items and judging share one sampling."""
    specs = {spec.model: spec for spec in (*experiment.models.values(), experiment.judge)}
    assert all(spec.sampling == spec.probe_sampling for spec in specs.values())
    return specs


def _serve(pipe: Connection, specs: Mapping[str, ModelSpec], stop_every: int | None) -> None:
    """Answer True with all that was said so far, and anything else with the end."""
    with _Recorder(specs, _Faults(stop_every)) as server:
        pipe.send(server.url)
        while pipe.recv():
            pipe.send(server.said)


class Soaker:
    """The server as its parent process sees it."""

    def __init__(self, pipe: Connection, url: str) -> None:
        self._pipe = pipe
        self.url = url

    def said(self) -> dict[bytes, Said]:
        """What it did to every call so far, by call key."""
        self._pipe.send(True)
        return self._pipe.recv()


@contextmanager
def soaker(specs: Mapping[str, ModelSpec], stop_every: int | None = None) -> Iterator[Soaker]:
    """A server that ends with the block. `stop_every`: requests between two faults that end a run; None = none."""
    context = multiprocessing.get_context("spawn")
    pipe, other = context.Pipe()
    process = context.Process(target=_serve, args=(other, specs, stop_every))
    process.start()
    other.close()  # so that a child that fails is noticed
    try:
        yield Soaker(pipe, pipe.recv())
    finally:
        pipe.send(False)
        process.join(20)
        process.kill()
