"""How many attempts one endpoint may have in flight, and when the next may begin. Pure: the clock is passed in, in
seconds that only grow; knows no wire."""

import math
from typing import Literal

import msgspec

from longplay.inference.saturation import Saturation
from longplay.records import Usage

_CUT = 0.5  # part of the width that a complaint leaves
_USED = 0.75  # part of the width that must be in flight for a good reply to widen it
_SOON_S = 1e-6  # less than a clock can tell


class Attempt(msgspec.Struct, frozen=True):
    """An attempt that was let through, when, as which of so many in flight; `tokens`: what it is expected to use."""

    number: int
    begun: float
    in_flight: int
    tokens: float


class Ended(msgspec.Struct, frozen=True):
    """What an attempt came to. `busy`: the server said it has too much to do; `other`: says nothing about its load."""

    kind: Literal["good", "busy", "timeout", "other"] = "other"
    usage: Usage = Usage()


NOTHING_SAID = Ended()


class _Meter:
    """A cap per minute, kept evenly: what is begun must be worked off at that rate before the next may begin."""

    def __init__(self, per_minute: int | None) -> None:
        self._s_each = 60 / per_minute if per_minute else 0.0
        self.ready = -math.inf

    def spend(self, now: float, amount: float) -> None:
        if self._s_each:
            self.ready = max(self.ready, now) + amount * self._s_each

    def correct(self, amount: float) -> None:
        self.ready += amount * self._s_each


class Limiter:
    """The width of one endpoint (additive increase, multiplicative decrease), its pauses and its rates.

    Begins at `most`. Halved by a complaint (busy, timeout), once for all attempts that were under way together; lowered
    where more in flight gets no more done (see `saturation`); widened by one for every `width` good replies while used.
    """

    def __init__(self, most: int, requests_per_minute: int | None = None, tokens_per_minute: int | None = None) -> None:
        self._most = most
        self._width = float(most)
        self._in_flight = 0
        self._begun = 0
        self._cut_at = 0  # attempts begun before this number knew nothing of the last cut
        self._paused_until = -math.inf
        self._tokens_left = math.inf
        self._tokens_until = -math.inf
        self._requests = _Meter(requests_per_minute)
        self._tokens = _Meter(tokens_per_minute)
        self._saturation = Saturation()

    @property
    def width(self) -> int:
        """How many attempts may be in flight: 1 to `most`."""
        return int(self._width)

    @property
    def in_flight(self) -> int:
        """How many attempts are in flight."""
        return self._in_flight

    def wait_s(self, now: float, tokens: float) -> float:
        """Seconds until an attempt of about so many tokens may begin; 0 = now, infinite = when another has ended."""
        if self._in_flight + 1 > self._width:
            return math.inf
        until = max(self._paused_until, self._requests.ready, self._tokens.ready)
        if tokens > self._tokens_left:
            until = max(until, self._tokens_until)
        return until - now if until - now > _SOON_S else 0.0

    def begin(self, now: float, tokens: float) -> Attempt:
        """Count an attempt as in flight."""
        self._in_flight += 1
        self._begun += 1
        self._requests.spend(now, 1)
        self._tokens.spend(now, tokens)
        if now >= self._tokens_until:
            self._tokens_left = math.inf
        self._tokens_left -= tokens
        return Attempt(self._begun, now, self._in_flight, tokens)

    def end(self, now: float, attempt: Attempt, ended: Ended) -> None:
        """An attempt is over, however it went."""
        usage = ended.usage
        if usage.prompt is not None:
            self._tokens.correct(usage.prompt + (usage.completion or 0) - attempt.tokens)
        elif ended.kind == "busy":
            self._tokens.correct(-attempt.tokens)  # refused before it cost the server anything
        if ended.kind == "good":
            self._widen(now, attempt, usage)
        elif ended.kind in ("busy", "timeout") and attempt.number > self._cut_at:
            self._width = max(1.0, self._width * _CUT)
            self._cut_at = self._begun
        self._in_flight -= 1

    def pause(self, now: float, seconds: float) -> None:
        """The server asked for a pause: nothing begins before it is over."""
        self._paused_until = max(self._paused_until, now + seconds)

    def allow_tokens(self, now: float, tokens: int, seconds: float) -> None:
        """The server has `tokens` left for the next `seconds`: what needs more waits so long."""
        self._tokens_left = tokens
        self._tokens_until = now + seconds

    def _widen(self, now: float, attempt: Attempt, usage: Usage) -> None:
        in_flight = (attempt.in_flight + self._in_flight) / 2
        lower = self._saturation.add(usage, now - attempt.begun, in_flight, self.width)
        if lower is not None:
            self._width = max(1.0, min(self._width, lower))
        elif self._in_flight >= _USED * self.width:
            self._width = min(self._most, self._width + 1 / self._width)
