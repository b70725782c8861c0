"""Reasoning traces: kept or stripped in the history as the model's part says, the same in dialogue and probe, and never
shown to a judge. A server that reasons in both known ways; what counts is the bytes on the wire."""

import json
from pathlib import Path
from typing import Any

import pytest

from faults import FaultServer
from longplay.folder import Outcome
from longplay.pipeline import load_text, run_study
from longplay.records import DialogueKey
from longplay.store import Reader

STUDY = """
[[models]]
name = "openai/m"
base_url = "{url}"
reasoning = "{reasoning}"
[judge]
name = "openai/j"
base_url = "{url}"
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["goal-oriented"]
rounds = 3
[conditioning]
checkpoints = [0, 2, 3]
repeats = 0
noise_share = 0
draws_at_0 = 1
[[probes]]
name = "fidelity"
limit = 2
"""
TRACE = "SECRET-THOUGHT"


def reasons(way: str) -> str:
    """A body of a reply with a trace, as servers with (`field`) and without (`tags`) a reasoning parser send it."""
    message = {"role": "assistant", "content": "Aye, that I do."}
    if way == "field":
        message["reasoning_content"] = TRACE
    else:
        message["content"] = f"<think>\n{TRACE}\n</think>\n\n{message['content']}"
    return "body:" + json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]})


@pytest.fixture(params=["field", "tags"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


def play(way: str, reasoning: str, run: Path) -> list[dict[str, Any]]:
    """The bodies that a whole study sent."""

    def answer(body: bytes, attempt: int) -> str | None:
        del attempt
        return reasons(way) if json.loads(body)["model"] == "m" else None

    with FaultServer(answer, lambda _: "Result: 3") as server:
        assert run_study(load_text(STUDY.format(url=server.url, reasoning=reasoning)), run) == Outcome("complete")
        return [json.loads(seen.body) for seen in server.requests]


def said(bodies: list[dict[str, Any]], rounds: int) -> list[list[dict[str, str]]]:
    """The assistant messages of the model's requests that came after so many rounds: a round's and the probes'."""
    found = [[one for one in body["messages"] if one["role"] == "assistant"] for body in bodies if body["model"] == "m"]
    return [messages for messages in found if len(messages) == rounds]


def test_a_kept_trace_is_sent_again_in_dialogue_and_probe_alike(way: str, tmp_path: Path) -> None:
    after_two = said(play(way, "keep", tmp_path / "run"), 2)
    assert len(after_two) == 3, "round 3 and two items"
    kept = {"role": "assistant", "content": "Aye, that I do.", "reasoning": TRACE, "reasoning_content": TRACE}
    assert after_two == [[kept, kept]] * 3


def test_a_stripped_trace_is_not_sent_again_in_dialogue_nor_probe(way: str, tmp_path: Path) -> None:
    bodies = play(way, "strip", tmp_path / "run")
    after_two = said(bodies, 2)
    assert after_two == [[{"role": "assistant", "content": "Aye, that I do."}] * 2] * 3
    assert TRACE not in json.dumps(bodies)


@pytest.mark.parametrize("reasoning", ["keep", "strip"])
def test_judges_see_no_trace_and_the_store_keeps_it_apart_from_the_text(
    way: str, reasoning: str, tmp_path: Path
) -> None:
    bodies = play(way, reasoning, tmp_path / "run")
    judged = [body for body in bodies if body["model"] == "j"]
    assert judged
    assert TRACE not in json.dumps(judged)
    assert all("Aye, that I do." in json.dumps(body) for body in judged)
    with Reader.open(tmp_path / "run") as reader:
        rounds = reader.dialogue_text(DialogueKey("openai/m", "silver", "goal-oriented"))
        study = "".join(reader.documents("study").values())
    assert [(one.reply.text, one.reply.reasoning) for one in rounds if one.reply] == [("Aye, that I do.", TRACE)] * 3
    assert f'"reasoning":"{reasoning}"' in study
