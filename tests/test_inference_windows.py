"""A prompt that cannot fit is missing before it is sent; servers are asked to count only where it is close."""

import asyncio
import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults import FaultServer
from llama_server import CONTEXT_OF_A_SLOT, LlamaServer
from longplay.inference.openai import OpenAIEndpoint, open_openai
from longplay.inference.windows import MARGIN, Sizes, Span, TokenGauge, overflow
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling
from test_inference import Waits

START = EMPTY.extend(Message("system", "You are Ada."))
Facts = Callable[[str, bytes], bytes | None]


def test_before_any_reply_a_prompt_is_taken_to_have_half_to_twice_a_token_for_four_bytes() -> None:
    assert TokenGauge().estimate(START, Sizes(1000, 600)) == Span(200.0, 800.0)


def test_after_a_reply_only_what_is_new_is_estimated() -> None:
    gauge = TokenGauge()
    gauge.learn(START, Sizes(40_000, 400), 20_000)
    span = gauge.estimate(START, Sizes(40_000, 400))
    assert span.low < 20_000 < span.high
    assert span.high - span.low < 700
    longer = START.extend(Message("user", "u"), Message("assistant", "a"))
    later = gauge.estimate(longer, Sizes(41_000, 400))
    assert span.low < later.low < later.high < 22_000
    elsewhere = EMPTY.extend(Message("system", "You are Bo."))
    assert gauge.estimate(elsewhere, Sizes(40_000, 400)) == Span(
        pytest.approx(40_400 * gauge.per_byte / MARGIN), pytest.approx(40_400 * gauge.per_byte * MARGIN)
    )


def test_the_ratio_follows_the_replies() -> None:
    gauge = TokenGauge()
    for _ in range(300):
        gauge.learn(EMPTY, Sizes(0, 1000), 100)
    assert gauge.per_byte == pytest.approx(0.1, rel=1e-3)
    for _ in range(300):
        gauge.learn(EMPTY, Sizes(0, 1000), 500)
    assert gauge.per_byte == pytest.approx(0.5, rel=0.1)


def test_a_prefix_that_is_gone_is_forgotten() -> None:
    gauge = TokenGauge()
    prefix = START.extend(Message("user", "soon gone"))
    gauge.learn(prefix, Sizes(10_000, 10), 5000)
    del prefix
    assert gauge.estimate(START.extend(Message("user", "soon gone")), Sizes(10_000, 10)).high > 9000


@given(st.lists(st.tuples(st.integers(20, 4000), st.floats(0.75, 1.3)), min_size=2, max_size=30), st.floats(0.15, 0.8))
def test_the_true_length_lies_within_the_span_while_texts_differ_by_less_than_the_margin(
    rounds: list[tuple[int, float]], per_byte: float
) -> None:
    gauge, prefix, size, tokens = TokenGauge(), START, 0, 0.0
    gauge.learn(EMPTY, Sizes(0, 10**7), int(10**7 * per_byte))
    for number, (tail, factor) in enumerate(rounds):
        true = tokens + tail * per_byte * factor
        span = gauge.estimate(prefix, Sizes(size, tail))
        assert span.low - 1 <= true <= span.high + 1
        gauge.learn(prefix, Sizes(size, tail), round(true))
        prefix = prefix.extend(Message("user", f"round {number}"))
        size, tokens = size + tail, true


def test_an_overflow_names_both_lengths_and_an_estimate_must_be_past_the_window_at_its_least() -> None:
    assert overflow(Span(900, 900), 100, 1000) is None
    counted = overflow(Span(901, 901), 100, 1000)
    assert counted is not None
    assert all(part in counted for part in ("901 tokens (counted by the server)", "max_tokens is 100", "1,000 fit"))
    assert overflow(Span(900, 5000), 100, 1000) is None
    estimated = overflow(Span(950, 5000), 100, 1000)
    assert estimated is not None
    assert "between 950 and 5,000 tokens (estimated)" in estimated


def vllm(path: str, body: bytes) -> bytes | None:
    """A server that says what vLLM says: a token for every two characters."""
    if path == "/v1/models":
        return json.dumps({"data": [{"id": "other", "max_model_len": 7}, {"id": "m", "max_model_len": 1000}]}).encode()
    if path != "/tokenize":
        return None
    asked = json.loads(body)
    assert asked["model"] == "m"
    count = sum(len(message["content"]) for message in asked["messages"]) // 2
    return json.dumps({"count": max(count, 1), "max_model_len": 1000, "tokens": [1] * count}).encode()


