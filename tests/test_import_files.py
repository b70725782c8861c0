"""Transcript files that people have: a bad line or file costs itself alone, and content decides the form."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from longplay.cli import main
from longplay.exchange import json_files, source_files
from longplay.exchange.release_tables import read_rows
from longplay.imports.origins import origin_of
from longplay.specs import read_study
from longplay.store import Reader

ASKED, SAID = "Who winds the clock?", "I do, on Sundays."
CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": ASKED}, {"role": "assistant", "content": SAID}]}
LINE = json.dumps(CHAT)


def other(number: int) -> str:
    """A chat of its own, on a line."""
    return LINE.replace("Sundays", f"day {number}")


def imported(
    source: Path, capsys: pytest.CaptureFixture[str], *options: str, form: str = "openai-chat"
) -> tuple[int, dict[str, list[tuple[str, str]]], dict[str, tuple[str, str]]]:
    """Import a source: exit code, rounds by the dialogue's name, and what became of each file by its last part."""
    run = source.parent / "run"
    code = main(["import", form, str(source), "--into", str(run), "--json", *options])
    out = capsys.readouterr()
    if code == 2:
        return code, {}, {"error": ("refused", out.err)}
    files = {one["path"].rpartition("/")[2]: (one["what"], one["why"]) for one in json.loads(out.out)["files"]}
    with Reader.open(run) as reader:
        found = {
            key.script: [(one.user, one.reply.text or "") for one in reader.dialogue_text(key) if one.reply is not None]
            for key in reader.user_turns()
        }
    return code, found, files


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (LINE[:-20], "no JSON"),
        ('{"score": NaN, ' + LINE[1:], "NaN is no JSON"),
        ('{"score": ' + "9" * 5_000 + "}", "digits"),
        ('{"a":' * 20_000, "nested too deeply"),
        ("user: hello", "no JSON"),
        ("17", "holds a number where an object should be"),
        ('{"messages": {}}', "holds an object where a list should be"),
        ('{"messages": [], "messages": []}', "stands twice"),
        (LINE[:-1] + ",}", "remove the comma before the closing bracket"),
        (LINE.replace("clock", "cl\x00ck"), "is no text"),
        (LINE.replace('"user"', '"ghost"'), "the role 'ghost' is not known. Known: user, human"),
        (LINE.replace('"content"', '"words"', 1), "has no text as content"),
        ('{"title": "nothing"}', "one of messages, conversation, conversations"),
        ('{"mapping": {}, "current_node": "x"}', "it looks like a ChatGPT export, which is not read"),
        ('{"chat_metadata": {}}', "it looks like a SillyTavern chat, which is not read"),
    ],
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_bad_line_costs_that_line_and_is_listed(
    place: int, bad: str, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [other(1), other(2)]
    lines.insert(place, bad)
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    code, found, files = imported(tmp_path / "x.jsonl", capsys)
    assert code == 1
    assert len(found) == 2
    (listed,) = [one for name, one in files.items() if name.startswith(f"x.jsonl, line {place + 1}")]
    assert listed[0] == "refused"
    assert why in listed[1]
    assert len(listed[1]) < 1_000


def test_a_bad_file_costs_that_file_and_others_are_named_for_what_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "chats"
    (folder / "deep" / "down").mkdir(parents=True)
    (folder / "good.jsonl").write_text(other(1))
    (folder / "deep" / "down" / "good.ndjson").write_text(other(2))
    (folder / "wide.json").write_bytes(other(3).encode("utf-16"))
    (folder / "markless.json").write_bytes(other(4).encode("utf-16-le"))
    (folder / "latin.json").write_bytes(other(5).replace("clock", "caf\xe9").encode("latin-1"))
    (folder / "packed.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    (folder / "packed.json").write_bytes(b"\x1f\x8b\x08\x00")
    (folder / "notes.txt").write_text("private")
    (folder / "picture.dat").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "chat.txt").write_text(other(6))
    (folder / "empty.json").write_bytes(b"")
    os.mkfifo(folder / "pipe.json")
    (folder / "gone.json").symlink_to(folder / "nowhere")
    code, found, files = imported(folder, capsys)
    assert code == 1
    assert sorted(found) == ["chat", "deep-down-good-0001", "good-0001", "wide"]
    refused = {name: why.rpartition(": ")[2] for name, (what, why) in files.items() if what == "refused"}
    assert sorted(refused) == ["empty.json", "latin.json", "markless.json", "packed.json", "packed.jsonl.gz"]
    assert "is a gzip file: unpack it with `gunzip`" in files["packed.json"][1]
    assert "UTF-16 without a byte order mark" in files["markless.json"][1]
    assert "is not UTF-8 at byte" in files["latin.json"][1]
    assert "read as UTF-16" in files["wide.json"][1]
    left = {name: why for name, (what, why) in files.items() if what == "left"}
    assert sorted(left) == ["gone.json", "notes.txt", "picture.dat", "pipe.json"]
    assert left["picture.dat"].startswith("a PNG image")


@pytest.mark.parametrize("name", ["x.json", "x.jsonl", "x.txt"])
@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"{other(1)}\n{other(2)}\n", 2),
        (f"{other(1)}\r\n\r\n{other(2)}", 2),
        (f"{other(1)}\r{other(2)}\r", 2),
        (f"\ufeff{other(1)}\n\ufeff{other(2)}", 2),
        (f"[{other(1)},\n{other(2)}]", 2),
        (json.dumps([json.loads(other(1)), json.loads(other(2))], indent=2), 2),
        (json.dumps(CHAT, indent=2), 1),
        (json.dumps(CHAT["messages"]), 1),
        (LINE, 1),
        (f"{json.dumps(CHAT['messages'])}\n{json.dumps(json.loads(other(2))['messages'])}", 2),
    ],
)
def test_content_decides_the_form_whatever_the_name(
    name: str, text: str, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(text.encode())
    code, found, _ = imported(tmp_path / name, capsys)
    assert (code, len(found)) == (0, count)


@pytest.mark.parametrize("form", ["openai-chat", "sharegpt"])
def test_messages_and_roles_are_read_alike_in_every_chat_format(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = [("User", "Assistant"), ("human", "ai"), ("USER", "bot"), ("prompter", "model"), ("human", "ChatGPT")]
    chats = [
        {key: [{who: side, what: text} for side, text in zip(pair, (ASKED, SAID), strict=True)]}
        for key in ("messages", "conversation", "conversations")
        for who, what in (("role", "content"), ("from", "value"))
        for pair in sides
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, chats)))
    code, found, _ = imported(tmp_path / "x.jsonl", capsys, form=form)
    assert code == 0
    assert list(found.values()) == [[(ASKED, SAID)]] * 30


