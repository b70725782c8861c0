"""Which piece of work next: sources are lazy, a free slot pulls the best one that is ready. No clock, no sending."""

import heapq
from collections import Counter
from typing import Generic, Literal, Protocol, TypeVar

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

    def spare(self, rounds: int, answers: int) -> None:
        """So many need not be settled after all."""
        self._left["rounds"] -= rounds
        self._left["answers"] -= answers

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
