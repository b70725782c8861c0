"""The event loop on virtual time: hours go by in no time, in the right order."""

import asyncio

import pytest

from longplay.inference.sim.clock import NothingLeft, run_virtually
from longplay.inference.sim.engine import Engine, Machine
from longplay.inference.sim.served import Served, ServedEndpoint
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling


def test_sleepers_wake_in_the_order_of_their_times_at_exactly_those_times() -> None:
    woken: list[tuple[str, float]] = []

    async def sleep(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append((name, asyncio.get_running_loop().time()))

    async def main() -> None:
        await asyncio.gather(sleep("year", 31_536_000.0), sleep("hour", 3600.0), sleep("moment", 0.25))

    run_virtually(main())
    assert woken == [("moment", 0.25), ("hour", 3600.0), ("year", pytest.approx(31_536_000.0))]


def test_a_time_limit_ends_a_wait() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), timeout=86_400 * 3)
        return asyncio.get_running_loop().time()

    assert run_virtually(main()) == pytest.approx(86_400 * 3)


def test_a_wait_for_what_cannot_come_is_an_error_instead_of_standing_still() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingLeft, match="stands still"):
        run_virtually(main())


def answer(request: Request) -> Reply:
    """Half the length of what was asked."""
    return Reply("ok", "r" * (len(request.tail[-1].content) // 2), finish="stop")


def asks(*questions: str) -> list[Request]:
    """Questions after the same 1,000 tokens."""
    shared = EMPTY.extend(Message("system", "s" * 4000))
    return [Request(shared, (Message("user", question),), Sampling()) for question in questions]


def test_a_simulated_endpoint_takes_the_engine_s_time_and_reports_its_cached_tokens() -> None:
    machine = Machine(prefill_tokens_s=1000, decode_tokens_s=10)

    async def main() -> tuple[list[Reply], float]:
        endpoint = ServedEndpoint(ModelSpec("sim/x"), Served(Engine(machine)), answer)
        first = await endpoint.reply(asks("a" * 800)[0])
        rest = await asyncio.gather(*map(endpoint.reply, asks("b" * 800, "c" * 800)))
        return [first, *rest], asyncio.get_running_loop().time()

    replies, ended_s = run_virtually(main())
    assert [reply.usage.prompt for reply in replies] == [1200, 1200, 1200]
    assert [reply.usage.cached for reply in replies] == [0, 992, 992]
    assert [round(reply.latency_s, 6) for reply in replies] == [11.2, 10.208, 10.416]
    assert ended_s == pytest.approx(21.616)


def test_what_can_never_fit_is_missing_as_overflow() -> None:
    async def main() -> Reply:
        endpoint = ServedEndpoint(ModelSpec("sim/x"), Served(Engine(Machine(cache_tokens=512))), answer)
        return await endpoint.reply(asks("a" * 80)[0])

    reply = run_virtually(main())
    assert (reply.status, reply.reason) == ("missing", "overflow")
    assert "do not fit into 512" in reply.detail
