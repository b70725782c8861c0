"""What a refusal means, by what it says: a prompt too long, a filter, a passing fault, a setting. In many wordings,
with other numbers."""

import json
import random

import pytest

from bodies import mutated
from longplay.inference.endings import NOTHING_ASKED, Asked
from longplay.inference.retry import Again, Outcome, Stop
from longplay.inference.server_errors import read_error
from longplay.records import Reply

SENT = Asked(max_tokens=1024, prompt=7_500.0)


def refused(status: int | None, said: object, asked: Asked = NOTHING_ASKED) -> Outcome:
    """What a refusal comes to: of a message, or of a whole body."""
    body = {"error": {"message": said}} if isinstance(said, str) else said
    return read_error(status, json.dumps(body).encode(), None, asked)


def reason(outcome: Outcome) -> str | None:
    return outcome.reason if isinstance(outcome, Reply) else type(outcome).__name__


TOO_LONG = [
    "prompt is too long: {n} tokens > {m} maximum",
    "The prompt is too long: {n}, model maximum context length: {m}",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= {m}. Given: {n} `inputs` tokens and 9 more",
    "Input validation error: `inputs` must have less than {m} tokens. Given: {n}",
    "The decoder prompt (length {n}) is longer than the maximum model length of {m}.",
    "max_tokens must be at least 1, got -186.",
    "max_tokens must be at least 1, got 0.",
    "`max_completion_tokens` must be greater than 0; got -{n}",
    "Input is too long for requested model.",
    "This model's maximum context length is {m} tokens. However, you requested {n} tokens in the messages.",
    "This endpoint's maximum context length is {m} tokens. However, you requested about {n} tokens.",
    "the request exceeds the available context size. try increasing the context size or enable context shift",
    "request ({n} tokens) exceeds the available context size ({m} tokens), try increasing it",
    "Requested tokens ({n}) exceed context window of {m}",
    "The input token count ({n}) exceeds the maximum number of tokens allowed ({m}).",
    "Requested token count exceeds the model's maximum context length of {m} tokens.",
    "the total length of input and max_tokens ({n}) is larger than max_seq_len ({m})",
    "Malformed input request: expected maxLength: {m}, actual: {n}, please reformat your input and try again.",
    "too many tokens: total number of tokens in the prompt cannot exceed {m} - received {n}.",
    "Please reduce the length of the messages or completion.",
    "Trying to keep the first {n} tokens when context the overflows. However, the model has only {m} tokens.",
    "'max_tokens' is too large: 1024. This model's maximum context length is {m} tokens and your request has {n} input "
    "tokens (1024 > {m} - {n}).",
    "Prompt contains {n} tokens, too large for model with {m} maximum context length",
    "Range of input length should be [1, {m}]",
    "Input length {n} exceeds the maximum length {m}",
    "input length and `max_tokens` exceed context limit: {n} + 1024 > {m}, decrease input length or `max_tokens`",
    "Request body too large for m model. Max size: {m} tokens.",
    "Token indices sequence length is longer than the specified maximum sequence length ({n} > {m})",
    "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "This model's maximum prompt length is {m} but the request contains {n} tokens.",
    "Prompt has {n} tokens, but the configured context size is {m} tokens",
    "prompt tokens ({n}) + max_tokens (1024) > {m}",
    "The conversation does not fit into the model's context ({m} tokens).",
]


@pytest.mark.parametrize("said", TOO_LONG)
@pytest.mark.parametrize(("n", "m"), [("9000", "8192"), ("210,000", "200,000"), ("33000", "32768")])
@pytest.mark.parametrize("status", [400, 413, 422, 500, None])
def test_a_prompt_that_is_too_long_is_overflow_in_every_wording(said: str, n: str, m: str, status: int | None) -> None:
    outcome = refused(status, said.format(n=n, m=m), SENT)
    assert reason(outcome) == "overflow"
    assert isinstance(outcome, Reply)
    assert said.format(n=n, m=m)[:20] in outcome.detail


@pytest.mark.parametrize("word", ["context_length_exceeded", "exceed_context_size_error", "tokens_limit_reached"])
@pytest.mark.parametrize("key", ["code", "type"])
def test_an_overflow_may_be_named_by_a_word_alone(word: str, key: str) -> None:
    assert reason(refused(400, {"error": {key: word, "message": "no"}})) == "overflow"


def test_a_body_that_a_server_finds_too_large_is_overflow() -> None:
    page = b"<html><head><title>413 Request Entity Too Large</title></head></html>"
    outcome = read_error(413, page)
    assert reason(outcome) == "overflow"


