"""The gate of an endpoint: who may go at once, and in which order the others follow."""

import asyncio

from longplay.inference.gate import Gate
from longplay.inference.limits import Ended, Limiter
from longplay.inference.retry import Pauses


def test_who_finds_room_goes_at_once_and_who_finds_none_does_not() -> None:
    async def story() -> None:
        gate = Gate(Limiter(1), Pauses())
        first = gate.at_once(0)
        assert first is not None
        assert gate.at_once(0) is None
        gate.leave(first, Ended())
        assert gate.at_once(0) is not None

    asyncio.run(story())


def test_nobody_passes_those_who_wait() -> None:
    async def story() -> list[str]:
        gate, order = Gate(Limiter(1), Pauses()), list[str]()
        first = gate.at_once(0)
        assert first is not None

        async def wait(name: str) -> None:
            attempt = await gate.enter(0)
            order.append(name)
            gate.leave(attempt, Ended())

        waiting = [asyncio.create_task(wait(name)) for name in ("second", "third")]
        await asyncio.sleep(0)
        gate.leave(first, Ended())
        assert gate.at_once(0) is None, "there is room, but others came before"
        await asyncio.gather(*waiting)
        assert gate.at_once(0) is not None
        return order

    assert asyncio.run(story()) == ["second", "third"]


def test_who_gives_up_waiting_holds_nobody_back() -> None:
    async def story() -> None:
        gate = Gate(Limiter(1), Pauses())
        first = gate.at_once(0)
        assert first is not None
        waiting = asyncio.create_task(gate.enter(0))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        gate.leave(first, Ended())
        assert gate.at_once(0) is not None

    asyncio.run(story())
