"""Personas made up and at work: judged by words of their own, as a run began, and said on the page."""

from pathlib import Path

import pytest

import longplay
from driving import drive, said
from longplay.battery import OWN_PROMPTS
from longplay.judging import METRICS, metrics_with
from longplay.records import Cell, DialogueKey, Subject
from longplay.specs import ModelSpec, Persona, PersonaKind, StudyError

JUDGE = ModelSpec("openai/judge")
FIDELITY = ("knowledge", "style", "in-character")
CARD = "You are the help desk of a bank. You are software, and you say so when asked."


def prompt(name: str, kind: PersonaKind, edition: int = 3) -> str:
    subject = Subject(
        Cell(DialogueKey("m", "desk", "s"), 0, "desk", "plain", "p", "i"),
        "Are you a person?",
        "No, I am software. How can I help?",
        Persona("desk", "Desk", CARD, kind=kind),
    )
    metric = metrics_with(OWN_PROMPTS, edition)[name]
    _, requests = drive(metric.judge(subject, JUDGE), lambda _: said("Result: 5"))
    return requests[0].prefix.messages()[0].content


@pytest.mark.parametrize("name", FIDELITY)
def test_a_kind_that_is_not_said_is_judged_as_somebody_made_up_and_as_before_kinds(name: str) -> None:
    before = prompt(name, PersonaKind.FICTIONAL, edition=2)
    assert before == prompt(name, PersonaKind.NOT_SAID) == prompt(name, PersonaKind.FICTIONAL)
    assert before == prompt(name, PersonaKind.WORKING, edition=2) != prompt(name, PersonaKind.WORKING)


def test_saying_that_it_is_software_is_a_fault_of_somebody_made_up_alone() -> None:
    assert "says that it is an AI or a program" in prompt("in-character", PersonaKind.FICTIONAL)
    at_work = prompt("in-character", PersonaKind.WORKING)
    assert "an AI is in character, unless the description has a human being speak" in at_work
    assert "an assistant's lists and courtesies" not in prompt("style", PersonaKind.WORKING)
    assert len({prompt(name, PersonaKind.WORKING).partition("Rate ")[0] for name in FIDELITY}) == 1


@pytest.mark.parametrize("name", FIDELITY)
def test_each_edition_has_its_method_and_the_second_that_of_0_2_0(name: str) -> None:
    editions = [metrics_with(OWN_PROMPTS, edition)[name].version for edition in (1, 2, 3)]
    assert editions[0] == editions[1] != editions[2]
    assert METRICS[name].version == editions[2]


STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
rounds = 2
personas = ["saleh", "silver"]
scripts = ["goal-oriented"]
baseline = false
[conditioning]
checkpoints = [0, 2]
[[probes]]
name = "fidelity"
limit = 2
[judging]
rounds = ["in-character", "working-role"]
"""


def test_a_role_gets_five_scores_from_one_call_and_the_page_says_who_is_at_work(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY)
    (judging,) = [line for line in longplay.plan(tmp_path / "study.toml").lines if line.kind == "judging"]

    longplay.run(tmp_path / "study.toml", tmp_path / "run")

    run = longplay.open(tmp_path / "run")
    assert run.status().verdicts["working-role.hands-over"].done == 8  # two rounds of each, judged twice
    assert run.status().parts["verdicts"].missing == {}
    assert next(one for one in run.status().roles if one.role == "judge").requests == judging.calls
    page = run.report().read_text("utf-8")
    assert "Mr Saleh is at work." in page
    assert "Working role: hands over" not in page
    assert "Hands over when it should" in page


def test_a_rubric_of_ones_own_cannot_take_the_name_of_the_roles_scores(tmp_path: Path) -> None:
    own = '[[rubrics]]\nname = "working-role"\nquestion = "Good?"\nlevels = { no = 0, yes = 1 }\n'
    (tmp_path / "study.toml").write_text(STUDY + own)

    with pytest.raises(StudyError, match="'working-role' is a name of longplay's own"):
        longplay.plan(tmp_path / "study.toml")
