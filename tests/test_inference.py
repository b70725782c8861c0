"""What an endpoint does with each thing that a server can do, through real sockets."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults import FAULTS, Fault, FaultServer, digest_words, no_faults
from longplay.inference import PROVIDERS, InferenceError, open_endpoint
from longplay.inference.openai import open_openai
from longplay.inference.retry import Pauses
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling

KEY = "plain-looking-0123456789-key"  # no prefix that gives it away
HELLO = Request(EMPTY, (Message("user", "hello"),), Sampling())


class Waits:
    """Stands for the clock: remembers how long it was asked to wait, and only moves its hands."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    def now(self) -> float:
        return sum(self.waited)

    @property
    def pauses(self) -> Pauses:
        return Pauses(random=lambda: 0.5, sleep=self.sleep, now=self.now)


def model(url: str, *, attempts: int = 3, timeout_s: float = 20.0, key: bool = False) -> ModelSpec:
    variable = "TEST_KEY" if key else None
    return ModelSpec("openai/m", base_url=url, attempts=attempts, timeout_s=timeout_s, api_key_env=variable)


async def ask_all(spec: ModelSpec, requests: Sequence[Request], waits: Waits | None = None) -> list[Reply]:
    endpoint = open_openai(spec, {"TEST_KEY": KEY}, (waits or Waits()).pauses)
    try:
        return await asyncio.gather(*(endpoint.reply(request) for request in requests))
    finally:
        await endpoint.close()


def ask(spec: ModelSpec, request: Request = HELLO, waits: Waits | None = None) -> Reply:
    return asyncio.run(ask_all(spec, [request], waits))[0]


def always(fault: str, word: bytes = b"") -> Fault:
    """The same fault for every attempt at a request that holds `word`."""
    return lambda body, attempt: fault if attempt and word in body else None


def first(fault: str) -> Fault:
    """The fault for the first attempt only."""
    return lambda body, attempt: fault if body and attempt == 1 else None


