"""What personas carry beside their description: kind, greeting, lore, a text after the history. Kept, not sent."""

import csv
import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from faults import FaultServer
from killed_run import words
from longplay.battery import BatteryError, core_personas, read_cast, read_personas
from longplay.cli import main
from longplay.pipeline import load
from longplay.policies.plain import start
from longplay.specs import LoreEntry, Persona, PersonaKind, StudyError, read_study
from longplay.store import Reader, Store
from short_study import talk

WHOLE = Path(__file__).parent / "data" / "run-0.1.0-whole"
STUDY = f"""\
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
{talk(2, "PERSONAS")}\
[[probes]]
name = "fidelity"
limit = 1
"""
KEEPER: dict[str, object] = {"name": "Mara", "description": "Mara keeps bees above Elm Street."}
LORE = [
    {"keys": ["hive", "{{char}}'s bees"], "content": "{{char}} has nine hives.", "secondary_keys": ["how many"]},
    {"content": "It is always June.", "always": True},
]
CARRYING: dict[str, object] = {
    **KEEPER,
    "kind": "working",
    "greeting": "Mind the smoker, {{user}}.",
    "lore": LORE,
    "after_history": "Answer as {{char}} would.",
}
MARA = Persona(
    id="mara",
    name="Mara",
    description="Mara keeps bees above Elm Street.",
    kind=PersonaKind.WORKING,
    greeting="Mind the smoker, User.",
    lore=(
        LoreEntry(keys=("hive", "Mara's bees"), content="Mara has nine hives.", secondary_keys=("how many",)),
        LoreEntry(content="It is always June.", always=True),
    ),
    after_history="Answer as Mara would.",
)
BOOK: dict[str, object] = {
    "name": "Bees",
    "scan_depth": 4,
    "entries": [
        {
            "keys": ["swarm"],
            "content": "Swarms in May.",
            "enabled": True,
            "insertion_order": 20,
            "position": "before_char",
        },
        {"keys": ["hive", " "], "content": "Nine hives.", "insertion_order": 10, "id": 3, "comment": "hives"},
        {"keys": [], "content": "June.", "constant": True, "insertion_order": 30, "selective": False},
        {"keys": ["a"], "content": "Both.", "selective": True, "secondary_keys": ["b"], "insertion_order": 40},
        {"keys": ["a"], "content": "Off.", "enabled": False},
        {"keys": ["/a+/"], "content": "Patterns.", "use_regex": True},
        {"keys": ["a"], "content": "@@depth 5\nDecorated."},
        {"keys": ["a"], "content": " "},
        {"keys": [""], "content": "Nothing calls it."},
    ],
}


def cast(folder: Path, value: object) -> Path:
    (folder / "cast.json").write_text(json.dumps(value))
    return folder / "cast.json"


def study(folder: Path, personas: str = '"cast.json"') -> Path:
    (folder / "study.toml").write_text(STUDY.replace("PERSONAS", personas))
    return folder / "study.toml"


def persona_documents(run: Path) -> dict[str, str]:
    with Reader.open(run) as reader:
        return reader.documents("persona")


def test_every_part_is_read_from_json_toml_and_a_study_with_names_in_the_places_of_macros(tmp_path: Path) -> None:
    assert read_personas(cast(tmp_path, CARRYING)) == (MARA,)
    (tmp_path / "cast.toml").write_text(
        """\
[[persona]]
name = "Mara"
description = "Mara keeps bees above Elm Street."
kind = "working"
greeting = "Mind the smoker, {{user}}."
after_history = "Answer as {{char}} would."
[[persona.lore]]
keys = ["hive", "{{char}}'s bees"]
content = "{{char}} has nine hives."
secondary_keys = ["how many"]
[[persona.lore]]
content = "It is always June."
always = true
"""
    )
    assert read_personas(tmp_path / "cast.toml") == (MARA,)
    inline = """{ name = "Mara", description = "Mara keeps bees above Elm Street.", kind = "working",
        greeting = "Mind the smoker, {{user}}.", after_history = "Answer as {{char}} would.", lore = [
            { keys = ["hive", "{{char}}'s bees"], content = "{{char}} has nine hives.", secondary_keys = ["how many"] },
            { content = "It is always June.", always = true },
        ] }""".replace("\n", " ")
    assert load(study(tmp_path, inline.replace(", ] }", " ] }"))).experiment.personas == {"mara": MARA}


