"""A loopback server that speaks chat/completions and fails on demand; knows nothing of longplay.

It runs in a thread of the test process on a real port, so that child processes can use it too. A fault is a pure
function of (request body, attempt number): what happens does not depend on time or on other requests.
"""

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from app_server import AppServer

Fault = Callable[[bytes, int], str | None]
Words = Callable[[bytes], str]
Facts = Callable[[str, bytes], bytes | None]

LARGE_BYTES = 16_500_000
UNDECODABLE = b"\xff\xfe\xc3("


@dataclass(frozen=True)
class Seen:
    """One request as it arrived. `attempt` counts requests with this body, from 1."""

    body: bytes
    attempt: int
    fault: str | None
    headers: dict[str, str]


def no_faults(body: bytes, attempt: int) -> None:
    """Every request is answered."""
    del body, attempt


def no_facts(path: str, body: bytes) -> None:
    """The server says nothing of itself."""
    del path, body


def digest_words(body: bytes) -> str:
    """A reply that depends on the body alone."""
    return f"I hear you: {hashlib.blake2b(body, digest_size=8).hexdigest()}."


def completion(body: bytes, content: str | None, finish: str = "stop") -> bytes:
    """A chat completion, the same bytes for the same request."""
    usage = {
        "prompt_tokens": len(body) // 4,
        "completion_tokens": len(content or "") // 4,
        "prompt_tokens_details": {"cached_tokens": len(body) // 8},
    }
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], "usage": usage}).encode()


@dataclass(frozen=True)
class Refusal:
    """A finished response that is no completion. Its message repeats the key that was sent, as careless servers do."""

    status: int
    code: str
    message: str
    headers: dict[str, str] | None = None

    def response(self, request: web.Request) -> web.Response:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = {"error": {"code": self.code, "type": self.code, "message": f"{self.message} {key}".strip()}}
        return web.json_response(body, status=self.status, headers=self.headers)


REFUSALS = {
    "429": Refusal(429, "rate_limit_exceeded", "slow down", {"Retry-After": "0"}),
    "429-date": Refusal(429, "rate_limit_exceeded", "slow down", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
    "429-long": Refusal(429, "rate_limit_exceeded", "slow down", {"Retry-After": "86400"}),
    "429-7s": Refusal(
        429,
        "rate_limit_exceeded",
        "slow down",
        {"Retry-After": "7", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"},
    ),
    "429-ms": Refusal(429, "rate_limit_exceeded", "slow down", {"retry-after-ms": "2500", "Retry-After": "7"}),
    "quota": Refusal(429, "insufficient_quota", "you exceeded your current quota"),
    "500": Refusal(500, "server_error", "something broke"),
    "503": Refusal(503, "unavailable", "too much to do"),
    "529": Refusal(529, "overloaded", "overloaded"),
    "400": Refusal(400, "invalid_value", "temperature must be 1"),
    "400-odd": Refusal(400, "invalid_request_error", "this deployment wants ceremony"),
    "401": Refusal(401, "invalid_api_key", "no such key"),
    "unsupported": Refusal(400, "unsupported_value", "'temperature' does not support 0 with this model"),
    "403": Refusal(403, "forbidden", "not yours"),
    "404": Refusal(404, "model_not_found", "no such model"),
    "overflow": Refusal(400, "context_length_exceeded", "9000 tokens do not fit into 8192"),
    "refused-input": Refusal(400, "content_filter", "the prompt was filtered"),
    "redirect": Refusal(307, "moved", "elsewhere", {"Location": "http://127.0.0.1:9/elsewhere"}),
}


# Good replies that say what is left of a rate.
SPENT = {
    "requests-spent": {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"},
    "tokens-spent": {"x-ratelimit-remaining-tokens": "20", "x-ratelimit-reset-tokens": "9s"},
    "anthropic-spent": {
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2015-10-21T07:28:00Z",
    },
}
ODD_REPLIES = ("empty", "null", "cut", "filter", "half", "undecodable", "large")


def odd_reply(fault: str, body: bytes, text: str) -> bytes:
    """A fault under status 200: the bytes of the reply, where `text` would have been the good one."""
    match fault:
        case "empty":
            return completion(body, "")
        case "null":
            return completion(body, None)
        case "cut":
            return completion(body, text, "length")
        case "filter":
            return completion(body, None, "content_filter")
        case "half":
            return completion(body, text)[:-25]
        case "undecodable":
            return completion(body, "%").replace(b"%", UNDECODABLE, 1)
        case "large":
            return completion(body, "x" * LARGE_BYTES)
        case _:
            raise AssertionError(f"no such fault: {fault}")


# Faults of the connection itself.
CONNECTION_FAULTS = ("disconnect", "truncated", "hang")
FAULTS = (*REFUSALS, *SPENT, *ODD_REPLIES, *CONNECTION_FAULTS)


def _json(body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=body, content_type="application/json", headers=headers)


class FaultServer(AppServer):
    """Serves while it is entered. `.url` is a base_url, `.requests` all requests so far in order of arrival.

    `faults` names one of FAULTS, or None for a good reply; a name `body:...` is sent as the
    body of a 200 (surrogate escapes stand for bytes). `words` gives the text of good replies; `facts` answers
    every other path (None = 404), and `.asked` lists those paths. `.most_at_once`: most requests in hand at a time.
    """

    def __init__(self, faults: Fault = no_faults, words: Words = digest_words, facts: Facts = no_facts) -> None:
        super().__init__("fault server", "/v1")
        self.asked: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._faults = faults
        self._words = words
        self._facts = facts
        self._seen: list[Seen] = []
        self._attempts: Counter[bytes] = Counter()

    @property
    def requests(self) -> list[Seen]:
        """All requests so far; a copy."""
        with self.lock:
            return list(self._seen)

    def note(self, seen: Seen) -> None:
        """Keep a request; one that keeps less of many requests overrides this. Called one at a time."""
        self._seen.append(seen)

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/v1/chat/completions", self._counted)
        router.add_route("*", "/{path:.*}", self._say)

    async def _say(self, request: web.Request) -> web.Response:
        body = await request.read()
        with self.lock:
            self.asked.append(request.path)
        said = self._facts(request.path, body)
        return web.Response(status=404) if said is None else _json(said)

    async def _counted(self, request: web.Request) -> web.StreamResponse:
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._answer(request)
        finally:
            self._at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name = hashlib.blake2b(body, digest_size=16).digest()
        with self.lock:
            self._attempts[name] += 1
            attempt = self._attempts[name]
            fault = self._faults(body, attempt)
            self.note(Seen(body, attempt, fault, dict(request.headers)))
        text = self._words(body)
        if fault is None:
            return _json(completion(body, text))
        if fault in REFUSALS:
            return REFUSALS[fault].response(request)
        if fault in SPENT:
            return _json(completion(body, text), SPENT[fault])
        if fault in ODD_REPLIES:
            return _json(odd_reply(fault, body, text))
        if fault.startswith("body:"):
            return _json(fault.removeprefix("body:").encode(errors="surrogateescape"))
        return await self._broken(request, fault, completion(body, text))

    async def _broken(self, request: web.Request, fault: str, good: bytes) -> web.StreamResponse:
        assert fault in CONNECTION_FAULTS, f"no such fault: {fault}"
        transport = request.transport
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(good))})
        if fault == "hang":
            await self.hang()
        if fault == "truncated":
            await response.prepare(request)
            await response.write(good[: len(good) // 2])
        if transport is not None:
            transport.close()
        with contextlib.suppress(ConnectionError):
            await response.prepare(request)
        return response
