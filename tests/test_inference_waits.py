"""How long a server asks to wait, in whatever place and words; and what such waits cost a call: on virtual time."""

import asyncio
import json

import pytest

from faults import REFUSALS, FaultServer, Refusal
from longplay.inference import InferenceError
from longplay.inference.attempts import SPARED_S
from longplay.inference.retry import Again, Stop
from longplay.inference.server_errors import read_error
from test_inference import HELLO, Waits, ask_all, model
from test_inference_limits import Clocked, question

GEMINI = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type/QuotaFailure", "violations": [{"quotaId": "RequestsPerMinutePerProjectPerModel"}]},
            {"@type": "type/RetryInfo", "retryDelay": "34s"},
        ],
    }
}


def waits(body: object, header_s: float | None = None) -> float | None:
    said: object = {"error": {"message": body}} if isinstance(body, str) else body
    outcome = read_error(429, json.dumps(said).encode(), header_s)
    assert isinstance(outcome, Again), outcome
    assert outcome.kind == "busy"
    return outcome.wait_s


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ("Please try again in 20s.", 20.0),
        ("Rate limit reached. Please try again in 1m30.5s. Visit our page.", 90.5),
        ("please try again in 350ms", 0.35),
        ("Try again in 2 seconds.", 2.0),
        ("Please retry in 34.07s", 34.07),
        ("retry after 12 seconds", 12.0),
        ("Please retry after 2 minutes", 120.0),
        ("Please wait 5 seconds", 5.0),
        ("Limit 30000, Requested 45000. Please try again in 6.5s.", 6.5),
        ("it can be asked again in 1 hour 5 minutes", 3900.0),
        ("Retry after 12", 12.0),
        ("Please try again later", None),
        ("slow down", None),
        ("please try again in 5 attempts", None),
        (GEMINI, 34.0),
        ([GEMINI], 34.0),
        ({"error": {"message": "x", "details": [{"retryDelay": "1.5s"}]}}, 1.5),
        ({"error": {"message": "x", "details": [{"retryDelay": {"seconds": 7}}]}}, 7.0),
        ({"error": {"message": "x", "retry_after": 9}}, 9.0),
        ({"error": {"message": "x"}, "retry_after": "9"}, 9.0),
        ({"message": "x", "retryAfter": 2.5}, 2.5),
        ({"error": "m is currently loading", "estimated_time": 20.5}, 20.5),
        ({"error": {"message": "x", "retry_after_ms": 1500}}, 1.5),
        ({"error": {"message": "x", "retry_after": -1}}, None),
        ({"error": {"message": "x", "retry_after": "soon"}}, None),
        ({"error": {"message": "x", "metadata": {"headers": {"Retry-After": "11"}}}}, 11.0),
        ({"error": {"message": "x", "metadata": {"headers": {"X-RateLimit-Reset": "13"}}}}, 13.0),
    ],
)
def test_a_wait_is_found_in_a_body(body: object, seconds: float | None) -> None:
    assert waits(body) == (None if seconds is None else pytest.approx(seconds))


def test_a_header_is_the_better_word() -> None:
    assert waits("Please try again in 20s.", 3.0) == 3.0


@pytest.mark.parametrize(
    "body",
    [
        "Rate limit reached on tokens per day (TPD): Limit 100000. Please try again in 7m12s.",
        "You have reached your daily request limit",
        "monthly quota exceeded",
        {"error": {"message": "quota", "details": [{"violations": [{"quotaId": "RequestsPerDayPerProject"}]}]}},
    ],
)
def test_the_quota_of_a_day_stops_the_run(body: object) -> None:
    said: object = {"error": {"message": body}} if isinstance(body, str) else body
    assert isinstance(read_error(429, json.dumps(said).encode()), Stop)


def test_a_message_that_names_several_quotas_says_nothing_of_the_day() -> None:
    assert waits("Limits are 20 requests per minute and 1000 per day. Try again in 5s.") == 5.0


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> str:
    """A refusal that asks for half a minute."""
    monkeypatch.setitem(REFUSALS, "minute", Refusal(429, "rate_limit", "Please try again in 30s"))
    return "minute"


def test_a_quota_of_a_minute_does_not_use_up_the_tries_of_a_call(minute: str) -> None:
    clocked = Clocked(lambda _, attempt: minute if attempt <= 8 else None)
    replies = clocked.ask([question(0)], attempts=2)
    assert [(reply.status, reply.attempts) for reply in replies] == [("ok", 9)]
    assert sum(clocked.waits.waited) == pytest.approx(8 * 31.5)


def test_waits_for_a_quota_are_bounded(minute: str) -> None:
    clocked = Clocked(lambda _, __: minute)
    replies = clocked.ask([question(0)], attempts=2)
    assert [(reply.status, reply.reason) for reply in replies] == [("missing", "failed")]
    assert replies[0].attempts == SPARED_S / 30 + 2
    assert "Please try again in 30s" in replies[0].detail


def test_a_study_that_allows_one_try_gets_one(minute: str) -> None:
    replies = Clocked(lambda _, __: minute).ask([question(0)], attempts=1)
    assert [(reply.status, reply.attempts) for reply in replies] == [("missing", 1)]


@pytest.mark.parametrize("fault", ["429", "500", "503"])
def test_a_refusal_that_names_no_wait_is_a_failed_try(fault: str) -> None:
    replies = Clocked(lambda _, __: fault).ask([question(0)], attempts=3)
    assert [(reply.status, reply.attempts) for reply in replies] == [("missing", 3)]


def test_the_quota_of_a_day_ends_the_run_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(REFUSALS, "day", Refusal(429, "rate_limit", "You have reached your daily request limit"))
    with FaultServer(lambda _, __: "day") as server, pytest.raises(InferenceError, match="quota is used up"):
        asyncio.run(ask_all(model(server.url), [HELLO], Waits()))
