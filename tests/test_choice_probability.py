"""Choices scored by the log probabilities of an answer's first token: from the server over the store to the score."""

import asyncio
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

import longplay
from llama_server import LlamaServer
from longplay.inference import InferenceError, open_endpoint
from longplay.inference.encoding import Encoder
from longplay.inference.endings import Asked
from longplay.inference.replies import read_completion
from longplay.inference.sim.engine import Machine
from longplay.inference.sim.server import Fault, SimServer, no_faults
from longplay.judging.scorers import NOT_TOLD, scorer_metric
from longplay.records import (
    EMPTY,
    LIKELIEST,
    DialogueKey,
    Item,
    Likely,
    Message,
    Reply,
    Request,
    RoundRef,
    Subject,
    Usage,
    Verdict,
    call_key,
)
from longplay.specs import ModelSpec, Sampling, ScorerSpec
from longplay.store import Store
from longplay.store.replies import Replies

SPEC = msgspec.convert({"kind": "choice", "by": "probability"}, ScorerSpec)
METRIC = scorer_metric(SPEC)
ITEM = Item("i", "Which?", choices=("red", "dark red", "blue"), reference="B")
QUESTION = (Message("user", "Which of A, B and C? Answer with the letter."),)
ASKED = Request(EMPTY, QUESTION, Sampling(max_tokens=4), likeliest=LIKELIEST)
PLAIN = msgspec.structs.replace(ASKED, likeliest=0)
FAST = Machine(slots=4, prefill_tokens_s=1e6, decode_tokens_s=1e5)
STUDY = """
[[models]]
name = "MODEL"
MORE
[judge]
name = "sim/judge"
[dialogues]
rounds = 4
personas = ["silver", "marsh", "wren"]
[conditioning]
checkpoints = [0, 4]
[[probes]]
name = "colours"
file = "items.jsonl"
metrics = ["choice"]
[[probes]]
name = "sums"
file = "sums.jsonl"
metrics = ["exact"]
[[scorers]]
kind = "choice"
by = "probability"
[[scorers]]
kind = "exact"
"""
ITEMS = """{"id": "sky", "text": "Which colour has the sky?", "choices": ["red", "blue", "black"], "reference": "blue"}
{"id": "sun", "text": "Which colour has the sun?", "choices": ["red", "green", "yellow"], "reference": "C"}
"""
SUMS = '{"id": "two", "text": "What is 1 + 1?", "reference": "2"}\n'


def likely(**shares: float) -> tuple[Likely, ...]:
    return tuple(Likely(token, math.log(share)) for token, share in shares.items())


def verdict(likeliest: tuple[Likely, ...], item: Item = ITEM) -> Verdict:
    key = DialogueKey("m", None, "s", 0, "plain", 0)
    steps = METRIC.judge(Subject(RoundRef(key, 1), "?", "B", item=item, likeliest=likeliest), ModelSpec("sim/judge"))
    try:
        next(steps)
    except StopIteration as ended:
        return cast("Verdict", ended.value)
    raise AssertionError("a scorer asked somebody")


def ask(url: str, *requests: Request, **facts: object) -> list[Reply]:
    spec = msgspec.convert({"name": "openai/m", "base_url": url, "attempts": 1, **facts}, ModelSpec)

    async def ask_all() -> list[Reply]:
        endpoint = open_endpoint(spec, {})
        try:
            return [await endpoint.reply(request) for request in requests]
        finally:
            await endpoint.close()

    return asyncio.run(ask_all())


def body(request: Request, **facts: object) -> dict[str, object]:
    spec = msgspec.convert({"name": "openai/m", **facts}, ModelSpec)
    return cast("dict[str, object]", json.loads(b"".join(Encoder(spec).chunks(request))))


def write(folder: Path, model: str, more: str = "") -> Path:
    (folder / "items.jsonl").write_text(ITEMS)
    (folder / "sums.jsonl").write_text(SUMS)
    (folder / "study.toml").write_text(STUDY.replace("MODEL", model).replace("MORE", more))
    return folder / "study.toml"


# The score


@pytest.mark.parametrize(
    ("shares", "score", "mass"),
    [
        ({"A": 0.1, "B": 0.6, "C": 0.1, "The": 0.2}, 0.75, 0.8),
        ({" B": 0.3, "B": 0.2, "b": 0.05, "(B": 0.05, "\u2581B": 0.1, "\u0120B": 0.1, "A": 0.2}, 0.8, 1.0),
        ({"B)": 0.2, "**B": 0.1, '"B"': 0.1, "B.": 0.1, "\nA": 0.5}, 0.5, 1.0),
        ({"C": 0.5, "D": 0.3}, 0.0, 0.5),  # there is no choice D
        ({"B": 0.25, "Bl": 0.3, "BC": 0.1, "Answer": 0.2, "": 0.1}, 1.0, 0.25),
    ],
)
def test_the_score_is_the_right_letters_share_of_all_letters(
    shares: Mapping[str, float], score: float, mass: float
) -> None:
    found = verdict(likely(**shares))
    assert found.status == "ok"
    assert found.score == pytest.approx(score)
    assert found.why == f"all letters together: {mass:.3g}"


