"""Which piece of work next: sources are lazy, a free slot pulls the best one that is ready. No clock, no sending."""

import heapq
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
    """Ready sources by lane and rank. Memory: one entry for each ready source, none for its pieces."""

    def __init__(self) -> None:
        self._ready: dict[str, list[tuple[tuple[int, ...], int, Source[T]]]] = {}
        self._offered: set[int] = set()
        self._count = 0

    def offer(self, source: Source[T]) -> None:
        """Say that a source may have work now. Offering one that already waits changes nothing."""
        if id(source) in self._offered:
            return
        self._count += 1
        self._offered.add(id(source))
        heapq.heappush(self._ready.setdefault(source.lane, []), (source.rank, self._count, source))

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