NO = "That I will not do."


@pytest.mark.parametrize(
    ("replies", "text"),
    [
        ([{"content": [{"type": "refusal", "refusal": NO}]}], NO),
        ([{"content": None, "refusal": NO}], NO),
        ([{"content": "", "refusal": NO}], NO),
        ([{"refusal": NO}], NO),
        ([{"content": SAID, "refusal": None}], SAID),
        ([{"content": "", "tool_calls": [{"id": "1"}]}, {"content": SAID}], SAID),
        ([{"content": "\n\n", "tool_calls": [{"id": "1"}]}, {"content": SAID}], SAID),
        ([{"content": None, "function_call": {"name": "f"}}, {"content": SAID}], SAID),
        ([{"content": "One moment.", "tool_calls": [{"id": "1"}]}, {"content": SAID}], f"One moment.\n\n{SAID}"),
        ([{"content": "", "tool_calls": []}], ""),
    ],
)
def test_a_refusal_is_the_replys_text_and_a_call_of_a_tool_adds_none(
    replies: list[dict[str, Any]], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = [{"role": "user", "content": ASKED}, *({"role": "assistant", **reply} for reply in replies)]
    (tmp_path / "x.json").write_text(json.dumps({"messages": messages}))
    assert imported(tmp_path / "x.json", capsys)[1] == {"x": [(ASKED, text)]}


def test_every_dialogue_of_a_folder_has_a_name_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "chats"
    for name, text in {
        "x.json": other(1),
        "x.jsonl": f"{other(2)}\n{other(3)}",
        "a/conversations.json": other(4),
        "b/conversations.json": other(5),
        "titled.json": json.dumps([{"title": "Night", "id": n, **json.loads(other(n))} for n in (6, 7)]),
        "again.json": json.dumps([{"title": "Night", **json.loads(other(n))} for n in (8, 9)]),
        "odd\u202ename.json": other(10),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    code, found, _ = imported(folder, capsys)
    assert code == 0
    assert sorted(found) == [
        *("Night-0001", "Night-0002", "Night-6", "Night-7", "a-conversations", "b-conversations", "odd name"),
        *("x.json", "x.jsonl-0001", "x.jsonl-0002"),
    ]


def test_one_title_and_id_twice_are_two_dialogues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chats = [{"title": "Night", "id": "n", **json.loads(other(n))} for n in (1, 2)]
    (tmp_path / "x.json").write_text(json.dumps(chats))
    assert sorted(imported(tmp_path / "x.json", capsys)[1]) == ["Night-n", "Night-n-2"]


def test_a_name_may_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text(f"{other(1)}\n{other(2)}")
    assert sorted(imported(tmp_path / "x.jsonl", capsys, "--name", "clock")[1]) == ["clock-0001", "clock-0002"]
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "x.json").write_text(LINE)
    assert list(imported(tmp_path / "two" / "x.json", capsys, "--name", "clock")[1]) == ["clock"]
    assert imported(tmp_path / "x.jsonl", capsys, "--name", "a\nb")[0] == 2


@pytest.mark.parametrize(
    ("options", "names", "turn"),
    [
        ((), {}, ("User waves at Assistant", "Assistant nods")),
        ((), {"user": "Tom", "assistant": "Otto"}, ("Tom waves at Otto", "Otto nods")),
        (("--persona", "cast.json"), {}, ("User waves at Mara", "Mara nods")),
    ],
)
def test_macros_of_transcripts_are_filled_counted_and_kept(
    options: tuple[str, ...],
    names: dict[str, str],
    turn: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cast.json").write_text('{"name": "Mara", "description": "Keeps bees."}')
    written = {"user": "{{user}} waves at <BOT>", "assistant": "{{Char}} nods"}
    messages = [
        {"role": role, "content": text, **({"name": names[role]} if names else {})} for role, text in written.items()
    ]
    (tmp_path / "x.json").write_text(json.dumps([*messages, {"role": "user", "content": "{{roll:6}}"}]))
    _, found, files = imported(tmp_path / "x.json", capsys, *options)
    assert found == {"x": [turn]}
    assert "3 macros such as {{char}} filled with names" in files["x.json"][1]
    assert "macros that longplay does not know: {{roll:6}}" in files["x.json"][1]
    with Reader.open(tmp_path / "run") as reader:
        kept = origin_of(reader, next(iter(reader.user_turns())))
    assert kept is not None
    assert [json.loads(part.extra)["written"] for part in kept.parts if part.side] == list(written.values())


def test_many_bad_lines_are_counted_and_not_all_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text("\n".join([LINE, *["{"] * 150]))
    main(["import", "openai-chat", str(tmp_path / "x.jsonl"), "--into", str(tmp_path / "run"), "--json"])
    files = json.loads(capsys.readouterr().out)["files"]
    assert len(files) == 102
    assert files[-1]["why"] == "50 more parts of it"


def test_a_line_that_is_too_long_costs_itself_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_files, "MAX_LINE_BYTES", 200)
    (tmp_path / "x.jsonl").write_text(f"{other(1)}\n{LINE.replace('clock', 'clock' * 100)}\n{other(2)}\n")
    code, found, files = imported(tmp_path / "x.jsonl", capsys)
    assert (code, sorted(found)) == (1, ["x-0001", "x-0003"])
    assert "is longer than 200 bytes" in files["x.jsonl, line 2"][1]


def test_a_folder_with_too_many_files_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_files, "MOST_FILES", 2)
    (tmp_path / "chats").mkdir()
    for number in range(3):
        (tmp_path / "chats" / f"{number}.json").write_text(LINE)
    assert imported(tmp_path / "chats", capsys)[0] == 2


