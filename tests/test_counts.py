"""Counts fed with requests: what a prompt holds is seen wherever its messages stand."""

import pytest

from longplay.inference.cuts import Habits
from longplay.pipeline.counts import Counts
from longplay.records import EMPTY, Message, Prefix, Reply, Request, Usage
from longplay.specs import ModelSpec, Sampling

SAMPLING = Sampling(max_tokens=200)
ROUNDS = 8


def reply(tokens: int) -> Reply:
    return Reply("ok", text="a" * 800, finish="stop", usage=Usage(tokens, None, 200))


def played(counts: Counts) -> tuple[Prefix, int]:
    """Rounds of 1,000 bytes, a token for four; the prefix after them and its tokens."""
    prefix, tokens = EMPTY.extend(Message("system", "s" * 400)), 100
    for _ in range(ROUNDS):
        asked = Message("user", "q" * 200)
        assert counts.round(Request(prefix, (asked,), SAMPLING), reply(tokens + 50)) is None
        prefix, tokens = prefix.extend(asked, Message("assistant", "a" * 800)), tokens + 250
    return prefix, tokens


def asked_after(prefix: Prefix, in_tail: int) -> Request:
    """A question after the same messages, so many of which stand in the tail."""
    messages = prefix.messages()
    first, last = messages[: len(messages) - in_tail], messages[len(messages) - in_tail :]
    return Request(EMPTY.extend(*first), (*last, Message("user", "z" * 120)), SAMPLING)


@pytest.mark.parametrize("in_tail", [0, 1, 2, 5, 1 + 2 * ROUNDS])
def test_a_cut_prompt_is_seen_wherever_its_messages_stand(in_tail: int) -> None:
    counts = Counts(ModelSpec("openai/m", base_url="http://127.0.0.1:9/v1"), Habits())
    prefix, tokens = played(counts)
    stood = counts.stood
    request = asked_after(prefix, in_tail)
    counts.answer("cut", stood, request, reply(tokens - 500))
    counts.answer("whole", stood, request, reply(tokens + 30))
    assert counts.doubtful(["cut"])
    assert counts.settle(["cut"]) == ["cut"]


def test_a_prompt_that_does_not_hold_the_rounds_says_nothing() -> None:
    counts = Counts(ModelSpec("openai/m", base_url="http://127.0.0.1:9/v1"), Habits())
    played(counts)
    other = Request(EMPTY.extend(Message("system", "t" * 400)), (Message("user", "z" * 120),), SAMPLING)
    counts.answer("other", counts.stood, other, reply(60))
    assert not counts.doubtful(["other"])


def test_a_simulated_model_is_not_watched() -> None:
    counts = Counts(ModelSpec("sim/m"), Habits())
    prefix, tokens = played(counts)
    counts.answer("cut", counts.stood, asked_after(prefix, 0), reply(tokens // 2))
    assert not counts.doubtful(["cut"])
    assert counts.settle(["cut"]) == []