def test_a_number_in_a_message_about_lengths_is_held_against_what_was_sent() -> None:
    assert reason(refused(400, "Only 8,192 tokens.", SENT)) == "overflow"
    assert reason(refused(400, "Only 8,192 tokens.", Asked(1024, 100.0))) == "failed"
    assert reason(refused(400, "Only 8,192 tokens.")) == "failed"
    assert reason(refused(400, "Only 512 tokens.", SENT)) == "overflow"
    assert reason(refused(400, "Only a size of 8192.", SENT)) == "overflow"
    assert reason(refused(400, "Only a size of 512.", SENT)) == "failed", "less than max_tokens alone"
    assert reason(refused(400, "error 8192 in line 7", SENT)) == "failed"


@pytest.mark.parametrize(
    "said",
    [
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, you gave 100000.",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "`max_tokens` must be less than or equal to `8192`, the maximum value is less than the `context_window`",
        "max_tokens: 200000 > 128000, which is the maximum allowed number of output tokens for m",
        "max_tokens=100000 cannot be greater than max_model_len=8192",
        "'max_tokens' is too large: 100000. This model's maximum context length is 8192 tokens and your request has 9 "
        "input tokens.",
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_max_tokens_over_what_a_model_ever_writes_stops_with_the_key(said: str, status: int) -> None:
    outcome = refused(status, said, Asked(100_000, 9.0))
    assert isinstance(outcome, Stop)
    assert "max_tokens" in outcome.line
    assert "sampling" in outcome.line


@pytest.mark.parametrize(
    "said",
    [
        "Request too large for m on tokens per min (TPM): Limit 30000, Requested 45000.",
        "Request too large for model m: Limit 6000, Requested 7000 tokens per minute, please reduce your message size",
        "maximum number of concurrent requests reached",
        "Rate limit reached: too many requests",
    ],
)
@pytest.mark.parametrize("status", [400, 413, 429, 500, None])
def test_a_limit_of_a_rate_is_no_overflow(said: str, status: int | None) -> None:
    assert isinstance(refused(status, said, SENT), Again)


@pytest.mark.parametrize(
    "said",
    [
        "bad option",
        "messages: roles are odd",
        "Too many stop sequences: at most 4",
        "messages must not hold more than one system message",
        "Request exceeded the maximum number of attempts",
        "user: input should be less than or equal to 1",
        "unsupported image: too large",
        "user is longer than 64 characters",
        "temperature: Input should be less than or equal to 1",
        "body.temperature: Input should be greater than 0",
        "body.n: Value must be at most 4, got 5000",
    ],
)
def test_other_refusals_are_no_overflow(said: str) -> None:
    assert reason(refused(400, said, Asked(1024, 100.0))) == "failed"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, {"code": "no permission", "error": "Content violates usage guidelines. Failed check: SAFETY_CHECK_BIO"}),
        (
            403,
            {
                "code": "no permission",
                "error": "Content violates usage guidelines. Team: a1, API key ID: b2, Model: m, Failed check: SAFETY",
            },
        ),
        (403, {"error": {"message": "Your request was flagged by our moderation system"}}),
        (403, {"error": {"message": "m requires moderation", "metadata": {"flagged_input": "x"}}}),
        (400, {"error": {"message": "Output blocked by content filtering policy"}}),
        (400, {"error": {"message": "The prompt triggered the content management policy", "code": "content_filter"}}),
        (400, {"error": {"message": "Input data may contain inappropriate content."}}),
        (400, {"error": {"message": "x", "innererror": {"code": "ResponsibleAIPolicyViolation"}}}),
        (422, {"detail": "This prompt has sensitive content"}),
        (451, {"error": {"message": "prohibited content"}}),
        (None, {"error": {"code": 403, "message": "violates our usage policies"}}),
    ],
)
def test_a_refusal_for_what_the_prompt_says_is_filtered_and_the_run_goes_on(status: int | None, body: object) -> None:
    assert reason(refused(status, body)) == "filtered"


@pytest.mark.parametrize(
    "said",
    ["not yours", "Your account violates our usage policies and was suspended", "Your organization was flagged", ""],
)
def test_a_refusal_of_whoever_asks_still_stops(said: str) -> None:
    assert isinstance(refused(403, said), Stop)


@pytest.mark.parametrize(
    "said",
    [
        "Already borrowed",
        "the model is still loading",
        "Loading model",
        "The server is overloaded, try again later",
        "server busy, please retry",
        "The service is temporarily unavailable",
        "slot unavailable",
        "Too many concurrent requests",
        "no available workers",
    ],
)
@pytest.mark.parametrize("status", [400, 409, 422, 424, 500, 503, None])
def test_a_fault_that_passes_is_asked_again_under_any_status(said: str, status: int | None) -> None:
    outcome = refused(status, said)
    assert isinstance(outcome, Again)
    assert said in outcome.detail


