"""What the reading of the authors' prompts promises: literals as they stand, and a refusal of everything else."""

import hashlib
from pathlib import Path

import pytest

from longplay.battery import (
    OWN_PROMPTS,
    BatteryError,
    authors_prompts,
    core_personas,
    fill_places,
    give_role,
    mark,
)
from longplay.battery.paper_prompts import NOT_COMPARABLE, PAIRWISE, PLACES, RUBRICS, prompts_from
from longplay.policies.plain import start
from longplay.records import Message
from longplay.specs import TRAITS, Persona
from paper_prompts import prompts_text, read_written, write_prompts

GASTON = Persona("gaston", "Gaston", "A hunter who says {role} and {0} of himself.")


def read(text: str) -> None:
    prompts_from(text, "prompts.py", "hash")


def test_the_authors_words_are_read_as_they_stand_and_nothing_is_run(tmp_path: Path) -> None:
    path = write_prompts(tmp_path)
    found = read_written(path)
    assert found.templates["role_template"].startswith("Play {role}. {role_desc}\n\n**Rules")
    assert found.templates["selene_template_pairwise"].startswith(" Say A or B.\n")
    assert found.rubrics["in_character"].criteria == "How much in_character is there’s in it?"
    assert found.rubrics["openness"].levels == "Score 1: no openness.\n- Score 5: all openness."
    assert found.rubrics["instruction_general"].levels == ""
    assert set(found.templates) == set(PLACES)
    assert set(found.rubrics) == set(RUBRICS)
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert mark(found) == ""


def test_line_ends_of_the_other_kind_make_no_other_prompts() -> None:
    text = prompts_text()
    assert prompts_from(text.replace("\n", "\r\n"), "x", "h") == prompts_from(text, "x", "h")


@pytest.mark.parametrize(
    "form", ['("Say {role}." " {role_desc}")', '"Say {role}." \\\n " {role_desc}"', 'r"Say {role}. {role_desc}"']
)
def test_adjacent_strings_and_brackets_are_one_string(form: str) -> None:
    text = prompts_text().replace("role_template = ", f"role_template = {form}\nunused = ", 1)
    assert prompts_from(text, "x", "h").templates["role_template"] == "Say {role}. {role_desc}"


@pytest.mark.parametrize(
    "form",
    [
        'f"Say {role} {role_desc}"',
        '"{role}" + "{role_desc}"',
        'textwrap.dedent("{role} {role_desc}")',
        '"{role} {role_desc}".strip()',
        'b"{role} {role_desc}"',
        "other",
        '["{role} {role_desc}"]',
        "3",
        "None",
        '"{role} {role_desc}" if True else ""',
    ],
)
def test_what_is_no_plain_string_is_refused_with_its_line(form: str) -> None:
    text = "\n" + prompts_text().replace("role_template = ", f"role_template = {form}\nunused = ", 1)
    with pytest.raises(
        BatteryError, match=r"prompts\.py, line 2: role_template must be a plain string, not .*Set LONGPLAY_DATA"
    ):
        read(text)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("flow_judge_template =", "another =", "flow_judge_template is not assigned"),
        (
            "{EVALUATION_CRITERIA}]\n{RUBRIC}",
            "{EVALUATION_CRITERIA}]",
            r"line 1\d: selene_template_likert must have the",
        ),
        ("{role_desc}", "{role_desc!r}", "role_template must have the places {role}, {role_desc}"),
        ("{role_desc}", "{role_desc} {extra}", "role_template must have the places"),
        ("{role_desc}", "{role_desc} {", "role_template must have the places"),
        ("{role_desc}", "{role_desc} {0}", "role_template must have the places"),
        ("{role_desc}", "{role_desc.__class__}", "role_template must have the places"),
        ("def style_prompt", "def styles_prompt", r"one function style_prompt\(...\) was expected, not 0"),
        ("def style_prompt", "def xstest_prompt", r"one function style_prompt"),
        ("    rubric = ", "    rubric = rubric = ", "rubric must be assigned once"),
        ("    rubric = ", "    rubric += ", "rubric must be assigned once"),
        ("    rubric = ", "    rubric, _ = ", "rubric must be assigned once"),
        ("    rubric = ", "    if True: rubric = ", "rubric must be assigned once"),
        ("    rubric = ", "    rubric = 'x'\n    rubric = ", "rubric must be assigned once"),
        ("\nprompt_map", "\nif x:\n  role_template = 'x'\nprompt_map", "role_template must be assigned once"),
        ("How much style", "\\ud800", "half a character"),
        ('"""How much style is there’s in it?"""', '" "', "evaluation_criteria is empty"),
        ("def style_prompt", "def style_prompt(", "is no Python"),
        ("role_template", "\0role_template", "is no Python"),
        ("role_template = ", "role_template = " + "(" * 500, "is no Python"),
    ],
)
def test_another_form_is_refused_with_what_was_expected(old: str, new: str, fault: str) -> None:
    text = prompts_text()
    assert old in text
    with pytest.raises(BatteryError, match=fault) as raised:
        read(text.replace(old, new, 1))
    assert str(raised.value).startswith("prompts.py")
    assert "github.com/peluz/persistent-personas" in str(raised.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    write_prompts(tmp_path).write_bytes(b"\xff\xfe")
    with pytest.raises(BatteryError, match=r"is not UTF-8 text"):
        authors_prompts()


def test_without_the_file_there_are_own_words_that_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPLAY_DATA", str(tmp_path))
    assert authors_prompts() is None
    assert mark(OWN_PROMPTS) == NOT_COMPARABLE
    path = write_prompts(tmp_path)
    assert authors_prompts() == read_written(path)


def test_own_words_have_the_form_of_the_authors() -> None:
    assert set(OWN_PROMPTS.templates) == set(PLACES)
    assert set(OWN_PROMPTS.rubrics) == set(RUBRICS)
    for name, places in PLACES.items():
        values = dict.fromkeys(places, "\0")
        assert fill_places(OWN_PROMPTS.templates[name], values).count("\0") >= len(places)
        assert "{" not in fill_places(OWN_PROMPTS.templates[name], values)
    for name, rubric in OWN_PROMPTS.rubrics.items():
        assert bool(rubric.levels) == (name not in PAIRWISE)
    assert set(TRAITS) <= set(OWN_PROMPTS.rubrics)


def test_filling_looks_at_no_text_that_it_puts_in() -> None:
    values = {"role": "{role_desc} {{x}} {0.__class__}", "role_desc": "{role}"}
    assert fill_places("{{a}} {role}|{role_desc}", values) == "{a} {role_desc} {{x}} {0.__class__}|{role}"


def test_a_persona_is_given_in_the_authors_words_where_they_are_there(tmp_path: Path) -> None:
    theirs = give_role(GASTON, read_written(write_prompts(tmp_path)))
    expected = f"Play Gaston. {GASTON.description}\n\n**Rules for Gaston:**\n1.  Stay Gaston."
    assert start(theirs).messages() == (Message("system", expected),)
    assert give_role(GASTON, OWN_PROMPTS) == GASTON
    (ours,) = start(GASTON).messages()
    assert ours.content.startswith(f"You are Gaston.\n\n{GASTON.description}\n\n- Speak as Gaston would")


def test_every_bundled_persona_is_given_in_longplays_words() -> None:
    for persona in core_personas().values():
        assert all("{" not in message.content for message in start(persona).messages())
        assert persona.message == ""
