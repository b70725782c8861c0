"""A slot is taken for each request at the server of whom it is for; whoever waits for one holds none."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from longplay.inference.endpoint import EndpointDown
from longplay.pipeline.calls import Calls
from longplay.pipeline.slots import Line, Slots, Switchboard, lane_of
from longplay.pipeline.spending import Spending
from longplay.records import EMPTY, HELPER, MODEL, Message, Reply, Request, Role, Steps
from longplay.specs import Budget, ModelSpec, Sampling, StudyError
from longplay.store import Reader, Store

Story = Callable[[Store], Coroutine[None, None, None]]
Told = Callable[[Story], None]

SPEAKER, ANNA, BERT, ADVISER = (
    Role("model", "m"),
    Role("judge", "anna"),
    Role("judge", "bert"),
    Role("helper", "adviser"),
)


class Server:
    """Answers at once or when it is let, and knows the most that it was asked side by side."""

    def __init__(self, role: Role, width: int = 1) -> None:
        self.spec = ModelSpec(f"sim/{role.name}", label=role.name, concurrency=width)
        self.width = width
        self.let = asyncio.Event()
        self.let.set()
        self.asked: list[str] = []
        self.most = self._under_way = 0

    async def reply(self, request: Request) -> Reply:
        self.asked.append(request.tail[-1].content)
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await asyncio.sleep(0)
        await self.let.wait()
        self._under_way -= 1
        return Reply("ok", f"{self.spec.title} heard {request.tail[-1].content}", finish="stop", attempts=1)

    async def close(self) -> None:
        """Holds nothing."""


class Office:
    """Servers of one slot each, and a run's way of sending without its schedule."""

    def __init__(self, store: Store, *roles: Role) -> None:
        self.servers = {role: Server(role) for role in roles}
        self.slots = [Slots(role, server, lane_of(role)) for role, server in self.servers.items()]
        self.board = Switchboard(self.slots, lambda: asyncio.get_running_loop().call_soon(self.board.serve))
        self.calls = Calls(store, Spending(Budget()))

    async def job(self, home: Role, steps: Steps[list[str]]) -> list[str]:
        """A piece of work that is begun as soon as its home has a free slot."""
        slots = await self.board.take(lane_of(home))
        line = Line(self.board, slots)
        try:
            result, _ = await self.calls.drive(line, steps)
        finally:
            line.leave()
        return result

    async def somebody_waits(self) -> None:
        """Let others run until one of them waits for a slot."""
        for _ in range(100):
            if self.board.waiting:
                return
            await asyncio.sleep(0)
        raise AssertionError("nobody waits")


