"""Which piece of work next: sources are lazy, a free slot pulls the best one that is ready. No clock, no sending."""

import heapq
import math
from collections import Counter
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Source(Protocol[T_co]):
    """Work that shares one prefix (or one growing dialogue). `lane`: whose slots it uses; lower ranks go first."""

    @property
    def lane(self) -> str:
        """The endpoint whose slots this work takes."""
        ...

    @property
    def rank(self) -> tuple[int, ...]:
        """Lower goes first; unlike any other source's, so that one source is emptied before its like is begun. It may
        change while the source waits."""
        ...

    def take(self) -> T_co | None:
        """The next piece, or None when nothing is ready; then the source must be offered again once something is."""
        ...


class Schedule(Generic[T]):
    """Ready sources by lane and rank. Memory: one entry for each ready source, none for its pieces.

    `offers` counts the offers so far: where it has not changed, there is no new work. A rank is read when a source is
    offered, and again for all that wait after every `RERANK` pulls from their lane.
    """

    RERANK = 64

    def __init__(self) -> None:
        self._ready: dict[str, list[tuple[tuple[int, ...], int, Source[T]]]] = {}
        self._offered: set[int] = set()
        self._pulls: Counter[str] = Counter()
        self.offers = 0

    def offer(self, source: Source[T]) -> None:
        """Say that a source may have work now. Offering one that already waits changes nothing."""
        if id(source) in self._offered:
            return
        self.offers += 1
        self._offered.add(id(source))
        heapq.heappush(self._ready.setdefault(source.lane, []), (source.rank, self.offers, source))

    def next(self, lane: str) -> T | None:
        """The best piece of work for a free slot of this lane, or None when nothing is ready for it."""
        heap = self._ready.get(lane, [])
        self._pulls[lane] += 1
        if self._pulls[lane] % self.RERANK == 0:
            heap[:] = [(source.rank, offer, source) for _, offer, source in heap]
            heapq.heapify(heap)
        while heap:
            source = heapq.heappop(heap)[2]
            self._offered.discard(id(source))
            piece = source.take()
            if piece is not None:
                self.offer(source)
                return piece
        return None

    def drop(self, lane: str) -> None:
        """Forget the ready sources of a lane that is no more; their owners offer them again elsewhere."""
        for _, _, source in self._ready.pop(lane, []):
            self._offered.discard(id(source))


class Mark(msgspec.Struct, frozen=True):
    """A moment in a server's life: how many replies it had given, and how many tokens new to its cache they had."""

    calls: int
    tokens: int


class CacheBudget:
    """How many tokens of live dialogues a server's prefix cache seems to hold, learnt from what it reports.

    Begins with `size`, what the cache is said to hold, and never grows beyond it; unlimited where nothing is known.
    When hits fall: a quarter less than what did not fit. While they hold and more is wanted, slowly more: soon up to
    near what did not fit before, and beyond that the later the oftener it was tried in vain.
    """

    WINDOW = 16  # calls judged together
    FALL, HOLD = 0.85, 0.97  # shares of the cacheable tokens that were read from the cache
    LEAST_PREFIX = 256  # tokens; below that, block sizes hide whether the cache hit
    PATIENCE = 8  # windows that must hold before a little more is tried
    NEAR = 0.85  # of what did not fit
    DOUBT = 64  # times the patience before that is tried again; doubled each time

    def __init__(self, size: float | None = None) -> None:
        self.tokens = self._most = math.inf if size is None else float(size)
        self.reported = False
        self._unfit = math.inf  # so many tokens did not fit
        self._doubt = self.DOUBT
        self._held = 0
        self._settling = False
        self._clear()

    def _clear(self) -> None:
        """Begin a window."""
        self._calls = self._cacheable = self._cached = 0
        self._missed = self._missed_after = 0.0

    @classmethod
    def missed(cls, cacheable: int, cached: int) -> bool:
        """Whether a call found too little of what its server had computed before."""
        return cached < cls.FALL * cacheable

    def note(self, cacheable: int, cached: int | None, after: float = 0) -> bool:
        """One call: tokens its server had computed before, tokens it says it found; for one that missed some, how many
        the cache had to hold to find them all. True where the budget is to be judged.

        What went out because more than the budget came in says nothing of the cache.
        """
        if cached is None:
            return False
        self.reported = True
        missed = self.missed(cacheable, cached)
        if cacheable < self.LEAST_PREFIX or (missed and after > self.tokens):
            return False
        self._calls += 1
        self._cacheable += cacheable
        self._cached += min(cached, cacheable)
        if missed:
            self._missed += cacheable - cached
            self._missed_after += (cacheable - cached) * after
        return self._calls >= self.WINDOW

    def judge(self, live: int, *, wanted: bool) -> bool:
        """`live`: tokens of all live dialogues; `wanted`: whether the budget keeps others waiting. True where the
        budget changed."""
        share, unfit = self._cached / self._cacheable, self._missed_after / max(self._missed, 1)
        self._clear()
        if self._settling:  # calls begun before the last change still come in
            self._settling = False
            return False
        if share < self.FALL:
            return self._fall(unfit)
        self._held = self._held + 1 if share >= self.HOLD and wanted else 0
        return self._held >= self.PATIENCE and self._rise(live)

    def _fall(self, unfit: float) -> bool:
        self._doubt *= 2 if unfit >= self._unfit else 1
        self._unfit = min(unfit, self._unfit)
        self.tokens, self._held, self._settling = 0.75 * min(unfit, self.tokens), 0, True
        return True

    def _rise(self, live: int) -> bool:
        if live > self._unfit:  # it was something else that made hits fall
            self._unfit = math.inf
        more = min(max(1.1 * self.tokens, live), self._most)
        if more == self.tokens or (more > self.NEAR * self._unfit and self._held < self.PATIENCE * self._doubt):
            return False
        self.tokens, self._held = more, 0
        return True


