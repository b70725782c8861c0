"""One server checked: a bounded number of requests, each sent in its place, alone or together. Reads no kept reply,
stores nothing. Knows no provider by name."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from statistics import median
from typing import TypeVar

import msgspec
import numpy as np

from longplay.checks.prompts import (
    PREFIX_WORDS,
    Caching,
    Compared,
    Material,
    Probe,
    Seeds,
    caching,
    determinism,
    seeds,
    short_requests,
)
from longplay.checks.window import Window, window
from longplay.inference import Endpoint, InferenceError, open_endpoint
from longplay.inference.foreign_words import alike, quoted
from longplay.inference.inquiry import asks_logprobs, inquire
from longplay.records import Reply
from longplay.specs import ModelSpec, Sampling, StudyError
from longplay.stats import wilson

T = TypeVar("T")
LEVEL = 0.95
LEAST_WORDS = 4  # of the median reply: shorter ones are equal for want of anything that could differ
_TOKENS_A_WORD = 12  # at most, also where a tokenizer knows bytes alone
_NO_WINDOW = 10**15  # so large that no prompt is held back
_ROOM = 1_000  # tokens for everything beside the notes
_TRIES = 3  # of each request: a server that does not answer is not waited for as long as in a run
_SHOWN = 3  # reasons of missing replies
_FIRST = 3  # requests without a reply after which nothing more is asked


class Flips(msgspec.Struct, frozen=True):
    """Replies that differ from the same request sent alone and warm: a share with its Wilson interval, None where there
    are none to compare, or where they are too short or too much alike to tell anything.

    `place` "all": all places together. `distinct`: different replies among those compared; `words`: in the median one.
    """

    place: str
    n: int
    flips: int
    missing: int
    distinct: int
    words: float
    share: float | None
    low: float | None
    high: float | None
    level: float = LEVEL


class Checked(msgspec.Struct, frozen=True):
    """What a server did. `window`: tokens that fit, as the server says; `study_window`: as the study does;
    `real_window`: what became of prompts near it. `batch`: how many requests a batch had. `sampling`: of the requests
    that are compared. `endings`: the words that ended replies, "" = none was named, which the study must then admit.
    `missing`: requests without a reply; `said`: why, in the server's words, and how often; numbers
    in them stand as #. `empty`: replies without text."""

    model: str
    base_url: str | None
    window: int | None
    study_window: int | None
    real_window: Window
    caching: Caching
    seeds: Seeds
    logprobs: bool | None
    logprobs_why: str
    determinism: tuple[Flips, ...]
    sampling: Sampling
    items: int
    batch: int
    prompt_words: int
    requests: int
    missing: int
    empty: int = 0
    said: dict[str, int] = {}
    endings: tuple[str, ...] = ()


def open_server(spec: ModelSpec) -> Endpoint:
    """The server to check. Raises StudyError for a simulated model, InferenceError where the key is not set."""
    if spec.simulated:
        raise StudyError(f"{spec.name}: is simulated, so there is no server to check. Name a model that has one.")
    return open_endpoint(msgspec.structs.replace(spec, attempts=min(spec.attempts, _TRIES)))


def check_server(
    endpoint: Endpoint, items: int, tell: Callable[[str], None] = lambda _: None, *, try_window: bool = True
) -> Checked:
    """Check one server, wait for the end and close the endpoint. `tell` hears which probe is under way; `try_window`:
    whether prompts near its window are sent.

    Raises InferenceError where going on is pointless.
    """
    return asyncio.run(_checked(Sender(endpoint), items, tell, try_window=try_window))