def test_what_no_policy_sends_changes_no_request_and_every_reader_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = msgspec.structs.replace(MARA, greeting="", lore=(), after_history="", kind=PersonaKind.NOT_SAID)
    assert start(MARA) == start(bare)
    cast(tmp_path, CARRYING)
    run = tmp_path / "run"
    told = "kept with the personas, and not yet sent: greeting of Mara; lore of Mara; after_history of Mara"
    for command in (["plan"], ["run", "--into", str(run)]):
        assert main([command[0], str(study(tmp_path)), *command[1:]]) in (0, None)
        out = capsys.readouterr()
        assert told in out.out + out.err
    assert main(["report", str(run)]) == 0
    assert told in (run / "report.html").read_text()
    capsys.readouterr()
    assert main(["show", str(run), "--persona", "mara"]) in (0, None)
    shown = capsys.readouterr().out
    for part in (
        "PERSONA, working",
        "GREETING, kept and not sent\n    Mind the smoker, User.",
        "hive, Mara's bees: Mara",
    ):
        assert part in shown


def test_the_run_keeps_every_part_and_exports_them(tmp_path: Path) -> None:
    cast(tmp_path, [CARRYING, {**KEEPER, "name": "Ivo"}])
    run = tmp_path / "run"
    assert main(["run", str(study(tmp_path)), "--into", str(run)]) == 0
    assert msgspec.json.decode(persona_documents(run)["mara"], type=Persona) == MARA
    assert main(["export", str(run), "--texts"]) == 0
    with (run / "export" / "personas.csv").open(encoding="utf-8", newline="") as file:
        ivo, mara = csv.DictReader(file)
    assert (mara["persona"], mara["kind"], mara["greeting"]) == ("mara", "working", MARA.greeting)
    assert msgspec.json.decode(mara["lore"], type=tuple[LoreEntry, ...]) == MARA.lore
    assert (ivo["kind"], ivo["lore"], ivo["openness"]) == ("", "", "")
    assert main(["export", str(run), "--into", str(tmp_path / "bare")]) == 0
    assert "greeting" not in (tmp_path / "bare" / "personas.csv").read_text()


def test_a_card_carries_its_first_message_lore_book_and_last_instructions(tmp_path: Path) -> None:
    data: dict[str, Any] = {
        **KEEPER,
        "first_mes": "Mind the smoker.",
        "post_history_instructions": "Stay {{char}}.",
        "mes_example": "<START>",
        "character_book": BOOK,
    }
    found = read_cast(cast(tmp_path, {"spec": "chara_card_v2", "data": data}))
    (mara,) = found.personas
    assert (mara.greeting, mara.after_history) == ("Mind the smoker.", "Stay Mara.")
    assert mara.lore == (
        LoreEntry(keys=("hive",), content="Nine hives."),
        LoreEntry(keys=("swarm",), content="Swarms in May."),
        LoreEntry(content="June.", always=True),
        LoreEntry(keys=("a",), content="Both.", secondary_keys=("b",)),
    )
    (note,) = found.notes
    assert note.endswith(
        "these parts are not used: mes_example, character_book.scan_depth, character_book.entries.position, "
        "1 of 9 entries of character_book (switched off), 1 of 9 entries of character_book (keys are patterns), "
        "1 of 9 entries of character_book (begin with decorators), 1 of 9 entries of character_book (say nothing), "
        "1 of 9 entries of character_book (no keys)"
    )


def test_a_card_of_pygmalions_form_greets_too(tmp_path: Path) -> None:
    card = {"char_name": "Mara", "char_persona": "Bees.", "char_greeting": "Well?"}
    found = read_cast(cast(tmp_path, card))
    assert (found.personas[0].greeting, found.notes) == ("Well?", ())


