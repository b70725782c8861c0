"""`longplay demo --real` from the server to the page; its model is a tiny random one here, so that it takes seconds."""

from pathlib import Path

import pytest

import longplay
from longplay.cli import main
from longplay.experiment import expected
from longplay.inference.local_server import Serving
from longplay.records import Reply
from longplay.store import Reader
from longplay.store.stored import StoredRound
from longplay.study import demo_real
from tiny_model import write_tiny_model


def test_the_study_is_of_about_80_requests_and_asks_no_judge() -> None:
    experiment = demo_real.study("http://127.0.0.1:1/v1").experiment
    due = expected(experiment)
    assert due["rounds"] + due["answers"] == 72
    assert all(metric.verified for name, metric in experiment.metrics.items() if name in experiment.scored_by["follow"])
    assert experiment.rounds_scored_by == ()
    assert set(experiment.personas) == set(demo_real.ENDINGS)
    for persona in experiment.personas.values():
        assert f"End every reply with the word {demo_real.ENDINGS[persona.id]}." in persona.description


def test_it_serves_the_model_runs_the_study_and_writes_a_page_that_says_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_model(tmp_path / "tiny.gguf")
    monkeypatch.setattr(demo_real, "SERVING", Serving(context=4_096, threads=1))
    monkeypatch.setattr("longplay.study.serving.small_model", lambda: tmp_path / "tiny.gguf")
    assert main(["demo", "--real", "--into", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == str(tmp_path / "run" / "report.html")
    assert sum("copied from earlier ones" in line for line in printed) == 6
    assert sum("ended with Ahoy as they were told to" in line for line in printed) == 2
    assert "a model of 135M parameters shows" in (tmp_path / "run" / "report.html").read_text("utf-8")
    with Reader.open(tmp_path / "run") as reader:
        models = {reader.names()[row[2]] for row in reader.table("calls").rows}
    assert models == {"openai/SmolLM2-135M-Instruct"}, "no judge was asked"
    (tmp_path / "run" / "report.html").unlink()
    again = longplay.demo(tmp_path / "run", real=True)  # from Python the same: all is there, and the page is written
    assert (again.folder / "report.html").exists()


@pytest.mark.parametrize(
    ("text", "kept"), [("Aye. Ahoy", 1), ("Ahoy! I say.", 0), ("We sail at dawn. *AHOY!*", 1), ("", 0), (None, 0)]
)
def test_an_ending_is_kept_where_the_last_word_is_the_one_asked_for(text: str | None, kept: int) -> None:
    reply = Reply("missing", reason="failed") if text is None else Reply("ok", text)
    assert demo_real._ended([StoredRound(1, "?", reply, None)], "Ahoy") == kept
