"""Replies copied from earlier ones are flagged wherever a run is read, and are scored and kept like all others."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from faults import FaultServer, digest_words
from longplay.analysis import analyse
from longplay.analysis.wording import wording
from longplay.cli import main
from longplay.folder import Outcome
from longplay.pipeline import Ready, load_text, run_study
from longplay.store import Reader
from named import condition, metric
from tables import contents

STUDY = """
seed = 7
[[models]]
name = "openai/m"
base_url = "URL"
concurrency = 4
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline_draws = 1
scripts = ["goal-oriented"]
rounds = 6
[conditioning]
noise_share = 0
checkpoints = [0, 2, 4, 6]
draws_at_0 = 1
repeats = 0
[judging]
rounds = ["in-character"]
[[probes]]
name = "follow"
limit = 3
"""
LOOPS = (
    "The question has many sides, and all of them have been looked at by people who know more of it than I do.",
    "I keep the light, and the light keeps me, and so it goes with us until the morning comes.",
)


def stuck_from(round_: int) -> Callable[[bytes], str]:
    """A model that says something new each time, and from some round on the same."""

    def words(body: bytes) -> str:
        messages = json.loads(body)["messages"]
        spoken = sum(message["role"] == "assistant" for message in messages)
        return digest_words(body) if spoken + 1 < round_ else LOOPS[messages[0]["role"] == "system"]

    return words


def study(url: str) -> Ready:
    return load_text(STUDY.replace("URL", url))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dialogues whose replies are all the same from round 3 on."""
    folder = tmp_path_factory.mktemp("copied") / "run"
    with FaultServer(words=stuck_from(3)) as server:
        assert run_study(study(server.url), folder) == Outcome("complete")
    return folder


def flags(run: Path, table: str, place: str) -> set[tuple[object, object]]:
    with Reader.open(run) as reader:
        found = reader.table(table)
    at, copied = found.columns.index(place), found.columns.index("copied")
    return {(row[at], row[copied]) for row in found.rows}


def test_rounds_and_answers_that_repeat_an_earlier_round_are_copied(run: Path) -> None:
    assert flags(run, "rounds", "round") == {(1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (6, 1)}
    assert flags(run, "answers", "checkpoint") == {(0, 0), (2, 0), (4, 1), (6, 1)}


def test_a_run_that_was_stopped_and_resumed_has_the_same_flags(run: Path, tmp_path: Path) -> None:
    with FaultServer(words=stuck_from(3)) as server:
        ready = study(server.url)
        for _ in range(3):
            run_study(ready, tmp_path / "run", watch=lambda control: control.stop("interrupted"))
        assert run_study(ready, tmp_path / "run") == Outcome("complete")
    for table in ("rounds", "answers"):
        assert contents(tmp_path / "run")[table] == contents(run)[table]


def test_estimates_count_them_and_are_also_given_without_them(run: Path) -> None:
    with Reader.open(run) as reader:
        found = [one for one in analyse(reader) if metric(one) == "follow-strict" and one.analysis == "curves"]
    assert found
    for one in found:
        copied = one.n if one.position in (4, 6) else 0
        assert one.flagged == (copied if one.replies == "all" else 0)


def test_their_share_stands_beside_what_another_dialogue_would_hold(run: Path) -> None:
    with Reader.open(run) as reader:
        ready = study("http://127.0.0.1:1/v1")
        found = wording(reader, ready.experiment.study, ready.experiment.scripts).estimates
    shares = {
        (metric(one), condition(one), one.position): one.value for one in found if metric(one).startswith("copied")
    }
    assert shares == {
        (metric, speaker, end): share
        for speaker in ("persona", "baseline")
        for metric, of_blocks in (("copied", (0.0, 0.5, 1.0)), ("copied-elsewhere", (0.0, 0.0, 0.0)))
        for end, share in zip((2, 4, 6), of_blocks, strict=True)
    }


def test_the_export_and_show_say_it(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--into", str(tmp_path)]) == 0
    with (tmp_path / "rounds.csv").open(encoding="utf-8", newline="") as file:
        copied = {(row["round"], row["copied_reply"]) for row in csv.DictReader(file)}
    assert copied == {("1", "False"), ("2", "False"), ("3", "False"), ("4", "True"), ("5", "True"), ("6", "True")}
    capsys.readouterr()
    assert main(["show", str(run), "--checkpoint", "6", "--probe", "follow"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("REPLY (copied from an earlier reply)") == 3
    assert "ANSWER, draw 0 (copied from an earlier reply)" in shown


def test_imported_dialogues_are_looked_at_too(tmp_path: Path) -> None:
    messages = [
        {"role": role, "content": LOOPS[0] if role == "assistant" else f"And {number}?"}
        for number in range(3)
        for role in ("user", "assistant")
    ]
    (tmp_path / "chat.jsonl").write_text(json.dumps({"messages": messages}) + "\n")
    assert main(["import", "openai-chat", str(tmp_path / "chat.jsonl"), "--into", str(tmp_path / "run")]) == 0
    assert flags(tmp_path / "run", "rounds", "round") == {(1, 0), (2, 1), (3, 1)}
