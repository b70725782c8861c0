"""Every model call of a run passes here: found again by its key, sent once, stored as it arrives, counted against the
budget. Knows no provider by name and nothing of what a reply means."""

import asyncio
from typing import Protocol, TypeVar

from longplay.inference import Tries
from longplay.inference.endpoint import Endpoint, EndpointDown
from longplay.pipeline.alarms import Alarms
from longplay.pipeline.reusing import Reuse
from longplay.records import Reply, Request, Role, Steps, Usage, call_key
from longplay.specs import Budget, LongplayError, ModelSpec
from longplay.store import Store

T = TypeVar("T")


class BudgetReached(LongplayError):
    """A cap of the study's budget is reached: no further call may be sent. Everything obtained is kept."""


class Way(Protocol):
    """How a job's requests reach whoever they are for."""

    def spec(self, to: Role) -> ModelSpec:
        """The model that plays a role."""
        ...

    def endpoint(self, to: Role) -> Endpoint | None:
        """A server of the role, where the job holds one of its slots."""
        ...

    async def turn(self, to: Role) -> None:
        """Give back the slot that is held and wait for one of this role."""
        ...

    def leave(self) -> None:
        """Give back the slot that is held, if there is one."""
        ...


class Spending:
    """What a run has used so far, earlier runs into its folder too: requests with all their tries, tokens, cost.

    `tries`: all that were sent, those of calls under way too. `uncounted`: replies without token counts.
    `insisted`: go on although a cap cannot be kept without them.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.tries = Tries(budget.requests)
        self.insisted = False
        self.unsettled = 0
        self.requests = 0
        self.uncounted = 0
        self.reused = 0  # replies of earlier runs: found, not paid
        self.prompt = 0
        self.cached = 0
        self.completion = 0
        self.cost = 0.0
        self.priced = False

    @property
    def sent(self) -> int:
        """All requests that were sent, those of calls that the end of the run broke off too."""
        return max(self.requests, self.tries.sent)

    def add(self, spec: ModelSpec, requests: int, usage: Usage) -> None:
        """Count calls of one model and the tokens they took."""
        prompt, cached, completion = usage.prompt or 0, usage.cached or 0, usage.completion or 0
        self.requests += requests
        self.prompt += prompt
        self.cached += cached
        self.completion += completion
        if spec.prices is not None:
            self.priced = True
            self.cost += spec.prices.cost(prompt, cached, completion, usage.written or 0)

    def resume(self, requests: int, uncounted: int) -> None:
        """Take over the requests that earlier runs sent without a settled call, and their replies without counts."""
        self.unsettled = requests
        self.requests += requests
        self.uncounted = uncounted
        self.tries.sent = self.requests

    def heard(self, spec: ModelSpec, reply: Reply) -> None:
        """Count one settled call."""
        self.add(spec, reply.attempts, reply.spent)
        self.uncounted += reply.status == "ok" and reply.attempts > 0 and not counted(reply)

    def blind(self, spec: ModelSpec) -> str | None:
        """Which cap cannot be kept where this model is asked, because prices or token counts are missing; None where
        none is or the person insists."""
        caps = self.budget
        if self.insisted:
            return None
        if caps.cost is not None and spec.prices is None and not spec.simulated:
            free = "prices = { input = 0, output = 0 } where it costs nothing"
            what = f"the study gives no prices for {spec.title}; write them into its part of the study"
            return f"budget.cost cannot be kept: {what} ({free}), or add --go-on"
        if not self.uncounted:
            return None
        name = "cost" if caps.cost is not None else "tokens" if caps.tokens is not None else None
        if name is None:
            return None
        what = "the server gives no usable token counts (usage) with its replies"
        return f"budget.{name} cannot be kept: {what}; add --go-on to go on without that cap"

    def exhausted(self, in_flight: int) -> str | None:
        """Which cap forbids another call, those in flight counted as requests, or None."""
        caps = self.budget
        if caps.requests is not None and max(self.requests + in_flight, self.sent) >= caps.requests:
            return f"budget.requests = {caps.requests:,} is reached"
        if caps.tokens is not None and self.prompt + self.completion >= caps.tokens:
            return f"budget.tokens = {caps.tokens:,} is reached"
        if caps.cost is not None and self.cost >= caps.cost:
            return f"budget.cost = {caps.cost:g} is reached"
        return None


class Calls:
    """The calls of a run. One instance a run, used from its event loop alone."""

    def __init__(
        self, store: Store, spending: Spending, reuse: Reuse | None = None, alarms: Alarms | None = None
    ) -> None:
        self.store = store
        self.alarms = alarms
        self.reuse = reuse
        self.spending = spending
        # calls under way; the future of those that somebody waits for
        self._sending: dict[bytes, asyncio.Future[Reply | None] | None] = {}
        self._tried: set[bytes] = set()  # failed in this run: asked again by the next run, not by this one

    async def drive(self, way: Way, steps: Steps[T]) -> tuple[T, list[bytes]]:
        """Send each request of the steps to whom it is for, hand each reply back; the result and the keys of its calls
        in order.

        On resume the same steps meet their stored replies, so nothing is paid twice.
        """
        keys: list[bytes] = []
        try:
            request = next(steps)
            while True:
                key, reply = await self._call(way, request)
                keys.append(key)
                request = steps.send(reply)
        except StopIteration as stop:
            result: T = stop.value
            return result, keys

    async def _call(self, way: Way, request: Request) -> tuple[bytes, Reply]:
        spec, kind = way.spec(request.to), _kind(request)
        key = call_key(spec.identity, request)
        while True:
            known = self.store.find_call(key)
            if known is not None and (known.final or key in self._tried):
                return key, known
            endpoint = way.endpoint(request.to)
            if key in self._sending:
                if endpoint is None:
                    way.leave()  # another's slot
                shared = await self._shared(key)
                if shared is not None:
                    return key, shared
                continue
            again = self.reuse.find(spec.title, kind, key) if self.reuse is not None else None
            if again is not None:
                self.spending.reused += 1
                self.store.put_call(key, kind, spec.title, again)
                self._listen(kind, spec, again)
                return key, again
            if endpoint is not None:
                return key, await self._send(endpoint, request, key, kind)
            await way.turn(request.to)

    async def _send(self, endpoint: Endpoint, request: Request, key: bytes, kind: str) -> Reply:
        reached = self.spending.blind(endpoint.spec) or self.spending.exhausted(len(self._sending))
        if reached is not None:
            raise BudgetReached(reached)
        self._sending[key] = None
        try:
            reply = await endpoint.reply(request)
            self._arrived(key, kind, endpoint.spec, reply)
        except EndpointDown:
            self._tell(key, None)
            raise
        except BaseException:
            waiting = self._sending.pop(key)
            if waiting is not None:
                waiting.cancel()  # whoever shares this call gives up with it
            raise
        self._tell(key, reply)
        if self.spending.tries.refused:
            raise BudgetReached(f"budget.requests = {self.spending.budget.requests:,} is reached")
        return reply

    async def _shared(self, key: bytes) -> Reply | None:
        """The reply to a call that is under way; None where its server was gone, so that another may be asked."""
        waiting = self._sending[key]
        if waiting is None:
            waiting = self._sending[key] = asyncio.get_running_loop().create_future()
        return await asyncio.shield(waiting)

    def _tell(self, key: bytes, reply: Reply | None) -> None:
        """The call is over for all who share it."""
        waiting = self._sending.pop(key)
        if waiting is not None:
            waiting.set_result(reply)

    def _arrived(self, key: bytes, kind: str, spec: ModelSpec, reply: Reply) -> None:
        self.spending.heard(spec, reply)
        if not reply.final:
            self._tried.add(key)
        self.store.put_call(key, kind, spec.title, reply)
        if self.reuse is not None:
            self.reuse.keep(spec.title, kind, key, reply)
        self._listen(kind, spec, reply)

    def _listen(self, kind: str, spec: ModelSpec, reply: Reply) -> None:
        if self.alarms is not None:
            self.alarms.replied(spec, reply, judging=kind == "judge")


def counted(reply: Reply) -> bool:
    """Whether the server has said how many tokens the request and the reply took, and not 0 for a text."""
    usage = reply.usage
    return usage.prompt is not None and usage.completion is not None and (usage.completion > 0 or reply.empty)


def _kind(request: Request) -> str:
    """What kind of call it is (store.CALL_KINDS)."""
    if request.to.kind != "model":
        return request.to.kind
    if request.repeat:
        return "repeat"
    return "turn" if request.settles else "step"