def test_a_good_reply_is_the_models_text_with_its_usage() -> None:
    with FaultServer() as server:
        reply = ask(model(server.url))
    body = server.requests[0].body
    assert (reply.status, reply.finish, reply.text) == ("ok", "stop", digest_words(body))
    assert (reply.usage.prompt, reply.usage.cached) == (len(body) // 4, len(body) // 8)
    assert reply.attempts == 1
    assert reply.final


@pytest.mark.parametrize("fault", ["429", "429-date", "500", "529", "half", "disconnect", "truncated"])
def test_a_passing_fault_is_asked_again_and_answered(fault: str) -> None:
    with FaultServer(first(fault)) as server:
        reply = ask(model(server.url))
    assert (reply.status, reply.attempts) == ("ok", 2)
    assert [seen.fault for seen in server.requests] == [fault, None]


@pytest.mark.parametrize("fault", ["429", "500", "529", "half", "disconnect", "truncated"])
def test_a_fault_that_stays_is_missing_as_failed_after_all_attempts(fault: str) -> None:
    with FaultServer(always(fault)) as server:
        reply = ask(model(server.url, attempts=3))
    assert (reply.status, reply.reason, reply.text, reply.attempts) == ("missing", "failed", None, 3)
    assert reply.detail
    assert not reply.final
    assert len(server.requests) == 3


def test_a_socket_that_hangs_ends_at_the_timeout() -> None:
    with FaultServer(always("hang")) as server:
        reply = ask(model(server.url, attempts=2, timeout_s=0.2))
    assert (reply.status, reply.reason, reply.attempts) == ("missing", "failed", 2)
    assert "0.2 s" in reply.detail


def test_a_server_that_is_not_there_is_missing_as_failed() -> None:
    with FaultServer() as server:
        url = server.url
    reply = ask(model(url, attempts=2))
    assert (reply.status, reply.reason, reply.attempts) == ("missing", "failed", 2)


@pytest.mark.parametrize(
    ("fault", "status", "reason", "finish"),
    [
        ("empty", "ok", None, "stop"),
        ("null", "ok", None, "stop"),
        ("cut", "ok", None, "length"),
        ("filter", "missing", "filtered", "filter"),
        ("refused-input", "missing", "filtered", None),
        ("overflow", "missing", "overflow", None),
        ("undecodable", "missing", "undecodable", None),
        ("large", "missing", "undecodable", None),
        ("400", "missing", "failed", None),
    ],
)
def test_what_would_come_out_the_same_is_asked_once(
    fault: str, status: str, reason: str | None, finish: str | None
) -> None:
    with FaultServer(always(fault)) as server:
        reply = ask(model(server.url))
    assert (reply.status, reply.reason, reply.finish) == (status, reason, finish)
    assert len(server.requests) == 1
    assert (reply.text is None) == (status == "missing")


def test_an_empty_reply_is_behaviour_and_flagged() -> None:
    with FaultServer(always("null")) as server:
        reply = ask(model(server.url))
    assert reply.text == ""
    assert reply.empty


def test_undecodable_bytes_are_kept() -> None:
    with FaultServer(always("undecodable")) as server:
        reply = ask(model(server.url))
    assert reply.raw is not None
    assert b"\xff\xfe" in reply.raw


@pytest.mark.parametrize("fault", ["401", "403", "404", "quota", "redirect"])
def test_a_fault_that_every_request_meets_stops_at_once_with_one_line(fault: str) -> None:
    with FaultServer(always(fault)) as server, pytest.raises(InferenceError) as caught:
        ask(model(server.url))
    assert len(server.requests) == 1
    assert "\n" not in str(caught.value)
    assert "openai/m" in str(caught.value)


def test_one_bad_request_does_not_disturb_the_others() -> None:
    requests = [Request(EMPTY, (Message("user", f"question {i}"),), Sampling()) for i in range(20)]
    with FaultServer(always("400", b"question 7")) as server:
        replies = asyncio.run(ask_all(model(server.url), requests))
    assert [i for i, reply in enumerate(replies) if reply.status == "missing"] == [7]


def test_the_server_says_how_long_to_wait_up_to_the_models_timeout() -> None:
    waits = Waits()
    with FaultServer(first("429-long")) as server:
        ask(model(server.url, timeout_s=20.0), waits=waits)
    assert waits.waited == [20.0]


def test_waits_grow_where_the_server_names_none() -> None:
    waits = Waits()
    with FaultServer(always("500")) as server:
        ask(model(server.url, attempts=4), waits=waits)
    assert waits.waited == [0.5, 1.0, 2.0]


def test_the_key_is_sent_in_the_header_and_nowhere_else() -> None:
    with FaultServer() as server:
        ask(model(server.url, key=True))
    seen = server.requests[0]
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY.encode() not in seen.body


def test_without_a_key_no_authorization_is_sent() -> None:
    with FaultServer() as server:
        ask(model(server.url))
    assert "Authorization" not in server.requests[0].headers


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with FaultServer() as server:
        assert ask(model(server.url)).status == "ok"


def test_a_long_body_arrives_whole_under_its_length() -> None:
    prefix = EMPTY.extend(
        *(Message("user" if i % 2 == 0 else "assistant", f"{i} " + "wörd " * 240) for i in range(206))
    )
    requests = [Request(prefix, (Message("user", f"item {i}"),), Sampling()) for i in range(12)]
    with FaultServer() as server:
        replies = asyncio.run(ask_all(model(server.url), requests))
    assert all(reply.status == "ok" for reply in replies)
    for seen in server.requests:
        assert int(seen.headers["Content-Length"]) == len(seen.body) > 250_000
        assert len(json.loads(seen.body)["messages"]) == 207


def test_a_body_over_a_megabyte_is_sent() -> None:
    with FaultServer() as server:
        reply = ask(model(server.url), Request(EMPTY, (Message("user", "x" * 3_000_000),), Sampling()))
    assert reply.status == "ok"


def test_an_endpoint_can_be_closed_twice_and_unused() -> None:
    async def close_twice() -> None:
        endpoint = open_endpoint(ModelSpec("openai/m", base_url="http://127.0.0.1:9/v1"), {})
        await endpoint.close()
        await endpoint.close()

    asyncio.run(close_twice())


Speak: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]


