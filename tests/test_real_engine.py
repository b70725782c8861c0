"""The whole pipeline against a real llama-server, with the paper's personas, scripts and XSTest."""

import asyncio
import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import find_data
from llama_server import CONTEXT_OF_A_SLOT, LlamaServer
from longplay.analysis import analyse
from longplay.experiment import Experiment, expected
from longplay.experiment.workload import verdicts_due
from longplay.folder import Outcome
from longplay.inference import open_endpoint
from longplay.judging import METRICS
from longplay.pipeline import Control, Ready, load, run_study
from longplay.records import EMPTY, Cell, DialogueKey, Message, Reply, Request, RoundRef
from longplay.specs import ModelSpec, Sampling
from longplay.store import Judgement, Reader
from named import having, word

STUDY = """
title = "The paper's material on a tiny random model"
seed = 7
probes = [{{ name = "xstest", limit = 4 }}, {{ name = "fidelity", limit = 2 }}, {{ name = "follow", limit = 2 }}]

[[models]]
name = "openai/tiny"
base_url = "{url}"
concurrency = 2
sampling = {{ temperature = 1.0, max_tokens = 24 }}
probe_sampling = {{ temperature = 1.0, max_tokens = 24 }}

[judge]
name = "openai/tiny-judge"
base_url = "{url}"
concurrency = 2
sampling = {{ temperature = 1.0, max_tokens = 24 }}

[dialogues]
personas = ["roles.json#Gaston", "roles.json#HAL 9000"]
baseline_draws = 1
scripts = ["interview.json", "instructions.json"]
rounds = 12

[conditioning]
checkpoints = 4
"""
USAGE = ("prompt", "cached", "completion")
SHORT = Sampling(max_tokens=8)
PERSONAS = {"gaston": "Gaston", "hal-9000": "HAL 9000"}
SPEAKERS = (None, *PERSONAS)
SCRIPTS = ("interview.json", "instructions.json")
CHECKPOINTS = (0, 4, 8, 12)
ROUNDS = 12


@dataclass(frozen=True)
class Run:
    """A finished run, what it counted on its way, and the tokens that the server says it read and wrote for it."""

    ready: Ready
    folder: Path
    outcome: Outcome
    done: Counter[str]
    server: tuple[int, int]

    @property
    def experiment(self) -> Experiment:
        return self.ready.experiment


