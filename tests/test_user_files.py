"""Persona, script and study files that people have: read, or refused in one line that says what to do."""

import gzip
import io
import json
import os
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from longplay.battery import BatteryError, distinct, read_cast, read_personas, read_script, slug
from longplay.cli import main
from longplay.dialogue import user_turns
from longplay.records import Script
from longplay.specs import Persona, fill_macros, read_study, unknown_macros
from short_study import talk

STUDY = f"""\
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
{talk(2, '"cast.json"', '"talk.json"')}\
[[probes]]
name = "fidelity"
limit = 1
"""
KEEPER = {"name": "Mara", "description": "Mara keeps bees above Elm Street."}
CARD = {
    "name": "Otto",
    "description": "{{char}} mends clocks and has known {{user}} for years.",
    "personality": "patient",
    "scenario": "{{Char}}'s shop, after closing time.",
    "first_mes": "The clocks say you are late.",
    "mes_example": "<START>\n{{user}}: Late?\n{{char}}: Late.",
    "creator_notes": "",
    "tags": ["clocks"],
}


def said_of(folder: Path, capsys: pytest.CaptureFixture[str], cast: object, command: str = "plan") -> tuple[int, str]:
    """Plan or run a study with a persona file; the exit code, and everything that was printed."""
    raw = cast if isinstance(cast, bytes) else json.dumps(cast).encode()
    (folder / "cast.json").write_bytes(raw)
    (folder / "talk.json").write_text(json.dumps({"questions": ["Who are you?", "What hums, {{char}}?"]}))
    (folder / "study.toml").write_text(STUDY)
    into = ["--into", str(folder / "run")] if command == "run" else []
    code = main([command, str(folder / "study.toml"), *into])
    out = capsys.readouterr()
    return code, out.out + out.err


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (KEEPER, ["Mara"]),
        ([KEEPER], ["Mara"]),
        ([KEEPER, {**KEEPER, "name": "Ivo", "id": "the-other"}], ["Mara", "Ivo"]),
        ({"Mara": "Bees.", "Ivo": "Goats."}, ["Mara", "Ivo"]),
        ({"persona": [KEEPER]}, ["Mara"]),
        (CARD, ["Otto"]),
        ({"spec": "chara_card_v2", "spec_version": "2.0", "data": CARD}, ["Otto"]),
        ({"spec": "chara_card_v3", "spec_version": "3.0", "data": CARD}, ["Otto"]),
        ([CARD, KEEPER], ["Otto", "Mara"]),
        ({"char_name": "Otto", "char_persona": "Mends clocks.", "char_greeting": "Late."}, ["Otto"]),
    ],
)
def test_a_persona_file_in_json_is_one_persona_a_list_descriptions_by_name_or_a_card(
    value: object, names: list[str], tmp_path: Path
) -> None:
    (tmp_path / "cast.json").write_text(json.dumps(value))
    assert [persona.name for persona in read_personas(tmp_path / "cast.json")] == names


