"""A model of an inference server, clock passed in: slots, a queue, prefill, decoding, a prefix cache. Pure.

Prompts are computed one after the other, in the order of their arrival, when a slot and room in the cache are free;
replies are generated side by side. Replies stay in the cache. Must not know the network or what texts mean.
"""

import heapq
import math
from collections import deque

import msgspec

from longplay.inference.sim.radix import RadixCache, Segment, Trie, tokens
from longplay.records import Prefix
from longplay.specs import LongplayError


class TooLongError(LongplayError):
    """A prompt and its reply that would not fit into the server, even if it had nothing else to do."""


class Machine(msgspec.Struct, frozen=True):
    """What a simulated server can do.

    `slots`: requests at once; `cache_tokens`: room for prompts, running requests and what is kept, None = endless;
    `block`: tokens; `prefill_tokens_s`: of all slots together; `decode_tokens_s`: of one slot that is alone;
    `half_rate_at`: with so many others generating, a slot is half as fast (None: never slower).
    """

    slots: int = 64
    cache_tokens: int | None = None
    block: int = 16
    prefill_tokens_s: float = 20_000.0
    decode_tokens_s: float = 50.0
    half_rate_at: float | None = None

    def decode_rate(self, batch: int) -> float:
        """Tokens a second of each slot while `batch` slots generate."""
        slowed = 1.0 if self.half_rate_at is None else 1.0 + (batch - 1) / self.half_rate_at
        return self.decode_tokens_s / slowed

    def alone_s(self, prefill: int, completion: int) -> float:
        """Seconds that a request takes where nothing else is asked; `prefill`: tokens not read from the cache."""
        return prefill / self.prefill_tokens_s + completion / self.decode_tokens_s


class Counts(msgspec.Struct):
    """Tokens over all requests begun so far. `computed`: prefilled; `least`: what an endless cache would prefill.

    `longest`: the longest prompt with its reply. `busy_s`: slots times seconds that the same requests would take alone,
    with `least` prefill.
    """

    requests: int = 0
    prompt: int = 0
    computed: int = 0
    least: int = 0
    completion: int = 0
    longest: int = 0
    busy_s: float = 0.0


class Done(msgspec.Struct, frozen=True):
    """A finished request. Tokens, and seconds on the engine's clock; `ticket` is what it was submitted under."""

    ticket: int
    prompt: int
    cached: int
    completion: int
    arrived_s: float
    begun_s: float
    ended_s: float


class _Job:
    __slots__ = (
        "arrived_s",
        "begun_s",
        "cached",
        "completion",
        "pinned",
        "prompt",
        "reserved",
        "said",
        "ticket",
        "total",
    )

    def __init__(self, ticket: int, prompt: Prefix, said: Prefix, arrived_s: float, pinned: Segment) -> None:
        self.ticket = ticket
        self.prompt = prompt
        self.said = said
        self.total = tokens(prompt)
        self.completion = tokens(said) - self.total
        self.arrived_s = arrived_s
        self.begun_s = arrived_s
        self.cached = 0
        self.reserved = 0
        self.pinned = pinned


