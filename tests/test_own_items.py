"""A study's own probes: whose items are asked, what scores them, and what is refused before anything is sent."""

from pathlib import Path

import pytest

from longplay.cli import main
from longplay.experiment import Experiment, resolve
from longplay.plugged import allowing
from longplay.specs import LongplayError, parse_study

STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh"]
scripts = ["goal-oriented"]
rounds = 2
[conditioning]
checkpoints = [0, 2]
[[scorers]]
kind = "includes"
[[probes]]
name = "sums"
file = "items.csv"
metrics = ["includes"]
"""
ITEMS = "id,text,reference,persona\na,What is 2+2?,4,\nb,Your boat?,Gull,silver\nc,Your hut?,reed,marsh\n"


def resolved(folder: Path, text: str = STUDY, items: str = ITEMS) -> Experiment:
    (folder / "items.csv").write_text(items)
    with allowing():
        return resolve(parse_study(text), "study.toml", folder)


def test_each_persona_is_asked_its_own_items_and_the_common_ones(tmp_path: Path) -> None:
    found = resolved(tmp_path)

    assert [item.id for _, item in found.asked("silver")] == ["a", "b"]
    assert [item.id for _, item in found.asked("marsh")] == ["a", "c"]
    assert found.sources["items.csv"].startswith("sha256 ")
    assert found.notes["files"] == ""


def test_a_file_may_call_a_persona_by_name(tmp_path: Path) -> None:
    name = resolved(tmp_path).personas["silver"].name

    found = resolved(tmp_path, items=ITEMS.replace(",silver", f',"{name}"'))

    assert [item.id for _, item in found.asked("silver")] == ["a", "b"]


def test_items_of_others_are_not_asked_and_that_is_said(tmp_path: Path) -> None:
    found = resolved(tmp_path, items=ITEMS.replace(",marsh", ",queen"))

    assert [item.id for item in found.probes["sums"]] == ["a", "b"]
    assert found.notes["files"] == "the probe sums does not ask 1 item of queen, who is not in the study"


def test_a_probes_persona_and_limit_and_shots_hold_for_all_its_items(tmp_path: Path) -> None:
    shots = '[{role = "user", content = "1?"}, {role = "assistant", content = "1."}]'
    said = f'persona = "marsh"\nlimit = 2\nshots = {shots}\n'

    found = resolved(tmp_path, STUDY + said, "text,reference\nOne?,1\nTwo?,2\nThree?,3\n")

    assert found.asked("silver") == ()
    assert [item.id for _, item in found.asked("marsh")] == ["row-1", "row-2"]
    assert [[shot.content for shot in item.examples] for _, item in found.asked("marsh")] == [["1?", "1."]] * 2


def test_metrics_of_a_bundled_probe_stand_in_place_of_its_own(tmp_path: Path) -> None:
    other = STUDY.replace('name = "sums"\nfile = "items.csv"\nmetrics = ["includes"]', 'name = "refusal"\nMETRICS')

    assert resolved(tmp_path, other.replace("METRICS", "")).scored_by["refusal"] != ("style",)
    assert resolved(tmp_path, other.replace("METRICS", 'metrics = ["style"]')).scored_by["refusal"] == ("style",)


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('metrics = ["includes"]', "", r"\[probes\] 'sums' needs metrics, which score its answers. Known: .*includes"),
        ('metrics = ["includes"]', "metrics = []", "needs metrics"),
        ('metrics = ["includes"]', 'metrics = ["inclodes"]', "'inclodes', which is no metric of answers. Known: "),
        ('name = "sums"', 'name = "refusal"', "is a name of longplay's own"),
        ('name = "sums"', 'name = "rounds"', "that is what the rounds of dialogues are called"),
        ('name = "sums"', 'name = "a b"', "name it with letters, digits, dots and hyphens"),
        ("items.csv", "gone.csv", r"\[probes\] 'sums': gone.csv: no such file"),
        ("items.csv", "", r"\[probes.0..file\]|probes"),
        ("items.csv", "items.csv#test", "only a folder of tables has splits"),
        ("items.csv", "hf:owner/set#test", "has no revision"),
        (
            'file = "items.csv"',
            'file = "items.csv"\nfields = { txt = "text" }',
            "`fields` names 'txt'.*do you mean text",
        ),
        ('file = "items.csv"', 'file = "items.csv"\npersona = "queen"', "line 3: is an item of 'silver'"),
        (
            'file = "items.csv"',
            'shots = [{role = "user", content = "a"}]\nfile = "items.csv"',
            "shots: the last message",
        ),
        ('name = "sums"\nfile = "items.csv"', 'name = "refusal"\nfields = {text = "a"}', "'fields' goes with `file`"),
        ("[[probes]]", '[[probes]]\nname = "sums"\nlimit = 2\n[[probes]]', "stands there twice"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(tmp_path: Path, written: str, instead: str, said: str) -> None:
    assert written in STUDY
    with pytest.raises(LongplayError, match=said):
        resolved(tmp_path, STUDY.replace(written, instead, 1))


def test_items_of_nobody_in_the_study_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LongplayError, match="its items are of queen, and the study has other personas: silver, marsh"):
        resolved(tmp_path, items="text,reference,persona\nOne?,1,queen\n")


def test_a_file_elsewhere_is_read_where_that_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "items.csv").write_text(ITEMS)
    study = tmp_path / "here" / "study.toml"
    study.write_text(STUDY.replace("items.csv", "../items.csv"))
    command = ["run", str(study), "--into", str(tmp_path / "run")]

    assert main(command) == 2
    assert "names files outside its folder" in capsys.readouterr().err
    assert main([*command, "--allow-file", str(tmp_path / "items.csv")]) == 0
