"""What one attempt came to, and how long to wait before the next. Knows no request and no server."""

import asyncio
import email.utils
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

import msgspec

from longplay.records import Reply

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 60.0
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?\Z")


Load = Literal["busy", "timeout", "other"]  # what a fault says of the server's load


class Again(msgspec.Struct, frozen=True):
    """A fault that may pass: ask again, after `wait_s` seconds if the server named a time.

    `busy`: the server has too much to do; `unreachable`: no connection came about, so nothing was sent. `left`: the
    missing reply that is kept where the fault does not pass, if something came that is worth keeping.
    """

    detail: str
    wait_s: float | None = None
    kind: Load | Literal["unreachable"] = "other"
    left: Reply | None = None


class Stop(msgspec.Struct, frozen=True):
    """A fault that every further request would meet. `line` says what happened and what to do."""

    line: str
    detail: str = ""


Outcome: TypeAlias = Reply | Again | Stop


class Pauses(msgspec.Struct, frozen=True):
    """Waiting between attempts: exponential backoff with full jitter, or what the server asks for.

    `now`: seconds that only grow, by as much as `sleep` sleeps.
    """

    random: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], float] = time.monotonic

    async def wait(self, attempt: int, most_s: float) -> None:
        """Back off after failed attempt number `attempt` (from 1); never longer than `most_s` seconds."""
        await self.sleep(min(self.wait_s(attempt, None), most_s))

    def wait_s(self, attempt: int, asked_s: float | None) -> float:
        """Seconds to wait. What a server asks for is lengthened by up to a tenth, so that not all come back at once."""
        if asked_s is not None:
            return asked_s * (1 + 0.1 * self.random())
        return self.random() * min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt, 30))


def retry_after_s(header: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds named by a Retry-After header (seconds or an HTTP date); None where it names none."""
    if header is None:
        return None
    if _SECONDS.match(header.strip()):
        return float(header)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - now())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
