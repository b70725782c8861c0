"""Every model call of a run passes here: found again by its key, sent once, stored as it arrives, counted against the
budget. Knows no provider by name and nothing of what a reply means."""

import asyncio
from typing import Protocol, TypeVar

from longplay.inference.endpoint import Endpoint, EndpointDown
from longplay.pipeline.alarms import Alarms
from longplay.pipeline.reusing import Reuse
from longplay.pipeline.spending import Spending
from longplay.records import Reply, Request, Role, Steps, call_key
from longplay.specs import LongplayError, ModelSpec
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
        role = request.to.kind
        reached = self.spending.forbids(role, endpoint.spec)
        if reached is not None:
            raise BudgetReached(reached)
        account = self.spending.roles[role]
        account.in_flight += 1
        self._sending[key] = None
        try:
            reply = await endpoint.reply(request)
            account.heard(endpoint.spec, reply)
            self._arrived(key, kind, endpoint.spec, reply)
        except EndpointDown:
            self._tell(key, None)
            raise
        except BaseException:
            waiting = self._sending.pop(key)
            if waiting is not None:
                waiting.cancel()  # whoever shares this call gives up with it
            raise
        finally:
            account.in_flight -= 1
        self._tell(key, reply)
        refused = self.spending.refused(role)
        if refused is not None:
            raise BudgetReached(refused)
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
        if not reply.final:
            self._tried.add(key)
        self.store.put_call(key, kind, spec.title, reply)
        if self.reuse is not None:
            self.reuse.keep(spec.title, kind, key, reply)
        self._listen(kind, spec, reply)

    def _listen(self, kind: str, spec: ModelSpec, reply: Reply) -> None:
        if self.alarms is not None:
            self.alarms.replied(spec, reply, judging=kind == "judge")


def _kind(request: Request) -> str:
    """What kind of call it is (store.CALL_KINDS)."""
    if request.to.kind != "model":
        return request.to.kind
    if request.repeat:
        return "repeat"
    return "turn" if request.settles else "step"