def test_a_model_that_is_being_loaded_is_asked_again_though_it_is_not_found_yet() -> None:
    assert isinstance(refused(404, "model m is currently loading"), Again)
    assert isinstance(refused(404, "model m not found, try pulling it first"), Stop)


@pytest.mark.parametrize("said", ["Request processing exceeded the time limit", "request exceeded 30 seconds"])
def test_a_limit_of_time_is_no_overflow(said: str) -> None:
    assert isinstance(refused(500, said), Again)


@pytest.mark.parametrize(
    "said",
    [
        "System role not supported",
        "'system' role is not supported by this model",
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "Developer instruction is not enabled for models/gemma-3",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Unexpected role 'system' in messages",
        "Only user, assistant and tool roles are supported!",
    ],
)
@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_model_without_a_system_role_stops_with_what_to_write(said: str, status: int) -> None:
    outcome = refused(status, said)
    assert isinstance(outcome, Stop)
    assert 'system_role = "user"' in outcome.line
    assert said in outcome.detail


@pytest.mark.parametrize(
    "body",
    [
        {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"},
        {"detail": [{"loc": ["body", "temperature"], "msg": "ensure this value is greater than 0", "type": "x"}]},
        {"error": {"message": "Invalid temperature", "param": "temperature"}},
        {"error": {"message": "temperature must be 1"}},
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_value_that_is_refused_is_missing_with_the_key_that_helps(body: object, status: int) -> None:
    outcome = refused(status, body)
    assert reason(outcome) == "failed"
    assert isinstance(outcome, Reply)
    assert outcome.detail.startswith(f"{status}: ")
    assert 'not_settable = ["temperature"]' in outcome.detail
    assert len(outcome.detail) < 300


@pytest.mark.parametrize(
    "said",
    [
        "Assistant message must have either content or tool_calls, but not none.",
        "messages: text content blocks must be non-empty",
        "messages.3: all messages must have non-empty content except for the optional final assistant message",
        "Invalid value for content: it cannot be empty",
    ],
)
def test_an_empty_turn_that_is_refused_is_missing_with_the_key_that_helps(said: str) -> None:
    outcome = refused(400, said)
    assert reason(outcome) == "failed"
    assert isinstance(outcome, Reply)
    assert "empty_turn" in outcome.detail
    assert said[:30] in outcome.detail


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"detail":"no such option"}', "no such option"),
        (b'{"message":"no such option"}', "no such option"),
        (
            b'{"error":{"message":"Provider error","metadata":{"raw":"no such option"}}}',
            "Provider error: no such option",
        ),
        (b"<html><title>400 Bad Request</title></html>", 'a web page (HTML, "400 Bad Request")'),
        (b"no such option", "no such option"),
        (b"\xef\xbb\xbf" + b'{"error":"no such option"}', "no such option"),
        (b'data: {"error":{"message":"no such option"}}\n\n', "no such option"),
    ],
)
def test_the_words_of_a_refusal_are_found_in_whatever_it_comes(body: bytes, said: str) -> None:
    outcome = read_error(400, body)
    assert isinstance(outcome, Reply)
    assert outcome.detail == f"400: {said}"


def test_every_mutation_of_a_refusal_is_read_as_something() -> None:
    chance = random.Random(7)
    details = [{"retryDelay": "34s"}, {"violations": [{"quotaId": "PerDay"}]}]
    errors = (
        {"error": {"code": 429, "message": "Please try again in 20s", "details": details, "metadata": {"raw": "{}"}}},
        {"detail": [{"loc": ["body", "temperature"], "msg": "input should be greater than 0"}], "status": "400"},
        [{"error": {"message": "prompt is too long: 9000 tokens > 8192 maximum", "param": "messages"}}],
    )
    for _ in range(2_000):
        body = mutated(json.dumps(chance.choice(errors)).encode(), chance)
        status = chance.choice([None, 400, 403, 413, 422, 429, 500])
        assert isinstance(read_error(status, body, None, SENT), Reply | Again | Stop)


def test_no_message_takes_long_to_read() -> None:
    for piece in ("input ", "exceeds 9 ", "max_tokens ", "<|start|> ", "\n\n\n", "(" * 50, "try again in 5"):
        for status in (400, 429, 500):
            assert refused(status, piece * 20_000, SENT)