@pytest.mark.parametrize("book", [None, {}, {"entries": []}, {"entries": [], "extensions": {}}])
def test_a_card_without_lore_has_none_and_nothing_is_said(book: object, tmp_path: Path) -> None:
    found = read_cast(cast(tmp_path, {**KEEPER, "first_mes": " ", "character_book": book}))
    assert (found.personas[0].lore, found.personas[0].greeting, found.notes) == ((), "", ())


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ({"kind": "character"}, ["kind: Invalid enum value 'character'. Known: fictional, working."]),
        ({"kind": 3}, ["kind: Expected a text, got a whole number."]),
        ({"greeting": ["Hello."]}, ["greeting: Expected a text, got a list"]),
        ({"greeting": " \n"}, ["the greeting is blank; write it, or leave the key out"]),
        ({"after_history": "\t"}, ["the after_history is blank"]),
        ({"greeting": "x" * 100_001}, ["greeting: Expected a text of length <= 100000"]),
        (
            {"after_history": "{{char}}" * 12_000, "name": "M" * 200},
            ["after_history: Expected a text of length <= 100000"],
        ),
        ({"lore": {"hive": "Nine."}}, ["lore: Expected a list, got a table"]),
        ({"lore": ["hive"]}, ["lore[0]: Expected a table, got a text"]),
        ({"lore": [{"keys": "hive", "content": "Nine."}]}, ["lore[0].keys: Expected a list, got a text"]),
        ({"lore": [{"keys": ["hive"]}]}, ["lore[0]: has no 'content'", "Known keys: keys, content, always"]),
        (
            {"lore": [*LORE, {"key": ["x"], "content": "x"}]},
            ["lore[2]: unknown key 'key'. Known keys: keys"],
        ),
        ({"lore": [*LORE, {"keys": ["x"], "content": " "}]}, ["lore entry 3: the content is blank"]),
        ({"lore": [{"keys": ["x", " "], "content": "x"}]}, ["lore entry 1: a key is blank"]),
        (
            {"lore": [{"content": "x"}]},
            ["lore entry 1: has no keys, so nothing calls it up; give keys"],
        ),
        ({"lore": [{"keys": ["x" * 201], "content": "x"}]}, ["lore[0].keys[0]: Expected a text of length <= 200"]),
        ({"lore": [{"keys": ["x"] * 201, "content": "x"}]}, ["lore[0].keys: Expected a list of length <= 200"]),
        ({"lore": [{"keys": ["x"], "content": "x"}] * 1_001}, ["lore: Expected a list of length <= 1000"]),
        ({"lore": [{"keys": ["x"], "content": "half \ud83d"}]}, ["half of a character"]),
        ({"first_mes": 7}, ["greeting: Expected a text, got a whole number"]),
        ({"character_book": "Bees."}, ["character_book: Expected a table"]),
        ({"character_book": {"entries": {"0": {}}}}, ["character_book: entries: Expected a list, got a table"]),
        ({"character_book": {"entries": [7]}}, ["character_book: entry 1: Expected a table, got a whole number"]),
        (
            {"character_book": {"entries": [{"keys": "a"}]}},
            ["character_book: entry 1: keys: Expected a list"],
        ),
        (
            {"character_book": {"entries": [{"keys": ["x" * 999], "content": "x"}]}},
            ["character_book: entry 1: keys[0]: Expected a text of length <= 200"],
        ),
    ],
)
def test_a_part_that_cannot_be_used_is_refused_by_file_persona_and_key(
    keys: dict[str, object], parts: list[str], tmp_path: Path
) -> None:
    path = cast(tmp_path, {**KEEPER, **keys})
    with pytest.raises(BatteryError) as caught:
        read_personas(path)
    said = str(caught.value)
    for part in (str(path), *parts):
        assert part in said
    assert "persona 'M" in said or "half of a character" in said
    assert "\n" not in said
    assert len(said) < 1_000


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('kind = "pirate"', "[dialogues.personas[0].kind]: Invalid enum value 'pirate'. Known: fictional, working."),
        (
            'lore = [{ key = "a" }]',
            "[dialogues.personas[0].lore[0]] has no key 'key'. Known keys: always, content",
        ),
        ('greeting = " "', "[dialogues.personas] 'Ada': the greeting is blank"),
        ('lore = [{ content = "a" }]', "[dialogues.personas] 'Ada': lore entry 1: has no keys"),
    ],
)
def test_the_same_in_a_study_names_the_place_in_it(keys: str, said: str, tmp_path: Path) -> None:
    path = study(tmp_path, f'{{ name = "Ada", description = "Ada.", {keys} }}')
    with pytest.raises((StudyError, BatteryError)) as caught:
        load(path)
    assert f"{path}: {said}" in str(caught.value)


