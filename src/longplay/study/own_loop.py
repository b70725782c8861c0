"""Work that runs an event loop, also where one is running already, as in notebooks. Knows no work."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")


def in_own_loop(work: Callable[[], T]) -> T:
    """What `work` returns; on a thread of its own where a loop is running here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1, "longplay") as threads:
        return threads.submit(copy_context().run, work).result()
