"""Lets attempts through as a limiter allows, first come, first served. Knows no wire; the clock is handed in."""

import asyncio
import math

from longplay.inference.limits import Attempt, Ended, Limiter
from longplay.inference.rate_headers import NO_WORD, Room
from longplay.inference.retry import Pauses


class Gate:
    """The one entrance to an endpoint's wire. Used from one event loop."""

    def __init__(self, limiter: Limiter, pauses: Pauses) -> None:
        self._limiter = limiter
        self._pauses = pauses
        self._turn = asyncio.Lock()
        self._queue = 0  # how many wait for their turn
        self._left = asyncio.Event()

    @property
    def width(self) -> int:
        """How many attempts may be in flight just now."""
        return self._limiter.width

    def at_once(self, tokens: float) -> Attempt | None:
        """An attempt that may begin now, with nobody before it; None where it must `enter` and wait."""
        if self._queue:
            return None
        now = self._pauses.now()
        return None if self._limiter.wait_s(now, tokens) else self._limiter.begin(now, tokens)

    async def enter(self, tokens: float) -> Attempt:
        """Wait until an attempt of about so many tokens may begin. Every attempt must `leave`."""
        self._queue += 1
        try:
            async with self._turn:  # only the first in the queue watches the limiter
                while wait_s := self._limiter.wait_s(self._pauses.now(), tokens):
                    if math.isinf(wait_s):
                        self._left.clear()
                        await self._left.wait()
                    else:
                        await self._pauses.sleep(wait_s)
                return self._limiter.begin(self._pauses.now(), tokens)
        finally:
            self._queue -= 1

    def leave(self, attempt: Attempt, ended: Ended) -> None:
        """The attempt is over."""
        self._limiter.end(self._pauses.now(), attempt, ended)
        if self._queue:
            self._left.set()

    def pause(self, seconds: float) -> None:
        """Let nothing through for so long."""
        self._limiter.pause(self._pauses.now(), seconds)

    def heed(self, room: Room, most_s: float) -> None:
        """Keep to what a response says is left; never wait longer than `most_s` seconds for it."""
        if room is NO_WORD:
            return
        now = self._pauses.now()
        if room.pause_s is not None:
            self._limiter.pause(now, min(room.pause_s, most_s))
        if room.tokens is not None:
            self._limiter.allow_tokens(now, room.tokens, min(room.tokens_s, most_s))
