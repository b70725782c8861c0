"""Calls of a run that are equal and under way together: sent once, for all who ask."""

import asyncio
from pathlib import Path

import pytest

from longplay.inference.endpoint import EndpointDown
from longplay.pipeline.calls import Calls
from longplay.pipeline.slots import Line, Slots, Switchboard
from longplay.pipeline.spending import Spending
from longplay.records import EMPTY, Message, Reply, Request, Role, Steps, Usage
from longplay.specs import Budget, LongplayError, ModelSpec, Sampling
from longplay.store import Store

REQUEST = Request(EMPTY, (Message("user", "Who are you?"),), Sampling())


class Slow:
    """An endpoint that answers when it is told to."""

    def __init__(self) -> None:
        self.spec = ModelSpec(name="openai/m", base_url="http://127.0.0.1/v1")
        self.width = 4
        self.asked = 0
        self.answers: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    async def reply(self, request: Request) -> Reply:
        assert request == REQUEST
        self.asked += 1
        return await self.answers

    async def close(self) -> None:
        """Holds nothing."""


def line(slow: Slow) -> Line:
    """As a job has it that was begun at this server."""
    slots = Slots(Role("model", slow.spec.title), slow, "its lane")
    slots.in_flight += 1
    return Line(Switchboard([slots], lambda: None), slots)


def ask() -> Steps[Reply]:
    reply = yield REQUEST
    return reply


async def three_at_once(calls: Calls, slow: Slow) -> list[asyncio.Task[tuple[Reply, list[bytes]]]]:
    asking = [asyncio.create_task(calls.drive(line(slow), ask())) for _ in range(3)]
    for _ in range(3):
        await asyncio.sleep(0)
    return asking


def test_a_call_under_way_is_shared(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        calls, slow = Calls(store, Spending(Budget())), Slow()
        asking = await three_at_once(calls, slow)
        slow.answers.set_result(Reply("ok", text="Silver.", finish="stop"))
        replies = await asyncio.gather(*asking)
        assert {reply.text for reply, _ in replies} == {"Silver."}
        assert len({tuple(keys) for _, keys in replies}) == 1
        assert (slow.asked, calls.spending.requests) == (1, 1)

    with Store.open(tmp_path) as store:
        asyncio.run(story(store))


def test_who_shares_a_call_gives_up_with_it_and_may_ask_again(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        calls, slow = Calls(store, Spending(Budget())), Slow()
        first, *others = await three_at_once(calls, slow)
        slow.answers.set_exception(LongplayError("the key was refused"))
        await asyncio.wait([first, *others])
        with pytest.raises(LongplayError, match="refused"):
            first.result()
        assert all(other.cancelled() for other in others)
        slow.answers = asyncio.get_running_loop().create_future()
        slow.answers.set_result(Reply("ok", text="Silver.", finish="stop"))
        reply, _ = await calls.drive(line(slow), ask())
        assert reply.text == "Silver."

    with Store.open(tmp_path) as store:
        asyncio.run(story(store))


def test_who_shares_a_call_to_a_server_that_is_gone_asks_another_once(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        calls, gone, other = Calls(store, Spending(Budget())), Slow(), Slow()
        first = asyncio.create_task(calls.drive(line(gone), ask()))
        await asyncio.sleep(0)
        sharing = [asyncio.create_task(calls.drive(line(other), ask())) for _ in range(3)]
        await asyncio.sleep(0)
        other.answers.set_result(Reply("ok", text="Silver.", finish="stop"))
        gone.answers.set_exception(EndpointDown("the server is gone"))
        await asyncio.wait([first, *sharing])
        with pytest.raises(EndpointDown):
            first.result()
        assert [task.result()[0].text for task in sharing] == ["Silver."] * 3
        assert (gone.asked, other.asked, calls.spending.requests) == (1, 1, 1)

    with Store.open(tmp_path) as store:
        asyncio.run(story(store))


def test_who_stops_waiting_for_a_shared_call_does_not_end_it(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        calls, slow = Calls(store, Spending(Budget())), Slow()
        first, second, third = await three_at_once(calls, slow)
        second.cancel()
        await asyncio.wait([second])
        slow.answers.set_result(Reply("ok", text="Silver.", finish="stop"))
        assert [(await task)[0].text for task in (first, third)] == ["Silver.", "Silver."]

    with Store.open(tmp_path) as store:
        asyncio.run(story(store))


def test_requests_of_calls_that_were_broken_off_are_sent_too() -> None:
    spending = Spending(Budget()).roles["judge"]
    spending.heard(ModelSpec("openai/m"), Reply("ok", "Aye.", attempts=2))
    assert spending.sent == 2
    spending.tries.sent = 7
    assert (spending.requests, spending.sent) == (2, 7)


def test_what_earlier_attempts_took_is_spent_and_no_length_of_the_reply() -> None:
    reply = Reply("ok", "Aye.", usage=Usage(10, 2, 3), attempts=3, lost=Usage(20, None, 6))
    spending = Spending(Budget()).roles["judge"]
    spending.heard(ModelSpec("openai/m"), reply)
    assert (spending.prompt, spending.cached, spending.completion) == (30, 2, 9)
    assert reply.usage.prompt == 10
