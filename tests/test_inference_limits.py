"""What an endpoint does when a server asks it to slow down, or is not there: through real sockets, on virtual time."""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from faults import FaultServer, completion
from longplay.inference import EndpointDown, InferenceError
from longplay.inference.attempts import DOWN_AFTER, Attempts
from longplay.inference.keys import read_key
from longplay.inference.openai import OpenAIEndpoint, open_openai
from longplay.inference.retry import Again, Pauses, Stop
from longplay.inference.server_errors import read_error
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling
from test_inference import Waits, ask_all


def question(number: int, max_tokens: int = 16) -> Request:
    return Request(EMPTY, (Message("user", f"question {number}."),), Sampling(max_tokens=max_tokens))


def spec(url: str, *, concurrency: int = 1, attempts: int = 3, rpm: int | None = None) -> ModelSpec:
    return ModelSpec(
        "openai/m",
        base_url=url,
        concurrency=concurrency,
        attempts=attempts,
        timeout_s=600.0,
        context_window=100_000,
        requests_per_minute=rpm,
    )


class Clocked:
    """A fault server that notes when, on the endpoint's clock, each request arrived."""

    def __init__(self, fault: Callable[[bytes, int], str | None]) -> None:
        self.waits = Waits()
        self.arrived: list[tuple[bytes, float]] = []
        self.server = FaultServer(self._note)
        self._fault = fault

    def _note(self, body: bytes, attempt: int) -> str | None:
        self.arrived.append((body, self.waits.now()))
        return self._fault(body, attempt)

    def ask(self, requests: Sequence[Request], **options: int) -> list[Reply]:
        with self.server:
            return asyncio.run(ask_all(spec(self.server.url, **options), requests, self.waits))

    def moments(self) -> list[float]:
        return [at for _, at in self.arrived]


def only_first(fault: str) -> Callable[[bytes, int], str | None]:
    """The fault for the first attempt at question 0 alone."""
    return lambda body, attempt: fault if attempt == 1 and b"question 0." in body else None


@pytest.mark.parametrize(("fault", "seconds"), [("429-7s", 7.35), ("429-ms", 2.625)])
def test_what_one_refusal_asks_for_pauses_the_whole_endpoint_once(fault: str, seconds: float) -> None:
    clocked = Clocked(only_first(fault))
    replies = clocked.ask([question(number) for number in range(5)])
    assert [reply.status for reply in replies] == ["ok"] * 5
    assert clocked.moments() == [0.0, *[pytest.approx(seconds)] * 5]
    assert clocked.waits.waited == [pytest.approx(seconds)]


def test_a_pause_holds_for_others_also_where_the_refused_request_has_no_attempt_left() -> None:
    clocked = Clocked(only_first("429-7s"))
    replies = clocked.ask([question(0), question(1)], attempts=1)
    assert [reply.status for reply in replies] == ["missing", "ok"]
    assert clocked.moments() == [0.0, pytest.approx(7.35)]


@pytest.mark.parametrize(("fault", "seconds"), [("requests-spent", 62.0), ("tokens-spent", 9.0)])
def test_a_good_reply_that_says_that_nothing_is_left_pauses_until_the_reset(fault: str, seconds: float) -> None:
    clocked = Clocked(only_first(fault))
    replies = clocked.ask([question(0), question(1)])
    assert [reply.status for reply in replies] == ["ok", "ok"]
    assert clocked.moments() == [0.0, pytest.approx(seconds)]


def test_the_rate_that_the_study_caps_is_kept() -> None:
    clocked = Clocked(lambda _, __: None)
    clocked.ask([question(number) for number in range(6)], rpm=30)
    assert clocked.moments() == [pytest.approx(2.0 * number) for number in range(6)]


