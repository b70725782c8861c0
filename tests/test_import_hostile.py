"""Whatever a transcript holds: one line with file and place, nothing outside the run folder, no traceback."""

import contextlib
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longplay.cli import main
from longplay.exchange import json_files
from longplay.exchange.formats import FORMATS
from longplay.exchange.source_files import ImportFault
from longplay.imports.origins import origin_of
from longplay.specs import parse_study, printable
from longplay.store import Reader
from longplay.study.study_of_import import Known, minimal_study


def attempt(form: str, raw: bytes, folder: Path, name: str = "x.json") -> tuple[int, str]:
    """Import some bytes; the exit code and what was said on stderr."""
    (folder / name).write_bytes(raw)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main(["import", form, str(folder / name), "--into", str(folder / "run"), "--persona-speaker", "A"])
    return code, said.getvalue()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b'{"messages": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "nested too deeply"),
        (b'[{"role": "user",\n "content": "caf\xe9"}]', "x.json: is not UTF-8 at byte 34 (line 2)"),
        (b'[{"role": "user", "content"', "x.json: no JSON: Expecting ':' delimiter at line 1, column 28"),
        (b'[{"role": "user", "role": "user", "content": "a"}]', "'role' stands twice"),
        (b'[{"role": "user", "content": NaN}]', "NaN is no JSON"),
        (
            b'{"messages": [{"role": "user", "content": 7}]}',
            "message 1, content: holds a number where a list should be",
        ),
        (b'{"messages": [{"role": "oracle", "content": "a"}]}', "'oracle' is not known. Known: user, human"),
        (b'{"messages": [{"role": "user", "content": "a"}]}', "no user turn is answered"),
        (b'{"messages": [], "conversation": []}', "one of messages, conversation"),
        (b'[{"role": "assistant", "content": null}]', "has no text"),
        (b"[]", "there is no transcript"),
        (b"17", "holds a number where an object should be"),
        (b"\x00" * 100, "is no text"),
    ],
)
def test_a_file_that_is_no_chat_is_one_line_with_its_place_and_nothing_is_written(
    raw: bytes, named: str, tmp_path: Path
) -> None:
    code, said = attempt("openai-chat", raw, tmp_path)
    assert code == 2
    assert said.count("\n") == 1
    assert named in said
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_what_another_format_holds_is_refused(form: str, tmp_path: Path) -> None:
    code, said = attempt(form, b'{"something": ["else"]}', tmp_path)
    assert code == 2
    assert "x.json" in said


def test_what_is_larger_than_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(json_files, "MAX_LINE_BYTES", 50)
    (tmp_path / "x.jsonl").write_bytes(b'{"conv": [' + b" " * 60 + b']}\n{"conv": [{"user": "a", "sys": "b"}]}\n')
    assert main(["import", "mt-eval", str(tmp_path / "x.jsonl"), "--into", str(tmp_path / "run"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["tallied"]["dialogues"] == 1
    assert "line 1: is longer than 50 bytes" in found["files"][1]["why"]
    (tmp_path / "large.json").write_bytes(b" " * 60)
    with pytest.raises(ImportFault, match="has 60 bytes; at most 50 are read"):
        json_files.read_json(tmp_path / "large.json", most=50)


def test_links_in_a_folder_are_not_followed_and_everything_else_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, chat = tmp_path / "chats", '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]'
    (folder / "deeper").mkdir(parents=True)
    (folder / "one.json").write_text(chat)
    (folder / "notes.txt").write_text("private")
    (tmp_path / "secret.json").write_text(chat)
    (folder / "secret.json").symlink_to(tmp_path / "secret.json")
    assert main(["import", "openai-chat", str(folder), "--into", str(tmp_path / "run"), "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(one["path"].rpartition("/")[2], one["what"]) for one in files] == [
        ("notes.txt", "left"),
        ("secret.json", "left"),
        ("one.json", "read"),
    ]


def test_a_blank_name_of_a_model_is_refused_before_anything_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chat = {"messages": [{"role": role, "content": "a"} for role in ("user", "assistant")]}
    source, into = tmp_path / "x.json", tmp_path / "run"
    source.write_text(json.dumps(chat))
    assert main(["import", "openai-chat", str(source), "--into", str(into), "--model", " "]) == 2
    assert "replies are of ' ', which is no name; give one with --model." in capsys.readouterr().err
    assert not (into / "run.sqlite").exists()


def test_names_from_a_source_lead_nowhere_and_no_text_becomes_toml(tmp_path: Path) -> None:
    title = '../../x"]\n[judge]\nname = "openai/evil'
    chat = {"model": title, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    code, said = attempt("openai-chat", json.dumps(chat).encode(), tmp_path)
    assert (code, "cannot be a name" in said) == (2, True)
    chat["model"] = '../../x"] # \\ \N{SNOWMAN}'
    assert attempt("openai-chat", json.dumps(chat).encode(), tmp_path)[0] == 0
    assert parse_study((tmp_path / "run" / "study.toml").read_text("utf-8")).models[0].title == chat["model"]
    assert {path.name for path in tmp_path.iterdir()} == {"run", "x.json"}
    assert {path.name.partition("-")[0] for path in (tmp_path / "run").iterdir()} <= {
        "run.sqlite",
        "lock",
        "study.toml",
    }


def test_texts_that_are_no_valid_unicode_are_kept_as_they_are(tmp_path: Path) -> None:
    chat = [
        {"role": "user", "content": "half \ud83d"},
        {"role": "assistant", "content": "\udc00 half", "name": "\ud800"},
    ]
    assert attempt("openai-chat", json.dumps(chat).encode(), tmp_path)[0] == 0
    with Reader.open(tmp_path / "run") as reader:
        (key,) = reader.user_turns()
        (only,) = reader.dialogue_text(key)
        kept = origin_of(reader, key)
    assert only.reply is not None
    assert (only.user, only.reply.text) == ("half \ud83d", "\udc00 half")
    assert kept is not None
    assert kept.parts[1].name == "\ud800"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["show", str(tmp_path / "run"), "--round", "1"]) == 0
    assert "half" in out.getvalue()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "messages", "conversations", "from", "value", "conv", "user", "sys", "TURNS"]
            )
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=30)
@given(form=st.sampled_from(sorted(FORMATS)), value=VALUES, cut=st.integers(0, 40))
def test_no_bytes_of_a_file_end_in_a_traceback(form: str, value: object, cut: int) -> None:
    raw = json.dumps(value).encode()
    with tempfile.TemporaryDirectory() as folder:
        code, said = attempt(form, raw[: len(raw) - cut] if cut < 10 else raw, Path(folder))
        assert code in (0, 1, 2)
        assert code < 2 or said.count("\n") == 1


@given(title=st.text(max_size=20), model=st.text(min_size=1, max_size=20).filter(printable))
def test_the_written_study_is_sound_toml_whatever_names_it_holds(title: str, model: str) -> None:
    study = parse_study(minimal_study(Known(title, [model], "j", {"rounds": ["style"]}, [0, 7]), Path("run")))
    assert study.dialogues.imported
    assert study.models[0].title == model
