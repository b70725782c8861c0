"""Rules of a study: told to personas and to nobody else, scored on rounds of both, and what is planted is found."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

import longplay
from longplay.experiment import Experiment, resolve
from longplay.experiment.rules import HEAD
from longplay.inference.sim.speaker import Speaker
from longplay.plugged import allowing
from longplay.policies.plain import start, system_message
from longplay.records import EMPTY, DialogueKey, Message, Occasion, Request, RoundRef
from longplay.specs import Curve, ModelSpec, PlantedRule, Sampling, SpeakerPlant, StudyError, parse_study

STUDY = """\
seed = 4
[[models]]
name = "sim/speaker"
[models.speaker]
rule = { says = "Fair winds.", kept = { start = 1.0, end = 0.0, shape = "step", at = 4 }, baseline = 0.0 }
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "queen"]
scripts = ["goal-oriented"]
rounds = 8
baseline_draws = 2
[conditioning]
checkpoints = [0, 4, 8]
repeats = 0
[[probes]]
name = "follow"
limit = 1
[[scorers]]
kind = "must-say"
name = "signs-off"
texts = ["fair winds"]
[judging]
rounds = []
"""
RULE = '[[rules]]\ntext = "End every reply with: Fair winds, {{char}}."\nscorer = "signs-off"\n'


def experiment(text: str) -> Experiment:
    with allowing():
        return resolve(parse_study(text, "study.toml"), "study.toml", Path())


def test_a_rule_stands_below_every_personas_system_message_and_the_baseline_is_not_told() -> None:
    plain, ruled = experiment(STUDY), experiment(STUDY + RULE)
    for name, persona in ruled.personas.items():
        before = system_message(plain.personas[name])
        assert persona.message == f"{before}\n\n{HEAD}\n- End every reply with: Fair winds, {persona.name}."
        assert persona.description == plain.personas[name].description
        assert start(persona).messages() == (Message("system", persona.message),)
    assert start(None) is EMPTY


def test_a_study_without_rules_sends_what_it_sent_before() -> None:
    plain = experiment(STUDY)
    assert {persona.message for persona in plain.personas.values()} == {""}
    assert plain.study.rounds_scored_by == ()
    assert experiment(STUDY + RULE).study.rounds_scored_by == ("signs-off",)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ('text = "Be brief."\nscorer = "short"', "names the scorer 'short', which the study lacks. Known: signs-off."),
        ('text = "Be right."\nscorer = "exact"', "names the scorer 'exact', which compares with an item"),
        ('text = ""\nscorer = "signs-off"', "text"),
    ],
)
def test_a_rule_that_no_program_can_check_on_rounds_is_refused(rule: str, said: str) -> None:
    more = '[[scorers]]\nkind = "exact"\n' if "exact" in rule else ""
    with pytest.raises(StudyError, match=said):
        experiment(f"{STUDY}{more}[[rules]]\n{rule}\n")


def test_planted_keeping_of_a_rule_is_found_as_persona_baseline_and_gap(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(STUDY + RULE)
    longplay.run(path, tmp_path / "run")

    found: Any = longplay.open(tmp_path / "run").estimates()

    ours = found[(found["quantity"] == "signs-off") & (found["replies"] == "all")]
    curve = ours[ours["analysis"] == "curves"]
    by_speaker = {
        speaker: dict(zip(rows["position"], rows["value"], strict=True)) for speaker, rows in curve.groupby("condition")
    }
    assert by_speaker == {"baseline": {4: 0, 8: 0}, "persona": {4: 1, 8: 0.25}}
    gap = ours[ours["analysis"] == "gap"]
    assert dict(zip(gap["position"], gap["value"], strict=True)) == {4: 1, 8: 0.25}
    assert set(ours[ours["analysis"] == "drift"]["value"]) >= {-0.75}


def test_models_that_plant_no_rule_reply_as_they_did_before() -> None:
    key = DialogueKey("sim/speaker", "silver", "goal-oriented")
    request = Request(EMPTY, (Message("user", "How?"),), Sampling(), cell=Occasion(RoundRef(key, 1)))
    plain, ruled = (
        Speaker(ModelSpec("sim/speaker", sampling=Sampling(seed=3), speaker=plant)).answer(request).text
        for plant in (SpeakerPlant(), SpeakerPlant(rule=PlantedRule("Fair winds.", Curve(1, 1))))
    )
    assert plain is not None
    assert ruled is not None
    assert "Fair winds. ⟦sim" in ruled
    assert "Fair winds" not in plain
    assert b"rule" not in msgspec.json.encode(SpeakerPlant())
