"""`longplay power`: from a pilot run to designs with their power and cost."""

import json
from pathlib import Path
from typing import Any

import pytest

import longplay
from longplay.cli import main
from longplay.experiment import plan
from longplay.experiment.resizing import Size, resized
from longplay.store import Reader
from longplay.study.recorded_experiment import recorded

STUDY = """
seed = 3
[[models]]
name = "sim/speaker"
prices = { input = 1.0, cached = 0.1, output = 2.0 }
[judge]
name = "sim/judge"
prices = { input = 1.0, cached = 0.1, output = 2.0 }
[dialogues]
personas = ["silver", "queen", "marsh", "scrooge"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 1
orders = [0, 1]
[conditioning]
noise_share = 0
checkpoints = [0, 2, 4]
orders = [0, 1]
repeats = 0
[[probes]]
name = "fidelity"
limit = 3
[analysis]
margins = { style = 0.3 }
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run")]) == 0
    return folder / "run"


def answer(run: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["power", str(run), "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_designs_reach_the_power_and_the_cheapest_is_marked(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(run, capsys, "--change", "0.5", "--power", "0.7")
    own, *designs = found["designs"]
    assert own["pilot"]
    assert own["design"] == {"personas": 4, "orders": 2, "draws": 1, "items": 3}
    assert own["checkpoints"] == 3
    assert all(one["power"] >= 0.7 and one["cautious"] >= 0.525 for one in designs)
    assert {one["checkpoints"] for one in designs} == {2, 3}
    (cheapest,) = [one for one in designs if one["cheapest"]]
    assert cheapest["cost"] == min(one["cost"] for one in designs)
    assert [one["design"]["personas"] for one in designs] == sorted(one["design"]["personas"] for one in designs)


def test_a_seed_gives_the_same_answer(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, same, other = (answer(run, capsys, "--change", "1", "--seed", seed) for seed in ("1", "1", "2"))
    assert first == same
    assert first["designs"][0]["half_width"] != other["designs"][0]["half_width"]


def test_the_pilots_own_cost_is_that_of_its_plan(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = answer(run, capsys, "--change", "1")["designs"][0]
    with Reader.open(run) as reader:
        lines = plan(recorded(reader)).lines
    assert own["calls"] == sum(line.calls for line in lines)
    assert own["tokens"] == sum(line.prompt + line.completion for line in lines)
    assert own["cost"] == pytest.approx(sum(line.cost or 0 for line in lines))


def test_a_change_of_the_gap_has_the_baselines_part(run: Path) -> None:
    found = longplay.open(run).power(metric="style", change=1.0, contrast="gap-drift")
    assert found.pilot.contrast == "gap-drift"
    assert found.pilot.shared > 0
    with pytest.raises(longplay.LongplayError, match="no contrast of a script"):
        longplay.open(run).power(contrast="script")


def test_the_family_that_the_study_declares_costs_power_and_is_said(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answer(run, capsys, "--change", "1")
    assert found["pilot"]["tests"] == 6  # three primary quantities, of answers and of rounds
    assert any("corrects 6 tests together" in note for note in found["notes"])
    assert found["detectable"] > 0


def test_a_larger_study_is_counted_with_stand_ins(run: Path) -> None:
    with Reader.open(run) as reader:
        experiment = recorded(reader)
    larger = resized(experiment, Size(9, 3, 2, (0, 4), "fidelity", 6))
    assert len(larger.personas) == 9
    assert {len(larger.asked(name)) for name in larger.personas} == {6}
    assert sum(1 for key in larger.dialogues() if key.persona is not None) == 9 * 3 * 2
    assert plan(larger).answers == 6 * (9 * (2 + 3 * 2) + (2 + 3))  # twice before the dialogue; baseline of one draw


def test_what_the_pilot_cannot_tell_is_said(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(run, capsys, "--change", "1")
    assert found["pilot"]["components"]["parts"]["draws"]["within"] == "orders"
    assert any(note.startswith("draws: the pilot cannot tell") for note in found["notes"])
    (small,) = [note for note in found["notes"] if note.startswith("4 personas are too few to promise")]
    assert "can cost 5.3 times the least" in small
    with Reader.open(run) as reader:
        experiment = recorded(reader)
    larger = plan(resized(experiment, Size(8, 2, 1, (0, 2, 4), "fidelity", 3)))
    more = sum(line.calls for line in larger.lines) - found["designs"][0]["calls"]
    assert f"Play the pilot with 8 personas ({more} more calls) and ask again." in small
    assert any(note.startswith("3 items cannot tell how far other items") for note in found["notes"])


def test_the_change_is_the_studys_margin_where_none_is_named(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    style, knowledge = (answer(run, capsys, "--metric", name, "--power", "0.2") for name in ("style", "knowledge"))
    assert (style["change"], style["change_from"]) == (0.3, "the study's margin")
    assert knowledge["change"] == pytest.approx(0.4)


def test_rounds_have_no_items_to_have_more_of(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(run, capsys, "--source", "rounds", "--change", "1", "--metric", "fidelity")
    assert found["pilot"]["items"] is False
    assert {one["design"]["items"] for one in found["designs"]} == {1}
    assert {one["checkpoints"] for one in found["designs"]} == {3}


def test_the_table_is_for_people(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["power", str(run), "--change", "-1"]) == 0
    shown = capsys.readouterr()
    assert "SIMULATED" in shown.err
    assert "<- cheapest" in shown.out
    assert "Standard deviations" in shown.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--metric", "charm"), "There are: fidelity, in-character, knowledge, style"),
        (("--source", "moon"), "There are: fidelity, rounds"),
        (("--change", "0"), "is nothing to see"),
        (("--power", "1.5"), "between 0 and 1"),
    ],
)
def test_what_cannot_be_asked_is_said(
    run: Path, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["power", str(run), *options]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_run_of_the_baseline_alone_is_told_that_only_changes_of_personas_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = STUDY.replace('["silver", "queen", "marsh", "scrooge"]', "[]")
    (tmp_path / "study.toml").write_text(alone, encoding="utf-8")
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    assert main(["power", str(tmp_path / "run")]) == 2
    assert "only changes of personas count, and it has none" in " ".join(capsys.readouterr().err.split())


def test_a_script_that_has_but_one_order_gets_no_design_with_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "visit.toml").write_text(
        'kind = "goal-oriented"\nquestions = ["Who are you?"]\nuser = "You are a visitor."\n', "utf-8"
    )
    text = STUDY.replace('"goal-oriented"', '"visit.toml"').replace("orders = [0, 1]\n", "")
    visited = text + '[[users]]\nname = "sim/visitor"\n'
    (tmp_path / "study.toml").write_text(visited, encoding="utf-8")
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 0
    found = answer(tmp_path / "run", capsys, "--change", "1")
    assert {one["design"]["orders"] for one in found["designs"]} == {1}
    assert "the study's scripts have no more than 1 order; designs with more are left out." in found["notes"]
    (tmp_path / "study.toml").write_text(visited.replace("rounds = 4", "rounds = 4\norders = [0, 1]"), encoding="utf-8")
    assert main(["plan", str(tmp_path / "study.toml")]) == 2
    assert "script 'visit.toml' has nothing to put in another order" in " ".join(capsys.readouterr().err.split())


def test_of_several_judges_the_first_ones_scores_are_taken_and_all_are_paid(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = answer(run, capsys, "--change", "1")
    both = STUDY.replace("[judge]", "[[judges]]") + '[[judges]]\nname = "sim/judge-2"\njudge = { accuracy = 0.5 }\n'
    (tmp_path / "study.toml").write_text(both, encoding="utf-8")
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")]) == 0
    found = answer(tmp_path / "run", capsys, "--change", "1")
    assert found["pilot"] == alone["pilot"]
    assert found["designs"][0]["power"] == alone["designs"][0]["power"]
    assert found["designs"][0]["calls"] > alone["designs"][0]["calls"]
    assert main(["power", str(tmp_path / "run"), "--change", "1"]) == 0
    assert ", judged by sim/judge: change from 0 to 4." in capsys.readouterr().out
