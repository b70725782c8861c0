"""Items of several turns, and with examples before them: what is sent, stored, counted, shown, and found again."""

import json
import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

import longplay
from driving import said
from faults import FaultServer, no_faults
from longplay.cli import main
from longplay.dialogue import ask_item
from longplay.folder.recording import goes_on
from longplay.policies import POLICIES
from longplay.records import NO_ROUNDS, Cell, DialogueKey, Item, Message, Occasion, Reply, Request, Round, View
from longplay.specs import LongplayError, Sampling, Shot
from longplay.store import Reader

ITEM = {
    "id": "sum",
    "turns": ["Add 2 and 3.", "Double it."],
    "text": "Now say it in French.",
    "reference": "dix",
    "shots": [{"role": "user", "content": "Add 1 and 1."}, {"role": "assistant", "content": "Two."}],
}
STUDY = """
[[models]]
name = "MODEL"
SERVER
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
scripts = ["goal-oriented"]
rounds = 2
baseline_draws = 1
[conditioning]
checkpoints = [0, 2]
repeats = 0
draws_at_0 = 1
noise_share = 0
[[probes]]
name = "sums"
file = "items.json"
metrics = ["includes"]
[[scorers]]
kind = "includes"
"""
CELL = Cell(DialogueKey("m", None, "s"), 1, None, "plain", "sums", "sum")


def study(folder: Path, model: str = "sim/speaker", server: str = "", more: str = "") -> Path:
    (folder / "items.json").write_text(json.dumps([ITEM, {"text": "What is 2+2?", "reference": "4"}]))
    text = STUDY.replace("MODEL", model).replace("SERVER", server)
    (folder / "study.toml").write_text(text + more)
    return folder / "study.toml"


def asked(item: Item, replies: list[Reply]) -> tuple[Reply, list[Request]]:
    view = View(None, NO_ROUNDS.add(Round(1, "Hello.", "Good day.")), item.text)
    steps = ask_item(view, POLICIES["plain"], Sampling(), 0, Occasion(CELL, item), item)
    requests: list[Request] = [next(steps)]
    for reply in replies:
        try:
            requests.append(steps.send(reply))
        except StopIteration as stop:
            return stop.value, requests
    raise AssertionError("more replies are asked for")


def test_each_turn_is_answered_before_the_next_one_is_put() -> None:
    item = Item("sum", "Third?", turns=("First?", "Second?"), shots=(Shot("user", "1?"), Shot("assistant", "One.")))

    answer, requests = asked(item, [said("A"), said("B"), said("C")])

    assert answer.text == "C"
    sent = [[(m.role, m.content) for m in (*one.prefix.messages(), *one.tail)] for one in requests]
    whole = [
        ("user", "Hello."),
        ("assistant", "Good day."),
        ("user", "1?"),
        ("assistant", "One."),
        ("user", "First?"),
        ("assistant", "A"),
        ("user", "Second?"),
        ("assistant", "B"),
        ("user", "Third?"),
    ]
    assert sent == [whole[:5], whole[:7], whole]
    assert [one.settles for one in requests] == [False, False, True]


def test_an_item_without_turns_is_one_request_after_the_dialogue() -> None:
    answer, requests = asked(Item("a", "What?"), [said("A")])

    assert (answer.text, len(requests), requests[0].tail) == ("A", 1, (Message("user", "What?"),))


def test_without_a_reply_to_an_earlier_turn_there_is_no_answer() -> None:
    lost = Reply("missing", reason="filtered")

    answer, requests = asked(Item("a", "Third?", turns=("First?", "Second?")), [said("A"), lost])

    assert answer is lost
    assert len(requests) == 2


def test_the_plan_counts_every_call_and_the_run_shows_what_was_said(tmp_path: Path) -> None:
    path = study(tmp_path)
    planned = longplay.plan(path)
    longplay.run(path, tmp_path / "run")
    opened = longplay.open(tmp_path / "run")

    calls = Counter[str]()
    for line in planned.lines:
        calls[line.kind] += line.calls
    # silver and the baseline, before the dialogue and after it: two items, of which one has two earlier turns
    assert (calls["answers"], calls["steps"]) == (8, 8)
    with Reader.open(tmp_path / "run") as reader:
        assert reader.spent()["sim/speaker", "step"].requests == 8
    shown = opened.show(probe="sums", item="sum", checkpoint=2)
    places = [shown.index(words) for words in ("Add 1 and 1.", "Add 2 and 3.", "Double it.", "ANSWER, draw 0")]
    assert places == sorted(places)


def test_a_run_that_stops_between_two_turns_sends_no_call_again(tmp_path: Path) -> None:
    with FaultServer(no_faults) as server:
        where = f'base_url = "{server.url}"'
        for cap in (5, 6, 7, 11, 16):
            capped = study(tmp_path, "openai/m", where, f"[budget]\nrequests = {cap}\n")
            assert main(["run", str(capped), "--into", str(tmp_path / "run"), "--no-cache"]) == 1
        assert (
            main(["run", str(study(tmp_path, "openai/m", where)), "--into", str(tmp_path / "run"), "--no-cache"]) == 0
        )
        bodies = Counter(seen.body for seen in server.requests)

    assert set(bodies.values()) == {1}
    assert len(bodies) == 4 + 8 + 8


def test_a_judge_is_shown_what_was_said_before_the_text(tmp_path: Path) -> None:
    words = iter(range(1000))
    with FaultServer(no_faults, lambda _: f"Reply {next(words)}. Result: 1") as server:
        text = STUDY.replace("MODEL", "openai/m").replace("SERVER", f'base_url = "{server.url}"')
        text = text.replace('name = "sim/judge"', f'name = "openai/j"\nbase_url = "{server.url}"')
        study(tmp_path)
        (tmp_path / "study.toml").write_text(text.replace('metrics = ["includes"]', 'metrics = ["style"]'))
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run"), "--no-cache"]) == 0
        sent = [json.loads(seen.body) for seen in server.requests]

    judged = [one["messages"][-1]["content"] for one in sent if one["model"] == "j"]
    shown = re.compile(r"User: Add 2 and 3\.\nReply: Reply \d+.*\nUser: Double it\.\nReply: Reply \d+.*\nUser: Now say")
    assert any(shown.search(text) for text in judged)


def test_items_that_have_changed_are_refused_by_a_run_that_has_begun(tmp_path: Path) -> None:
    path = study(tmp_path)
    longplay.run(path, tmp_path / "run")
    items = (tmp_path / "items.json").read_text()
    (tmp_path / "items.json").write_text(items.replace("Double it.", "Treble it."))

    with pytest.raises(LongplayError, match="the item 'sums/sum' has changed since this run began"):
        longplay.run(path, tmp_path / "run")


def test_a_run_goes_on_with_items_of_an_earlier_version_which_lack_what_it_could_not_have() -> None:
    earlier = '{"id": "a", "text": "What?", "place": 0}'
    now = msgspec.json.encode(Item("a", "What?", place=0)).decode()

    assert goes_on("item", earlier, now)
    assert not goes_on("item", earlier, now.replace("What?", "Who?"))
    assert not goes_on("item", "{", now)
