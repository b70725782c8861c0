"""A small study of a real model: killed, resumed, and read; silent truncation is overflow. No golden texts."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from killed_run import Running
from llama_server import LlamaServer
from longplay.analysis import analyse
from longplay.cli import main
from longplay.experiment import expected
from longplay.inference.local_server import Serving
from longplay.pipeline import load, load_text, run_study
from longplay.store import Reader
from longplay.verifiers.copies import LENGTH, asks_again, words
from named import metric

pytestmark = pytest.mark.real

STUDY = """
seed = 1
[[models]]
name = "openai/smollm2"
base_url = "URL"
context_window = 2048
concurrency = 2
sampling = { temperature = 0.0, max_tokens = 24 }
probe_sampling = { temperature = 0.0, max_tokens = 24 }
[judge]
name = "openai/nobody"  # is never asked
base_url = "URL"
[dialogues]
personas = ["silver"]
scripts = ["persona-directed"]
rounds = 6
baseline_draws = 1
[conditioning]
checkpoints = [0, 3, 6]
repeats = 1
noise_share = 0
[judging]
rounds = []
[[probes]]
name = "follow"
limit = 3
"""


@pytest.fixture(scope="module")
def run(real_server: LlamaServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study's run: killed after its first calls and resumed to its end."""
    folder = tmp_path_factory.mktemp("real-study")
    (folder / "study.toml").write_text(STUDY.replace("URL", real_server.url))
    with Running(folder / "study.toml", folder / "run") as running:
        running.until(lambda: len(calls(folder / "run")) >= 2)
        running.send(signal.SIGKILL)
        assert running.end().code == -signal.SIGKILL
    kept = calls(folder / "run")
    assert kept
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run"), "--no-cache"]) == 0
    found = calls(folder / "run")
    assert {key: found.get(key) for key in kept} == kept, "what was paid for stands as it was"
    return folder / "run"


def rows(run: Path, query: str) -> list[tuple[object, ...]]:
    try:
        with closing(sqlite3.connect(f"file:{run / 'run.sqlite'}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()
    except sqlite3.OperationalError:
        return []


def calls(run: Path) -> dict[object, object]:
    return {key: rest for key, *rest in rows(run, "SELECT key, text, prompt, completion, latency_s FROM calls")}


def test_a_killed_run_is_resumed_to_all_that_is_due(run: Path) -> None:
    due = expected(load(run.parent / "study.toml").experiment)
    with Reader.open(run) as reader:
        counts = reader.counts()
        done = {name: len(reader.table(name).rows) for name in ("rounds", "answers")}
    assert done == {"rounds": due["rounds"], "answers": due["answers"]}
    assert not counts.rounds.missing
    assert not any(answers.missing for answers in counts.answers.values())


def test_running_it_again_asks_nothing_and_changes_no_table(run: Path, real_server: LlamaServer) -> None:
    def stored() -> tuple[object, ...]:
        with Reader.open(run) as reader:
            return tuple(reader.table(name).rows for name in ("calls", "rounds", "answers", "answer_verdicts"))

    before = stored(), real_server.tokens_written
    assert main(["run", str(run.parent / "study.toml"), "--into", str(run), "--no-cache"]) == 0
    assert (stored(), real_server.tokens_written) == before


def test_every_prompt_is_counted_and_grows_with_the_dialogue(run: Path) -> None:
    with Reader.open(run) as reader:
        for key in reader.dialogues().values():
            prompts = [stored.reply.usage.prompt or 0 for stored in reader.dialogue_text(key) if stored.reply]
            assert prompts == sorted(set(prompts))
            assert prompts[0] > 0


def test_copied_replies_are_those_that_counting_every_run_of_words_finds(run: Path) -> None:
    with Reader.open(run) as reader:
        for key in reader.dialogues().values():
            rounds = reader.dialogue_text(key)
            texts = [stored.reply.text or "" for stored in rounds if stored.reply]
            found = [copied(text, rounds[at].user, texts[:at]) for at, text in enumerate(texts)]
            assert [stored.copied for stored in rounds] == found


def copied(text: str, asked: str, earlier: list[str]) -> bool:
    def runs(of: str) -> list[tuple[str, ...]]:
        said = words(of)
        return [tuple(said[at : at + LENGTH]) for at in range(len(said) - LENGTH + 1)]

    own = [one for one in runs(text) if one not in set(runs(asked))]
    held = [sum(one in set(runs(other)) for one in own) for other in earlier]
    return bool(own) and not asks_again(asked) and any(5 * count >= 4 * len(own) for count in held)


def test_the_run_is_analysed_and_has_its_page(run: Path) -> None:
    with Reader.open(run) as reader:
        levels = [one for one in analyse(reader) if one.analysis == "curves" and metric(one) == "follow-strict"]
    assert {one.position for one in levels} == {0, 3, 6}
    assert all(one.value is not None and 0 <= one.value <= 1 and one.missing == 0 for one in levels)
    assert main(["report", str(run)]) == 0
    assert (run / "report.html").stat().st_size > 10_000


def test_a_server_that_cuts_silently_ends_the_dialogue_as_overflow(weights: Path, tmp_path: Path) -> None:
    short = STUDY.replace("window = 2048", "window = 1_000_000").replace("baseline_draws = 1", "baseline = false")
    short = (
        short.replace("rounds = 6", "rounds = 10").replace("[0, 3, 6]", "[10]").replace("repeats = 1", "repeats = 0")
    )
    with LlamaServer(weights, tmp_path / "log", Serving(context=512, slots=1, shift=True, threads=1)) as server:
        outcome = run_study(load_text(short.replace("URL", server.url)), tmp_path / "run", cache=False)
    assert outcome.status == "complete"
    with Reader.open(tmp_path / "run") as reader:
        counts = reader.counts()
        (rounds,) = (reader.dialogue_text(key) for key in reader.dialogues().values())
    assert counts.rounds.missing["overflow"] == 1
    assert counts.rounds.done + counts.rounds.missing["dialogue-stopped"] + 1 == 10
    assert set(counts.answers[10].missing) == {"dialogue-stopped"}
    obtained = [one.reply.usage.prompt or 0 for one in rounds if one.reply is not None and one.reply.text is not None]
    assert obtained
    assert max(obtained) <= 512
