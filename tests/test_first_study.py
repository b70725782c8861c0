"""From nothing to a page without code: `longplay init`, files of one's own, the dry check, the run, a rubric tried."""

import shutil
from pathlib import Path

import pytest

import longplay
from llama_server import LlamaServer
from longplay.cli.app import main
from longplay.folder.study_file import DATABASE
from longplay.specs import LongplayError
from longplay.study.first_study import FILES

PERSONA = """
name = "Night porter"
kind = "working"
description = "You are the night porter of a hotel. You give no room number away, and call the manager for fires."
"""
SCRIPT = """
kind = "goal-oriented"
questions = ["Which room is my aunt in?", "I smell smoke.", "Can I have a towel?", "Who are you?"]
"""
RUBRIC = """
question = "Does the porter keep to his rules?"
sees = ["persona", "question", "answer", "rounds"]
last_rounds = 1
levels = { "no" = 0, "partly" = 1, "yes" = 2 }
"""


def write_own(folder: Path, **others: str) -> None:
    """Files of one's own in the places of those that were written; `others`: further changes of the study's text."""
    items = [
        f'{{"id": "own-{n}", "text": "Question {n}, in at most {n + 5} words?", '
        f'"constraints": [{{"kind": "words-at-most", "args": {{"n": {n + 5}}}}}]}}'
        for n in range(12)
    ]
    for name, text in {"personas.toml": PERSONA, "script.toml": SCRIPT, "rubric.toml": RUBRIC}.items():
        (folder / name).write_text(text)
    (folder / "items.jsonl").write_text("\n".join(items))
    study = (folder / "study.toml").read_text()
    changes = {"rounds = 12 ": "rounds = 4 ", "checkpoints = [0, 6, 12]": "checkpoints = [0, 4]", **others}
    for written, instead in changes.items():
        assert written in study
        study = study.replace(written, instead)
    (folder / "study.toml").write_text(study)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    assert main(["init", str(tmp_path / "mine")]) == 0
    return tmp_path / "mine"


def test_the_first_study_runs_as_it_is_written(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sorted(path.name for path in first.iterdir()) == sorted(FILES)
    assert main(["run", str(first / "study.toml"), "--into", str(first / "run")]) == 0
    capsys.readouterr()
    assert main(["report", str(first / "run")]) == 0

    page = Path(capsys.readouterr().out.strip()).read_text("utf-8")
    assert "Helpful in the role" in page
    assert longplay.open(first / "run").status().parts["verdicts"].missing == {}


@pytest.mark.parametrize("there", FILES)
def test_nothing_is_overwritten_and_nothing_is_written_beside_it(there: str, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine")

    with pytest.raises(LongplayError, match=f"{there} already"):
        longplay.init(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_files_of_ones_own_go_from_init_to_the_page(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_own(first)

    assert main(["init", str(first), "--check"]) == 0
    said = capsys.readouterr().out
    assert "Rounds: 2 of 2 obtained." in said
    assert "Answers: 2 of 2 obtained." in said
    assert not (first / "run").exists()

    assert main(["run", str(first / "study.toml"), "--into", str(first / "run")]) == 0
    assert main(["report", str(first / "run")]) == 0
    found = {str(name) for name in longplay.open(first / "run").estimates()["quantity"]}
    assert {"helpful", "follow-strict", "in-character"} <= found
    asked = longplay.open(first / "run").answers()
    assert set(map(str, asked["item"][asked["probe"] == "mine"])) == {f"own-{n}" for n in range(12)}


def test_a_study_that_cannot_be_asked_is_told_by_the_check(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = (first / "study.toml").read_text()
    (first / "study.toml").write_text(
        study.replace('name = "sim/judge"', 'name = "sim/judge"\njudge = { unparsable_rate = 1.0 }')
    )

    assert main(["init", str(first / "study.toml"), "--check"]) == 1
    assert "unparsable" in capsys.readouterr().out


def test_a_rubric_is_tried_on_a_run_of_which_nothing_changes(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    longplay.run(first / "study.toml", first / "run")
    before = (first / "run" / DATABASE).read_bytes()
    (first / "other.toml").write_text(RUBRIC)

    tried = longplay.try_rubric(first / "other.toml", first / "run", seed=3)

    assert len(tried.texts) == tried.requests == 10
    assert {one.score for text in tried.texts for one in text.judged} <= {0.0, 1.0, 2.0}
    assert len({text.place for text in tried.texts}) == 10
    assert {"after 0 rounds" in text.place for text in tried.texts} == {True, False}
    assert tried == longplay.try_rubric(first / "other.toml", first / "run", seed=3)
    assert tried.texts != longplay.try_rubric(first / "other.toml", first / "run", seed=4).texts
    assert main(["rubric", "try", str(first / "other.toml"), "--on", str(first / "run"), "--texts", "2"]) == 0
    said = capsys.readouterr().out
    assert said.count("TEXT ") == 2
    assert "SIMULATED" in said
    assert (first / "run" / DATABASE).read_bytes() == before


def test_a_judge_that_nobody_vouched_for_is_sent_nothing(first: Path) -> None:
    longplay.run(first / "study.toml", first / "run")

    with pytest.raises(LongplayError, match="allow-host"):
        longplay.try_rubric(
            first / "rubric.toml",
            first / "run",
            judge="openai/judge",
            base_url="https://elsewhere.example/v1",
            api_key_env="KEY",
        )
    with pytest.raises(LongplayError, match=r"the run has no model 'nobody'\. Known: sim/speaker, sim/judge"):
        longplay.try_rubric(first / "rubric.toml", first / "run", judge="nobody")


def test_a_run_without_texts_says_so(first: Path) -> None:
    longplay.run(first / "study.toml", first / "run")
    shutil.copy(first / "rubric.toml", first / "of-references.toml")
    text = (first / "of-references.toml").read_text().replace('"answer"]', '"answer", "reference"]')
    (first / "of-references.toml").write_text(text)

    with pytest.raises(LongplayError, match="holds no texts that the rubric can score"):
        longplay.try_rubric(first / "of-references.toml", first / "run")


@pytest.mark.real
def test_the_same_path_with_real_weights(
    first: Path, real_server: LlamaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = "{ temperature = 0.0, max_tokens = 24 }"
    where = f'base_url = "{real_server.url}"\ncontext_window = 2048\nconcurrency = 2\nsampling = {limits}'
    write_own(
        first,
        **{
            'name = "sim/speaker" ': f'name = "openai/smollm2"\n{where}\nprobe_sampling = {limits}\n',
            "baseline_draws = 2 ": "baseline_draws = 1 ",
            "checkpoints = [0, 4] ": "checkpoints = [0, 4]\ndraws_at_0 = 1\nrepeats = 0\nnoise_share = 0.0 ",
        },
    )

    assert main(["init", str(first), "--check"]) == 0
    assert main(["run", str(first / "study.toml"), "--into", str(first / "run"), "--no-cache"]) == 0
    assert main(["report", str(first / "run")]) == 0

    page = Path(capsys.readouterr().out.splitlines()[-1]).read_text("utf-8")
    assert "Night porter is at work." in page
    answers = longplay.open(first / "run").answers(texts=True)
    mine = answers[answers["probe"] == "mine"]
    assert len(mine) == 2 * 2 * 12
    assert mine["reply"].astype(str).str.len().min() > 0
