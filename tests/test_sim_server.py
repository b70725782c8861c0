"""The simulated server over real HTTP: cache, counts, slots and refusals as a client of any such server meets them."""

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import pytest

from longplay.inference import open_endpoint
from longplay.inference.sim.engine import Machine
from longplay.inference.sim.server import Fault, SimServer
from longplay.records import EMPTY, Message, Prefix, Reply, Request
from longplay.specs import ModelSpec, Sampling

PACE = 1000.0
FAST = Machine(slots=4, cache_tokens=100_000, prefill_tokens_s=100_000, decode_tokens_s=1000)
Ask = Callable[[Request], Awaitable[Reply]]


def after(prefix: Prefix, question: str, max_tokens: int = 1024) -> Request:
    """One question after a prefix."""
    return Request(prefix, (Message("user", question),), Sampling(max_tokens=max_tokens))


def dialogue(rounds: int) -> Prefix:
    """About 25 tokens a round."""
    prefix = EMPTY.extend(Message("system", "You are somebody. " * 10))
    for number in range(rounds):
        prefix = prefix.extend(Message("user", f"Question {number}? ".ljust(40)), Message("assistant", "Yes. " * 12))
    return prefix


def answers(server: SimServer, requests: Sequence[Request], *, attempts: int = 3) -> list[Reply]:
    """All replies, asked for at once through the real client."""
    spec = ModelSpec("openai/simulated", base_url=server.url, attempts=attempts, timeout_s=20)

    async def ask() -> list[Reply]:
        endpoint = open_endpoint(spec, {})
        try:
            return await asyncio.gather(*map(endpoint.reply, requests))
        finally:
            await endpoint.close()

    return asyncio.run(ask())


def post(url: str, body: object) -> dict[str, object]:
    """The JSON that comes back from a plain POST."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return cast("dict[str, object]", json.load(response))


def test_the_second_question_after_a_dialogue_reads_the_dialogue_from_the_cache() -> None:
    prefix = dialogue(40)
    with SimServer(FAST, PACE) as server:
        first, second = (answers(server, [after(prefix, question)])[0] for question in ("Who?", "Where?"))
        counts = server.counts
    assert first.usage.cached == 0
    assert second.usage.cached == prefix.chars // 4 // 16 * 16
    assert counts.computed == counts.least
    assert counts.prompt == (first.usage.prompt or 0) + (second.usage.prompt or 0)


def test_a_reply_that_becomes_part_of_the_dialogue_is_not_computed_again() -> None:
    with SimServer(FAST, PACE) as server:
        prefix = dialogue(3)
        said = answers(server, [after(prefix, "Who?")])[0].text or ""
        longer = prefix.extend(Message("user", "Who?"), Message("assistant", said))
        reply = answers(server, [after(longer, "Where?")])[0]
    assert reply.usage.cached == longer.chars // 4 // 16 * 16


def test_questions_asked_at_once_share_slots_and_are_all_answered() -> None:
    requests = [after(dialogue(5), f"Question number {number}") for number in range(24)]
    with SimServer(FAST, PACE) as server:
        replies = answers(server, requests)
        counts = server.counts
    assert {reply.status for reply in replies} == {"ok"}
    assert len({reply.text for reply in replies}) == 24
    assert counts.requests == 24
    assert counts.computed == counts.least


def test_a_small_cache_computes_again_what_it_gave_up() -> None:
    small = Machine(slots=4, cache_tokens=1300, prefill_tokens_s=100_000, decode_tokens_s=1000)
    long, other = dialogue(40), EMPTY.extend(Message("system", "Somebody else. " * 300))
    with SimServer(small, PACE) as server:
        for prefix in (long, other, long):
            answers(server, [after(prefix, "Who?", max_tokens=60)])
        assert server.counts.computed > 1.4 * server.counts.least


def test_faults_are_a_function_of_request_and_attempt_and_the_client_gets_through() -> None:
    def first_attempts(body: bytes, attempt: int) -> Fault | None:
        if attempt > 1:
            return None
        return Fault(429, 0.0) if b"Who?" in body else Fault(0) if b"Where?" in body else Fault(503, 0.0)

    requests = [after(EMPTY, question) for question in ("Who?", "Where?", "When?")]
    with SimServer(FAST, PACE, faults=first_attempts) as server:
        replies = answers(server, requests)
    assert [(reply.status, reply.attempts) for reply in replies] == [("ok", 2)] * 3
    assert dict(server.refused) == {429: 1, 0: 1, 503: 1}


def test_a_full_queue_is_answered_with_429() -> None:
    slow = Machine(slots=1, prefill_tokens_s=1e6, decode_tokens_s=100)
    with SimServer(slow, 1.0, most_waiting=1) as server:
        replies = answers(server, [after(EMPTY, f"{number}?", max_tokens=40) for number in range(6)], attempts=1)
    assert {reply.reason for reply in replies} == {None, "failed"}
    assert server.refused[429] == sum(reply.status == "missing" for reply in replies)


def test_a_prompt_that_can_never_fit_is_an_overflow() -> None:
    with SimServer(Machine(cache_tokens=64), PACE) as server:
        reply = answers(server, [after(dialogue(40), "Who?")])[0]
    assert (reply.status, reply.reason) == ("missing", "overflow")


def test_a_reply_past_max_tokens_is_cut() -> None:
    with SimServer(FAST, PACE) as server:
        reply = answers(server, [after(EMPTY, "Who?", max_tokens=5)])[0]
    assert (reply.finish, reply.usage.completion) == ("length", 5)


def test_replies_say_that_they_are_simulated() -> None:
    with SimServer(FAST, PACE) as server:
        body = post(f"{server.url}/chat/completions", {"model": "x", "messages": [{"role": "user", "content": "hi"}]})
        with urllib.request.urlopen(f"{server.url}/models", timeout=20) as response:
            models = json.load(response)
    assert (body["model"], body["simulated"]) == ("simulated", True)
    assert "(simulated)" in json.dumps(body["choices"])
    assert [model["id"] for model in models["data"]] == ["simulated"]


def test_tokens_are_counted_as_prompts_are() -> None:
    messages = [{"role": "user", "content": "x" * 400}]
    with SimServer(FAST, PACE) as server:
        counted = post(server.url.replace("/v1", "/tokenize"), {"messages": messages})
        reply = answers(server, [after(EMPTY, "x" * 400)])[0]
    assert counted["count"] == reply.usage.prompt == 100


def test_what_is_no_chat_request_is_refused() -> None:
    with SimServer(FAST, PACE) as server, pytest.raises(urllib.error.HTTPError, match="400"):
        post(f"{server.url}/chat/completions", {"messages": "hello"})