@pytest.mark.parametrize(
    ("likeliest", "said"),
    [((), NOT_TOLD), (likely(The=0.9, I=0.05), "no letter of the choices is among the 2 likeliest first tokens")],
)
def test_without_probabilities_of_letters_the_score_is_missing_and_says_why(
    likeliest: tuple[Likely, ...], said: str
) -> None:
    found = verdict(likeliest)
    assert (found.status, found.reason, found.score, found.why) == ("missing", "unparsable", None, said)


def test_by_text_is_what_is_meant_where_nothing_is_said() -> None:
    left_out, written = (
        scorer_metric(msgspec.convert({"kind": "choice", **by}, ScorerSpec)) for by in ({}, {"by": "text"})
    )
    assert left_out.version == written.version
    assert METRIC.version != written.version
    assert (left_out.likeliest, METRIC.likeliest) == (0, LIKELIEST)


# What is sent


def test_only_requests_that_ask_for_it_say_so_and_have_other_keys() -> None:
    asked, plain = body(ASKED), body(PLAIN)
    assert (asked.pop("logprobs"), asked.pop("top_logprobs")) == (True, 20)
    assert asked == plain
    assert call_key("m", ASKED) != call_key("m", PLAIN)


def test_a_model_that_takes_no_log_probabilities_is_sent_none_and_a_study_may_ask_for_fewer() -> None:
    assert body(ASKED, not_settable=["logprobs"]) == body(PLAIN)
    assert body(ASKED, extra_body={"top_logprobs": 5})["top_logprobs"] == 5


# What comes back


def completion(logprobs: object, **message: object) -> bytes:
    choice = {"index": 0, "message": {"content": "B", **message}, "finish_reason": "stop", "logprobs": logprobs}
    return json.dumps({"choices": [choice]}).encode()


def told(*pairs: tuple[object, object]) -> object:
    alternatives = [{"token": token, "logprob": logprob} for token, logprob in pairs]
    return {"content": [{"token": "B", "logprob": -0.1, "top_logprobs": alternatives}, {"token": "x", "logprob": 0}]}


def test_alternatives_of_the_first_token_are_read_likeliest_first() -> None:
    reply = read_completion(completion(told((" A", -3), ("B", -0.1), ("C", -9999.0))), Asked(likeliest=True))
    assert isinstance(reply, Reply)
    assert reply.likeliest == (Likely("B", -0.1), Likely(" A", -3.0), Likely("C", -9999.0))


@pytest.mark.parametrize(
    ("logprobs", "message"),
    [
        (None, {}),
        ("yes", {}),
        ({"content": None}, {}),
        ({"content": []}, {}),
        ({"content": [{"token": "B", "logprob": -0.1}]}, {}),
        (told(("B", "likely")), {}),
        (told(("B", None)), {}),
        (told(("B", float("nan"))), {}),
        (told(("A", -0.1), ("B", -0.1)), {}),  # more than 1 in sum
        (told(("B", 12.5)), {}),  # a logit
        (told(("B", -0.1)), {"reasoning_content": "First, the sky."}),  # the first token is the trace's
        (told(("B", -0.1)), {"content": "<think>First, the sky.</think>B"}),
    ],
)
def test_what_cannot_be_probabilities_of_the_answer_costs_them_alone(
    logprobs: object, message: Mapping[str, object]
) -> None:
    reply = read_completion(completion(logprobs, **message), Asked(likeliest=True))
    assert isinstance(reply, Reply)
    assert (reply.text, reply.likeliest) == ("B", ())


def test_what_was_not_asked_for_is_not_kept() -> None:
    reply = read_completion(completion(told(("B", -0.1))))
    assert isinstance(reply, Reply)
    assert reply.likeliest == ()


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("property 'logprobs' is unsupported", 'not_settable = ["logprobs"]'),
        ("Unsupported parameter: 'top_logprobs'", "extra_body = { top_logprobs = 5 }"),
    ],
)
def test_a_server_that_refuses_is_heard_with_what_to_write(said: str, advice: str) -> None:
    def refuse(sent: bytes, attempt: int) -> Fault | None:
        asked = b'"logprobs":true' in sent
        return Fault(400, None, "invalid_request_error", said) if asked else no_faults(sent, attempt)

    with SimServer(FAST, 1000.0, faults=refuse) as server:
        assert ask(server.url, PLAIN)[0].status == "ok"
        with pytest.raises(InferenceError) as error:
            ask(server.url, ASKED)
    for words in (said, advice, 'by = "text"'):
        assert words in str(error.value)