@pytest.mark.parametrize("fault", ["429", "503", "529"])
def test_an_overloaded_server_narrows_the_endpoint(fault: str) -> None:
    async def scene(url: str) -> list[int]:
        endpoint = open_openai(spec(url, concurrency=16), {}, Waits().pauses)
        widths = [endpoint.width]
        for part in range(3):
            await asyncio.gather(*(endpoint.reply(question(16 * part + number)) for number in range(16)))
            widths.append(endpoint.width)
        await endpoint.close()
        return widths

    with FaultServer(lambda body, attempt: fault if attempt == 1 and b"question 3." in body else None) as server:
        first, cut, *later = asyncio.run(scene(server.url))
        assert first == 16
        assert 8 <= cut <= 10
        assert cut < later[-1] <= 16


def test_never_more_than_the_width_are_on_the_wire() -> None:
    with FaultServer() as server:
        asyncio.run(ask_all(spec(server.url, concurrency=3), [question(number) for number in range(60)]))
        assert 1 <= server.most_at_once <= 3


def test_a_request_that_is_given_up_leaves_its_place_to_the_next() -> None:
    arrived = threading.Event()

    def hang_first(body: bytes, attempt: int) -> str | None:
        arrived.set()
        return only_first("hang")(body, attempt)

    async def scene(url: str) -> Reply:
        endpoint = open_openai(spec(url), {})
        hanging = asyncio.create_task(endpoint.reply(question(0)))
        waiting = asyncio.create_task(endpoint.reply(question(1)))
        await asyncio.to_thread(arrived.wait, 10)
        queued = asyncio.create_task(endpoint.reply(question(2)))
        await asyncio.sleep(0)
        waiting.cancel()
        hanging.cancel()
        try:
            return await queued
        finally:
            await endpoint.close()

    with FaultServer(hang_first) as server:
        assert asyncio.run(scene(server.url)).status == "ok"


async def outcomes(endpoint: OpenAIEndpoint, numbers: Sequence[int]) -> list[str]:
    """Ask one after the other; a status, or the line that says that the server is down."""
    found: list[str] = []
    for number in numbers:
        try:
            found.append((await endpoint.reply(question(number))).status)
        except EndpointDown as down:
            found.append(str(down))
    return found


def is_down(line: str) -> bool:
    """One line that says what is wrong and what to do."""
    return "\n" not in line and "cannot be reached" in line and "base_url" in line


def test_a_server_that_several_requests_in_a_row_cannot_reach_is_down() -> None:
    with FaultServer() as server:
        url = server.url

    async def scene() -> list[str]:
        endpoint = open_openai(spec(url, attempts=2), {}, Waits().pauses)
        found = await outcomes(endpoint, range(DOWN_AFTER + 1))
        await endpoint.close()
        return found

    found = asyncio.run(scene())
    assert found[:-2] == ["missing"] * (DOWN_AFTER - 1)
    assert is_down(found[-2])
    assert is_down(found[-1])


def test_one_request_that_arrives_between_shows_that_the_server_is_there() -> None:
    good = completion(b"", "here")
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(good)}\r\nConnection: close\r\n\r\n".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + good)
        await writer.drain()
        writer.close()

    async def scene() -> list[str]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        endpoint = open_openai(spec(f"http://127.0.0.1:{port}/v1", attempts=2), {}, Waits().pauses)
        server.close()
        found = await outcomes(endpoint, range(DOWN_AFTER - 1))
        server = await asyncio.start_server(serve, "127.0.0.1", port)
        found += await outcomes(endpoint, [10])
        server.close()
        found += await outcomes(endpoint, range(20, 20 + DOWN_AFTER))
        await endpoint.close()
        return found

    missing = ["missing"] * (DOWN_AFTER - 1)
    *found, last = asyncio.run(scene())
    assert found == [*missing, "ok", *missing]
    assert is_down(last)


@pytest.mark.parametrize("fault", ["hang", "disconnect", "500", "503"])
def test_a_server_that_answers_badly_is_not_down(fault: str) -> None:
    async def scene(url: str) -> list[str]:
        model = ModelSpec("openai/m", base_url=url, attempts=1, timeout_s=0.1, context_window=100_000)
        endpoint = open_openai(model, {}, Waits().pauses)
        found = await outcomes(endpoint, range(DOWN_AFTER + 1))
        await endpoint.close()
        return found

    with FaultServer(lambda _, __: fault) as server:
        assert asyncio.run(scene(server.url)) == ["missing"] * (DOWN_AFTER + 1)