def ask_a_bare_socket(speak: Speak) -> Reply:
    """Ask a server that reads the request's head and then speaks as it likes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            await speak(writer)
        writer.close()

    async def scene() -> Reply:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return (await ask_all(model(f"http://127.0.0.1:{port}/v1", attempts=2, key=True), [HELLO]))[0]
        finally:
            server.close()

    return asyncio.run(scene())


def test_garbage_in_place_of_http_is_missing_as_failed() -> None:
    async def garble(writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\xffnot http at all " + KEY.encode() + b"\r\n\r\n")

    reply = ask_a_bare_socket(garble)
    assert (reply.status, reply.reason) == ("missing", "failed")
    assert KEY not in repr(reply)


def test_a_reply_without_end_is_not_read_to_its_end() -> None:
    sent: list[int] = []

    async def pour(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while sum(sent) < 200_000_000:
            writer.write(b" " * 1_000_000)
            sent.append(1_000_000)
            await writer.drain()

    reply = ask_a_bare_socket(pour)
    assert (reply.status, reply.reason, reply.attempts) == ("missing", "undecodable", 1)
    assert sum(sent) < 60_000_000


Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
FIELDS = ["choices", "message", "content", "finish_reason", "usage", "error", "code", "refusal", "text", "type"]


def _nested(parts: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.lists(parts, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), parts, max_size=4)


def _completion(message: Json, finish: Json) -> Json:
    return {"choices": [{"message": message, "finish_reason": finish}]}


def _bytes(value: Json) -> bytes:
    return json.dumps(value).encode()


def _with_key(before: bytes, after: bytes) -> bytes:
    return before + KEY.encode() + after


LEAVES: st.SearchStrategy[Json] = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(KEY)
JSON: st.SearchStrategy[Json] = st.recursive(LEAVES, _nested, max_leaves=12)
BODIES: st.SearchStrategy[bytes] = (
    st.binary(max_size=200)
    | st.builds(_bytes, JSON)
    | st.builds(_bytes, st.builds(_completion, JSON, JSON))
    | st.builds(_with_key, st.binary(max_size=40), st.binary(max_size=40))
)


def _echo(body: bytes, attempt: int) -> str:
    """Reply with the bytes that the request's last message spells in hex."""
    del attempt
    return "body:" + bytes.fromhex(json.loads(body)["messages"][-1]["content"]).decode(errors="surrogateescape")


def ask_or_stop(spec: ModelSpec, request: Request = HELLO) -> Reply | InferenceError:
    """The reply, or the one line that stops a run. Anything else is raised and fails the test."""
    try:
        return ask(spec, request)
    except InferenceError as stop:
        return stop


def test_whatever_a_server_replies_is_a_reply_or_one_line_and_never_holds_the_key() -> None:
    with FaultServer(_echo) as server:

        @given(BODIES)
        @settings(max_examples=150, deadline=None)
        def check(body: bytes) -> None:
            request = Request(EMPTY, (Message("user", body.hex()),), Sampling())
            outcome = ask_or_stop(model(server.url, attempts=2, key=True), request)
            assert KEY not in f"{outcome}{outcome!r}"
            if isinstance(outcome, Reply):
                assert (outcome.status == "ok") == (outcome.text is not None)
                assert (outcome.status == "missing") == (outcome.reason is not None)

        check()


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_as_a_reply_or_one_line_without_the_key(fault: str) -> None:
    with FaultServer(always(fault)) as server:
        spec = model(server.url, attempts=1, timeout_s=0.2 if fault == "hang" else 20.0, key=True)
        outcome = ask_or_stop(spec)
    assert isinstance(outcome, InferenceError) or outcome.status == "ok" or outcome.reason
    assert KEY not in f"{outcome}{outcome!r}"


def test_a_key_in_a_models_words_does_not_reach_the_reply() -> None:
    with FaultServer(words=lambda body: f"<think>{KEY}</think>Your key is {KEY}." if body else "") as server:
        reply = ask(model(server.url, key=True))
    assert (reply.text, reply.reasoning) == ("Your key is [redacted].", "[redacted]")


def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InferenceError, match="Known providers: imported, inspect, openai, sim"):
        open_endpoint(ModelSpec("nobody/m"), {})
    assert sorted(PROVIDERS) == ["imported", "inspect", "openai", "sim"]


def test_a_key_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(InferenceError, match="MY_KEY is not set"):
        open_endpoint(ModelSpec("openai/m", base_url="http://127.0.0.1:9/v1", api_key_env="MY_KEY"), {})


def test_importing_the_room_imports_no_http_client() -> None:
    code = "import sys, longplay.inference; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_fault_server_counts_attempts_by_body() -> None:
    with FaultServer(no_faults) as server:
        asyncio.run(ask_all(model(server.url), [HELLO, HELLO]))
    assert sorted(seen.attempt for seen in server.requests) == [1, 2]