def test_a_value_that_is_refused_comes_with_what_to_write() -> None:
    def refuse(_sent: bytes, _attempt: int) -> Fault | None:
        return Fault(400, None, "invalid_request_error", "top_logprobs must be at most 5")

    with SimServer(FAST, 1000.0, faults=refuse) as server:
        (reply,) = ask(server.url, ASKED)
    assert reply.status == "missing"
    assert "top_logprobs must be at most 5" in reply.detail
    assert "extra_body = { top_logprobs = 5 }" in reply.detail


def test_a_loopback_server_tells_what_it_has_planted_and_one_without_tells_nothing() -> None:
    with SimServer(FAST, 1000.0, first_tokens=lambda _: {"B": 0.6, " A": 0.25, "The": 0.1}) as server:
        asked, plain = ask(server.url, ASKED, PLAIN)
    with SimServer(FAST, 1000.0) as server:
        (without,) = ask(server.url, ASKED)
    assert [(one.token, round(math.exp(one.logprob), 9)) for one in asked.likeliest] == [
        ("B", 0.6),
        (" A", 0.25),
        ("The", 0.1),
    ]
    assert (plain.likeliest, without.likeliest) == ((), ())


def test_a_real_server_gives_probabilities_that_sum_to_at_most_one(llama_server: LlamaServer) -> None:
    asked, plain = ask(llama_server.url, ASKED, PLAIN)
    assert len(asked.likeliest) == LIKELIEST
    assert 0 < sum(math.exp(one.logprob) for one in asked.likeliest) <= 1
    assert list(asked.likeliest) == sorted(asked.likeliest, key=lambda one: -one.logprob)
    assert plain.likeliest == ()


# What is kept

KEPT = Reply("ok", "B", finish="stop", likeliest=(Likely(" B\u2028", -0.25), Likely("\ufffd\ud800", -9999.0)))


def test_the_store_gives_back_what_was_told(tmp_path: Path) -> None:
    key = bytes(16)
    with Store.open(tmp_path) as store:
        store.put_call(key, "turn", "m", KEPT)
    with Store.open(tmp_path) as store:
        assert store.find_call(key) == KEPT


def test_replies_kept_across_runs_hold_it(tmp_path: Path) -> None:
    with Replies.open(tmp_path / "replies.sqlite") as replies:
        replies.keep(b"k", KEPT)
    with Replies.open(tmp_path / "replies.sqlite") as replies:
        assert replies.find(b"k") == msgspec.structs.replace(KEPT, attempts=0, usage=Usage(None, None, None))


# A whole study


def choices(run: Path) -> list[dict[str, Any]]:
    """The verdicts by the scorer."""
    found: Any = longplay.open(run).verdicts()
    return cast("list[dict[str, Any]]", found[found["metric"] == "choice"].to_dict("records"))


def test_a_simulated_model_drifts_as_planted(tmp_path: Path) -> None:
    planted = "speaker = { following = { start = 0.9, end = 0.3, shape = 'linear', at = 4 }, baseline_following = 0.8 }"
    longplay.run(write(tmp_path, "sim/speaker", planted), tmp_path / "run")

    found: Any = longplay.open(tmp_path / "run").estimates()

    drift = found[(found["analysis"] == "drift") & (found["quantity"] == "choice")]
    assert len(drift)
    assert drift["value"].to_list()[0] == pytest.approx(-0.6, abs=0.15)
    assert drift["missing"].to_list()[0] == 0


def test_a_study_asks_only_where_it_scores_by_probability_and_keeps_the_mass_of_all_letters(tmp_path: Path) -> None:
    sent: list[bytes] = []

    def note(body: bytes, attempt: int) -> Fault | None:
        sent.append(body)
        return no_faults(body, attempt)

    with SimServer(FAST, 1000.0, first_tokens=lambda _: {"B": 0.6, "C": 0.2, "The": 0.1}, faults=note) as server:
        longplay.run(write(tmp_path, "openai/m", f'base_url = "{server.url}"'), tmp_path / "run")

    asked = [body for body in sent if b"top_logprobs" in body]
    assert asked == [body for body in sent if b"Which colour" in body]
    assert 16 <= len(asked) <= len(sent) - 8  # 2 items, 4 speakers, 2 checkpoints; each has a sum, too
    rows = choices(tmp_path / "run")
    assert {(row["status"], round(row["score"], 9)) for row in rows} == {("ok", 0.75), ("ok", 0.25)}
    assert "all letters together: 0.8" in longplay.open(tmp_path / "run").show(probe="colours", item="sky")


def test_where_the_server_gives_none_every_score_is_missing_and_says_so(tmp_path: Path) -> None:
    with SimServer(FAST, 1000.0) as server:
        longplay.run(write(tmp_path, "openai/m", f'base_url = "{server.url}"'), tmp_path / "run")

    rows = choices(tmp_path / "run")
    assert {(row["status"], row["reason"]) for row in rows} == {("missing", "unparsable")}
    assert all(math.isnan(row["score"]) for row in rows)
    assert NOT_TOLD in longplay.open(tmp_path / "run").show(probe="colours", item="sky")
