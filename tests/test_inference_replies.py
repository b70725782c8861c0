"""What the bytes of a reply or a refusal mean, for the shapes that real servers send."""

import json
from typing import Any

import pytest

from longplay.inference.replies import read_completion
from longplay.inference.retry import Again, Pauses, Stop, retry_after_s
from longplay.inference.server_errors import read_error
from longplay.records import Reply, Usage


def completion(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], **more}).encode()


def read(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> Reply:
    outcome = read_completion(completion(message, finish, **more))
    assert isinstance(outcome, Reply), outcome
    return outcome


@pytest.mark.parametrize(
    ("finish", "mapped"),
    [("stop", "stop"), ("length", "length"), ("tool_calls", "stop"), ("content_filter", "filter")],
)
def test_finish_reasons_are_mapped(finish: str, mapped: str) -> None:
    assert read({"content": "words"}, finish).finish == mapped


def test_a_refusal_field_is_behaviour_and_its_text_is_kept() -> None:
    assert read({"content": None, "refusal": "I will not."}).text == "I will not."


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_fields_are_kept_apart_from_the_text(field: str) -> None:
    reply = read({"content": "Ada.", field: "They ask my name."})
    assert (reply.text, reply.reasoning) == ("Ada.", "They ask my name.")


def test_a_leading_trace_is_split_off() -> None:
    reply = read({"content": "<think>\nthey ask\n</think>\n\nAda."})
    assert (reply.text, reply.reasoning) == ("Ada.", "they ask")


def test_a_trace_that_was_cut_leaves_no_text() -> None:
    reply = read({"content": "<think>they ask"}, "length")
    assert (reply.text, reply.reasoning, reply.cut) == ("", "they ask", True)


def test_a_tag_within_a_sentence_is_text_and_said() -> None:
    reply = read({"content": "I <think>so</think>."})
    assert (reply.text, reply.marked) == ("I <think>so</think>.", True)


def test_content_in_parts_is_joined() -> None:
    parts: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "A"},
        {"type": "text", "text": "da"},
    ]
    assert read({"content": parts}).text == "Ada"


@pytest.mark.parametrize(
    ("more", "usage"),
    [
        ({}, Usage()),
        ({"usage": {"prompt_tokens": 9, "completion_tokens": 2}}, Usage(9, None, 2)),
        ({"usage": {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}}, Usage(9, 4, None)),
        ({"usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 3}}, Usage(9, 3, None)),
        ({"usage": {"prompt_tokens": 9}, "timings": {"cache_n": 5}}, Usage(9, 5, None)),
        ({"usage": {"prompt_tokens": "many"}}, Usage()),
        ({"usage": {"prompt_tokens": -1}}, Usage()),
        ({"usage": {"prompt_tokens": 10**30}}, Usage()),
        ({"usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 30}}, Usage(39, 30, None, apart=True)),
        ({"usage": [1]}, Usage()),
    ],
)
def test_usage_is_what_the_server_counted_or_unknown(more: dict[str, Any], usage: Usage) -> None:
    assert read({"content": "words"}, **more).usage == usage


def test_half_surrogates_in_a_reply_are_replaced_and_not_numbers_ignored() -> None:
    body = rb'{"choices":[{"message":{"content":"a\ud800b \ud83d\ude00"},"finish_reason":"stop","logprob":NaN}]}'
    outcome = read_completion(body)
    assert isinstance(outcome, Reply)
    assert outcome.text == "a\ufffdb \U0001f600"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"<html>busy</html>",
        b'{"choices":[]}',
        b'{"choices":[{}]}',
        b'{"choices":[{"message":{"content":7}}]}',
        '{"choices":[{"message":{"content":"é'.encode()[:-1],
        b"[" * 100_000,
        b'{"choices":[{"message":{"content":""},"finish_reason":"error"}]}',
        b'{"error":{"code":502,"message":"upstream"}}',
        b'{"error":{"code":401,"message":"upstream"}}',
    ],
)
def test_a_body_that_is_no_completion_is_asked_again(body: bytes) -> None:
    assert isinstance(read_completion(body), Again)


OPENROUTER = {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"], "flagged_input": "y"}}}
LLAMA = {"error": {"code": 400, "type": "exceed_context_size_error", "message": "too long", "n_ctx": 256}}
VLLM = {"error": {"code": 400, "type": "BadRequestError", "message": "the model's context length is only 1024 tokens"}}
VLLM_OLD = {"object": "error", "message": "maximum context length is 8192 tokens", "code": 400}
GEMINI = [{"error": {"code": 400, "message": "exceeds the maximum number of tokens allowed (1048576)."}}]


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (400, LLAMA, "overflow"),
        (500, LLAMA, "overflow"),
        (400, VLLM, "overflow"),
        (400, VLLM_OLD, "overflow"),
        (400, GEMINI, "overflow"),
        (403, OPENROUTER, "filtered"),
        (None, OPENROUTER, "filtered"),
        (400, {"error": {"code": "content_policy_violation"}}, "filtered"),
        (400, {"error": "bad option"}, "failed"),
        (422, {"detail": [{"msg": "field required"}]}, "failed"),
    ],
)
def test_refusals_of_real_servers_are_missing_with_their_reason(status: int | None, error: object, reason: str) -> None:
    outcome = read_error(status, json.dumps(error).encode())
    assert isinstance(outcome, Reply)
    assert (outcome.status, outcome.reason, outcome.text) == ("missing", reason, None)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 529, 599, 999])
def test_passing_statuses_are_asked_again_when_the_server_says(status: int) -> None:
    outcome = read_error(status, b"busy", 3.0)
    assert isinstance(outcome, Again)
    assert outcome.wait_s == 3.0


@pytest.mark.parametrize("status", [301, 307, 401, 402, 403, 404])
def test_statuses_that_every_request_meets_stop(status: int) -> None:
    assert isinstance(read_error(status, b"no"), Stop)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        ("1.5", 1.5),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("nan", None),
        ("9" * 5000, None),
        ("Thu, 99 Foo 1970 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, now=lambda: 10.0) == seconds


def test_jitter_covers_the_whole_backoff_and_only_lengthens_what_was_asked() -> None:
    assert Pauses(random=lambda: 0.0).wait_s(3, None) == 0.0
    assert Pauses(random=lambda: 1.0).wait_s(3, None) == 4.0
    assert Pauses(random=lambda: 1.0).wait_s(1000, None) == 60.0
    assert 10.0 <= Pauses(random=lambda: 1.0).wait_s(1, 10.0) <= 11.0