UNSUPPORTED = [
    (400, {"error": {"message": "Unsupported parameter: 'seed' is not supported", "code": None}}, "seed"),
    (400, {"error": {"message": "no", "param": "temperature", "code": "unsupported_value"}}, "temperature"),
    (400, {"error": {"message": "`temperature` is deprecated for this model."}}, "temperature"),
    (400, {"error": {"message": "property 'logprobs' is unsupported"}}, "logprobs"),
    (400, [{"error": {"message": 'Invalid JSON payload. Unknown name "stop": Cannot find field.'}}], "stop"),
    (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "top_p"], "msg": "Extra inputs"}]}, "top_p"),
]


@pytest.mark.parametrize(("status", "error", "name"), UNSUPPORTED)
def test_a_parameter_that_the_server_does_not_take_stops_with_what_to_write(
    status: int, error: object, name: str
) -> None:
    outcome = read_error(status, json.dumps(error).encode())
    assert isinstance(outcome, Stop)
    assert f'not_settable = ["{name}"]' in outcome.line


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens' instead.",
            'max_tokens_field = "max_completion_tokens"',
        ),
        ("Unrecognized request argument supplied: prompt_cache_key", "leave prompt_cache_key out"),
        ("Unexpected keyword argument 'cache_salt'", "leave cache_salt out"),
    ],
)
def test_other_parameters_have_their_own_remedy(message: str, remedy: str) -> None:
    outcome = read_error(400, json.dumps({"error": {"message": message}}).encode())
    assert isinstance(outcome, Stop)
    assert remedy in outcome.line


@pytest.mark.parametrize(
    "message",
    ["temperature must be 1", "the model does not support images; stop", "unsupported image", "bad 'seed' value"],
)
def test_other_bad_requests_are_missing_alone(message: str) -> None:
    outcome = read_error(400, json.dumps({"error": {"message": message}}).encode())
    assert isinstance(outcome, Reply)
    assert outcome.reason == "failed"


def test_a_run_stops_at_the_first_parameter_that_is_not_taken() -> None:
    with (
        FaultServer(lambda _, __: "unsupported") as server,
        pytest.raises(InferenceError, match=r'not_settable = \["temperature"\]'),
    ):
        asyncio.run(ask_all(spec(server.url), [question(0)]))
    assert len(server.requests) == 1


def test_waits_in_the_queue_keep_their_order() -> None:
    clocked = Clocked(lambda _, __: None)
    clocked.ask([question(number) for number in range(8)], rpm=60)
    order = [json.loads(body)["messages"][0]["content"] for body, _ in clocked.arrived]
    assert order == [f"question {number}." for number in range(8)]
    assert all(one <= next_one for one, next_one in itertools.pairwise(clocked.moments()))


def test_calls_that_wait_for_another_attempt_leave_their_places_to_others_up_to_twice_the_width() -> None:
    model = spec("http://127.0.0.1:1/v1", concurrency=2)
    widths: list[int] = []

    async def play() -> None:
        rested = asyncio.Event()

        async def sleep(seconds: float) -> None:
            del seconds
            await rested.wait()

        attempts = Attempts(model, read_key(model, {}), Pauses(sleep=sleep), "here")
        failed = set[int]()

        async def attempt(number: int) -> Again | Reply:
            if number in failed:
                return Reply("ok", "so")
            failed.add(number)
            return Again("a fault that passes")

        calls = [asyncio.ensure_future(attempts.settle(partial(attempt, number), 1.0)) for number in range(5)]
        widths.append(attempts.width)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(failed) == 5, "places are free for all of them"
        widths.append(attempts.width)
        rested.set()
        assert {reply.status for reply in await asyncio.gather(*calls)} == {"ok"}
        widths.append(attempts.width)

    asyncio.run(play())
    assert widths == [2, 4, 2]