class Engine:
    """One server. Time never goes back: `submit` and `advance` are called with seconds that do not fall."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        capacity = None if machine.cache_tokens is None else machine.cache_tokens // machine.block
        self.cache = RadixCache(capacity, machine.block)
        self.counts = Counts()
        self._trie = Trie(machine.block)
        self._waiting: deque[_Job] = deque()
        self._prefilling: tuple[float, _Job] | None = None  # until when, what
        self._decoding: list[tuple[float, int, _Job]] = []  # ends when so many tokens have gone by in every slot
        self._gone = 0.0
        self._now_s = 0.0
        self._tickets = 0
        self._done: list[Done] = []

    @property
    def waiting(self) -> int:
        """Requests that have no slot yet."""
        return len(self._waiting)

    @property
    def next_s(self) -> float | None:
        """When something will happen next if nothing is submitted; None = never."""
        if self._done:
            return self._now_s
        ends = [self._prefilling[0]] if self._prefilling else []
        if self._decoding:
            ends.append(self._decode_end_s())
        return min(ends, default=None)

    def submit(self, now_s: float, prompt: Prefix, said: Prefix) -> int:
        """A request arrives; returns its ticket. `said`: the prompt and the reply that will be given after it.

        Raises TooLongError where it could never run.
        """
        self._run_until(max(now_s, self._now_s))
        block, capacity = self.machine.block, self.cache.capacity
        if capacity is not None and -(-tokens(said) // block) > capacity:
            raise TooLongError(f"{tokens(said)} tokens do not fit into {capacity * block}; ask after fewer rounds.")
        self._tickets += 1
        self._waiting.append(_Job(self._tickets, prompt, said, now_s, self.cache.root))
        self._admit()
        return self._tickets

    def advance(self, now_s: float) -> list[Done]:
        """Let time pass; what has finished since the last call, in order."""
        self._run_until(max(now_s, self._now_s))
        done, self._done = self._done, []
        return done

    def _run_until(self, now_s: float) -> None:
        while True:
            decoded_s = self._decode_end_s() if self._decoding else math.inf
            if self._prefilling and self._prefilling[0] <= min(now_s, decoded_s):
                self._pass(self._prefilling[0])
                self._end_prefill(self._prefilling[1])
            elif decoded_s <= now_s:
                self._pass(decoded_s)
                self._gone, _, job = heapq.heappop(self._decoding)
                self._finish(job)
            else:
                break
            self._admit()
        self._pass(now_s)

    def _decode_end_s(self) -> float:
        return self._now_s + (self._decoding[0][0] - self._gone) / self.machine.decode_rate(len(self._decoding))

    def _pass(self, now_s: float) -> None:
        now_s = max(now_s, self._now_s)
        if self._decoding:
            self._gone += (now_s - self._now_s) * self.machine.decode_rate(len(self._decoding))
        self._now_s = now_s

    def _admit(self) -> None:
        """Begin the next prefill. What can be read from the cache is looked up now, not at the arrival."""
        if self._prefilling or not self._waiting or len(self._decoding) >= self.machine.slots:
            return
        job, block = self._waiting[0], self.machine.block
        job.pinned = self.cache.pin(job.prompt)
        held = self.cache.held(job.prompt)
        wanted = -(-tokens(job.said) // block) - held
        if not self.cache.reserve(wanted):
            self.cache.unpin(job.pinned)
            return
        self._waiting.popleft()
        job.reserved = wanted
        job.cached = self._readable(held, job)
        job.begun_s = self._now_s
        self._count(job)
        self._prefilling = (self._now_s + (job.total - job.cached) / self.machine.prefill_tokens_s, job)

    def _readable(self, blocks: int, job: _Job) -> int:
        """Tokens that need no prefill where so many blocks are known; the last token is always computed."""
        block = self.machine.block
        return max(min(blocks, (job.total - 1) // block), 0) * block

    def _count(self, job: _Job) -> None:
        counts = self.counts
        least = job.total - self._readable(self._trie.known(job.prompt), job)
        self._trie.add(job.prompt)
        counts.requests += 1
        counts.prompt += job.total
        counts.computed += job.total - job.cached
        counts.least += least
        counts.completion += job.completion
        counts.longest = max(counts.longest, job.total + job.completion)
        counts.busy_s += self.machine.alone_s(least, job.completion)

    def _end_prefill(self, job: _Job) -> None:
        self._prefilling = None
        job.reserved -= self.cache.insert(job.prompt)
        job.pinned = self.cache.repin(job.pinned, job.prompt)
        heapq.heappush(self._decoding, (self._gone + job.completion, job.ticket, job))

    def _finish(self, job: _Job) -> None:
        job.reserved -= self.cache.insert(job.said)
        self.cache.release(job.reserved)
        self._trie.add(job.said)
        self.cache.unpin(self.cache.repin(job.pinned, job.said))
        usage = (job.total, job.cached, job.completion)
        self._done.append(Done(job.ticket, *usage, job.arrived_s, job.begun_s, self._now_s))
