"""Whether more requests in flight still get more done. Pure: the clock is passed in; knows no server and no request.

Latency alone says little: a longer prompt or a longer reply takes longer on a free server too. So it is taken for each
unit of work, and compared between stretches of replies whose prompts have about the same length. The work done in a
second is the number in flight over that latency (Little's law), so one comparison shows both: latency that rises while
throughput does not.
"""

import math

import msgspec

from longplay.records import Usage

# A prompt token not read from a cache counts as this part of a generated one: prefill is that much faster or more.
_PREFILL = 1 / 32
_FEWEST = 32  # replies in a stretch, at least; else as many as were in flight
_STEADY = 1.5  # a stretch counts if the most in flight were not more than so many times the fewest
_CROWDED = 1.5  # times as many in flight as in the best stretch, before the width gives way
# What more in flight must bring: with twice as many, 2 ** 0.25 = 1.19 times as much done.
_WORTH = 0.25
_BEYOND = 1.25  # times as many in flight as in the best stretch, before that is looked for again
_IN_A_ROW = 2  # stretches that must agree
_KEEP = 0.7  # part of the width that is kept, though never fewer than the best stretch had in flight
_STALE = 50  # stretches after which the best is measured anew: servers and their other guests change


class _Stretch(msgspec.Struct):
    in_flight: float
    latency_s: float  # for a unit of work
    age: int = 0

    @property
    def worth(self) -> float:
        """Work per second, less what so many in flight should bring anyhow: highest at the knee."""
        return self.in_flight ** (1 - _WORTH) / self.latency_s


class Saturation:
    """Watches stretches of replies; says when the width has outgrown what the server gets done.

    The best stretch is kept for each length class of prompts (lengths within a factor of two), so that prompts that
    grow over a dialogue are compared with their like. Work: tokens generated + a 32nd of the prompt tokens not cached.
    """

    def __init__(self) -> None:
        self._best: dict[int, _Stretch] = {}
        self._crowded = 0
        self._start_anew()

    def _start_anew(self) -> None:
        self._replies = 0
        self._in_flight = 0.0
        self._fewest, self._most = math.inf, 0.0
        self._latency_s = 0.0
        self._work = 0.0
        self._prompts = 0

    def add(self, usage: Usage, latency_s: float, in_flight: float, width: int) -> float | None:
        """A good reply came, after `latency_s` among so many in flight (mean of its begin and its end).

        Returns the width to go down to where the last stretches were crowded, else None.
        """
        prompt = usage.prompt or 0
        self._replies += 1
        self._in_flight += in_flight
        self._fewest, self._most = min(self._fewest, in_flight), max(self._most, in_flight)
        self._latency_s += latency_s
        self._work += max(1.0, (usage.completion or 0) + (prompt - (usage.cached or 0)) * _PREFILL)
        self._prompts += prompt
        mean = self._in_flight / self._replies
        if self._replies < max(_FEWEST, mean) or self._latency_s <= 0:
            return None
        stretch = _Stretch(mean, self._latency_s / self._work)
        length_class, steady = (self._prompts // self._replies).bit_length(), self._most <= _STEADY * self._fewest
        self._start_anew()
        return self._compare(length_class, stretch, width) if steady else None

    def _compare(self, length_class: int, stretch: _Stretch, width: int) -> float | None:
        best = self._best.setdefault(length_class, stretch)
        best.age += 1
        if best.age > _STALE and stretch.in_flight >= _BEYOND * best.in_flight:
            del self._best[length_class]
            return _KEEP * best.in_flight  # the way up from there measures the best anew
        if best.age > _STALE or stretch.worth >= best.worth:
            best = self._best[length_class] = stretch
        self._crowded = self._crowded + 1 if stretch.in_flight >= _CROWDED * best.in_flight else 0
        if self._crowded < _IN_A_ROW:
            return None
        self._crowded = 0
        return max(best.in_flight, _KEEP * width)
