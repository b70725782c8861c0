"""A web application of aiohttp on loopback, in a thread of the test process; knows nothing of what it answers."""

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from aiohttp import web


class AppServer(ABC):
    """Serves while it is entered; `url` is then its address, `path` at its end.."""

    def __init__(self, name: str, path: str = "") -> None:
        self.url = ""
        self._path = path
        self.lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._started = threading.Event()
        self._ended: asyncio.Event

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10), f"the {self._thread.name} did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), f"the {self._thread.name} did not end"

    @abstractmethod
    def routes(self, router: web.UrlDispatcher) -> None:
        """Says who answers what."""

    async def hang(self) -> None:
        """Wait until the server ends."""
        await self._ended.wait()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._ended = asyncio.Event()
        app = web.Application(client_max_size=256_000_000)
        self.routes(app.router)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}{self._path}"
        self._started.set()
        await self.hang()
        await runner.cleanup()
        late = asyncio.all_tasks() - {asyncio.current_task()}  # of connections that came as it ended
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for _ in range(3):  # closed connections leave the loop in its next turns
            await asyncio.sleep(0)