def asking(name: str, *to: Role) -> Steps[list[str]]:
    """Asks each of these in turn; their replies."""
    said: list[str] = []
    for number, role in enumerate(to):
        reply = yield Request(EMPTY, (Message("user", f"{name}{number}"),), Sampling(), to=role)
        said.append(reply.text or "")
    return said


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Tells a story with a store; bounded, so that a deadlock fails."""

    def tell(story: Story) -> None:
        with Store.open(tmp_path, 0.0) as store:
            asyncio.run(asyncio.wait_for(story(store), 20))

    return tell


def test_jobs_that_need_each_others_only_slot_all_end(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ANNA, BERT, ADVISER)
        around = (ANNA, BERT, ADVISER, ANNA)
        jobs = [office.job(ANNA, asking(f"a{n}-", *around)) for n in range(8)]
        jobs += [office.job(BERT, asking(f"b{n}-", *reversed(around), BERT)) for n in range(8)]
        jobs += [office.job(SPEAKER, asking(f"m{n}-", HELPER, MODEL, ANNA, MODEL)) for n in range(8)]
        found = await asyncio.gather(*jobs)
        assert found[0] == ["anna heard a0-0", "bert heard a0-1", "adviser heard a0-2", "anna heard a0-3"]
        assert found[-1] == ["adviser heard m7-0", "m heard m7-1", "anna heard m7-2", "m heard m7-3"]
        assert {server.most for server in office.servers.values()} == {1}
        assert [slots.in_flight for slots in office.slots] == [0] * 4
        assert office.board.waiting == 0

    told(story)


def test_a_slot_is_free_for_others_while_its_job_asks_somebody_else(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ADVISER)
        office.servers[ADVISER].let.clear()
        advised = asyncio.create_task(office.job(SPEAKER, asking("slow", HELPER, MODEL)))
        assert await office.job(SPEAKER, asking("quick", MODEL)) == ["m heard quick0"]
        assert not advised.done()
        office.servers[ADVISER].let.set()
        assert (await advised)[1] == "m heard slow1"

    told(story)


def test_whoever_came_first_is_served_first_whatever_it_was_begun_for(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ADVISER)
        office.servers[SPEAKER].let.clear()
        first = asyncio.create_task(office.job(SPEAKER, asking("first", MODEL)))
        await asyncio.sleep(0)
        under_way = asyncio.create_task(office.job(ADVISER, asking("under way", HELPER, SPEAKER)))
        await office.somebody_waits()
        new = [asyncio.create_task(office.job(SPEAKER, asking(f"new {n} ", MODEL))) for n in range(3)]
        await asyncio.sleep(0)
        office.servers[SPEAKER].let.set()
        await asyncio.gather(first, under_way, *new)
        assert office.servers[SPEAKER].asked == ["first0", "under way1", "new 0 0", "new 1 0", "new 2 0"]

    told(story)


def test_what_is_stored_takes_no_slot(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ADVISER)
        before = await office.job(SPEAKER, asking("same", HELPER, MODEL))
        office.servers[ADVISER].let.clear()
        busy = asyncio.create_task(office.job(ADVISER, asking("busy", HELPER)))
        await asyncio.sleep(0)
        assert await office.job(SPEAKER, asking("same", HELPER, MODEL)) == before
        office.servers[ADVISER].let.set()
        await busy
        assert len(office.servers[ADVISER].asked) == 2

    told(story)


def test_a_call_is_kept_as_the_kind_of_whom_it_was_for(told: Told, tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ANNA, ADVISER)
        await office.job(SPEAKER, asking("q", HELPER, MODEL, ANNA))

    told(story)
    with Reader.open(tmp_path) as reader:
        found = {place: spent.requests for place, spent in reader.spent().items()}
    assert found == {("adviser", "helper"): 1, ("m", "step"): 1, ("anna", "judge"): 1}


def test_a_role_that_the_study_does_not_name_is_named_with_the_key_to_add(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER)
        with pytest.raises(StudyError, match=r"needs a helper, and names none; add \[\[helpers\]\]"):
            await office.job(SPEAKER, asking("q", HELPER))
        with pytest.raises(StudyError, match="needs the judge 'anna'"):
            await office.job(SPEAKER, asking("q", ANNA))

    told(story)


def test_who_waits_for_a_server_that_is_gone_is_told_and_so_is_who_comes_later(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ADVISER)
        office.servers[SPEAKER].let.clear()
        busy = asyncio.create_task(office.job(SPEAKER, asking("busy", MODEL)))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(office.job(ADVISER, asking("back", HELPER, SPEAKER)))
        await office.somebody_waits()
        office.board.remove(office.slots[0])
        with pytest.raises(EndpointDown):
            await waiting
        with pytest.raises(EndpointDown):
            await office.job(SPEAKER, asking("late", MODEL))
        office.servers[SPEAKER].let.set()
        await busy

    told(story)


def test_nobody_waits_for_a_slot_once_the_run_ends(told: Told) -> None:
    async def story(store: Store) -> None:
        office = Office(store, SPEAKER, ADVISER)
        office.servers[ADVISER].let.clear()
        busy = asyncio.create_task(office.job(ADVISER, asking("busy", HELPER)))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(office.job(SPEAKER, asking("q", HELPER)))
        await office.somebody_waits()
        office.board.close()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        assert not busy.done(), "what is under way may end"
        office.servers[ADVISER].let.set()
        await busy

    told(story)
