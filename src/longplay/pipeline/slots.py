"""The slots of every server: one is taken for each request and given back when its reply is there. Who waits for a slot
holds none, so that no two can wait for each other. Knows no work and sends nothing."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from longplay.experiment.experiment import unnamed
from longplay.inference.endpoint import Endpoint, EndpointDown
from longplay.records import MODEL, Role
from longplay.specs import ModelSpec, StudyError

Servers: TypeAlias = Mapping[Role, Sequence[Endpoint]]
"""Who answers: the servers of each role, by kind and title."""


def lane_of(role: Role, place: int = 0) -> str:
    """Whose slots these are. A dialogue is pinned to one of its model's servers, so each has a lane of its own; any
    server of another role may answer, so these share one."""
    return f"{role.kind}\0{role.name}\0{place if role.kind == 'model' else 0}"


class Slots:
    """One server's slots: as many as it takes just now. `lane`: the work that it pulls."""

    def __init__(self, role: Role, endpoint: Endpoint, lane: str) -> None:
        self.role = role
        self.endpoint = endpoint
        self.lane = lane
        self.in_flight = 0
        self.away = 0  # jobs begun here that wait for a slot

    @property
    def free(self) -> int:
        """How many more requests it takes; below 0 where its width has shrunk under those in flight."""
        return self.endpoint.width - self.in_flight

    @property
    def patience(self) -> int:
        """How many more jobs may be begun here before those that wait elsewhere are as many as its slots."""
        return self.endpoint.spec.concurrency - self.away


class Switchboard:
    """All servers' slots, and who waits for one. `changed` is called when somebody begins to wait or has ended."""

    def __init__(self, slots: Iterable[Slots], changed: Callable[[], object]) -> None:
        self.slots = list(slots)
        self.changed = changed
        self.waiting = 0
        self._queues: dict[str, deque[asyncio.Future[Slots]]] = {}
        self._closed = False

    def find(self, to: Role) -> Slots:
        """The first server of a role; without a name, of the study's first of that kind. Raises StudyError."""
        for slots in self.slots:
            if slots.role == to or (not to.name and slots.role.kind == to.kind):
                return slots
        raise StudyError(unnamed(to))

    async def take(self, lane: str) -> Slots:
        """A slot of this lane, as soon as one is free; first come, first served. Raises EndpointDown."""
        if self._closed:
            raise asyncio.CancelledError
        here = [slots for slots in self.slots if slots.lane == lane]
        if not here:
            raise EndpointDown("the server of this dialogue is gone")
        queue = self._queues.setdefault(lane, deque())
        free = next((slots for slots in here if slots.free > 0), None) if not queue else None
        if free is not None:
            free.in_flight += 1
            return free
        place = asyncio.get_running_loop().create_future()
        queue.append(place)
        self.waiting += 1
        self.changed()
        try:
            return await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.leave(place.result())
            raise
        finally:
            self.waiting -= 1

    def serve(self) -> None:
        """Give free slots to those who wait: what is under way goes before what is not begun."""
        for slots in self.slots:
            queue = self._queues.get(slots.lane)
            while queue and slots.free > 0:
                place = queue.popleft()
                if not place.done():
                    slots.in_flight += 1
                    place.set_result(slots)

    def leave(self, slots: Slots) -> None:
        """Give a slot back."""
        slots.in_flight -= 1
        self.changed()

    def others(self, gone: Slots) -> list[Slots]:
        """The other servers of the same model."""
        return [slots for slots in self.slots if slots is not gone and slots.role == gone.role]

    def remove(self, gone: Slots) -> None:
        """This server is no more: who waited for it alone is told so."""
        self.slots.remove(gone)
        if any(slots.lane == gone.lane for slots in self.slots):
            return
        for place in self._queues.pop(gone.lane, ()):
            if not place.done():
                place.set_exception(EndpointDown("the server of this dialogue is gone"))

    def close(self) -> None:
        """The run ends: nobody waits any more."""
        self._closed = True
        for queue in self._queues.values():
            for place in queue:
                place.cancel()


class Line:
    """One job's way to whoever its requests are for. It holds one slot at most. `home`: where the job was begun."""

    def __init__(self, board: Switchboard, home: Slots) -> None:
        self.home = home
        self.held: Slots | None = home
        self._board = board
        self._own = MODEL if home.role.kind == "model" else home.role

    def spec(self, to: Role) -> ModelSpec:
        """The model that plays a role."""
        return (self.home if to == self._own else self._board.find(to)).endpoint.spec

    def endpoint(self, to: Role) -> Endpoint | None:
        """A server of the role, where the job holds one of its slots."""
        held = self.held
        if held is None or held.lane != self._lane(to):
            return None
        return held.endpoint

    async def turn(self, to: Role) -> None:
        """Give back the slot that is held and wait for one of this role. Raises EndpointDown, StudyError."""
        lane = self._lane(to)
        self.leave()
        self.home.away += 1
        try:
            self.held = await self._board.take(lane)
        finally:
            self.home.away -= 1

    def leave(self) -> None:
        """Give back the slot that is held, if there is one."""
        if self.held is not None:
            held, self.held = self.held, None
            self._board.leave(held)

    def _lane(self, to: Role) -> str:
        return self.home.lane if to == self._own else self._board.find(to).lane
