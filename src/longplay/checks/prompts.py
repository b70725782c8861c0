"""What a server does with a prompt, asked as small probes: does its cache hold, does it heed seeds, does it answer the
same again. Pure: a probe yields requests that are to be on the wire together and is sent their replies.
"""

import random
from collections.abc import Generator, Sequence
from statistics import median
from typing import Literal, TypeAlias, TypeVar

import msgspec

from longplay.inference.inquiry import asks_logprobs
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling

T = TypeVar("T")
# Yields batches: a batch of one is a request alone, the requests of a longer one are sent at once.
Probe: TypeAlias = Generator[Sequence[Request], Sequence[Reply], T]

SHORT = ("tea", "rain")  # what is asked about first, to see how replies end
PAIRS = 3  # prefixes sent cold, then warm
SEEDS = (11, 22, 33)
CHECK_TOKENS = 48  # of each reply that is compared
PREFIX_WORDS = 1500
_FAST = 0.8  # warm over cold time: no more than this says that a cache works
_SLOW = 0.95  # no less than this says that none does

Real = Literal["yes", "no", "unclear"]
Heeded = Literal["yes", "no", "unclear", "not sent"]
Place = Literal["alone, warm again", "alone, cold", "in a batch, warm", "in a batch, cold"]

_NOTES = """
harbour lantern winter ledger copper meadow signal thread orchard gravel whistle timber candle valley ribbon kettle
marble station feather garden anchor button cellar dragon engine forest guitar hammer island jacket kitchen ladder
mirror needle oyster pepper quarry river saddle tunnel umbrella violin window yellow bridge cotton desert falcon
"""
WORDS = _NOTES.split()


class Caching(msgspec.Struct, frozen=True):
    """Long prompts sent once, then again with another question. Tokens are sums over the pairs; times are medians.

    `cached_*` None: the server does not report it. `real`: what the times say. `pairs`: how many were answered whole.
    """

    pairs: int
    missing: int
    prompt: int | None = None
    cached_cold: int | None = None
    cached_warm: int | None = None
    cold_s: float | None = None
    warm_s: float | None = None
    real: Real = "unclear"


class Seeds(msgspec.Struct, frozen=True):
    """Each seed sent twice at temperature 1. `same`: seeds whose two replies are equal; `distinct`: how many replies
    there were that differ from each other, over seeds."""

    heeded: Heeded
    pairs: int = 0
    same: int = 0
    distinct: int = 0
    missing: int = 0


class Compared(msgspec.Struct, frozen=True):
    """How often a request came back different from the same request sent alone and warm. `said`: the `2 n` replies."""

    place: Place
    n: int
    flips: int
    missing: int
    said: tuple[str, ...] = ()


class Material:
    """Long prompts that no server has seen: words drawn from `nonce`, about `words` of them a prompt."""

    def __init__(self, nonce: str, words: int = PREFIX_WORDS) -> None:
        self.nonce = nonce
        self.words = words

    def notes(self, name: str) -> str:
        """A prompt told apart from all others by its first words."""
        chance = random.Random(f"{self.nonce}/{name}")
        notes = " ".join(chance.choice(WORDS) for _ in range(self.words))
        return f"{chance.getrandbits(64):016x} are my notes. {notes}."

    def request(self, name: str, question: str, sampling: Sampling) -> Request:
        """A question behind a prompt, in one turn: a weak model would only say a turn of its own again."""
        return Request(EMPTY, (Message("user", f"{self.notes(name)}\n\n{question}"),), sampling)


def caching(material: Material, sampling: Sampling) -> Probe[Caching]:
    """Does the server keep a prompt, and does it say so? Each prompt cold, then warm with another question."""
    short = msgspec.structs.replace(sampling, max_tokens=8)
    pairs: list[tuple[Reply, Reply]] = []
    for number in range(PAIRS):
        name = f"caching {number}"
        (cold,) = yield [material.request(name, "Name the first note.", short)]
        (warm,) = yield [material.request(name, "Name the last note.", short)]
        pairs.append((cold, warm))
    return read_caching(pairs)