def test_a_run_folder_of_any_name_holds_a_sound_study(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(LINE)
    into = tmp_path / "two\nlines"
    assert main(["import", "openai-chat", str(tmp_path / "x.json"), "--into", str(into)]) == 0
    assert read_study(into / "study.toml").dialogues.imported


@pytest.mark.parametrize("name", ["pipe", "gone", "empty", "/dev/null", "nowhere"])
def test_a_source_that_is_no_file_is_refused_by_name_and_nothing_is_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    assert main(["import", "openai-chat", str(tmp_path / name), "--into", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert name in said
    assert said.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_names_of_files_that_are_no_unicode_are_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"ch\xffats")
    folder.mkdir()
    (folder / os.fsdecode(b"\xff\xfe.json")).write_text(LINE)
    code, found, _ = imported(folder, capsys)
    assert code == 0
    assert list(found.values()) == [[(ASKED, SAID)]]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("mt-eval", '{"conv": [{"user": "a", "sys": "b"}]}\n{"conv": 7}\n{"conv": [{"user": "c", "sys": "d"}]}\n'),
        (
            "crd3",
            '{"TURNS": [{"NAMES": ["Q"], "UTTERANCES": ["a"]}, {"NAMES": ["A"], "UTTERANCES": ["b"]}]}\n'
            '{"TURNS": [{"NAMES": [], "UTTERANCES": ["a"]}]}\n'
            '{"TURNS": [{"NAMES": ["Q"], "UTTERANCES": ["c"]}, {"NAMES": ["A"], "UTTERANCES": ["d"]}]}\n',
        ),
    ],
)
def test_a_bad_line_costs_itself_in_every_format(
    form: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    code, found, _ = imported(tmp_path / "x.jsonl", capsys, "--persona-speaker", "A", form=form)
    assert (code, len(found)) == (1, 2)


def test_a_judges_reply_of_a_million_characters_is_read_from_a_table(tmp_path: Path) -> None:
    csv.field_size_limit(131_072)
    (tmp_path / "x.csv").write_text(f'reply,score\n"{"x" * 1_000_000}",4\n')
    (row,) = read_rows(tmp_path / "x.csv", ["reply"])
    assert len(row.fields["reply"]) == 1_000_000


def test_the_report_of_imported_dialogues_says_what_is_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.jsonl").write_text(f"{other(1)}\n{other(2)}")
    assert imported(tmp_path / "x.jsonl", capsys)[0] == 0
    assert main(["report", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "These dialogues were imported, not played: 2 dialogues of 1 round." in page
    assert "Nobody was named whom the model should be." in page
    assert "Nobody was asked to judge" in page
    assert "each dialogue is a script of its own" in page
    for untrue in ("stands before everything as system message", "1 order", "is an interview", "same questions are"):
        assert untrue not in page


TOOL_TURNS = [
    {"role": "user", "content": "Is it raining?"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "sky", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "rain"}]},
    {"role": "assistant", "content": [{"text": "It is."}]},
]


def test_a_call_of_a_tool_in_parts_is_no_empty_reply_and_its_result_no_empty_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps({"messages": TOOL_TURNS}))
    code, found, said = imported(tmp_path / "x.jsonl", capsys)
    assert code == 0
    assert list(found.values()) == [[("Is it raining?", "It is.")]]
    assert "a call of a tool, without words" in said["x.jsonl"][1]
    assert "a tool's message" in said["x.jsonl"][1]


@pytest.mark.parametrize(
    "reply",
    [
        {"content": "", "parts": [{"type": "text", "text": "It is."}]},
        {"content": " ", "text": "It is."},
        {"content": [{"type": "markdown", "text": "It is."}]},
    ],
)
def test_a_reply_whose_text_stands_elsewhere_is_refused_and_not_read_as_empty(
    reply: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chat = {"messages": [{"role": "user", "content": "Is it?"}, {"role": "assistant", **reply}]}
    (tmp_path / "x.jsonl").write_text(f"{other(1)}\n{json.dumps(chat)}\n")
    code, found, said = imported(tmp_path / "x.jsonl", capsys)
    assert (code, len(found)) == (1, 1)
    (why,) = [why for _, (what, why) in said.items() if what == "refused"]
    assert "line 2, message 2" in why
    assert "content" in why