def test_a_word_that_is_none_of_those_accepted_is_answered_with_them_anywhere_in_a_study(tmp_path: Path) -> None:
    path = study(tmp_path, '"silver"')
    path.write_text(path.read_text() + '[judging]\nforms = ["theirs"]\n')
    with pytest.raises(StudyError, match=r"\[judging.forms\[0\]\]: Invalid enum value 'theirs'. Known: ours, preamble"):
        read_study(path)


def test_each_bundled_persona_is_fictional_or_working() -> None:
    kinds = {name: str(one.kind) for name, one in core_personas().items()}
    assert kinds == {
        **dict.fromkeys(("silver", "queen", "scrooge", "elizabeth"), "fictional"),
        **dict.fromkeys(("saleh", "marsh", "tamsin", "wren"), "working"),
    }


@pytest.mark.parametrize(
    ("word", "kind"), [("character", "fictional"), ("working", "working"), ("pirate", ""), ("", ""), ("\u202e", "")]
)
def test_a_kind_that_an_earlier_version_kept_is_read_as_what_it_meant(word: str, kind: str) -> None:
    body = json.dumps({"id": "ada", **KEEPER, "kind": word, "traits": {}, "message": ""})
    assert msgspec.json.decode(body, type=Persona).kind == kind


def test_a_run_of_an_earlier_version_reads_and_goes_on_without_a_call(tmp_path: Path) -> None:
    run = Path(shutil.copytree(WHOLE, tmp_path / "run"))
    old = persona_documents(run)["silver"]
    assert '"kind":"character"' in old
    assert "greeting" not in old
    assert main(["report", str(run)]) == 0
    with FaultServer(words=words) as server:
        text = (run / "study.toml").read_text().splitlines()
        lines = [f'base_url = "{server.url}"' if line.startswith("base_url") else line for line in text]
        (tmp_path / "study.toml").write_text("\n".join(lines))
        assert main(["run", str(tmp_path / "study.toml"), "--into", str(run), "--no-cache"]) == 0
        assert not server.requests
    assert msgspec.json.decode(persona_documents(run)["silver"], type=Persona) == core_personas()["silver"]


def test_a_run_that_kept_nothing_of_a_part_goes_on_with_it_and_with_a_changed_part_does_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"

    def resumed(keys: dict[str, object]) -> int:
        cast(tmp_path, {**KEEPER, **keys})
        return main(["run", str(study(tmp_path)), "--into", str(run)])

    assert resumed({}) == 0
    with closing(Reader.open(run)) as reader:
        before = reader.counts().spent
    assert resumed(CARRYING) == 0
    with closing(Reader.open(run)) as reader:
        assert reader.counts().spent == before
    assert msgspec.json.decode(persona_documents(run)["mara"], type=Persona) == MARA
    changed: list[dict[str, object]] = [
        {**CARRYING, "greeting": "Other."},
        {**CARRYING, "kind": "fictional"},
        {**CARRYING, "lore": LORE[:1]},
        KEEPER,
    ]
    for keys in changed:
        capsys.readouterr()
        assert resumed(keys) == 2
        assert "the persona 'mara' has changed since this run began" in capsys.readouterr().err


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"id":"silver"}', '{"id":"silver","name":"S","description":"d","x":1}']
)
def test_a_persona_of_a_run_that_cannot_be_read_is_one_line(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = study(tmp_path, '"silver"')
    run = tmp_path / "run"
    assert main(["run", str(path), "--into", str(run)]) == 0
    with Store.open(run) as store:
        store.set_document("persona", "silver", body)
    for command in (["run", str(path), "--into", str(run)], ["report", str(run)], ["export", str(run)]):
        capsys.readouterr()
        assert main(command) == 2
        (*_, line) = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ")
        assert "persona" in line
