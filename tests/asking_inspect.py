"""Asking a model through inspect-ai in tests: a played dialogue, a model at a stub, a clock that does not wait."""

import asyncio
from collections.abc import Sequence

import msgspec

from longplay.inference.retry import Pauses
from longplay.inference.through_inspect import open_inspect
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling
from provider_stubs import Answer, Stub

KEY = "plain-looking-0123456789-key"  # no prefix that gives it away
CLAUDE, GEMINI = "inspect/anthropic/claude-opus-4-5", "inspect/google/gemini-2.5-flash"
PERSONA = Message("system", "You are Ada, who keeps a lighthouse.")
PLAYED = EMPTY.extend(
    PERSONA,
    Message("user", "Who are you?"),
    Message("assistant", "I am Ada.", "She asks for my name."),
    Message("user", "And the light?"),
    Message("assistant", "It burns."),
)
QUESTION = Message("user", "What is your favourite sea?")
ASKED = Request(PLAYED, (QUESTION,), Sampling(max_tokens=64))


class Waits:
    """Stands for the clock: remembers how long it was asked to wait, and does not."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    @property
    def pauses(self) -> Pauses:
        return Pauses(random=lambda: 0.5, sleep=self.sleep, now=lambda: sum(self.waited))


def model(name: str, url: str | None, **others: object) -> ModelSpec:
    unset = ("temperature", "top_p", "seed") if name == CLAUDE else ("seed",)
    spec = ModelSpec(name, base_url=url, api_key_env="TEST_KEY", not_settable=unset, attempts=3, timeout_s=20.0)
    return msgspec.structs.replace(spec, **others)


async def ask_all(spec: ModelSpec, requests: Sequence[Request], waits: Waits | None = None) -> list[Reply]:
    endpoint = open_inspect(spec, {"TEST_KEY": KEY}, (waits or Waits()).pauses)
    try:
        return [await endpoint.reply(request) for request in requests]
    finally:
        await endpoint.close()


def ask(spec: ModelSpec, request: Request = ASKED, waits: Waits | None = None) -> Reply:
    return asyncio.run(ask_all(spec, [request], waits))[0]


def answered(name: str, *answers: Answer, request: Request = ASKED, waits: Waits | None = None) -> Reply:
    with Stub(*answers) as stub:
        return ask(model(name, stub.url), request, waits)
