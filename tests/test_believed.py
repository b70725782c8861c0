"""Broken replies in a run: never a turn of a dialogue, never a verdict, never handed to another run; asked again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bodies import completion
from faults import REFUSALS, Fault, FaultServer, Refusal, no_faults
from longplay.pipeline import load_text, run_study
from tables import contents
from test_reuse import asked, by_digest, study

VERDICTS = ("round_verdicts", "answer_verdicts")


def broken(model: str, reply: bytes, which: Callable[[bytes], bool]) -> Fault:
    """A server that answers so for one model, to some of its requests."""

    def fault(body: bytes, attempt: int) -> str | None:
        del attempt
        if json.loads(body)["model"] == model and which(body):
            return "body:" + reply.decode(errors="surrogateescape")
        return None

    return fault


def every_second(body: bytes) -> bool:
    return sum(body) % 2 == 0


def after_round_1(body: bytes) -> bool:
    return sum(message["role"] == "assistant" for message in json.loads(body)["messages"]) >= 1


def play(fault: Fault, into: Path, model: str = "", judge: str = "") -> list[bytes]:
    """Run the study into a folder; the bodies that the judge was sent."""
    with FaultServer(fault, words=by_digest) as server:
        run_study(load_text(study(server.url, model, judge)), into)
        return asked(server, "j")


ABORTED = {
    "empty": completion("", "abort", usage={"prompt_tokens": 9, "completion_tokens": 0}),
    "in part": completion('{"reason": "so", "level"', "abort"),
    "whole": completion('{"reason": "so", "level": 3}', "network_error"),
    "no ending": completion("", None),
    "error beside": completion('{"reason": "so", "level": 3}', "stop", top_error={"code": 502, "message": "lost"}),
}


@pytest.mark.parametrize("kind", ABORTED)
def test_what_a_broken_judge_says_is_never_final(kind: str, tmp_path: Path) -> None:
    first = play(broken("j", ABORTED[kind], every_second), tmp_path / "run")
    failed = {body for body in first if every_second(body)}
    assert failed
    again = set(play(no_faults, tmp_path / "run"))
    assert failed <= again
    assert not again & (set(first) - failed), "what was whole is not asked again"
    play(no_faults, tmp_path / "faultless")
    whole, faultless = contents(tmp_path / "run"), contents(tmp_path / "faultless")
    assert all(whole[name] == faultless[name] for name in VERDICTS)


@pytest.mark.parametrize("kind", ABORTED)
def test_another_run_is_handed_no_broken_reply(kind: str, tmp_path: Path) -> None:
    bad, repaired = broken("j", ABORTED[kind], every_second), list[bool]()
    with FaultServer(lambda body, attempt: None if repaired else bad(body, attempt), words=by_digest) as server:
        text = study(server.url)
        run_study(load_text(text), tmp_path / "one")
        first = asked(server, "j")
        repaired.append(True)
        run_study(load_text(text), tmp_path / "two")
        second = set(asked(server, "j")[len(first) :])
    failed = {body for body in first if every_second(body)}
    assert failed <= second
    assert not second & (set(first) - failed), "what was whole is handed on"


def test_a_partial_turn_is_no_turn_and_the_dialogue_is_whole_once_the_server_is(tmp_path: Path) -> None:
    partial = completion("Aye, I be", "abort", usage=None)
    play(broken("m", partial, after_round_1), tmp_path / "run")
    texts = [row for row in contents(tmp_path / "run")["calls"] if b"Aye, I be" in row]
    assert texts, "what came is kept as bytes"
    play(no_faults, tmp_path / "run")
    play(no_faults, tmp_path / "faultless")
    whole, faultless = contents(tmp_path / "run"), contents(tmp_path / "faultless")
    assert whole["rounds"] == faultless["rounds"]
    assert whole["answers"] == faultless["answers"]


def test_the_key_that_admits_an_ending_may_be_written_into_a_study_that_has_begun(tmp_path: Path) -> None:
    def unnamed(body: bytes, attempt: int) -> str | None:
        del attempt
        return "body:" + completion(by_digest(body), None, usage=None).decode()

    play(unnamed, tmp_path / "run")
    assert {row[2] for row in contents(tmp_path / "run")["calls"]} != {None}
    admitted = 'finish = "unnamed"'
    play(unnamed, tmp_path / "run", model=admitted, judge=admitted)
    play(no_faults, tmp_path / "faultless")
    whole, faultless = contents(tmp_path / "run"), contents(tmp_path / "faultless")
    assert all(whole[name] == faultless[name] for name in ("rounds", *VERDICTS))


def test_an_empty_turn_is_sent_as_the_studys_placeholder_and_stays_empty(tmp_path: Path) -> None:
    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        asked_of = json.loads(body)
        if asked_of["model"] == "m" and len(asked_of["messages"]) == 2:
            return "empty"
        return None

    with FaultServer(faults, words=by_digest) as server:
        run_study(load_text(study(server.url, model='empty_turn = "(nothing)"')), tmp_path / "run")
        sent = [json.loads(body)["messages"] for body in asked(server, "m")]
    turns = {message["content"] for messages in sent for message in messages if message["role"] == "assistant"}
    assert "(nothing)" in turns
    assert "" not in turns
    stored = contents(tmp_path / "run")["calls"]
    assert any(row[5] == b"" for row in stored)
    assert not any(b"(nothing)" in row for row in stored)


def test_a_server_that_refuses_empty_turns_is_helped_within_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Assistant message must have either content or tool_calls, but not none."
    monkeypatch.setitem(REFUSALS, "empty-turn", Refusal(400, "invalid_request_assistant_message", said))

    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        asked_of = json.loads(body)
        messages = asked_of["messages"]
        if asked_of["model"] != "m":
            return None
        if any(message["role"] == "assistant" and not message["content"] for message in messages):
            return "empty-turn"
        return "empty" if len(messages) == 2 else None

    play(faults, tmp_path / "run")
    stored = contents(tmp_path / "run")
    assert sum(row[5] == b"" for row in stored["calls"]) > 0
    assert any(row[2] for row in stored["calls"]), "what follows the empty turn was refused"
    play(faults, tmp_path / "run", model='empty_turn = "(nothing)"')
    missing = [row for row in contents(tmp_path / "run")["rounds"] if row[-1]]
    assert missing == []