class Sender:
    """Sends the requests of probes to one endpoint, and counts them. `missing`: those without a reply; `empty`: those
    with a reply without text; `said`: why replies are missing, in the server's words."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.sent = 0
        self.missing = 0
        self.empty = 0
        self.said: Counter[str] = Counter()

    async def drive(self, probe: Probe[T]) -> T:
        """Send each batch of a probe at once, hand its replies back."""
        try:
            batch = next(probe)
            while True:
                replies = await asyncio.gather(*(self.endpoint.reply(request) for request in batch))
                self.note(replies)
                batch = probe.send(replies)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def note(self, replies: Sequence[Reply]) -> None:
        """Count replies, those that are missing or empty too. Raises InferenceError where nothing was ever answered."""
        self.sent += len(replies)
        lost = [reply for reply in replies if reply.status == "missing"]
        self.missing += len(lost)
        self.empty += sum(reply.empty for reply in replies)
        self.said.update(alike(reply.detail or str(reply.reason)) for reply in lost)
        if self.missing == self.sent >= _FIRST:
            spec, said = self.endpoint.spec, quoted(lost[-1].detail)
            where = f"{spec.title} at {spec.base_url or 'its own address'}"
            raise InferenceError(f"{where}: none of the first {self.sent} requests had a reply: {said}.")


async def _checked(sender: Sender, items: int, tell: Callable[[str], None], *, try_window: bool) -> Checked:
    spec = sender.endpoint.spec
    sampling, nonce = spec.probe_sampling, secrets.token_hex(8)
    try:
        tell("what the server says of itself")
        said = await inquire(spec)
        endings = await _endings(sender, nonce)
        material = Material(nonce, _words(said.window or spec.context_window))
        tell("caching: long prompts, cold and warm")
        cached = await sender.drive(caching(material, sampling))
        tell("seeds: each twice")
        heeded = await sender.drive(seeds(spec, nonce))
        tell("determinism: cold and warm, alone and in a batch")
        compared = await sender.drive(determinism(material, sampling, items))
        real = await _real_window(sender, said.window, nonce, tell) if try_window else Window("not tried")
    finally:
        await sender.endpoint.close()
    return Checked(
        model=spec.title,
        base_url=spec.base_url,
        window=said.window,
        study_window=spec.context_window,
        real_window=real,
        caching=cached,
        seeds=heeded,
        logprobs=said.logprobs,
        logprobs_why=said.why,
        determinism=tuple(flip_rates(compared)),
        sampling=sampling,
        items=items,
        batch=min(items, sender.endpoint.width),
        prompt_words=material.words,
        requests=sender.sent + asks_logprobs(spec),
        empty=sender.empty,
        said=dict(sender.said.most_common(_SHOWN)),
        endings=endings,
        missing=sender.missing + (asks_logprobs(spec) and said.logprobs is None),
    )


async def _endings(sender: Sender, nonce: str) -> tuple[str, ...]:
    """The words with which the server ends short replies. Where it names none, `sender` admits that from here on."""
    spec = sender.endpoint.spec
    replies = await asyncio.gather(*map(sender.endpoint.reply, short_requests(spec.probe_sampling, nonce)))
    if any(reply.status == "ok" or reply.ending or not reply.raw for reply in replies):
        sender.note(replies)
        return tuple(dict.fromkeys(reply.ending for reply in replies if reply.status == "ok"))
    await sender.endpoint.close()
    sender.sent += len(replies)
    sender.endpoint = open_endpoint(msgspec.structs.replace(spec, finish="unnamed"))
    return ("",)


async def _real_window(sender: Sender, said: int | None, nonce: str, tell: Callable[[str], None]) -> Window:
    """Try prompts near the window, with an endpoint that holds none of them back."""
    spec = sender.endpoint.spec
    known = [one for one in (said, spec.context_window) if one is not None]
    if not known:
        return Window("not tried", why="nobody says how much fits; set context_window in a study file (--study)")
    tell("window: prompts near it, and one past it")
    trying = Sender(open_endpoint(msgspec.structs.replace(spec, context_window=_NO_WINDOW)))
    try:
        return await trying.drive(window(nonce, spec.probe_sampling, min(known), max(known)))
    finally:
        await trying.endpoint.close()
        sender.sent += trying.sent


def flip_rates(compared: list[Compared]) -> list[Flips]:
    """Shares with intervals, each place and then all together; requests are taken as independent."""
    places = [one.place for one in compared]
    counts = np.array([(one.n, one.flips, one.missing) for one in compared], dtype=np.int64).reshape(-1, 3)
    counts = np.vstack([counts, counts.sum(axis=0)])
    found = wilson(counts[:, 1], counts[:, 0], LEVEL)
    telling = [_telling(one) for one in compared]
    telling.append(any(telling))
    rates: list[Flips] = []
    for i, place in enumerate((*places, "all")):
        n, flips, missing = (int(count) for count in counts[i])
        said = [text for one in compared if place in (one.place, "all") for text in one.said]
        told = len(set(said)), median(len(text.split()) for text in said) if said else 0
        share, low, high = (float(part[i]) if telling[i] else None for part in (found.share, found.low, found.high))
        rates.append(Flips(place, n, flips, missing, *told, share, low, high))
    return rates


def _telling(one: Compared) -> bool:
    """Whether replies could differ: they are not too short, and most prompts have replies of their own."""
    words = [len(text.split()) for text in one.said]
    return one.n > 0 and median(words) >= LEAST_WORDS and (2 * len(set(one.said)) > one.n or one.n == 1)


def _words(window: int | None) -> int:
    """How long the prompts may be."""
    return PREFIX_WORDS if window is None else max(1, min(PREFIX_WORDS, (window - _ROOM) // _TOKENS_A_WORD))
