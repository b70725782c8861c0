"""A simulated model server on loopback, OpenAI-compatible: an engine's times and cache behind real HTTP.

For tests and benchmarks. Its replies and its model's name say that they are simulated. Knows no study and no keys.
"""

import asyncio
import hashlib
import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Literal

import msgspec
from aiohttp import web

from longplay.inference.sim.engine import Counts, Done, Engine, Machine, TooLongError
from longplay.inference.sim.radix import CHARS_PER_TOKEN, tokens
from longplay.inference.sim.served import Served
from longplay.records import Message, Prefix

MAX_BODY_BYTES = 64_000_000
NAME = "simulated"


class Fault(msgspec.Struct, frozen=True):
    """A refusal in place of a reply. `status`: of HTTP; 0 = the connection is dropped without a word."""

    status: int
    retry_after_s: float | None = None
    code: str = "simulated_fault"
    message: str = "a simulated fault"


Faults = Callable[[bytes, int], Fault | None]
Words = Callable[[Prefix], str]
FirstTokens = Callable[[Prefix], Mapping[str, float]]


def no_faults(body: bytes, attempt: int) -> None:
    """Every request is answered."""
    del body, attempt


def not_told(prompt: Prefix) -> Mapping[str, float]:
    """No log probabilities, as of a server that has none."""
    del prompt
    return {}


def digest_words(prompt: Prefix) -> str:
    """About 60 tokens that depend on the messages alone."""
    return f"(simulated) {hashlib.sha512(prompt.digest).hexdigest()} ".ljust(240, ".")


class _Part(msgspec.Struct):
    text: str = ""


class _Said(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None


class _Ask(msgspec.Struct):
    messages: list[_Said]
    model: str = ""
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None


_ASK = msgspec.json.Decoder(_Ask)
_TOO_MANY = Fault(429, 1.0, "rate_limit_exceeded", "too many requests are waiting")


class SimServer:
    """Serves while it is entered, from a thread of its own. `url` is a base_url.

    `pace`: seconds of the machine in one second of the clock. `faults`: a function of request body and attempt, from 1;
    `words`: a reply's text from its prompt; `first_tokens`: what it could have begun with, and how likely; with more
    than `most_waiting` requests in the queue the answer is 429.
    """

    def __init__(
        self,
        machine: Machine,
        pace: float = 1.0,
        *,
        words: Words = digest_words,
        first_tokens: FirstTokens = not_told,
        faults: Faults = no_faults,
        most_waiting: int | None = None,
    ) -> None:
        self.machine = machine
        self.url = ""
        self.refused: Counter[int] = Counter()
        self._engine = Engine(machine)
        self._served = Served(self._engine, pace)
        self._words = words
        self._first_tokens = first_tokens
        self._faults = faults
        self._most_waiting = most_waiting
        self._root = Prefix(None, None, bytes(16))  # its own: prefixes are not shared between threads
        self._attempts: Counter[bytes] = Counter()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="sim-server", daemon=True)
        self._up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    @property
    def counts(self) -> Counts:
        """Tokens asked for, computed and least possible so far."""
        return self._engine.counts

    def __enter__(self) -> "SimServer":
        self._thread.start()
        self._up.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/tokenize", self._tokenize)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        try:
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
            self._up.set()
            await self._over.wait()
        finally:
            self._up.set()
            await runner.cleanup()

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self._fault(body)
        if fault is not None:
            return self._refuse(request, fault)
        try:
            ask = _ASK.decode(body)
        except msgspec.MsgspecError as error:
            return self._refuse(request, Fault(400, None, "invalid_request_error", str(error)))
        prompt = self._prompt(ask.messages)
        text, finish = _cut(self._words(prompt), ask.max_completion_tokens or ask.max_tokens)
        try:
            done = await self._served.ask(prompt, prompt.extend(Message("assistant", text)))
        except TooLongError as error:
            return self._refuse(request, Fault(400, None, "context_length_exceeded", str(error)))
        told = self._first_tokens if ask.logprobs else not_told
        return _json(_completion(done, text, finish, _logprobs(told(prompt), ask.top_logprobs or 0)))

    def _fault(self, body: bytes) -> Fault | None:
        key = hashlib.blake2b(body, digest_size=16).digest()
        self._attempts[key] += 1
        fault = self._faults(body, self._attempts[key])
        crowded = self._most_waiting is not None and self._engine.waiting >= self._most_waiting
        return fault or (_TOO_MANY if crowded else None)

    def _refuse(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        self.refused[fault.status] += 1
        if fault.status == 0 and request.transport is not None:
            request.transport.close()
            return web.Response()
        response = _json({"error": {"code": fault.code, "type": fault.code, "message": fault.message}}, fault.status)
        if fault.retry_after_s is not None:
            response.headers["Retry-After"] = f"{fault.retry_after_s:g}"
        return response

    async def _models(self, request: web.Request) -> web.Response:
        del request
        room = self.machine.cache_tokens
        return _json({"object": "list", "data": [{"id": NAME, "object": "model", "max_model_len": room}]})

    async def _tokenize(self, request: web.Request) -> web.Response:
        ask = _ASK.decode(await request.read())
        return _json({"count": tokens(self._prompt(ask.messages)), "max_model_len": self.machine.cache_tokens})

    def _prompt(self, messages: Sequence[_Said]) -> Prefix:
        return self._root.extend(*(Message(_role(said.role), _text(said.content)) for said in messages))


def _role(role: str) -> Literal["system", "user", "assistant"]:
    return "assistant" if role == "assistant" else "user" if role == "user" else "system"


def _text(content: str | list[_Part] | None) -> str:
    return "".join(part.text for part in content) if isinstance(content, list) else content or ""


def _cut(text: str, max_tokens: int | None) -> tuple[str, str]:
    if max_tokens is None or len(text) <= max_tokens * CHARS_PER_TOKEN:
        return text, "stop"
    return text[: max_tokens * CHARS_PER_TOKEN], "length"


def _logprobs(told: Mapping[str, float], most: int) -> object:
    """Probabilities of the first token as a chat completion has them, the likeliest first."""
    ranked = sorted(told.items(), key=lambda one: -one[1])
    listed = [{"token": token, "logprob": math.log(share), "bytes": list(token.encode())} for token, share in ranked]
    return {"content": [{**listed[0], "top_logprobs": listed[:most]}]} if listed else None


def _completion(done: Done, text: str, finish: str, logprobs: object) -> object:
    usage = {
        "prompt_tokens": done.prompt,
        "completion_tokens": done.completion,
        "total_tokens": done.prompt + done.completion,
        "prompt_tokens_details": {"cached_tokens": done.cached},
    }
    message = {"role": "assistant", "content": text}
    return {
        "id": f"{NAME}-{done.ticket}",
        "object": "chat.completion",
        "model": NAME,
        "simulated": True,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": logprobs}],
        "usage": usage,
    }


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json")
