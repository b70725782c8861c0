"""An event loop on virtual time: when nothing is ready, the clock jumps to the next timer. Knows nothing of what runs.

For large simulated studies: hours of waiting take the time of computing alone. Nothing that waits for the outside
(threads, sockets) belongs on it.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from longplay.specs import LongplayError

T = TypeVar("T")


class NothingLeft(LongplayError):
    """Everybody waits and no timer is set: on virtual time nothing can ever happen again."""


class _Jumping(selectors.DefaultSelector):
    """Never waits: what would have been waiting is counted as time gone by."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingLeft("virtual time stands still: every task waits for something that has no timer.")
        self.now_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at 0 s; `time()` is virtual seconds."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        # Timers so close are due at once: seconds as floats grow coarser than the real clock's resolution.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.now_s


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on virtual time. Raises NothingLeft where it waits for what cannot come."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
