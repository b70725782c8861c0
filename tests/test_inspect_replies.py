"""Providers behind inspect-ai: what is made of what comes back, through real sockets."""

import asyncio

import pytest

from asking_inspect import ASKED, CLAUDE, GEMINI, KEY, Waits, answered, ask, ask_all, model
from longplay.inference import InferenceError
from longplay.inference.endpoint import EndpointDown
from provider_stubs import Answer, Stub, claude, claude_error, gemini, gemini_error


def test_the_prompt_tokens_include_those_read_from_a_cache_and_those_written_into_one() -> None:
    good = claude("Aye.", cache_read_input_tokens=900, cache_creation_input_tokens=40)
    reply = answered(CLAUDE, good)
    assert (reply.status, reply.text, reply.finish, reply.attempts) == ("ok", "Aye.", "stop", 1)
    assert (reply.usage.prompt, reply.usage.cached, reply.usage.completion) == (945, 900, 7)
    reply = answered(GEMINI, gemini("Aye.", cachedContentTokenCount=80))
    assert (reply.usage.prompt, reply.usage.cached, reply.usage.completion) == (100, 80, 7)


def test_texts_in_pieces_are_joined_as_they_came_and_reasoning_is_kept_apart() -> None:
    reply = answered(GEMINI, gemini("The North ", "Sea.", thoughts="She likes cold."))
    assert (reply.text, reply.reasoning) == ("The North Sea.", "She likes cold.")
    reply = answered(CLAUDE, claude("The North Sea.", thinking="She likes cold."))
    assert (reply.text, reply.reasoning) == ("The North Sea.", "She likes cold.")


@pytest.mark.parametrize(
    ("name", "answer", "text", "finish"),
    [
        (CLAUDE, claude("Once upon", "max_tokens"), "Once upon", "length"),
        (CLAUDE, claude("One", "stop_sequence"), "One", "stop"),
        (CLAUDE, claude("I would rather not.", "end_turn"), "I would rather not.", "stop"),
        (CLAUDE, claude(None, output_tokens=1), "", "stop"),
        (GEMINI, gemini("Once upon", finish="MAX_TOKENS"), "Once upon", "length"),
        (GEMINI, gemini(candidatesTokenCount=0), "", "stop"),
    ],
)
def test_what_the_model_did_is_kept_as_it_is(name: str, answer: Answer, text: str, finish: str) -> None:
    reply = answered(name, answer)
    assert (reply.status, reply.text, reply.finish) == ("ok", text, finish)


BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (CLAUDE, claude(None, "refusal", output_tokens=0)),
        (CLAUDE, claude_error(400, "invalid_request_error", "Output blocked by content filtering policy")),
        (GEMINI, Answer(BLOCKED)),
        (GEMINI, gemini(finish="SAFETY", candidatesTokenCount=0)),
        (CLAUDE, claude("First you", "refusal")),
        (GEMINI, gemini("First you", finish="SAFETY")),
    ],
)
def test_a_block_is_missing_and_no_words_are_put_into_the_models_mouth(name: str, answer: Answer) -> None:
    reply = answered(name, answer)
    assert (reply.status, reply.reason, reply.text, reply.attempts) == ("missing", "filtered", None, 1)
    assert reply.final


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        (CLAUDE, claude_error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")),
        (CLAUDE, claude_error(413, "request_too_large", "Request exceeds the maximum size")),
        (
            GEMINI,
            gemini_error(
                400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed 1048576."
            ),
        ),
    ],
)
def test_a_prompt_that_does_not_fit_is_missing_for_overflow(name: str, answer: Answer) -> None:
    reply = answered(name, answer)
    assert (reply.status, reply.reason, reply.text, reply.attempts) == ("missing", "overflow", None, 1)


def test_an_ending_that_is_not_named_is_no_reply_and_its_text_is_kept_apart() -> None:
    with Stub(claude("Once", "model_context_window_exceeded")) as stub:
        reply = ask(model(CLAUDE, stub.url))
    assert (reply.status, reply.reason, reply.text, reply.raw) == ("missing", "failed", None, b"Once")
    assert reply.attempts == len(stub.requests) == 3
    assert 'endings = { "unknown" = "stop" }' in reply.detail
    with Stub(claude("Once", "model_context_window_exceeded")) as stub:
        reply = ask(model(CLAUDE, stub.url, endings={"unknown": "length"}))
    assert (reply.status, reply.text, reply.finish) == ("ok", "Once", "length")


def test_the_name_that_answered_and_its_ending_are_kept() -> None:
    reply = answered(CLAUDE, claude())
    assert (reply.ending, reply.served_by) == ("stop", "claude-opus-4-5")


def test_a_prompt_that_cannot_fit_the_window_is_not_sent() -> None:
    with Stub(claude()) as stub:
        reply = ask(model(CLAUDE, stub.url, context_window=65))
    assert (reply.reason, reply.attempts, stub.requests) == ("overflow", 0, [])
    assert "65" in reply.detail


