"""Prompts asked after a prefix that are no rounds of their dialogue, kept until it is known whether they were whole.
Pure: numbers in, numbers out; knows no series of rounds."""

import math
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from heapq import heappop, heappush
from typing import TypeVar

import msgspec

from longplay.inference.growth import Anchor

Name = TypeVar("Name", bound=Hashable)


class Doubt(msgspec.Struct, frozen=True):
    """A prompt not shown to be whole. `cleared_at`: a count that shows that the server holds as much. `still`: its
    count did not grow; `excused`: it would have, with the cached tokens beside it."""

    number: int
    cleared_at: float
    count: int
    still: bool
    excused: bool = False


class Asked(msgspec.Struct, frozen=True):
    """A prompt after a prefix: the round it stands after, its count and what it grew from."""

    doubt: Doubt
    anchor: Anchor

    def beside(self, times: float, per_byte: float) -> float:
        """Its count less so many `times` what its tail should have (`per_byte`: tokens in a byte)."""
        return self.doubt.count - times * self.anchor.rest * per_byte


class Answers:
    """The prompts by name, each in doubt or whole beyond doubt."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Asked | None] = {}  # None: whole beyond doubt
        self._clearing: list[tuple[float, int, Hashable]] = []  # a heap: at which count each of them is cleared
        self._pushed = 0

    def put(self, name: Hashable, asked: Asked) -> None:
        """One more, in doubt."""
        self._asked[name] = asked
        heappush(self._clearing, (asked.doubt.cleared_at, self._pushed, name))
        self._pushed += 1

    def find(self, name: Hashable) -> Asked | None:
        """A prompt in doubt."""
        return self._asked.get(name)

    def take(self, names: Sequence[Name]) -> dict[Name, Asked | None]:
        """Those of the prompts that are known, which are forgotten here; None = whole."""
        return {name: self._asked.pop(name) for name in names if name in self._asked}

    def believe(self) -> None:
        """All so far are whole."""
        self._asked = dict.fromkeys(self._asked)
        self._clearing.clear()

    def clear(self, now: int) -> list[Doubt]:
        """A prompt has `now` tokens: the doubts that are cleared by that."""
        cleared: list[Doubt] = []
        while self._clearing and now >= self._clearing[0][0]:
            _, _, name = heappop(self._clearing)
            one = self._asked.get(name)
            if one is not None and now >= one.doubt.cleared_at:
                cleared.append(one.doubt)
                self._asked[name] = None
        return cleared


def crossed(asked: Sequence[Asked], per_byte: float) -> bool:
    """Whether a clearly longer prompt after the same rounds has more tokens by more than its own text: what cuts
    drops no less of it than of the shorter one, so two back ends have counted."""
    by_length = sorted(asked, key=lambda one: (one.doubt.number, one.anchor.rest))
    shorter, number, least = 0, None, math.inf
    for longer in by_length:
        if longer.doubt.number != number:
            number, least = longer.doubt.number, math.inf
            shorter = bisect_left(by_length, number, key=lambda one: one.doubt.number)
        while 1.2 * by_length[shorter].anchor.rest < longer.anchor.rest:  # never comes past `longer` itself
            least = min(least, by_length[shorter].beside(2.0, per_byte))
            shorter += 1
        if longer.beside(2.3, per_byte) - least > 8:
            return True
    return False


def level(odd: Sequence[Asked], top: int) -> bool:
    """Whether prompts that grew too little have all come to the highest count, though they differ in length."""
    lengths = [one.anchor.all for one in odd if one.doubt.count == top]
    return len(lengths) > 1 and max(lengths) > 1.2 * min(lengths)
