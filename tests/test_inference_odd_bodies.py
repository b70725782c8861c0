"""What is made of a good status with something else in it: errors, odd counts, parts of content, pages, streams."""

import json
import random
from typing import Any

import pytest

from bodies import USAGE, completion, mutated
from longplay.inference.replies import read_completion
from longplay.inference.retry import Again, Stop
from longplay.records import Reply, Usage
from test_inference_endings import not_believed, reply_to


def again(body: bytes) -> str:
    outcome = read_completion(body)
    assert isinstance(outcome, Again), outcome
    return outcome.detail


UPSTREAM = {"code": 502, "message": "upstream broke"}


@pytest.mark.parametrize("place", ["top_error", "choice_error", "error"])
@pytest.mark.parametrize(("content", "finish"), [("", None), ("", "stop"), ("Aye, I", "stop"), ("Aye, I", "error")])
@pytest.mark.parametrize("error", [UPSTREAM, {"code": "502", "message": "upstream broke"}])
def test_an_error_counts_wherever_it_stands(place: str, content: str, finish: str | None, error: Any) -> None:
    left = not_believed(completion(content, finish, **{place: error}))
    assert left.detail == "502: upstream broke"
    assert (left.raw or b"").decode() == content


@pytest.mark.parametrize("place", ["top_error", "choice_error", "error"])
@pytest.mark.parametrize("error", [None, "", {}, [], False, 0, {"code": None, "message": ""}])
def test_an_error_in_which_nothing_stands_is_none(place: str, error: Any) -> None:
    assert reply_to(completion("Aye.", **{place: error})).text == "Aye."


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"error": UPSTREAM}, "502: upstream broke"),
        ({"error": {"code": "503", "message": "no room"}}, "503: no room"),
        ({"error": {"status": 500, "message": "no"}}, "500: no"),
        ({"error": "the worker has died"}, "the worker has died"),
        ([{"error": UPSTREAM}], "502: upstream broke"),
        ({"error": {"message": "unhappy"}}, "unhappy"),
        ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, "529: Overloaded"),
        ({"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}, "429: slow"),
        ({"object": "error", "message": "worker lost", "code": 500}, "500: worker lost"),
        ({"detail": "worker lost"}, "worker lost"),
        ({"message": "worker lost"}, "worker lost"),
        ({"errors": [{"message": "one"}, "two"]}, "one; two"),
        ({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}, "choices": None}, "rate limit"),
        ({"error": UPSTREAM, "choices": []}, "502: upstream broke"),
        ({"error": UPSTREAM, "choices": [None]}, "502: upstream broke"),
        ({"error": {"code": 401, "message": "a key of the gateway"}}, "401: a key of the gateway"),
    ],
)
def test_an_error_that_came_as_a_good_reply_is_that_error(body: object, detail: str) -> None:
    assert again(json.dumps(body).encode()) == detail


def test_a_code_beside_a_reply_says_whether_something_went_wrong() -> None:
    assert reply_to(completion("Aye.", top_base_resp={"status_code": 0, "status_msg": "success"})).text == "Aye."
    left = not_believed(completion("", top_base_resp={"status_code": 1002, "status_msg": "rate limit"}))
    assert left.detail == "rate limit"
    filtered = completion("", top_base_resp={"status_code": 1027, "status_msg": "output new_sensitive"})
    assert reply_to(filtered).reason == "filtered"


def test_an_error_of_the_request_itself_is_missing_with_its_own_code_and_words() -> None:
    for code in (400, "400", 422):
        reply = reply_to(json.dumps({"error": {"code": code, "message": "odd option"}}).encode())
        assert (reply.reason, reply.detail) == ("failed", f"{code}: odd option")
    reply = reply_to(b'{"error":{"code":400,"message":"prompt is too long: 9 tokens > 8 maximum"}}')
    assert reply.reason == "overflow"
    reply = reply_to(b'{"error":{"message":"This prompt was flagged by the moderation system","code":403}}')
    assert reply.reason == "filtered"
    assert isinstance(read_completion(b'{"error":{"code":"insufficient_quota","message":"no more"}}'), Stop)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>", 'a web page (HTML, "Sign in")'),
        (b"\n<html><body><h1>502 Bad Gateway</h1></body></html>", 'a web page (HTML, "502 Bad Gateway")'),
        ("<html><title>Störung</title>".encode("latin-1"), "a web page"),
        (b'{"choices":[{"message":{"content":"Aye', "not whole JSON"),
        (b"upstream connect error", "it begins with 'upstream connect error'"),
        (
            b'data: {"choices":[{"delta":{"content":"A"}}]}\n\ndata: {"choices":[{"delta":{"content":"y"}}]}\n\n',
            "a stream",
        ),
        (b'data: {"choices":[{"delta":{"content":"A"},"finish_reason":null}]}\n\n', "a stream"),
        (b'{"a":1}\n{"b":2}\n', "several JSON documents"),
        (b'data: {"x":1}\n\ndata: {"error":{"code":502,"message":"upstream broke"}}\n\n', "502: upstream broke"),
        (b"[1,2]", "a list"),
        (b"7", "no chat completion"),
    ],
)
def test_what_is_no_completion_is_said_for_what_it_is(body: bytes, words: str) -> None:
    assert words in again(body)