@pytest.mark.parametrize(
    ("name", "answer", "good"),
    [
        (CLAUDE, claude_error(429, "rate_limit_error", "slow down"), claude()),
        (CLAUDE, claude_error(529, "overloaded_error", "Overloaded"), claude()),
        (CLAUDE, claude_error(500, "api_error", "Internal server error"), claude()),
        (CLAUDE, Answer("no message"), claude()),
        (GEMINI, gemini_error(429, "RESOURCE_EXHAUSTED", "slow down"), gemini("Aye.")),
        (GEMINI, gemini_error(503, "UNAVAILABLE", "overloaded"), gemini("Aye.")),
        (GEMINI, Answer({"usageMetadata": {"promptTokenCount": 9}}), gemini("Aye.")),
        (GEMINI, gemini("...", finish="OTHER"), gemini("Aye.")),
    ],
)
def test_a_passing_fault_is_asked_again_and_each_attempt_is_counted(name: str, answer: Answer, good: Answer) -> None:
    with Stub(answer, good) as stub:
        reply = ask(model(name, stub.url))
    assert (reply.status, reply.finish) == ("ok", "stop")
    assert reply.attempts == len(stub.requests) == 2


def test_an_apology_that_inspect_ai_writes_for_gemini_is_no_reply() -> None:
    reply = answered(GEMINI, gemini(finish="MALFORMED_FUNCTION_CALL"))
    assert (reply.status, reply.reason, reply.text) == ("missing", "failed", None)


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
def test_a_fault_that_does_not_pass_is_missing_after_the_last_attempt(name: str) -> None:
    with Stub(Answer({"error": {"message": f"broken {KEY}"}}, 500)) as stub:
        reply = ask(model(name, stub.url))
    assert (reply.status, reply.reason, reply.text) == ("missing", "failed", None)
    assert reply.attempts == len(stub.requests) == 3
    assert "broken" in reply.detail
    assert KEY not in reply.detail


def test_the_time_a_server_asks_for_is_waited() -> None:
    waits = Waits()
    busy = claude_error(429, "rate_limit_error", "slow down", retry_after="7")
    assert answered(CLAUDE, busy, claude(), waits=waits).status == "ok"
    assert sum(waits.waited) == pytest.approx(7.35)


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
def test_a_reply_that_does_not_come_is_given_up(name: str) -> None:
    with Stub(Answer(None, hangs=True)) as stub:
        reply = ask(model(name, stub.url, timeout_s=0.2, attempts=2))
    assert (reply.reason, reply.attempts) == ("failed", 2)
    assert "0.2 s" in reply.detail


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
def test_a_redirect_is_not_followed(name: str) -> None:
    with Stub(claude()) as elsewhere, Stub(Answer({}, 307, {"Location": f"{elsewhere.url}/v1/messages"})) as stub:
        with pytest.raises(InferenceError, match="redirect"):
            ask(model(name, stub.url))
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("name", "answer", "line"),
    [
        (CLAUDE, claude_error(401, "authentication_error", f"invalid x-api-key {KEY}"), "api_key_env"),
        (CLAUDE, claude_error(403, "permission_error", f"not yours {KEY}"), "rights"),
        (CLAUDE, claude_error(404, "not_found_error", "model: claude-opus-4-5"), "no such model"),
        (CLAUDE, claude_error(400, "invalid_request_error", "Your credit balance is too low"), "no credit"),
        (GEMINI, gemini_error(400, "INVALID_ARGUMENT", f"API key not valid. {KEY}"), "api_key_env"),
        (GEMINI, gemini_error(403, "PERMISSION_DENIED", f"not yours {KEY}"), "rights"),
        (GEMINI, gemini_error(429, "RESOURCE_EXHAUSTED", "quota exceeded, limit: 0"), "no quota"),
    ],
)
def test_what_every_request_would_meet_stops_the_run_without_showing_the_key(
    name: str, answer: Answer, line: str
) -> None:
    with Stub(answer) as stub, pytest.raises(InferenceError) as caught:
        ask(model(name, stub.url))
    assert line in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("name", [CLAUDE, GEMINI])
def test_a_server_that_stays_out_of_reach_is_down(name: str) -> None:
    with Stub(claude()) as stub:
        gone = stub.url
    with pytest.raises(EndpointDown, match="cannot be reached"):
        asyncio.run(ask_all(model(name, gone), [ASKED] * 3))


def test_a_bad_request_is_missing_at_once() -> None:
    reply = answered(CLAUDE, claude_error(400, "invalid_request_error", "messages: odd"))
    assert (reply.reason, reply.attempts) == ("failed", 1)
    assert "messages: odd" in reply.detail


def test_a_key_in_a_reply_is_not_stored() -> None:
    reply = answered(CLAUDE, claude(f"my key is {KEY}"))
    assert reply.text == "my key is [redacted]"