def test_a_card_is_name_description_personality_and_scenario_and_the_rest_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "otto.json").write_text(json.dumps({"spec": "chara_card_v2", "data": CARD}))
    (otto,) = read_cast(tmp_path / "otto.json").personas
    assert otto.description == (
        "Otto mends clocks and has known User for years.\n\npatient\n\nOtto's shop, after closing time."
    )
    for command in ("plan", "run"):
        code, said = said_of(tmp_path, capsys, {"spec": "chara_card_v2", "data": CARD}, command)
        assert code == 0
        assert "of the card 'Otto' these parts are not used: mes_example, tags;" in said


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (
            {"name": "Mara", "desciption": "Bees."},
            ["persona 'Mara'", "unknown key 'desciption'", "Known keys: id, name"],
        ),
        ({"name": "Mara"}, ["persona 'Mara'", "has no 'description'"]),
        ({"name": "Mara", "bio": "Bees."}, ["unknown key 'bio'"]),
        ({"title": "Mara", "text": "Bees."}, ["Known keys"]),
        ({"Mara": ["Bees."]}, ["the description of 'Mara' is no text", '{"name": "Ada", "description"']),
        ({"Mara": {"description": "Bees."}}, ["is no text"]),
        ([], ["holds no persona. Give"]),
        ({}, ["holds no persona. Give"]),
        (["Mara"], ["entry 1 is no persona. Give"]),
        ("Mara", ["holds no persona. Give"]),
        (None, ["holds no persona. Give"]),
        ({"name": "Mara", "description": 7}, ["description: Expected a text, got a whole number"]),
        ({"name": "Mara", "description": " \n"}, ["description is blank"]),
        ({"name": "", "description": "Bees."}, ["must be printable text on one line, not ''"]),
        ({"name": "Ma\nra", "description": "Bees."}, ["must be printable text on one line"]),
        ({"name": "Mar\u202ea", "description": "Bees."}, ["must be printable text on one line", "u202e"]),
        ({"name": "M" * 10_000, "description": "Bees."}, ["name"]),
        ({"name": "Mara", "id": "baseline", "description": "Bees."}, ["'baseline' stands for no persona"]),
        ({"name": "Mara", "description": "half \ud83d"}, ["half of a character (\\ud83d)"]),
        ({"name": "Mara", "description": "Bees.", "traits": {"openness": 9}}, ["traits"]),
        (b'{"Mara": "Bees.", "Mara": "Goats."}', ["the key 'Mara' stands twice"]),
        (b'{"Mara": "Bees.",}', ["remove the comma before the closing bracket"]),
        (b"{'Mara': 'Bees.'}", ["double quotes"]),
        (b'{"name": "Mara", "traits": NaN}', ["NaN is no JSON"]),
        (b'{"name": ' + b"9" * 5_000 + b"}", ["digits"]),
        (b"- name: Mara\n  description: Bees.\n", ["it looks like YAML"]),
        (b"<!DOCTYPE html><html></html>", ["it looks like an HTML page"]),
        (b"", ["is empty"]),
        (b'{"Mara": "B\x00ees."}', ["is no text"]),
        ('{"Mara": "Bees, caf\xe9."}'.encode("latin-1"), ["is not UTF-8 at byte 19 (line 1)"]),
        ('{"Mara": "Bees."}'.encode("utf-16-le"), ["looks like UTF-16 without a byte order mark"]),
    ],
)
def test_any_other_persona_file_is_refused_by_name_with_what_is_accepted(
    value: object, parts: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = said_of(tmp_path, capsys, value)
    assert code == 2
    assert said.count("\n") == 1
    assert len(said) < 1_500
    for part in ("cast.json", *parts):
        assert part in said


def png(chunks: bytes) -> bytes:
    """A PNG file, whole but for its picture."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0) + b"IHDR" + chunks


def zipped(name: str, text: str = "{}") -> bytes:
    """A zip archive with one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (gzip.compress(b"{}", mtime=0), "a gzip file: unpack it with `gunzip`"),
        (zlib.compress(b"{}") * 9, "is not UTF-8"),
        (zipped("a.json"), "a zip archive: unpack it"),
        (zipped("card.json"), "a character card in an archive (CHARX): export the card as JSON"),
        (zipped("word/document.xml"), "a Word document (docx)"),
        (zipped("xl/workbook.xml"), "a spreadsheet (xlsx)"),
        (zipped("_journal/start.json"), "a log of Inspect (.eval)"),
        (png(b"tEXtchara\0e30="), "a character card in a PNG image: export the card as JSON"),
        (png(b"tEXtSoftware\0x"), "a PNG image without a card"),
        (b"PAR1\x15\x04", "a Parquet table"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"\x80\x04\x95\x00", "a Python pickle, which is never opened"),
        (b"{\\rtf1 hello}", "an RTF document"),
    ],
)
@pytest.mark.parametrize("name", ["cast.json", "cast.toml", "cast.bin"])
def test_files_of_other_kinds_are_named_for_what_they_are(name: str, raw: bytes, named: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(raw)
    for read in (read_personas, read_script):
        with pytest.raises(BatteryError) as caught:
            read(tmp_path / name)
        assert f"{name}: " in str(caught.value)
        assert named in str(caught.value)


def test_what_is_no_regular_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "nowhere.json").symlink_to(tmp_path / "gone")
    for name, fault in (("folder", "is a folder"), ("pipe", "is no regular file but a pipe"), ("nowhere", "no such")):
        with pytest.raises(BatteryError, match=fault):
            read_personas(tmp_path / f"{name}.json")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
