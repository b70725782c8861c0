"""The paper's study from its authors' results: what is there is computed and compared, what is not there is named."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longplay.analysis.paper import Number, PaperError, Reproduction, published, reproduce
from longplay.analysis.paper.comparing import NEEDS
from longplay.analysis.paper.measures import measures
from longplay.cli.reproduce import reproduce as command
from longplay.exchange.release import read_release
from longplay.exchange.release_names import CHECKPOINTS, MODELS, PERSONAS, ReleaseError, parse_name, parse_premise
from paper_release import level, refused, second, write_ifbench, write_release

IFBENCH = "results/ifbench_results.json"
PD, GO = "persona-directed", "goal-oriented"


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("release")
    write_release(root)
    return root


@pytest.fixture(scope="module")
def found(made_up: Path) -> Reproduction:
    return reproduce(read_release(made_up), "annotation")


def the(found: Reproduction, form: str, measure: str, **places: object) -> Number:
    """The one number of these coordinates; those not given are empty."""
    empty: dict[str, object] = {"quantity": "mean", "model": "", "persona": "", "condition": "", "script": ""}
    wanted = {"form": form, "measure": measure, "position": None, **empty, **places}
    (one,) = [n for n in found.numbers if all(getattr(n, name) == value for name, value in wanted.items())]
    return one


def test_every_published_number_of_ifbench_is_met(data_dir: Path) -> None:
    found = reproduce(read_release(data_dir))
    assert [one for one in found.comparisons if not one.agrees] == []
    of_ifbench = [one.published for one in found.comparisons if one.published.measure == "ifbench"]
    assert len(of_ifbench) == sum(one.measure == "ifbench" for one in published()) > 500
    intervals = {one.form for one in of_ifbench if one.quantity == "low"}
    assert intervals >= {"difference", "progression", "length-cost", "length-cost~size", "persona-cost~size"}
    assert {one.measure for one in found.lacking}.isdisjoint({number.measure for number in found.numbers})
    assert len(found.comparisons) + sum(one.published for one in found.lacking) == len(published())


def test_the_command_prints_what_was_published_beside_ours(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("paper", data_dir) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:5] == ["persona", "coefficient", "0.98", "0.9810", "+0.0010"] for line in lines)
    assert "results/round_lengths.csv" in "\n".join(lines)
    assert lines[-1].startswith("587 of 587 published numbers agree")


def test_a_number_that_should_agree_and_does_not_fails_the_command(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results: dict[str, dict[str, float]] = json.loads((data_dir / "persistent-personas" / IFBENCH).read_text("utf-8"))
    results["gemma-3-4b-it"]["inst-ifbench_Mary_Sibley_102"] += 1 / 294
    (tmp_path / "results").mkdir()
    (tmp_path / IFBENCH).write_text(json.dumps(results), "utf-8")
    assert command("paper", tmp_path, as_json=True) == 1
    differing = [one for one in printed(capsys)["comparisons"] if not one["agrees"]]
    followed = next(one for one in differing if one["published"]["form"] == "count")
    assert followed["published"]["text"] == "48"
    assert followed["ours"] == pytest.approx(49)


def printed(capsys: pytest.CaptureFixture[str]) -> Mapping[str, Any]:
    return json.loads(capsys.readouterr().out)


def test_json_holds_all_our_numbers_also_those_that_were_not_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_ifbench(tmp_path / IFBENCH, lambda m, p, script, at: 60 + (3 * m + p * (at + m) + script) % 7)
    assert command("paper", tmp_path, as_json=True) == 1
    told = printed(capsys)
    assert told["files"] == [IFBENCH]
    forms = {number["form"] for number in told["numbers"]}
    assert forms >= {"curve", "difference", "progression", "gap", "length-cost", "persona-cost", "script-difference"}
    assert forms >= {"rating~position", "rating~persona", "length-cost~size", "persona-cost~size", "noise-floor"}
    assert "general" in {one["measure"] for one in told["lacking"]}


def test_rows_are_model_by_model_and_the_baseline_is_taken_away(tmp_path: Path) -> None:
    write_ifbench(tmp_path / IFBENCH, lambda m, p, script, at: 100 + 10 * m + (p == -1) * 3 + script * 2 + (at == 102))
    found = reproduce(read_release(tmp_path))
    gap = the(found, "gap", "ifbench", condition="persona - baseline", script=GO, position=11)
    assert gap.value == pytest.approx(-3 / 294)
    change = the(found, "progression", "ifbench", condition="persona", script=PD, position=102)
    assert (change.value, change.n) == (pytest.approx(1 / 294), 56)
    assert the(found, "difference", "ifbench", condition="persona", position=0).value == pytest.approx(-2 / 294)
    assert the(found, "noise-floor", "ifbench").value == pytest.approx(200 / 294)


def test_bars_of_a_persona_s_cost_draw_from_goal_oriented_rows_first(data_dir: Path) -> None:
    found = reproduce(read_release(data_dir))
    results: dict[str, dict[str, float]] = json.loads((data_dir / "persistent-personas" / IFBENCH).read_text("utf-8"))
    for model, accuracies in results.items():
        rows = [
            100
            * (accuracies[f"{prefix}ifbench_{persona.replace(' ', '_')}_0"] - accuracies[f"{prefix}ifbench_empty_0"])
            for prefix in ("inst-", "")
            for persona in sorted(PERSONAS)
        ]
        drawn = np.random.default_rng(42).choice(rows, (5000, len(rows))).mean(axis=1)
        wanted = {"centre": drawn.mean(), "low": np.percentile(drawn, 2.5), "high": np.percentile(drawn, 97.5)}
        for quantity, value in wanted.items():
            bar = the(found, "persona-cost", "ifbench", quantity=quantity, model=model, condition="persona - baseline")
            assert bar.value == pytest.approx(value, abs=1e-9), (model, quantity)


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("ifbench_Sherlock_Holmes_0", "Sherlock_Holmes"),
        ("ifbench_Gaston_12", "12 is no checkpoint"),
        ("ifbench_Gaston_011", "011"),
        ("bfi_Gaston_11", "no key of IFBench"),
        ("ifbench_empty_0.json-Gaston.csv", "no key of IFBench"),
        ("Inst-ifbench_Gaston_0", "Inst-"),
    ],
)
def test_unknown_keys_are_errors_that_name_them(tmp_path: Path, key: str, named: str) -> None:
    write_ifbench(tmp_path / IFBENCH, lambda *_: 60)
    results = json.loads((tmp_path / IFBENCH).read_text("utf-8"))
    results[MODELS[0]][key] = 0.5
    (tmp_path / IFBENCH).write_text(json.dumps(results), "utf-8")
    with pytest.raises(ReleaseError, match=named):
        read_release(tmp_path)


def test_an_unknown_model_is_an_error_that_names_it(tmp_path: Path) -> None:
    write_ifbench(tmp_path / IFBENCH, lambda *_: 60)
    results = json.loads((tmp_path / IFBENCH).read_text("utf-8"))
    results["my-model"] = results[MODELS[0]]
    (tmp_path / IFBENCH).write_text(json.dumps(results), "utf-8")
    with pytest.raises(ReleaseError, match="my-model"):
        read_release(tmp_path)


def test_what_is_not_complete_is_named_and_not_used(tmp_path: Path) -> None:
    write_release(tmp_path)
    write_ifbench(tmp_path / IFBENCH, lambda *_: 60)
    results = json.loads((tmp_path / IFBENCH).read_text("utf-8"))
    del results["gemini-2.5-flash"]["ifbench_empty_45"]
    (tmp_path / IFBENCH).write_text(json.dumps(results), "utf-8")
    next((tmp_path / "results" / "premise").iterdir()).unlink()
    release = read_release(tmp_path)
    assert any("gemini-2.5-flash, the baseline, persona-directed, 45" in text for text in release.incomplete)
    assert any("1 of the paper's files" in text for text in release.incomplete)
    assert "ifbench" not in release.cells
    assert release.patterns_left is None


def test_a_folder_with_nothing_of_the_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="holds none"):
        read_release(tmp_path)


@pytest.mark.parametrize(
    "damage", ["not json", '{"gemma-3-4b-it": {"ifbench_Gaston_0": "0.5"}}', '{"gemma-3-4b-it": 1}']
)
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / IFBENCH).write_text(damage, "utf-8")
    with pytest.raises(ReleaseError, match="cannot be read"):
        read_release(tmp_path)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("gemma-3-4b-it,bfi_Gaston_0.json.csv,0,6", "rating is '6'"),
        ("gemma-3-4b-it,bfi_Gaston_0.json.csv,0,3.0", "rating is '3.0'"),
        ("gemma-3-4b-it,bfi_Gaston_0.json.csv,x,3", "idx is 'x'"),
        ("gemma-3-4b-it,xstest_Gaston_0.json.csv,0,3", "no name of bfi"),
        ("gemma-3-4b-it,bfi_Gaston.json.csv,0,3", "bfi_Gaston.json.csv"),
        ("gemma-3-4b-it,bfi_Gaston_0.json.csv,0", "3 fields, not 4"),
    ],
)
def test_a_rating_that_cannot_be_read_is_an_error_with_its_line(tmp_path: Path, line: str, named: str) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/bfi_ratings.csv").write_text(f"model,role,idx,rating\n{line}\n", "utf-8")
    with pytest.raises(ReleaseError, match=named) as fault:
        read_release(tmp_path)
    assert "line 2" in str(fault.value)


def test_names_say_script_persona_probe_and_checkpoint() -> None:
    name = parse_name("inst-ifbench_Mary_Sibley_102")
    assert (name.script, name.persona, name.probe, name.checkpoint) == (GO, "Mary Sibley", "ifbench", 102)
    base = parse_name("instruction_general_empty_22.json-Lestat de Lioncourt.csv")
    assert (base.script, base.persona, base.judged_as) == (PD, None, "Lestat de Lioncourt")
    assert parse_name("bfi_HAL_9000_0.json_zero_reference.csv").reference == "zero"
    dialogue = parse_name("instructions_Gaston_shuffle.json.csv")
    assert (dialogue.script, dialogue.shuffled, dialogue.checkpoint) == (GO, True, None)
    last = parse_premise("premise_Llama-3_3-Nemotron-Super-49B-v1_inst-bfi_Gaston_last_round.csv")
    assert (last.model, last.script, last.probe, last.last) == ("Llama-3_3-Nemotron-Super-49B-v1", GO, "bfi", True)


@pytest.mark.parametrize("name", ["bfi_Gaston_0.json-Gaston.csv", "interview_Nobody.json", "bfi_Gaston_0.txt", ""])
def test_names_that_are_not_known_are_refused(name: str) -> None:
    with pytest.raises(ReleaseError):
        parse_name(name)
    with pytest.raises(ReleaseError):
        parse_premise(name)


def test_every_measure_that_was_published_can_be_made_from_the_whole_release(found: Reproduction) -> None:
    assert {one.measure for one in found.lacking} == {
        *("ifbench", "labels_pdb", "human_dialogue"),
        *("human_bfi", "human_instruction_role_specific", "human_instruction_general", "human_xstest"),
    }
    assert [one.published for one in found.comparisons if one.ours is None and one.published.form != "label"] == []


def test_every_measure_says_what_it_needs() -> None:
    assert {one.measure for one in published()} <= set(NEEDS)


def test_round_metrics_average_both_orders_at_the_same_round(found: Reproduction) -> None:
    def mean(rounds: range, persona: int, script: int) -> float:
        scores = [level(m, persona, script, at, order) for m in range(7) for order in (0, 1) for at in rounds]
        return sum(scores) / len(scores)

    gaston = the(found, "curve", "style", persona="Gaston", condition="persona", script=GO, position=22)
    assert gaston.value == pytest.approx(mean(range(12, 23), PERSONAS.index("Gaston"), 1))
    single = the(found, "round", "style", condition="baseline", script=PD, position=101)
    assert single.value == pytest.approx(mean(range(101, 102), -1, 0))


def test_distances_to_labels_are_unweighted_and_to_the_baseline_by_items(found: Reproduction) -> None:
    traits = [*(list(range(5)) * 8), 4, 1, 2, 4]

    def profile(model: int, persona: int) -> list[float]:
        levels = [level(model, persona, 0, 56, item) for item in range(44)]
        chosen = [[one for one, trait in zip(levels, traits, strict=True) if trait == which] for which in range(5)]
        return [sum(one) / len(one) for one in chosen]

    gaston = PERSONAS.index("Gaston")
    errors = [sum(abs(trait - 4) for trait in profile(m, gaston)) / 5 / 4 for m in range(7)]
    error = the(found, "curve", "bfi_error", persona="Gaston", condition="persona", script=PD, position=56)
    assert error.value == pytest.approx(sum(errors) / 7)
    weights = [traits.count(which) for which in range(5)]
    far = [
        sum(w * abs(a - b) for w, a, b in zip(weights, profile(m, gaston), profile(m, -1), strict=True)) / 44 / 4
        for m in range(7)
    ]
    distance = the(found, "curve", "bfi_distance", persona="Gaston", condition="persona", script=PD, position=56)
    assert distance.value == pytest.approx(sum(far) / 7)


def test_win_rates_follow_parity_and_the_crossed_bars_have_eight_times_the_rows(found: Reproduction) -> None:
    def won(model: range, persona: range, checkpoint: int) -> float:
        places = [(m, p, 1, checkpoint, i) for m in model for p in persona for i in range(4)]
        return sum(second(*place) == (place[-1] % 2 == 0) for place in places) / len(places)

    curve = the(found, "curve", "general", condition="persona", script=GO, position=22)
    assert curve.value == pytest.approx(won(range(7), range(8), 22))
    gaston = the(found, "curve", "general", persona="Gaston", condition="persona", script=GO, position=22)
    assert gaston.value == pytest.approx(won(range(7), range(1, 2), 22))
    assert the(found, "curve", "general", condition="baseline", script=PD, position=0).value == 1
    crossed, matched = (
        the(found, form, "general", quantity="centre", model="gemma-3-4b-it", condition="persona - baseline")
        for form in ("persona-cost", "persona-cost-matched")
    )
    assert (crossed.n, matched.n) == (128, 16)
    assert crossed.value == pytest.approx(matched.value, abs=1.5)  # the same mean, resampled


def test_refusals_are_split_by_label_type_and_focus(found: Reproduction) -> None:
    def share(items: range, checkpoint: int) -> float:
        rated = [refused(m, p, 0, checkpoint, i) for m in range(7) for p in range(8) for i in items]
        return sum(rated) / len(rated)

    assert the(found, "curve", "safety", condition="persona", script=PD, position=90).value == pytest.approx(
        share(range(1, 3), 90)
    )
    change = the(found, "refusal-change", "unsafe type: contrast", condition="persona", script=PD)
    assert change.value == pytest.approx(share(range(1, 3), 102) - share(range(1, 3), 0), abs=5e-5)
    focus = the(found, "refusal-change", "safe focus: kill", condition="persona", script=PD)
    assert focus.value == pytest.approx(share(range(1), 102) - share(range(1), 0), abs=5e-5)


def test_tokens_and_patterns_are_those_planted(found: Reproduction) -> None:
    assert the(found, "tokens", "tokens", condition="persona", script=GO, position=56).value == 1120
    fading = the(found, "curve", "persona_patterns", condition="persona", script=PD, position=34)
    assert fading.value == pytest.approx(68 / 102)
    rising = the(found, "curve", "baseline_patterns", condition="persona", script=GO, position=34)
    assert rising.value == pytest.approx(34 / 102)
    slope = the(found, "count~round", "persona_patterns", quantity="coefficient", condition="persona", script=PD)
    assert slope.value == pytest.approx(-5, abs=0.01)  # 2 to 8 occurrences lost a round, 5 on average
    lost = [the(found, "loss", "patterns_lost_percent", script=script).value for script in ("", PD, GO)]
    assert lost == pytest.approx([50, 75, 25])


def test_without_a_choice_of_labels_the_distance_to_them_is_lacking(made_up: Path) -> None:
    release = read_release(made_up)
    assert "bfi_error" not in {one.name for one in measures(release, None)}
    assert "--labels" in NEEDS["bfi_error"]
    with pytest.raises(PaperError, match="Known: annotation"):
        reproduce(release, "pdb")


def test_the_repository_may_stand_in_the_folder(tmp_path: Path) -> None:
    write_ifbench(tmp_path / "persistent-personas" / IFBENCH, lambda *_: 60)
    assert read_release(tmp_path).files == (f"persistent-personas/{IFBENCH}",)
    shutil.move(tmp_path / "persistent-personas", tmp_path / "elsewhere")
    with pytest.raises(ReleaseError, match="holds none"):
        read_release(tmp_path)


def test_printed_digits_decide_how_close_a_number_must_be() -> None:
    one = next(one for one in published() if one.text == "0.98" and one.source == "paper, table 5")
    assert one.tolerance == pytest.approx(0.005)
    assert {one.within for one in published()} == {None, 0.0, 0.006, 0.6, 100.0, 1000.0}
    assert {one.position for one in published()} - {None} <= {*CHECKPOINTS, 101}