def llama(path: str, body: bytes) -> bytes | None:
    """A server that says what llama-server says."""
    asked = json.loads(body) if body else {}
    if path == "/props":
        return b'{"default_generation_settings":{"params":{},"n_ctx":1000},"total_slots":4}'
    if path == "/v1/models":
        return b'{"models":[],"data":[{"id":"m.gguf","meta":{"n_ctx_train":65536}}]}'
    if path == "/apply-template":
        return json.dumps({"prompt": "".join(message["content"] for message in asked["messages"])}).encode()
    if path == "/tokenize":
        text = asked.get("content", "")
        return json.dumps({"tokens": [1] * -(-len(text) // 2)}).encode()
    return None


def silent(path: str, body: bytes) -> None:
    del path, body


def question(chars: int, max_tokens: int = 100) -> Request:
    return Request(START, (Message("user", "x" * chars),), Sampling(max_tokens=max_tokens))


async def ask_each(endpoint: OpenAIEndpoint, requests: Sequence[Request]) -> list[Reply]:
    try:
        return [await endpoint.reply(request) for request in requests]
    finally:
        await endpoint.close()


def ask(server: FaultServer, *requests: Request, window: int | None = None) -> list[Reply]:
    model = ModelSpec("openai/m", base_url=server.url, context_window=window)
    return asyncio.run(ask_each(open_openai(model, {}, Waits().pauses), requests))


@pytest.mark.parametrize("facts", [vllm, llama])
def test_the_server_says_how_much_fits_and_counts_what_is_close(facts: Facts) -> None:
    with FaultServer(facts=facts) as server:
        short, close, long = ask(server, question(100), question(1700), question(1900))
        asked = list(server.asked)
    assert (short.status, close.status) == ("ok", "ok")
    assert (long.status, long.reason, long.attempts) == ("missing", "overflow", 0)
    assert "956 tokens (counted by the server)" in long.detail
    assert "1,000 fit" in long.detail
    assert not long.final, "it was not sent: looking again costs nothing, and the window may be told otherwise"
    assert len(server.requests) == 2, "what cannot fit is not sent"
    assert asked.count("/v1/models") == 1
    assert asked.count("/props") == (facts is llama)


def test_far_from_the_window_nothing_is_counted() -> None:
    with FaultServer(facts=vllm) as server:
        replies = ask(server, *(question(100 + number) for number in range(20)))
        assert [reply.status for reply in replies] == ["ok"] * 20
        assert server.asked == ["/v1/models"]


def test_a_prefix_is_counted_once_and_then_only_tails_that_are_close_to_the_room_left() -> None:
    prefix = START.extend(Message("user", "u" * 1200), Message("assistant", "a" * 300))
    items = [Request(prefix, (Message("user", f"item {number:3} " + "i" * 30),), Sampling()) for number in range(50)]
    fit = [Request(one.prefix, one.tail, Sampling(max_tokens=100)) for one in items]
    over = [Request(one.prefix, one.tail, Sampling(max_tokens=900)) for one in items]
    with FaultServer(facts=vllm) as server:
        replies = ask(server, *fit, *over)
        counted = server.asked.count("/tokenize")
    assert [reply.status for reply in replies] == ["ok"] * 50 + ["missing"] * 50
    assert counted <= 2 + 50  # the kind of server, the prefix, and each that does not fit


def test_without_a_counter_only_what_is_surely_too_long_is_held_back() -> None:
    with FaultServer(facts=silent) as server:
        short, unsure, long = ask(server, question(100), question(2500), question(40_000), window=1000)
        assert len(server.requests) == 2
    assert (short.status, unsure.status, long.reason) == ("ok", "ok", "overflow")
    assert "(estimated)" in long.detail


def test_a_window_in_the_study_is_not_asked_for_and_an_unknown_one_checks_nothing() -> None:
    with FaultServer(facts=silent) as server:
        assert ask(server, question(100), window=100_000)[0].status == "ok"
        assert server.asked == []
        assert [reply.status for reply in ask(server, question(10), question(400_000))] == ["ok", "ok"]
        assert server.asked == ["/v1/models", "/props"]


@pytest.mark.parametrize(
    "said",
    [b"", b"{", b"[]", b'{"data":7}', b'{"data":[{"id":"m","max_model_len":-1}]}', b'{"data":[{"id":"m"}]}', b"\xff"],
)
def test_nonsense_about_the_window_is_no_window(said: bytes) -> None:
    with FaultServer(facts=lambda _, __: said) as server:
        assert [reply.status for reply in ask(server, question(10), question(40_000))] == ["ok", "ok"]


def test_a_server_that_is_still_loading_is_asked_again() -> None:
    model = ModelSpec("openai/m", base_url="http://127.0.0.1:9/v1", attempts=1)
    with FaultServer(facts=vllm) as server:
        url = server.url

        async def scene() -> list[Reply]:
            endpoint = open_openai(model, {}, Waits().pauses)
            first = await endpoint.reply(question(10))
            endpoint._facts._root = url.removesuffix("/v1")  # pyright: ignore[reportPrivateUsage]
            return [first, *await ask_each(endpoint, [question(40_000)])]

        unreached, long = asyncio.run(scene())
    assert (unreached.reason, long.reason) == ("failed", "overflow")


def test_the_well_known_services_are_asked_nothing_but_completions() -> None:
    for base_url in (None, "https://openrouter.ai/api/v1"):
        endpoint = open_openai(ModelSpec("openai/m", base_url=base_url), {"OPENAI_API_KEY": "sk-nothing-000"})
        facts = endpoint._facts  # pyright: ignore[reportPrivateUsage]
        assert facts.window_settled
        assert facts.window is None
        assert asyncio.run(facts.count([b"[", b"]"])) is None


def test_a_real_llama_server_counts_what_it_then_reports(llama_server: LlamaServer) -> None:
    texts = ["Hello there.", "Wörter — “quoted” 漢字 🙂 \n\n  x", "a" * 5000]
    prefix = START.extend(Message("user", "Who are you?"), Message("assistant", "Ada, at your service."))
    requests = [Request(prefix, (Message("user", text),), Sampling(max_tokens=2)) for text in texts]
    model = ModelSpec("openai/tiny", base_url=llama_server.url)

    async def scene() -> tuple[list[int | None], list[Reply], int | None]:
        endpoint = open_openai(model, {})
        facts = endpoint._facts  # pyright: ignore[reportPrivateUsage]
        chunks = [endpoint._encoder.chunks(request) for request in requests]  # pyright: ignore[reportPrivateUsage]
        counts = [await facts.count([b"[", one[1], one[2][:-1]]) for one in chunks]
        return counts, await ask_each(endpoint, requests), facts.window

    counts, replies, window = asyncio.run(scene())
    assert counts == [reply.usage.prompt for reply in replies]
    assert window == CONTEXT_OF_A_SLOT


def test_a_prompt_that_a_real_llama_server_could_not_take_is_not_sent(llama_server: LlamaServer) -> None:
    model = ModelSpec("openai/tiny", base_url=llama_server.url)
    long = Request(START, (Message("user", "one two three " * 12_000),), Sampling(max_tokens=2))
    written = llama_server.tokens_written
    reply = asyncio.run(ask_each(open_openai(model, {}), [long]))[0]
    assert (reply.reason, reply.attempts) == ("overflow", 0)
    assert "counted by the server" in reply.detail
    assert llama_server.tokens_written == written


def test_counts_that_a_cut_produced_are_not_learnt_from() -> None:
    gauge, prefix, size = TokenGauge(), START, 400
    true, grown, counts = 100, 0, list[int]()
    for number in range(40):
        tail = 100 + number % 7
        grown = true + round(tail / 4)
        counts.append(min(grown, 600 - 40 * (number % 3)))  # the server keeps the end of what does not fit
        gauge.learn(prefix, Sizes(size, tail), counts[-1])
        prefix = prefix.extend(Message("user", f"u{number}"), Message("assistant", f"a{number}"))
        size, true = size + tail + 200, grown + 50
    assert max(counts) <= 600 < true
    span = gauge.estimate(prefix, Sizes(size, 100))
    assert 700 < span.low < true + 25 < span.high
    assert gauge.per_byte == pytest.approx(0.25, rel=0.05)


@given(st.lists(st.tuples(st.integers(20, 4000), st.floats(0.5, 2.0)), min_size=2, max_size=30))
def test_honest_counts_are_learnt_from_however_dense_the_texts_are(rounds: list[tuple[int, float]]) -> None:
    gauge, prefix, size, tokens = TokenGauge(), START, 0, 0.0
    for number, (tail, per_byte) in enumerate(rounds):
        tokens += tail * per_byte * 0.25 + 4
        gauge.learn(prefix, Sizes(size, tail), round(tokens))
        assert prefix in gauge._known  # pyright: ignore[reportPrivateUsage]
        prefix = prefix.extend(Message("user", f"round {number}"))
        size += tail
