"""Answers asked for again with equal bytes: which, how often, and that they disturb nothing."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

from faults import FaultServer, digest_words
from llama_server import LlamaServer
from longplay.analysis import analyse
from longplay.experiment import plan
from longplay.folder import Outcome
from longplay.judging import METRICS
from longplay.pipeline import Control, Ready, load_text, run_study
from longplay.pipeline.judgements import JudgeJob, Judging
from longplay.pipeline.repeated_answers import repeated_checkpoints, spread
from longplay.records import EMPTY, Cell, DialogueKey, Message, Reply, Request, RoundRef, Subject, call_key
from longplay.specs import Conditioning, ModelSpec, Sampling, Study
from longplay.store import Reader, Store
from tables import contents

STUDY = """
seed = 7
[[models]]
name = "openai/m"
base_url = "URL"
attempts = 1
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["goal-oriented"]
rounds = 6
[conditioning]
noise_share = 0
checkpoints = [0, 2, 4, 6]
draws_at_0 = 1
repeats = REPEATS
[[probes]]
name = "fidelity"
limit = 3
[[probes]]
name = "follow"
limit = 3
"""


class Flipping:
    """Answers a question differently when it is asked a second time, where the body says so."""

    def __init__(self, flips: str) -> None:
        self.flips = flips
        self.asked: Counter[bytes] = Counter()

    def __call__(self, body: bytes) -> str:
        self.asked[body] += 1
        flipped = self.asked[body] > 1 and self.flips in json.loads(body)["messages"][-1]["content"]
        return digest_words(body + b"again") if flipped else digest_words(body)


def study(url: str, repeats: int = 2) -> Ready:
    return load_text(STUDY.replace("URL", url).replace("REPEATS", f"{repeats}"))


def go(ready: Ready, into: Path) -> Control:
    seen: list[Control] = []
    assert run_study(ready, into, watch=seen.append) == Outcome("complete")
    return seen[0]


def table(run: Path, name: str) -> list[dict[str, object]]:
    with Reader.open(run) as reader:
        found = reader.table(name)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_two_answers_at_the_first_middle_and_last_checkpoint_are_sent_again_with_equal_bytes(tmp_path: Path) -> None:
    with FaultServer() as server:
        ready = study(server.url)
        go(ready, tmp_path / "run")
        times = Counter(seen.body for seen in server.requests)
    assert Counter(times.values()) == {1: 6 + 4 * 6 - 3 * 2, 2: 3 * 2}
    repeats = table(tmp_path / "run", "repeats")
    assert Counter(row["checkpoint"] for row in repeats) == {0: 2, 4: 2, 6: 2}
    assert {(row["same"], row["reason"], row["repeat_reason"], row["repeat"]) for row in repeats} == {(1, 0, 0, 1)}
    calls = {row["id"]: row for row in table(tmp_path / "run", "calls")}
    assert {calls[row["again"]]["kind"] for row in repeats} == {3}
    planned = {line.kind: line.calls for line in plan(ready.experiment).lines}
    assert planned["repeats"] == len(repeats)


def test_repeats_disturb_no_answer(tmp_path: Path) -> None:
    with FaultServer() as server:
        for repeats in (0, 4):
            control = go(study(server.url, repeats), tmp_path / f"{repeats}")
            assert control.progress.done == control.progress.expected
    without, with_them = contents(tmp_path / "0"), contents(tmp_path / "4")
    for name in ("rounds", "answers", "answer_verdicts", "round_verdicts", "round_steps"):
        assert without[name] == with_them[name]
    assert len(with_them["calls"]) == len(without["calls"]) + 3 * 4


def test_a_server_that_answers_differently_is_seen(tmp_path: Path) -> None:
    with FaultServer(words=Flipping("")) as server:
        go(study(server.url, repeats=6), tmp_path / "run")
    repeats = table(tmp_path / "run", "repeats")
    assert len(repeats) == 18
    assert {row["same"] for row in repeats} == {0}
    with Reader.open(tmp_path / "run") as reader:
        key = DialogueKey("openai/m", "silver", "goal-oriented")
        item = next(iter(study("http://127.0.0.1:1/v1").experiment.probes["fidelity"]))
        answer = reader.answer_text(Cell(key, 4, "silver", "plain", "fidelity", item.id))
        assert reader.steps(Cell(key, 4, "silver", "plain", "fidelity", item.id)) == [], "repeats are no steps"
    with Store.open(tmp_path / "run") as store:
        again = [one.reply for one in store.repeats(key, 4, "silver", "plain") if one.item == item.id]
    assert answer is not None
    assert [reply.text == answer.text for reply in again] == [False]


def test_a_second_run_repeats_nothing_again(tmp_path: Path) -> None:
    with FaultServer() as server:
        go(study(server.url), tmp_path / "run")
        first, sent = contents(tmp_path / "run"), len(server.requests)
        go(study(server.url), tmp_path / "run")
        assert len(server.requests) == sent
    assert contents(tmp_path / "run") == first


def test_a_repeat_that_failed_for_now_is_no_flip_and_is_sent_by_the_next_run(tmp_path: Path) -> None:
    broken = True

    def faults(body: bytes, attempt: int) -> str | None:
        del body
        return "500" if broken and attempt > 1 else None

    with FaultServer(faults) as server:
        control = go(study(server.url), tmp_path / "run")
        assert not control.progress.missing
        assert {row["repeat_reason"] for row in table(tmp_path / "run", "repeats")} == {2}
        broken = False
        go(study(server.url), tmp_path / "run")
    repeats = table(tmp_path / "run", "repeats")
    assert [(row["repeat_reason"], row["same"]) for row in repeats] == [(0, 1)] * 6


def test_an_answer_that_was_not_obtained_is_not_repeated(tmp_path: Path) -> None:
    def faults(body: bytes, attempt: int) -> str | None:
        del attempt
        return "filter" if len(json.loads(body)["messages"]) == 2 else None

    with FaultServer(lambda body, attempt: None if b"assistant" in body else faults(body, attempt)) as server:
        text = STUDY.replace("URL", server.url).replace("REPEATS", "2").replace("rounds = 6", "rounds = 2")
        run_study(load_text(text.replace("[0, 2, 4, 6]", "[0, 2]")), tmp_path / "run")
        assert set(Counter(seen.body for seen in server.requests).values()) == {1}


def test_the_analysis_counts_the_flips_of_each_checkpoint(tmp_path: Path) -> None:
    with FaultServer(words=Flipping("?")) as server:
        go(study(server.url, repeats=6), tmp_path / "run")
    items = study("http://127.0.0.1:1/v1", repeats=6).experiment.items.values()
    flips = sum("?" in item.text for item in items)
    assert 0 < flips < len(items)
    with Reader.open(tmp_path / "run") as reader:
        found = [one for one in analyse(reader) if one.analysis == "noise"]
    share = flips / len(items)
    assert [(one.position, one.n, one.value) for one in found] == [
        (0, 6, share),
        (4, 6, share),
        (6, 6, share),
        (None, 18, share),
    ]


def test_a_real_server_is_asked_again(tmp_path: Path, llama_server: LlamaServer) -> None:
    sampling = "probe_sampling = { max_tokens = 12 }\nsampling = { max_tokens = 12 }\n[judge]"
    text = STUDY.replace("[judge]", sampling).replace("URL", llama_server.url).replace("REPEATS", "2")
    go(load_text(text), tmp_path / "run")
    with Reader.open(tmp_path / "run") as reader:
        whole = [one for one in analyse(reader) if one.analysis == "noise"][-1]
    assert (whole.n, whole.missing) == (6, 0)
    assert whole.value is not None


def test_simulated_models_are_not_asked_again(tmp_path: Path) -> None:
    text = STUDY.replace('name = "openai/m"\nbase_url = "URL"\nattempts = 1', 'name = "sim/speaker"')
    ready = load_text(text.replace("REPEATS", "4"))
    go(ready, tmp_path / "run")
    assert table(tmp_path / "run", "repeats") == []
    assert "repeats" not in {line.kind for line in plan(ready.experiment).lines}


def test_a_repeat_has_a_key_of_its_own() -> None:
    request = Request(EMPTY, (Message("user", "x"),), Sampling())
    again = Request(EMPTY, (Message("user", "x"),), Sampling(), repeat=1)
    assert len({call_key("m", one) for one in (request, again)}) == 2


def test_the_places_of_repeats_are_spread() -> None:
    def points(*checkpoints: int) -> tuple[int, ...]:
        conditioning = Conditioning(checkpoints=checkpoints)
        return repeated_checkpoints(
            Study(models=(ModelSpec("sim/m"),), judge=ModelSpec("sim/j"), conditioning=conditioning)
        )

    assert points(0, 1, 2, 4, 8) == (0, 2, 8)
    assert points(0, 9) == (0, 9)
    assert points(5) == (5,)
    assert spread("abcdefgh", 4) == ["a", "c", "e", "g"]
    assert spread("ab", 4) == ["a", "b"]
    assert spread("", 4) == []
    assert spread("abc", 0) == []


def test_a_repeat_is_stored_beside_its_answer(tmp_path: Path) -> None:
    cell = Cell(DialogueKey("m", None, "s"), 3, None, "plain", "p", "i")

    async def main(store: Store) -> None:
        for key, kind, text in ((b"a" * 16, "turn", "x\ud800"), (b"b" * 16, "repeat", "x\ud800")):
            store.put_call(key, kind, "m", Reply("ok", text))
        store.put_answer(cell, [b"a" * 16])
        await store.put_repeat(cell, 1, [b"z" * 16, b"b" * 16])

    with Store.open(tmp_path) as store:
        asyncio.run(main(store))
        (found,) = store.repeats(cell.dialogue, 3, None, "plain")
    assert (found.probe, found.item, found.draw, found.number, found.reply.text) == ("p", "i", 0, 1, "x\ud800")
    assert [row["same"] for row in table(tmp_path, "repeats")] == [1]


class Offering:
    """As much of a bench as a stretch of judgements asks of one."""

    def __init__(self) -> None:
        self.schedule = self
        self.offered = 0

    def judging_rank(self) -> tuple[int, ...]:
        return (1,)

    def offer(self, source: object) -> None:
        del source
        self.offered += 1


def test_a_judgement_is_repeated_only_once_it_is_made() -> None:
    bench: Any = Offering()
    rounds = [RoundRef(DialogueKey("m", None, "s"), number) for number in (1, 2)]
    jobs = [
        JudgeJob(bench, Subject(ref, "?", "!", None, repeat=repeat), METRICS[metric], ModelSpec("sim/judge"))
        for ref in rounds
        for metric in ("style", "knowledge")
        for repeat in range(3)
    ]
    judging = Judging(bench, "its lane", iter(jobs))
    first = [judging.take() for _ in range(5)]
    assert first == [jobs[0], jobs[3], jobs[6], jobs[9], None]
    judging.give_back(jobs[3])
    assert judging.take() is jobs[3]
    judging.settled(jobs[3])
    assert [judging.take(), judging.take()] == [jobs[4], None]
    judging.settled(jobs[4])
    judging.settled(jobs[0])
    assert {judging.take(), judging.take()} == {jobs[5], jobs[1]}
    judging.settled(jobs[5])
    assert judging.take() is None
    assert bench.offered == 4