def read_caching(pairs: Sequence[tuple[Reply, Reply]]) -> Caching:
    """What pairs of a cold and a warm reply say."""
    whole = [(cold, warm) for cold, warm in pairs if cold.status == warm.status == "ok"]
    missing = len(pairs) - len(whole)
    if not whole:
        return Caching(0, missing)
    cold_s, warm_s = (median(one.latency_s for one in side) for side in zip(*whole, strict=True))
    ratios = [warm.latency_s / max(cold.latency_s, 1e-9) for cold, warm in whole]
    real: Real = "yes" if max(ratios) <= _FAST else "no" if median(ratios) >= _SLOW else "unclear"
    return Caching(
        pairs=len(whole),
        missing=missing,
        prompt=_sum([warm.usage.prompt for _, warm in whole]),
        cached_cold=_sum([cold.usage.cached for cold, _ in whole]),
        cached_warm=_sum([warm.usage.cached for _, warm in whole]),
        cold_s=cold_s,
        warm_s=warm_s,
        real=real,
    )


def seeds(spec: ModelSpec, nonce: str) -> Probe[Seeds]:
    """Does one seed give one reply, and do several give several? Nothing is asked where seeds cannot be sent."""
    if {"seed", "temperature"} & set(spec.not_settable):
        return Seeds("not sent")
    said: list[list[Reply]] = []
    for _ in range(2):
        replies: list[Reply] = []
        for seed in SEEDS:
            sampling = Sampling(temperature=1.0, max_tokens=CHECK_TOKENS, seed=seed)
            question = Message("user", f"Make up a short, odd poem about {nonce}.")
            replies += yield [Request(EMPTY, (question,), sampling)]
        said.append(replies)
    return read_seeds(*said)


def read_seeds(first: Sequence[Reply], second: Sequence[Reply]) -> Seeds:
    """What replies to the same seeds, asked twice, say."""
    pairs = [(one.text, two.text) for one, two in zip(first, second, strict=True) if one.status == two.status == "ok"]
    same, distinct = sum(one == two for one, two in pairs), len({one for one, _ in pairs})
    heeded: Heeded = "unclear"
    if pairs and same < len(pairs):
        heeded = "no"
    elif distinct > 1:
        heeded = "yes"
    return Seeds(heeded, len(pairs), same, distinct, len(first) - len(pairs))


def determinism(material: Material, sampling: Sampling, items: int) -> Probe[list[Compared]]:
    """Is the same request answered the same: cold and warm, alone and in a batch?

    All are compared with the reply to the request sent alone and warm. `items` prompts are sent alone first, and as
    many others in a batch first.
    """
    kept = msgspec.structs.replace(sampling, max_tokens=min(sampling.max_tokens, CHECK_TOKENS))
    question = "Go on with my notes: three sentences in your own words."
    early = [material.request(f"alone {number}", question, kept) for number in range(items)]
    late = [material.request(f"batch {number}", question, kept) for number in range(items)]
    cold = yield from _alone(early)
    reference = yield from _alone(early)
    again = yield from _alone(early)
    warm_batch = yield early
    cold_batch = yield late
    late_reference = yield from _alone(late)
    return [
        compare("alone, warm again", reference, again),
        compare("alone, cold", reference, cold),
        compare("in a batch, warm", reference, warm_batch),
        compare("in a batch, cold", late_reference, cold_batch),
    ]


def compare(place: Place, reference: Sequence[Reply], others: Sequence[Reply]) -> Compared:
    """Count replies that differ from their reference; pairs that are not whole are missing, never flips."""
    pairs = [(one, two) for one, two in zip(reference, others, strict=True) if one.status == two.status == "ok"]
    flips = sum((one.text, one.reasoning) != (two.text, two.reasoning) for one, two in pairs)
    said = tuple(f"{reply.reasoning} {reply.text}".strip() for pair in pairs for reply in pair)
    return Compared(place, len(pairs), flips, len(reference) - len(pairs), said)


def calls(spec: ModelSpec, items: int) -> int:
    """How many requests a check sends for replies."""
    asked = 0 if {"seed", "temperature"} & set(spec.not_settable) else 2 * len(SEEDS)
    return len(SHORT) + 2 * PAIRS + asked + 6 * items + asks_logprobs(spec)


def prompt_words(items: int, words: int = PREFIX_WORDS) -> int:
    """About how many words all prompts have together."""
    return (2 * PAIRS + 6 * items) * words


def short_requests(sampling: Sampling, nonce: str) -> list[Request]:
    """Short questions that nobody has asked before, to see how replies end."""
    return [
        Request(EMPTY, (Message("user", f"Say in one sentence what {thing} is. ({nonce})"),), sampling)
        for thing in SHORT
    ]


def _alone(requests: Sequence[Request]) -> Probe[list[Reply]]:
    replies: list[Reply] = []
    for request in requests:
        replies += yield [request]
    return replies


def _sum(counts: Sequence[int | None]) -> int | None:
    """The sum, None where one is not known."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
