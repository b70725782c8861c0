"""Whole studies on servers that cut prompts silently, over real HTTP: what is kept, what is taken back and what is
said."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from longplay.analysis import analyse
from longplay.cli import main
from longplay.folder import Outcome
from longplay.inference.cuts import Ledger
from longplay.pipeline import Control, load_text, run_study
from longplay.records import RoundRef
from longplay.store import Reader
from named import metric
from tables import contents

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "bench"))

from truncating import Serving  # noqa: E402 - after the folder it lies in
from truncating_server import TruncatingServer  # noqa: E402

STUDY = """
seed = 3
[[models]]
name = "openai/m"
base_url = "URL"
concurrency = 2
sampling = { max_tokens = 200 }
probe_sampling = { max_tokens = 200 }
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline_draws = 1
scripts = ["goal-oriented"]
rounds = 12
[conditioning]
checkpoints = [0, 4, 8, 12]
draws_at_0 = 1
repeats = 2
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "follow"
limit = 2
"""
WAYS = ("kept", "window", "apart")


@contextmanager
def served(way: str, window: int = 1024, style: str = "messages") -> Iterator[TruncatingServer]:
    with TruncatingServer(Serving(way, 2, window, style, "en", 500), said=None) as server:
        yield server


def go(server: TruncatingServer, into: Path, *changes: tuple[str, str]) -> tuple[Outcome, Control]:
    text = STUDY.replace("URL", server.url)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    seen: list[Control] = []
    outcome = run_study(load_text(text), into, watch=seen.append)
    return outcome, seen[0]


def beyond(server: TruncatingServer, run: Path) -> list[object]:
    """Rounds, answers and verdicts that are kept though the model did not see their prompts whole."""
    found: list[object] = []
    with Reader.open(run) as reader:
        for key in reader.dialogues().values():
            for one in reader.dialogue_text(key):
                whole = server.whole.get(("user" if key.persona is None else "system", one.user), True)
                if one.reply is not None and one.reply.text is not None and not whole:
                    found.append((key, one.number))
                if one.reply is not None and one.reply.text is None:
                    found += reader.verdicts(RoundRef(key, one.number))
    return found


def by_reason(run: Path, table: str) -> dict[int, int]:
    with Reader.open(run) as reader:
        found = reader.table(table)
    place = found.columns.index("reason")
    reasons = [row[place] for row in found.rows]
    return {reason: reasons.count(reason) for reason in set(reasons)}


@pytest.mark.parametrize("way", WAYS)
def test_rounds_since_the_cut_are_missing_as_overflow_and_in_no_estimate(way: str, tmp_path: Path) -> None:
    with served(way) as server:
        outcome, control = go(server, tmp_path / "run")
        assert outcome.status == "complete"
        assert not all(server.whole.values()), "the server has cut"
        assert beyond(server, tmp_path / "run") == []
    missing = control.progress.missing
    assert missing["overflow"] > 0
    assert missing["dialogue-stopped"] > 0
    (note,) = control.notes
    assert "openai/m: its server cut prompts silently" in note
    with Reader.open(tmp_path / "run") as reader:
        counts = reader.counts()
        assert counts.rounds.missing["overflow"] == control.progress.cut["openai/m", "rounds"] > 0
        every = [counts.rounds, *counts.answers.values()]
        assert sum(one.missing.get("overflow", 0) for one in every) == missing["overflow"]
        assert sum(one.missing.get("dialogue-stopped", 0) for one in every) == missing["dialogue-stopped"]
        for key in reader.dialogues().values():
            rounds = reader.dialogue_text(key)
            gone = next(one for one in rounds if one.reason is not None)
            assert gone.reply is not None
            assert (gone.reason, gone.reply.text, gone.reply.final) == ("overflow", None, True)
            assert gone.reply.raw, "its words are kept as bytes"
            assert all(one.reason in ("overflow", "dialogue-stopped") for one in rounds[gone.number - 1 :])


def test_an_honest_server_with_the_same_study_is_not_suspected(tmp_path: Path) -> None:
    with served("plain") as server:
        outcome, control = go(server, tmp_path / "run")
    assert outcome.status == "complete"
    assert (control.notes, dict(control.progress.missing)) == ([], {})


def test_a_finished_run_that_was_cut_makes_no_call_when_it_is_run_again(tmp_path: Path) -> None:
    with served("kept") as server:
        _, first = go(server, tmp_path / "run")
        before, asked = contents(tmp_path / "run"), len(server.whole)
        _, again = go(server, tmp_path / "run")
        assert len(server.whole) == asked
    assert contents(tmp_path / "run") == before
    assert again.spending.requests == first.spending.requests
    assert again.progress.missing == first.progress.missing
    assert again.progress.done == first.progress.done


def test_stored_rounds_of_an_earlier_version_are_taken_back_when_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served("kept") as server:
        with monkeypatch.context() as blind:  # as before counts were looked at
            blind.setattr(Ledger, "_add", lambda *_: None)
            blind.setattr(Ledger, "answer", lambda *_: None)
            _, unseen = go(server, tmp_path / "run")
        assert not unseen.progress.missing
        assert beyond(server, tmp_path / "run") != []
        asked = len(server.whole)
        _, control = go(server, tmp_path / "run")
        assert len(server.whole) == asked, "nothing is asked for that"
        assert beyond(server, tmp_path / "run") == []
    with Reader.open(tmp_path / "run") as reader:
        counts = reader.counts()
        assert counts.rounds.missing["overflow"] == control.progress.cut["openai/m", "rounds"] > 0
        assert counts.answers[12].done == 0
    assert str(control.progress.cut["openai/m", "rounds"]) in control.notes[0]


def test_a_run_that_is_stopped_and_resumed_ends_like_one_that_was_not(tmp_path: Path) -> None:
    with served("window") as server:
        go(server, tmp_path / "whole")
        for cap in (7, 19, 31):
            outcome, _ = go(server, tmp_path / "cut", ("[judge]", f"[budget]\nrequests = {cap}\n[judge]"))
            assert outcome.status == "stopped"
        go(server, tmp_path / "cut")
        assert beyond(server, tmp_path / "cut") == []
    for table in ("rounds", "answers"):
        assert by_reason(tmp_path / "cut", table) == by_reason(tmp_path / "whole", table)


def test_the_analysis_counts_the_rounds_as_missing_and_not_as_drift(tmp_path: Path) -> None:
    with served("kept") as server:
        _, control = go(server, tmp_path / "run")
    with Reader.open(tmp_path / "run") as reader:
        estimates = analyse(reader)
    gone = [one for one in estimates if one.analysis == "missing" and metric(one) == "replies"]
    assert (
        sum(one.reasons.get("overflow", 0) for one in gone if one.source == "rounds")
        == (control.progress.cut["openai/m", "rounds"])
    )


def test_the_command_line_says_so_at_the_end_and_plan_and_run_say_before_what_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served("kept") as server:
        path = tmp_path / "study.toml"
        path.write_text(STUDY.replace("URL", server.url).replace("concurrency = 2", "context_window = 900"))
        assert main(["plan", str(path)]) == 0
        planned = capsys.readouterr().out
        assert "WARNING: openai/m: a whole dialogue has about" in planned
        assert "its window is 900" in planned
        assert "of 12 is the last that fits" in planned
        path.write_text(STUDY.replace("URL", server.url))
        assert main(["plan", str(path)]) == 0
        assert "WARNING" not in capsys.readouterr().out
        assert main(["run", str(path), "--into", str(tmp_path / "run")]) == 0
        said = capsys.readouterr()
    assert "its server cut prompts silently" in said.err
    assert "overflow" in said.out


def test_a_window_that_the_server_tells_is_held_against_the_dialogues_before_the_first_round(tmp_path: Path) -> None:
    with TruncatingServer(Serving("plain", 2, language="en", reply_chars=200), said=700) as server:
        _, control = go(server, tmp_path / "run")
    assert any("its window is 700" in note for note in control.notes)