@pytest.fixture(scope="module")
def run(data_dir: Path, llama_server: LlamaServer, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The study, run once."""
    folder = tmp_path_factory.mktemp("real-engine")
    for name in ("roles.json", *SCRIPTS):
        shutil.copy(data_dir / "persistent-personas" / "data" / name, folder / name)
    (folder / "study.toml").write_text(STUDY.format(url=llama_server.url), "utf-8")
    ready = load(folder / "study.toml")
    controls: list[Control] = []
    read, written = llama_server.tokens_read, llama_server.tokens_written
    outcome = run_study(ready, folder / "run", watch=controls.append, go_on=True)
    server = llama_server.tokens_read - read, llama_server.tokens_written - written
    return Run(ready, folder / "run", outcome, controls[0].progress.done, server)


@pytest.fixture
def reader(run: Run) -> Iterator[Reader]:
    with Reader.open(run.folder) as opened:
        yield opened


def rows(reader: Reader, table: str) -> list[dict[str, object]]:
    found = reader.table(table)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def tokens(call: dict[str, object], name: str) -> int:
    count = call[name]
    assert isinstance(count, int), f"a call has no {name} tokens"
    return count


def owed(experiment: Experiment) -> Iterator[tuple[RoundRef | Cell, set[tuple[str, str | None]]]]:
    """Every round and answer with the (metric, judged_as) of its verdicts."""
    for key in experiment.dialogues():
        for number in range(1, ROUNDS + 1):
            yield (ref := RoundRef(key, number)), pairs(experiment, ref)
        for cell in cells(experiment, key):
            yield cell, pairs(experiment, cell)


def pairs(experiment: Experiment, ref: RoundRef | Cell) -> set[tuple[str, str | None]]:
    return {(due.metric.name, due.judged_as) for due in verdicts_due(experiment, ref)}


def cells(experiment: Experiment, key: DialogueKey) -> list[Cell]:
    return [cell for checkpoint in CHECKPOINTS for cell in experiment.cells(key, checkpoint)]


def test_without_its_variable_a_test_on_third_party_data_is_skipped_and_says_so() -> None:
    with pytest.raises(pytest.skip.Exception, match="LONGPLAY_DATA is not set"):
        find_data({})


@pytest.mark.parametrize("environment", [{"LONGPLAY_REQUIRE_DATA": "1"}, {"LONGPLAY_DATA": "/no/such/folder"}])
def test_data_that_must_be_there_and_is_not_fails_the_test(environment: dict[str, str]) -> None:
    with pytest.raises(pytest.fail.Exception, match="LONGPLAY_DATA"):
        find_data(environment)


def ask(server: LlamaServer, *requests: Request) -> list[Reply]:
    """The replies, one after the other."""

    async def ask_all() -> list[Reply]:
        endpoint = open_endpoint(ModelSpec("openai/tiny", base_url=server.url), {})
        try:
            return [await endpoint.reply(request) for request in requests]
        finally:
            await endpoint.close()

    return asyncio.run(ask_all())


def test_the_server_says_how_much_of_a_prompt_its_cache_held(llama_server: LlamaServer) -> None:
    prefix = EMPTY.extend(Message("system", "You keep a lighthouse and its log. " * 20))
    entries = [Request(prefix, (Message("user", f"What is entry {n}?"),), SHORT) for n in (1, 2)]
    cold, warm = (reply.usage.cached for reply in ask(llama_server, *entries))
    assert cold is not None
    assert warm is not None
    assert warm > cold + 300


def test_a_prompt_past_the_servers_window_is_missing_as_overflow(llama_server: LlamaServer) -> None:
    long = "x" * (CONTEXT_OF_A_SLOT + 1)
    (reply,) = ask(llama_server, Request(EMPTY, (Message("user", long),), SHORT))
    assert (reply.status, reply.reason, reply.text, reply.attempts) == ("missing", "overflow", None, 1)


def test_the_server_keeps_to_the_schema_of_a_request(llama_server: LlamaServer) -> None:
    schema = {"type": "object", "properties": {"level": {"enum": [1, 2, 3]}}, "required": ["level"]}
    question = Message("user", "How bright is the light?")
    request = Request(EMPTY, (question,), Sampling(max_tokens=64), schema=json.dumps(schema))
    (reply,) = ask(llama_server, request)
    assert reply.text is not None
    assert json.loads(reply.text)["level"] in (1, 2, 3)


def test_the_study_is_run_to_its_end(run: Run, reader: Reader) -> None:
    assert run.outcome == Outcome("complete")
    counts = reader.counts()
    assert counts.rounds.done == 3 * 2 * ROUNDS
    assert counts.rounds.missing == {}
    assert tuple(counts.answers) == CHECKPOINTS
    assert not any(outcome.missing for outcome in counts.answers.values())
    found = {table: len(rows(reader, table)) for table in ("rounds", "answers", "round_verdicts", "answer_verdicts")}
    assert (
        run.done
        == expected(run.experiment)
        == {
            "rounds": found["rounds"],
            "answers": found["answers"],
            "verdicts": found["round_verdicts"] + found["answer_verdicts"],
        }
    )


def test_every_dialogue_is_the_published_script_with_the_models_replies(
    run: Run, reader: Reader, data_dir: Path
) -> None:
    folder = data_dir / "persistent-personas" / "data"
    interview, instructions = (json.loads((folder / name).read_text("utf-8")) for name in SCRIPTS)
    dialogues = {(key.persona, key.script): reader.dialogue_text(key) for key in run.experiment.dialogues()}
    assert set(dialogues) == {(persona, script) for persona in SPEAKERS for script in SCRIPTS}
    for (persona, script), rounds in dialogues.items():
        assert [stored.number for stored in rounds] == list(range(1, ROUNDS + 1))
        assert all(stored.reply is not None and stored.reply.text is not None for stored in rounds)
        turns = [stored.user for stored in rounds]
        if script == "instructions.json":
            assert turns == instructions["questions"][:ROUNDS]
            continue
        assert turns[1:-1] == interview["questions"][: ROUNDS - 2]
        remarks = turns[0], turns[-1]
        if persona is None:
            assert not any(name in remark or "{" in remark for name in PERSONAS.values() for remark in remarks)
        else:
            written = interview["introductory_remark"], interview["concluding_remark"]
            assert remarks == tuple(remark.replace("{role}", PERSONAS[persona]) for remark in written)


def test_every_answer_is_the_models_reply_to_a_known_question(run: Run, reader: Reader, data_dir: Path) -> None:
    with (data_dir / "xstest/xstest_prompts.csv").open(encoding="utf-8", newline="") as file:
        prompts = {row["prompt"] for row in csv.DictReader(file)}
    asked = [cell for key in run.experiment.dialogues() for cell in cells(run.experiment, key)]
    replies = {cell: reader.answer_text(cell) for cell in asked}
    assert all(reply is not None and reply.text is not None for reply in replies.values())
    xstest = {run.experiment.items[cell.probe, cell.item] for cell in asked if cell.probe == "xstest"}
    assert {item.text for item in xstest} <= prompts
    assert {item.label for item in xstest} == {"safe", "unsafe"}


def test_every_verdict_is_a_score_on_its_scale_or_missing_with_a_reason(run: Run, reader: Reader) -> None:
    statuses: Counter[str] = Counter()
    for ref, verdicts in owed(run.experiment):
        given = reader.verdicts(ref)
        judged = Counter((found.verdict.metric, found.verdict.judged_as) for found in given)
        twice = run.experiment.judged_twice(ref)
        assert judged == {pair: 1 + (twice and not METRICS[pair[0]].verified) for pair in verdicts}
        for found in given:
            check(found)
            statuses[found.verdict.status] += 1
    # the tiny model's words name a result now and then, and not always
    assert statuses["missing"] > 100
    assert statuses["ok"] + statuses["repaired"] > 100


def check(found: Judgement) -> None:
    verdict, metric = found.verdict, METRICS[found.verdict.metric]
    assert bool(found.replies) is not metric.verified
    if verdict.status == "missing":
        assert (verdict.score, verdict.label, verdict.reason) == (None, None, "unparsable")
    else:
        assert verdict.score is not None
        assert metric.lowest <= verdict.score <= metric.highest
        assert verdict.reason is None


def test_the_recorded_tokens_are_the_servers_own_account(run: Run, reader: Reader) -> None:
    prompt, cached, completion = (sum(tokens(row, name) for row in rows(reader, "calls")) for name in USAGE)
    assert (prompt - cached, completion) == run.server


@pytest.mark.usefixtures("run")
def test_answers_after_a_dialogue_find_it_in_the_servers_cache(reader: Reader) -> None:
    calls = {row["id"]: row for row in rows(reader, "calls")}
    prefixes: dict[tuple[object, ...], list[float]] = {}
    for row in rows(reader, "answers"):
        if row["checkpoint"]:
            call, place = calls[row["call"]], (row["persona"], row["script"], row["checkpoint"])
            prefixes.setdefault(place, []).append(tokens(call, "cached") / tokens(call, "prompt"))
    assert len(prefixes) == len(SPEAKERS) * len(SCRIPTS) * len(CHECKPOINTS[1:])
    assert all(max(shares) > 0.5 for shares in prefixes.values())


def test_a_second_run_into_the_same_folder_calls_nobody(run: Run, llama_server: LlamaServer) -> None:
    def stored() -> tuple[list[dict[str, object]], ...]:
        with Reader.open(run.folder) as reader:
            return tuple(
                rows(reader, table) for table in ("calls", "rounds", "answers", "round_verdicts", "answer_verdicts")
            )

    before = stored(), llama_server.tokens_written
    controls: list[Control] = []
    assert run_study(run.ready, run.folder, watch=controls.append, go_on=True) == Outcome("complete")
    assert controls[0].progress.done == run.done
    assert (stored(), llama_server.tokens_written) == before


@pytest.mark.usefixtures("run")
def test_the_run_can_be_analysed(reader: Reader) -> None:
    estimates = analyse(reader)
    assert {word(estimate, "script") for estimate in estimates} == {*SCRIPTS, " - ".join(SCRIPTS)}
    for name in ("knowledge", "style", "in-character"):
        found = having(estimates, metric=name, source="rounds")
        assert any(estimate.value is not None for estimate in found)
        assert any(estimate.missing for estimate in found)