def test_byte_order_marks_are_read_in_every_kind_of_file(encoding: str, tmp_path: Path) -> None:
    texts = {
        "cast.json": '{"Mára": "Bees."}',
        "cast.toml": '[[persona]]\nname = "Mára"\ndescription = "Bees."\n',
        "talk.toml": 'kind = "goal-oriented"\nquestions = ["Mára?", "b"]\n',
        "study.toml": '[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n[dialogues]\nrounds = 2\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode(encoding))
    assert read_personas(tmp_path / "cast.json")[0].name == read_personas(tmp_path / "cast.toml")[0].name == "Mára"
    assert read_script(tmp_path / "talk.toml").questions == ("Mára?", "b")
    assert read_study(tmp_path / "study.toml").dialogues.rounds == 2
    assert main(["plan", str(tmp_path / "study.toml")]) in (0, None)


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_line_ends_of_any_system_are_read(ends: str, tmp_path: Path) -> None:
    (tmp_path / "cast.toml").write_bytes(f'[[persona]]{ends}name = "Mara"{ends}description = "Bees."{ends}'.encode())
    assert read_personas(tmp_path / "cast.toml")[0].name == "Mara"


def test_two_names_that_make_one_id_have_ids_of_their_own_that_stay(tmp_path: Path) -> None:
    def ids(*names: str) -> dict[str, str]:
        (tmp_path / "cast.json").write_text(json.dumps(dict.fromkeys(names, "Somebody.")))
        return {persona.name: persona.id for persona in read_personas(tmp_path / "cast.json")}

    one, two = "\u9f8d", "\u864e"
    both = ids(one, two)
    assert both[one] == slug(one)
    assert both[two].startswith("persona-")
    assert ids(one, "\u725b", two)[two] == both[two]
    assert len(set(ids("Al!", "Al?", "al", one, two).values())) == 5


def test_personas_of_several_files_have_ids_of_their_own_too() -> None:
    first, second = (Persona("persona", name, "Somebody.") for name in ("\u9f8d", "\u864e"))
    assert len({persona.id for persona in distinct([first, second])}) == 2
    assert [persona.id for persona in distinct([Persona("x", "A", "a"), Persona("x", "B", "b")])] == ["x", "x"]


@pytest.mark.parametrize("name", ["Baseline", "None", "null"])
def test_a_persona_whose_name_means_nobody_is_somebody_still(name: str, tmp_path: Path) -> None:
    (tmp_path / "cast.json").write_text(json.dumps({"name": name, "description": "Somebody."}))
    assert read_personas(tmp_path / "cast.json")[0].id == f"{name.lower()}-persona"


def test_empty_descriptions_are_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = said_of(tmp_path, capsys, {"Mara": "Bees.", "empty": ""})
    assert code == 0
    assert "left out, as there is no description: 'empty'" in said


def test_macros_are_filled_in_any_case_and_tags_and_unknown_macros_are_not() -> None:
    text = "{{char}} {{Char}} {{USER}} <USER> <BOT> <user> {{random::a,b}} {{ char }}"
    assert fill_macros(text, "Otto", "Mara") == "Otto Otto Mara Mara Otto <user> {{random::a,b}} {{ char }}"
    assert unknown_macros([text]) == ("{{random::a,b}}",)


def test_macros_of_scripts_bear_the_personas_name_and_of_the_baseline_a_common_one() -> None:
    script = Script("s", "goal-oriented", ("Hello {{char}}!", "I am {{user}}."), opening="Well, {{char}}")
    otto = Persona("otto", "Otto", "Mends clocks.")
    assert user_turns(script, otto, 3, 0, 0) == ("Well, Otto", "Hello Otto!", "I am User.")
    assert user_turns(script, None, 3, 0, 0) == ("Well, Assistant", "Hello Assistant!", "I am User.")


def test_unknown_macros_are_said_by_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = said_of(tmp_path, capsys, {"Mara": "Bees, {{mood}}."})
    assert code == 0
    assert "macros that longplay does not know are sent as they stand: {{mood}}" in said


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("talk.toml", 'questions = ["a"]', ["has no 'kind'", "Known keys: name, kind, questions"]),
        ("talk.toml", 'kind = "x"\nquestion = ["a"]', ["unknown key 'question'"]),
        ("talk.json", '{"question": ["a"]}', ["unknown key 'question'", "questions"]),
        ("talk.json", '["a", "b"]', ["holds no script. Give"]),
        ("talk.json", '{"questions": []}', ["holds no questions. Give"]),
        ("talk.json", '{"questions": ["a", " "]}', ["question 2 is blank"]),
        ("talk.json", '{"questions": ["a", 7]}', ["Expected a text, got a whole number"]),
        ("talk.json", '{"questions": ["half \\ud83d"]}', ["half of a character"]),
        ("talk.toml", "Who are you?\nWhat do you do?", ["not valid TOML", "Give in TOML"]),
    ],
)
def test_a_script_file_that_is_none_is_refused_by_name(name: str, text: str, parts: list[str], tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BatteryError) as caught:
        read_script(tmp_path / name)
    for part in (name, *parts):
        assert part in str(caught.value)


