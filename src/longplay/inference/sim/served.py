"""A simulated model behind a simulated server, on the running loop's clock, virtual or real. Knows no network."""

import asyncio
from collections.abc import Callable

import msgspec

from longplay.inference.sim.engine import Done, Engine, TooLongError
from longplay.records import Message, Prefix, Reply, Request, Usage
from longplay.specs import ModelSpec


class Served:
    """Requests wait here for an engine's replies, each the time that slots, prefill and decoding take.

    `pace`: seconds of the engine in one second of the loop.
    """

    def __init__(self, engine: Engine, pace: float = 1.0) -> None:
        self.engine = engine
        self._pace = pace
        self._pending: dict[int, asyncio.Future[Done]] = {}
        self._timer: asyncio.TimerHandle | None = None

    async def ask(self, prompt: Prefix, said: Prefix) -> Done:
        """Wait until the engine has given the reply. Raises TooLongError where it never could."""
        loop = asyncio.get_running_loop()
        ticket = self.engine.submit(loop.time() * self._pace, prompt, said)
        future = self._pending[ticket] = loop.create_future()
        self._arm(loop)
        return await future

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake when the engine says. A timer that is too early wakes for nothing and is set again."""
        next_s = self.engine.next_s
        if next_s is None:
            return
        at_s = next_s / self._pace
        if self._timer is not None:
            if self._timer.when() <= at_s:
                return
            self._timer.cancel()
        self._timer = loop.call_at(at_s, self._wake, next_s)

    def _wake(self, due_s: float) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        for done in self.engine.advance(max(due_s, loop.time() * self._pace)):  # a clock may wake an instant early
            future = self._pending.pop(done.ticket)
            if not future.done():
                future.set_result(done)
        self._arm(loop)


class ServedEndpoint:
    """An endpoint whose words come from `answer` and whose times and cached tokens come from an engine."""

    def __init__(self, spec: ModelSpec, served: Served, answer: Callable[[Request], Reply]) -> None:
        self.spec = spec
        self._served = served
        self._answer = answer

    @property
    def width(self) -> int:
        """As many as the study says; the engine queues what it has no slot for."""
        return self.spec.concurrency

    async def reply(self, request: Request) -> Reply:
        """The reply, when the engine has given it; missing as `overflow` where it could never fit."""
        answer = self._answer(request)
        prompt = request.prefix.extend(*request.tail)
        said = prompt.extend(Message("assistant", answer.text or "", answer.reasoning))
        try:
            done = await self._served.ask(prompt, said)
        except TooLongError as error:
            return Reply("missing", reason="overflow", detail=str(error))
        usage = Usage(done.prompt, done.cached, done.completion)
        return msgspec.structs.replace(answer, usage=usage, latency_s=done.ended_s - done.arrived_s)

    async def close(self) -> None:
        """Nothing to give back."""
