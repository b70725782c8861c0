"""Which piece of work next: sources are lazy, a free slot pulls the best one that is ready. No clock, no sending."""

import heapq
import math
from typing import Generic, Protocol, TypeVar

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
        """Lower goes first; unlike any other source's, so that one source is emptied before its like is begun."""
        ...

    def take(self) -> T_co | None:
        """The next piece, or None when nothing is ready; then the source must be offered again once something is."""
        ...


class Schedule(Generic[T]):
    """Ready sources by lane and rank. Memory: one entry for each ready source, none for its pieces.

    `offers` counts the offers so far: where it has not changed, there is no new work.
    """

    def __init__(self) -> None:
        self._ready: dict[str, list[tuple[tuple[int, ...], int, Source[T]]]] = {}
        self._offered: set[int] = set()
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


class CacheBudget:
    """How many tokens of live dialogues a server's prefix cache seems to hold, learnt from what it reports.

    Unlimited until hits fall. Then a quarter less than what was live, and slowly more while hits hold at the limit.
    """

    WINDOW = 16  # calls judged together
    FALL, HOLD = 0.85, 0.97  # shares of the cacheable tokens that were read from the cache
    LEAST_PREFIX = 256  # tokens; below that, block sizes hide whether the cache hit
    PATIENCE = 8  # windows that must hold before a little more is tried

    def __init__(self) -> None:
        self.tokens = math.inf
        self.reported = False
        self._calls = self._cacheable = self._cached = self._held = 0
        self._settling = False

    def note(self, cacheable: int, cached: int | None, live: int) -> bool:
        """One call: tokens its server had computed before, tokens it says it found, tokens of all live dialogues.

        True where the budget changed.
        """
        if cached is None:
            return False
        self.reported = True
        if cacheable < self.LEAST_PREFIX:
            return False
        self._calls += 1
        self._cacheable += cacheable
        self._cached += min(cached, cacheable)
        if self._calls < self.WINDOW:
            return False
        share = self._cached / self._cacheable
        self._calls = self._cacheable = self._cached = 0
        return self._judge(share, live)

    def _judge(self, share: float, live: int) -> bool:
        if self._settling:  # calls begun before the last change still come in
            self._settling = False
            return False
        if share < self.FALL:
            self.tokens, self._held, self._settling = 0.75 * min(live, self.tokens), 0, True
            return True
        self._held = self._held + 1 if share >= self.HOLD and live >= 0.8 * self.tokens else 0
        if self._held < self.PATIENCE:
            return False
        self.tokens, self._held = 1.1 * self.tokens, 0
        return True