def test_a_script_in_json_may_have_the_keys_of_one_in_toml(tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text('{"kind": "goal-oriented", "questions": ["a"], "closing": "Bye."}')
    assert read_script(tmp_path / "talk.json").closing == "Bye."


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("models:\n  - name: sim/speaker\njudge:\n  name: sim/judge\n", "it looks like YAML"),
        ('{"models": [{"name": "sim/speaker"}]}', "it looks like JSON"),
    ],
)
def test_a_study_in_another_language_is_shown_one_in_toml(
    text: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.yaml").write_text(text)
    assert main(["plan", str(tmp_path / "study.yaml")]) == 2
    said = capsys.readouterr().err
    assert named in said
    assert 'A study is TOML, such as these four lines: [[models]] / name = "sim/speaker"' in said


def test_a_number_that_python_cannot_hold_is_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "study.toml").write_text(f"seed = {'9' * 5_000}\n{STUDY}")
    assert main(["plan", str(tmp_path / "study.toml")]) == 2
    assert "not valid TOML" in capsys.readouterr().err


@pytest.mark.parametrize(
    "keys",
    [
        {"character": "Mara", "instructions": "Bees."},
        {"persona_name": "Mara", "persona_text": "Bees."},
        {"firstName": "Mara", "lastName": "Linden"},
        {"speaker": "Mara", "profile": "Bees."},
        {"model": "large", "instruction": "Bees."},
        {"spec": "lorebook_v3", "data": {"name": "Elm Street", "description": "A street.", "entries": [1]}},
        {"kind": "working", "name": "Mara", "persona": {"text": "Bees."}, "scenario": "Elm Street."},
    ],
)
def test_fields_of_other_programs_are_not_read_as_names_of_personas(
    keys: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = said_of(tmp_path, capsys, keys)
    assert code == 2
    assert "cast.json" in said
    assert "description" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("cast", "fault"),
    [
        ({**KEEPER, "traits": {"open": 3}}, "'open' is not known. Known: openness"),
        ({**KEEPER, "name": "{{char}}"}, "holds a macro"),
        ({"description": "Bees."}, "has no 'name', but 'description'"),
        (b" \n", "is empty"),
    ],
)
def test_what_of_a_persona_cannot_be_used_is_named(
    cast: object, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = said_of(tmp_path, capsys, cast)
    assert (code, fault in said) == (2, True), said


@pytest.mark.parametrize("key", ["kind", "opening", "closing", "opening_baseline", "closing_baseline"])
def test_a_blank_turn_or_kind_of_a_script_is_refused(key: str, tmp_path: Path) -> None:
    (tmp_path / "talk.json").write_text(json.dumps({"kind": "talk", "questions": ["Why?"], key: " "}))
    with pytest.raises(BatteryError, match=f"{key} is blank"):
        read_script(tmp_path / "talk.json")