class _Mean:
    """A mean over replies. `start` stands for it before there are any, and counts as `WEIGHT` of them."""

    WEIGHT = 2

    def __init__(self, start: float) -> None:
        self._sum = start * self.WEIGHT
        self._count = self.WEIGHT

    @property
    def value(self) -> float:
        return self._sum / self._count

    def add(self, value: float) -> None:
        self._sum += value
        self._count += 1


class Pace:
    """What one model has left to generate, in tokens, and so which dialogues must hurry to end with the rest.

    Questions may be answered side by side, but the rounds of a dialogue follow one another: a dialogue whose own rounds
    take as long as everything that is open takes on all slots must not wait any more. `rounds`, `answers`: how many
    are still to be settled. Lengths are learnt from replies; the start values are for servers that say nothing.
    """

    SLACK = 1.3  # as late as this, any wait would make the study end later: fan-outs do not fill the slots evenly
    ROUND_TOKENS, ANSWER_TOKENS = 500.0, 250.0  # of a reply
    GROWTH_TOKENS = 600.0  # of a round: the user's turn and the reply

    def __init__(self, rounds: int, answers: int) -> None:
        self._left = {"rounds": rounds, "answers": answers}
        self._reply = {"rounds": _Mean(self.ROUND_TOKENS), "answers": _Mean(self.ANSWER_TOKENS)}
        self._growth = _Mean(self.GROWTH_TOKENS)

    def settle(self, kind: Literal["rounds", "answers"], completion: int | None) -> None:
        """A round or answer is settled; `completion`: the tokens of its reply, None where nobody said."""
        self._left[kind] -= 1
        if completion is not None:
            self._reply[kind].add(completion)

    def grow(self, tokens: int) -> None:
        """A round has made a dialogue so many tokens longer."""
        self._growth.add(tokens)

    @property
    def answer_tokens(self) -> float:
        """Of a reply to a question."""
        return self._reply["answers"].value

    @property
    def open_tokens(self) -> float:
        """What is left to generate."""
        return sum(max(left, 0) * self._reply[kind].value for kind, left in self._left.items())

    def late(self, rounds_left: int, slots: int) -> bool:
        """Whether a dialogue with so many rounds left must go before everything else on `slots` slots."""
        own = rounds_left * self._reply["rounds"].value
        return own > 0 and self.open_tokens <= self.SLACK * own * slots

    def patient(self, slots: int) -> bool:
        """Whether rounds may wait for the questions before them: those keep `slots` slots busy for longer than the
        rounds take. Then each prefix is done with before the dialogue goes on."""
        rounds, answers = (max(left, 0) * self._reply[kind].value for kind, left in self._left.items())
        return answers > self.SLACK * rounds * slots

    def length(self, tokens: int, rounds_left: int) -> float:
        """The tokens that a dialogue of `tokens` will have after so many rounds more."""
        return tokens + rounds_left * self._growth.value
