"""Whatever a study or persona file holds: one line, exit code 2, no traceback, nothing started, nothing written."""

import contextlib
import io
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longplay.cli import main

# No such provider: a file that happens to be a sound study ends here, before anything is started.
STUDY = '[[models]]\nname = "sim/speaker"\n[judge]\nname = "nowhere/judge"\n[dialogues]\nrounds = 4\n'
KEYS = (
    *("models", "judge", "title", "seed", "battery", "dialogues", "conditioning", "probes", "judging", "budget"),
    *("analysis", "personas", "scripts", "rounds", "orders", "checkpoints", "name", "base_url", "limit", "description"),
)
NAMES = st.sampled_from(KEYS) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
NAUGHTY = st.sampled_from(
    [
        "\x00",
        "\x1b]0;x\x07",
        "\u202e",
        "\ud800",
        "../../etc/passwd.toml",
        "/dev/null.json",
        "{persona}",
        "%s",
        "a" * 300,
    ]
)
TEXTS = st.text(max_size=40) | NAUGHTY | st.builds("{}.toml".format, st.text(max_size=10) | NAUGHTY)


def toml(value: object) -> str:
    """A value as TOML; what TOML cannot say becomes a text. Escapes let any character through, lone surrogates too."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{toml(str(key))} = {toml(one)}' for key, one in value.items())} }}"
    return '"' + "".join(f"\\U{ord(c):08x}" if not c.isalnum() or ord(c) > 127 else c for c in str(value)) + '"'


def refused(files: dict[str, bytes]) -> None:
    """Run study.toml beside other files and see that it is refused as bad input should be."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, body in files.items():
            (folder / path).write_bytes(body)
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["run", str(folder / "study.toml"), "--into", str(folder / "run")])
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    lines = err.getvalue().splitlines()
    assert code == 2
    assert out.getvalue() == ""
    assert [line for line in lines if not line.startswith(("SIMULATED", "NOTE: "))] == [lines[-1]]
    assert lines[-1].startswith("error: ")
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for line in lines for c in line)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_study_file_are_refused(body: bytes) -> None:
    refused({"study.toml": body})


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_toml_as_a_study_file_is_refused(values: dict[str, object]) -> None:
    text = "".join(f"{toml(key)} = {toml(value)}\n" for key, value in values.items())
    refused({"study.toml": text.encode()})


@given(st.sampled_from(KEYS), VALUES | TEXTS)
def test_any_value_in_an_otherwise_sound_study_is_refused(key: str, value: object) -> None:
    for text in (f"{toml(key)} = {toml(value)}\n{STUDY}", f"{STUDY}{toml(key)} = {toml(value)}\n"):
        refused({"study.toml": text.encode()})


@given(st.integers(0, len(STUDY)), st.integers(0, 20), st.binary(max_size=10))
def test_any_damage_to_a_study_file_is_refused(at: int, cut: int, put: bytes) -> None:
    body = STUDY.encode()
    refused({"study.toml": body[:at] + put + body[at + cut :]})


@settings(max_examples=60)
@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=2))
def test_any_names_of_personas_and_scripts_are_refused(personas: list[str], scripts: list[str]) -> None:
    refused({"study.toml": f"{STUDY}personas = {toml(personas)}\nscripts = {toml(scripts)}\n".encode()})


@given(st.sampled_from(["cast.toml", "cast.json"]), st.binary(max_size=200))
def test_any_bytes_as_a_persona_file_are_refused(name: str, body: bytes) -> None:
    refused({"study.toml": f"{STUDY}personas = [{toml(name)}]\n".encode(), name: body})


@given(
    st.dictionaries(
        st.sampled_from(["persona", "id", "name", "description", "kind", "traits", "lore"]) | NAMES, VALUES | TEXTS
    )
)
def test_any_toml_as_a_persona_file_is_refused(values: dict[str, object]) -> None:
    cast = "".join(f"{toml(key)} = {toml(value)}\n" for key, value in values.items())
    refused({"study.toml": f'{STUDY}personas = ["cast.toml"]\n'.encode(), "cast.toml": cast.encode()})


@given(
    st.fixed_dictionaries(
        {"name": TEXTS, "description": TEXTS},
        optional={"id": TEXTS, "traits": VALUES, "lore": VALUES, "greeting": TEXTS},
    )
)
def test_any_text_in_an_inline_persona_is_refused_or_taken_as_text(persona: dict[str, object]) -> None:
    refused({"study.toml": f"{STUDY}personas = [{toml(persona)}]\n".encode()})


@given(st.sampled_from(["talk.toml", "talk.json"]), st.binary(max_size=200))
def test_any_bytes_as_a_script_file_are_refused(name: str, body: bytes) -> None:
    refused({"study.toml": f"{STUDY}scripts = [{toml(name)}]\n".encode(), name: body})


@pytest.mark.parametrize("words", [["status", "RUN"], ["report", "RUN"], ["demo", "--into", "RUN"]])
def test_a_path_that_the_system_refuses_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    assert main([long if word == "RUN" else word for word in words]) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith(f"error: {long}")
    assert "name too long" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["plan"], "STUDY is missing. `longplay plan --help` says what is accepted."),
        (["run", "s.toml", "--into"], "--into needs a value behind it. `longplay run --help` says what is accepted."),
        (["demo", "runs/x"], "longplay demo does not take 'runs/x'. `longplay demo --help` says what is accepted."),
        (["status", "--jsno", "x"], "Unknown option: --jsno. Did you mean --json? `longplay status --help` says"),
        (["data", "nope"], '"list", "fetch", "check". `longplay data --help` says what is accepted.'),
    ],
)
def test_words_that_cannot_be_taken_are_told_what_is_accepted(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in " ".join(capsys.readouterr().err.split())
