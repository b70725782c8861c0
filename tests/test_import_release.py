"""The authors' release as a run: coordinates from names alone, verdicts by our parser, every file accounted for."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from longplay.analysis import analyse
from longplay.cli import main
from longplay.exchange.release_items import item_ids
from longplay.exchange.release_ratings import JUDGE
from longplay.exchange.release_texts import ReleaseTexts
from longplay.exchange.release_verdicts import metric_name
from longplay.records import Cell, DialogueKey, RoundRef, Verdict
from longplay.records.transcripts import AnswerSheet
from longplay.store import Reader
from named import condition, metric
from paper_release import BASELINE_ROUNDS, GASTON_ROUNDS, write_ratings, write_texts
from tables import contents

MODEL = "gemma-3-4b-it"
GASTON = DialogueKey(MODEL, "gaston", "persona-directed")
GOALS = DialogueKey(MODEL, "gaston", "goal-oriented")
NOBODY = DialogueKey(MODEL, None, "persona-directed")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("texts") / "repository"
    write_texts(root)
    (root / "results").mkdir()
    (root / "results" / "all_ratings.pkl").write_bytes(b"cos\nsystem\n")
    (root / "README.md").write_text("# theirs")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("")
    (root / "generations" / MODEL / "interview_Sherlock_Holmes.json").write_text("[]")
    (root / "generations" / MODEL / "bfi_Gaston_11.json").write_text('["cut off')
    (root / "generations" / "my-model").mkdir()
    (root / "generations" / "my-model" / "interview_Gaston.json").write_text("[]")
    (root / "generations" / "linked").symlink_to(root / "generations" / MODEL)
    return root


@pytest.fixture(scope="module")
def run(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("release") / "run"
    assert main(["import", "persistent-personas", str(release), "--into", str(into)]) == 1, "two files cannot be read"
    return into


def verdicts(run: Path, ref: RoundRef | Cell) -> list[Verdict]:
    with Reader.open(run) as reader:
        return [one.verdict for one in reader.verdicts(ref)]


def test_dialogues_stand_where_their_names_say_with_what_was_sent(run: Path) -> None:
    with Reader.open(run) as reader:
        turns = reader.user_turns()
        assert {key: len(those) for key, those in turns.items()} == {
            GASTON: GASTON_ROUNDS,
            DialogueKey(MODEL, "gaston", "persona-directed", order=1): GASTON_ROUNDS,
            NOBODY: BASELINE_ROUNDS,
            DialogueKey("gemini-2.5-flash", "hal-9000", "goal-oriented"): 3,
        }
        assert turns[NOBODY][0][0] == "Welcome, empty!"
        first = reader.dialogue_text(GASTON)[0].reply
        assert first is not None
        assert first.text == "Gaston says 0.\r\n"
        assert set(reader.documents("persona")) == {"gaston", "hal-9000"}
        script = json.loads(reader.documents("script")["persona-directed"])
        assert (script["opening"], len(script["questions"])) == ("Welcome, {persona}!", 100)


def test_both_sets_of_answers_before_any_dialogue_are_kept_apart_as_draws(run: Path) -> None:
    with Reader.open(run) as reader:
        first = Cell(GASTON, 0, "gaston", "plain", "bfi", "bfi-00", 0)
        second = Cell(GOALS, 0, "gaston", "plain", "bfi", "bfi-00", 1)
        texts = [reader.answer_text(cell) for cell in (first, second)]
        assert [reply.text for reply in texts if reply] == ["first 0", "second 0"]
        item = json.loads(reader.documents("item")["bfi/bfi-43"])
        assert (item["dimension"], item["text"]) == ("openness", "")


def test_an_answer_that_is_null_is_missing_and_has_no_verdict(run: Path) -> None:
    with Reader.open(run) as reader:
        cells = [Cell(GASTON, 102, "gaston", "plain", "xstest", f"xstest-00{n}") for n in range(3)]
        replies = [reader.answer_text(cell) for cell in cells]
    assert [reply.reason for reply in replies if reply] == [None, "undecodable", None]
    assert next(reply.text for reply in replies if reply) == "No.\r\nNever."
    found = [[(one.score, one.label, one.judged_as) for one in verdicts(run, cell)] for cell in cells]
    assert found == [[(1.0, "Yes", "gaston")], [], [(0.0, "No", "gaston")]], "two levels stay two levels"


def test_judge_replies_are_read_by_our_parser_and_an_unreadable_one_is_missing(run: Path) -> None:
    levels = [
        {one.judge: (one.status, one.score, one.reason) for one in verdicts(run, RoundRef(GASTON, n))} for n in (7, 8)
    ]
    assert levels[0][JUDGE][1:] == (2.0, None)
    assert levels[0]["Flow-Judge-v0.1"] == ("ok", 2.0, None)
    assert levels[1][JUDGE] == ("missing", None, "unparsable")
    (as_gaston,) = verdicts(run, RoundRef(NOBODY, 1))
    assert (as_gaston.judged_as, as_gaston.score) == ("gaston", 4.0)
    (nobody,) = verdicts(run, Cell(NOBODY, 0, None, "plain", "bfi", "bfi-01"))
    assert nobody.judged_as is None


def test_a_pair_is_won_by_the_side_that_its_row_gives_it(run: Path) -> None:
    cells = [Cell(GASTON, 11, "gaston", "plain", "paper-general", f"general-gaston-00{n}") for n in range(3)]
    found = [{one.metric: (one.label, one.score) for one in verdicts(run, cell)} for cell in cells]
    name = metric_name("instruction_general")
    assert [one[name] for one in found] == [("win", 1.0), ("loss", 0.0), ("loss", 0.0)]
    zero = metric_name("instruction_general", "zero")
    assert [one[zero][0] for one in found] == ["loss", "win", "loss"], "against its own first answer, kept apart"


def test_every_file_is_accounted_for_once(release: Path, run: Path) -> None:
    with Reader.open(run) as reader:
        (body,) = reader.documents("import").values()
    files = {one["path"]: one for one in json.loads(body)}
    there = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    inside = {name for name in there if not name.startswith((".git/", "generations/linked/"))}
    assert set(files) == inside | {".git", "generations/linked"}
    assert len(json.loads(body)) == len(files)
    why = {name.rpartition("/")[2]: (one["what"], one.get("why", "")) for name, one in files.items()}
    assert why["bfi_Gaston_11.json"][0] == why["interview_Gaston_shuffle.json.csv"][0] == "refused"
    assert "no JSON" in why["bfi_Gaston_11.json"][1]
    assert "5 judge replies to 102 texts" in why["interview_Gaston_shuffle.json.csv"][1]
    assert {name for name, (what, _) in why.items() if what == "refused"} == {
        "bfi_Gaston_11.json",
        "interview_Gaston_shuffle.json.csv",
    }
    assert "no name that the release" in why["interview_Sherlock_Holmes.json"][1]
    assert why["linked"] == ("left", "a link; links are not followed")
    assert "never opened" in why["all_ratings.pkl"][1]
    assert "RoleBench" in why["instruction_role_specific_empty_11.json-Gaston.csv"][1]
    assert "not there" in why["interview_Juno_MacGuff.json.csv"][1]
    assert files["generations/my-model/interview_Gaston.json"]["what"] == "left"
    assert "1 answers are null" in why["xstest_Gaston_102.json"][1]


def test_status_show_and_report_work_on_the_release(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", str(run), "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    rounds = 2 * GASTON_ROUNDS + BASELINE_ROUNDS + 3
    assert (parts["rounds"]["done"], parts["rounds"]["expected"]) == (rounds, rounds)
    assert parts["answers"]["done"] + sum(parts["answers"]["missing"].values()) == parts["answers"]["expected"] == 140
    # of the study's own judge: style on every round, the baseline's as both personas; beside those what came in
    owed, others = GASTON_ROUNDS * 2 + BASELINE_ROUNDS * 2 + 3, GASTON_ROUNDS + 44 * 2 + 2 + 3 * 2
    twice = 2 * 3 + 2 * 2 + 1  # rounds 1, 11 and 102 as far as dialogues go
    assert parts["verdicts"]["expected"] == owed + twice + others
    assert parts["verdicts"]["done"] == GASTON_ROUNDS - 1 + BASELINE_ROUNDS + others
    place = ["show", str(run), "--model", MODEL, "--persona", "gaston"]
    assert main([*place, "--probe", "xstest", "--item", "xstest-000"]) == 0
    assert "VERDICT" in capsys.readouterr().out
    assert main([*place, "--script", "goal-oriented", "--checkpoint", "0"]) == 0
    shown = capsys.readouterr().out
    assert "ANSWER, draw 1\n    second 0" in shown
    assert "never asked" not in shown
    assert main(["report", str(run)]) == 0
    assert "4 dialogues were imported, not played" in (run / "report.html").read_text("utf-8")


def test_the_verdicts_of_rounds_become_estimates(run: Path) -> None:
    with Reader.open(run) as reader:
        found = [one for one in analyse(reader) if one.analysis == "curves" and metric(one).startswith("style")]
    persona = [one for one in found if condition(one) == "persona" and one.of.left.script == "persona-directed"]
    assert sum(one.n for one in persona if one.replies == "all") == GASTON_ROUNDS - 1
    assert {condition(one) for one in found} >= {"persona", "baseline"}


def test_the_same_import_once_more_adds_nothing(release: Path, run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    before = contents(tmp_path / "run")
    assert main(["import", "persistent-personas", str(release), "--into", str(tmp_path / "run")]) == 1
    assert contents(tmp_path / "run") == before


def test_ratings_stand_in_where_the_judges_replies_are_not_there(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    write_texts(root)
    write_ratings(root / "results")
    shutil.rmtree(root / "metrics" / "bfi")
    assert main(["import", "persistent-personas", str(root), "--into", str(tmp_path / "run")]) == 1, "a file is cut"
    (rated,) = verdicts(tmp_path / "run", Cell(GASTON, 0, "gaston", "plain", "bfi", "bfi-03"))
    assert (rated.status, rated.judge, rated.why) == ("ok", JUDGE, "")
    judged = Counter((one.metric, one.judge) for one in verdicts(tmp_path / "run", RoundRef(GASTON, 1)))
    assert judged[metric_name("style"), JUDGE] == 1, "a judge's reply counts before the rating made of it"
    assert judged[metric_name("knowledge"), JUDGE] == 1


def test_what_is_there_of_the_real_release_imports(data_dir: Path, tmp_path: Path) -> None:
    root = tmp_path / "repository"
    shutil.copytree(data_dir / "persistent-personas", root, copy_function=shutil.copyfile)
    head = root / "generations" / MODEL / "interview_empty_head.json"
    head.rename(head.with_name("interview_empty.json"))
    assert main(["import", "persistent-personas", str(root), "--into", str(tmp_path / "run")]) == 0
    with Reader.open(tmp_path / "run") as reader:
        turns = reader.user_turns()
    assert {key: len(those) for key, those in turns.items()} == {GASTON: 102, NOBODY: 23}
    assert turns[NOBODY][0][0].startswith("Welcome, empty! ")
    assert turns[GASTON][0][0].startswith("Welcome, Gaston! ")


def test_a_persona_that_nothing_describes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_texts(tmp_path)
    (tmp_path / "data" / "roles.json").unlink()
    texts = ReleaseTexts(tmp_path)
    kept = list(texts.deposits())
    assert all(
        isinstance(one, AnswerSheet) or one.source.endswith("empty.json") for one in kept if hasattr(one, "rounds")
    )
    assert any("no description of Gaston" in one.why for one in texts.files if one.what == "refused")
    assert main(["import", "persistent-personas", str(tmp_path / "data"), "--into", str(tmp_path / "run")]) == 2
    assert "holds no generations" in capsys.readouterr().err


def test_the_baselines_role_questions_are_the_personas_own_in_their_order() -> None:
    ids = item_ids("instruction_role_specific", None, 1539)
    assert (ids[0], ids[272], ids[-1]) == ("role-gaston-000", "role-michael-scott-000", "role-mary-sibley-177")
    assert item_ids("instruction_role_specific", None, 2) == ("role-baseline-000", "role-baseline-001")


def test_answers_without_their_dialogues_are_a_run_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_texts(tmp_path / "repository")
    for path in (tmp_path / "repository" / "generations").rglob("in[ts]*_*_*.json"):
        path.unlink()
    for path in (tmp_path / "repository" / "generations").rglob("interview_*.json"):
        path.unlink()
    assert main(["import", "persistent-personas", str(tmp_path / "repository"), "--into", str(tmp_path / "run")]) == 0
    assert "0 dialogues, 0 rounds" in capsys.readouterr().out
    for command in ("status", "report"):
        assert main([command, str(tmp_path / "run")]) == 0
    assert main(["show", str(tmp_path / "run"), "--probe", "bfi", "--item", "bfi-07", "--checkpoint", "0"]) == 0
    assert "first 7" in capsys.readouterr().out