GOOD = completion("Aye \u2713.")


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().encode("utf-16"),
        b"\n\n   " + GOOD,
        b"data: " + GOOD + b"\n\n",
        b"data: " + GOOD + b"\n\ndata: [DONE]\n\n",
        b": waiting\n\nevent: message\r\ndata:" + GOOD + b"\r\n\r\n",
        b"\xef\xbb\xbfdata: " + GOOD + b"\n\n",
        b"data: " + GOOD.replace(b'"message"', b'"delta"') + b"\n\ndata: [DONE]\n\n",
    ],
)
def test_a_whole_reply_is_read_whatever_stands_around_it(body: bytes) -> None:
    assert reply_to(body).text == "Aye \u2713."


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ([{"type": "text", "text": "A"}, {"type": "text", "text": "da."}], "Ada.", ""),
        ([{"type": "output_text", "text": "Ada."}], "Ada.", ""),
        ([{"type": "text", "text": {"value": "Ada."}}], "Ada.", ""),
        ([{"type": "of_tomorrow", "text": "Ada."}], "Ada.", ""),
        ([{"text": "Ada."}], "Ada.", ""),
        (["A", "da."], "Ada.", ""),
        ({"type": "text", "text": "Ada."}, "Ada.", ""),
        ([{"type": "refusal", "refusal": "I will not."}], "I will not.", ""),
        ([{"type": "thinking", "thinking": "They ask"}, {"type": "text", "text": "Ada."}], "Ada.", "They ask"),
        (
            [
                {"type": "thinking", "thinking": [{"type": "text", "text": "They ask"}]},
                {"type": "text", "text": "Ada."},
            ],
            "Ada.",
            "They ask",
        ),
        (
            [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "They ask"}]}, "Ada."],
            "Ada.",
            "They ask",
        ),
        ([{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Ada."}], "Ada.", ""),
        ([{"type": "text", "text": None}], "", ""),
        ([], "", ""),
    ],
)
def test_the_parts_of_a_content_are_read_by_what_they_carry(content: object, text: str, reasoning: str) -> None:
    reply = reply_to(completion(content))
    assert (reply.text, reply.reasoning) == (text, reasoning)


NO_TEXT: list[tuple[object, str]] = [
    ([{"type": "image_url", "image_url": {"url": "x"}}], "'image_url'"),
    ([{"type": "text", "text": "Aye."}, {"type": "tool_use", "input": {}}], "'tool_use'"),
    ([{"type": 7}], "no known"),
    (7, "int"),
    ([None], "NoneType"),
]


@pytest.mark.parametrize(("content", "named"), NO_TEXT)
def test_a_part_without_a_text_is_refused_by_name(content: object, named: str) -> None:
    assert named in not_believed(completion(content)).detail


@pytest.mark.parametrize("content", [None, "", []])
def test_a_refusal_beside_an_empty_content_is_what_was_said(content: object) -> None:
    assert reply_to(completion(content, refusal="I will not.")).text == "I will not."


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 4000.0, "completion_tokens": 5}, Usage(4000, None, 5)),
        ({"prompt_tokens": -1, "completion_tokens": 5}, Usage(None, None, 5)),
        ({"prompt_tokens": "40", "completion_tokens": "5"}, Usage(40, None, 5)),
        ({"prompt_tokens": "40.5", "completion_tokens": 5}, Usage(None, None, 5)),
        ({"prompt_tokens": 40.5, "completion_tokens": 5}, Usage(None, None, 5)),
        ({"prompt_tokens": True, "completion_tokens": 5}, Usage(None, None, 5)),
        ({"prompt_tokens": 40, "completion_tokens": None}, Usage(40, None, None)),
        ({**USAGE, "prompt_tokens_details": []}, Usage(40, None, 5)),
        ({**USAGE, "prompt_tokens_details": None}, Usage(40, None, 5)),
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": "8"}}, Usage(40, 8, 5)),
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": -8}}, Usage(40, None, 5)),
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": []}}, Usage(40, None, 5)),
        ({"input_tokens": 40, "output_tokens": 5}, Usage(40, None, 5)),
        ({"input_tokens": 40, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 8}}, Usage(40, 8, 5)),
        (
            {"input_tokens": 4, "output_tokens": 5, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 6},
            Usage(40, 30, 5, 6),
        ),
        ({**USAGE, "cache_read_input_tokens": 30}, Usage(40, 30, 5)),
        ({**USAGE, "cached_tokens": 30}, Usage(40, 30, 5)),
        ({**USAGE, "prompt_cache_hit_tokens": 30, "prompt_cache_miss_tokens": 10}, Usage(40, 30, 5)),
        ({**USAGE, "prompt_tokens_details": {"cached_tokens": 900}}, Usage(940, 900, 5, apart=True)),
        (
            {"prompt_tokens": 40, "completion_tokens": 5, "total_tokens": 75, "prompt_cache_hit_tokens": 30},
            Usage(70, 30, 5, apart=True),
        ),
        (None, Usage()),
        ([], Usage()),
        ("many", Usage()),
    ],
)
def test_counts_are_read_one_by_one(usage: object, read: Usage) -> None:
    assert reply_to(completion("Aye.", usage=usage)).usage == read


def test_the_times_of_llama_server_stand_in_for_counts_that_are_left_out() -> None:
    timings = {"cache_n": 30, "prompt_n": 10, "predicted_n": 5}
    assert reply_to(completion("Aye.", usage=None, top_timings=timings)).usage == Usage(40, 30, 5)
    assert reply_to(completion("Aye.", top_timings=timings)).usage == Usage(40, 30, 5)


def test_every_mutation_of_a_body_is_read_as_something() -> None:
    chance = random.Random(7)
    bodies = [GOOD, json.dumps({"error": UPSTREAM}).encode(), b"data: " + GOOD + b"\n\n", completion([{"text": "A"}])]
    outcomes = [read_completion(mutated(chance.choice(bodies), chance)) for _ in range(3_000)]
    assert all(isinstance(outcome, Reply | Again | Stop) for outcome in outcomes)
    assert all(
        outcome.text is not None for outcome in outcomes if isinstance(outcome, Reply) and outcome.status == "ok"
    )
