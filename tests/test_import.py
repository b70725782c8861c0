"""Transcripts of others: text in equals text out, and what was imported is judged, cut and asked after like played."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest

from longplay.cli import main
from longplay.exchange.conversations import NO_REPLY, NO_USER_YET, SYSTEM, Conversation, Piece, transcript
from longplay.exchange.formats import FORMATS
from longplay.experiment import expected, plan
from longplay.imports.origins import origin_of
from longplay.inference.sim import open_simulated
from longplay.pipeline import Control, Progress, Spending, load
from longplay.pipeline.run import run
from longplay.records import Cell, Message, Reply, Request, Role
from longplay.records.transcripts import Spoken, texts_of
from longplay.specs import Budget, ModelSpec
from longplay.store import Reader, Store
from tables import contents

STUDY = """
[[models]]
name = "sim/speaker"
label = "spoke"
[judge]
name = "sim/judge"
[dialogues]
imported = true
[conditioning]
checkpoints = [0, 1, 3]
[judging]
rounds = ["style"]
[[probes]]
name = "fidelity"
limit = 1
"""
CHAT = [
    {"role": "user", "content": "Who are you?"},
    {"role": "assistant", "content": "A lamp.\r\n\tLit."},
    {"role": "user", "content": ""},
    {"role": "assistant", "content": "  ", "reasoning_content": "they said nothing"},
    {"role": "user", "content": "Good night \N{CANDLE}"},
    {"role": "assistant", "content": "Night\n"},
]
SHORT = [{"role": "user", "content": "On?"}, {"role": "assistant", "content": "Off."}]


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), "utf-8")
    return path


def dialogues(run_folder: Path) -> dict[str, list[tuple[str, str | None]]]:
    """User turns and replies by script."""
    with Reader.open(run_folder) as reader:
        keys = reader.user_turns()
        return {
            key.script: [(one.user, one.reply.text if one.reply else None) for one in reader.dialogue_text(key)]
            for key in keys
        }


def test_a_chat_becomes_rounds_with_every_character_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path / "lamp.json", CHAT)
    assert main(["import", "openai-chat", str(source), "--into", str(tmp_path / "run")]) == 0
    said = [message["content"] for message in CHAT]
    assert dialogues(tmp_path / "run") == {"lamp": list(zip(said[::2], said[1::2], strict=True))}
    out, err = capsys.readouterr()
    assert "Next: complete " in err
    characters = sum(map(len, said))
    assert f"1 dialogue, 3 rounds, 6 turns, {characters} characters in = {characters} out" in out
    with Reader.open(tmp_path / "run") as reader:
        (key,) = reader.user_turns()
        second = reader.dialogue_text(key)[1].reply
        assert second is not None
        assert (second.reasoning, second.empty, second.attempts) == ("they said nothing", True, 0)
        assert reader.counts().reused == 0, "nothing was found in an earlier run"


SIDES: dict[str, Literal["user", "assistant"] | None] = {"u": "user", "a": "assistant", "s": None}


def pieces(messages: str) -> tuple[Piece, ...]:
    """Messages from words such as `u:hello`."""
    said = [one.partition(":") for one in messages.split(" ")]
    return tuple(Piece(SIDES[side], side, text, why="" if SIDES[side] else SYSTEM) for side, _, text in said)


@pytest.mark.parametrize(
    ("messages", "rounds", "kept"),
    [
        ("u:a u:b a:c", ["a\n\nb|c"], []),
        ("u:a a:b a:c", ["a|b\n\nc"], []),
        ("a:hi u:a a:b", ["a|b"], [(0, "hi", NO_USER_YET)]),
        ("s:be u:a a:b", ["a|b"], [(0, "be", SYSTEM)]),
        ("u:a a:b s:now u:c", ["a|b"], [(1, "now", SYSTEM), (1, "c", NO_REPLY)]),
        ("u:a s:x a:b s:y a:", ["a|b\n\n"], [(0, "x", SYSTEM), (1, "y", SYSTEM)]),
        ("u: a: u:a a:", ["|", "a|"], []),
        ("u:a a:b u:c s:x u:d", ["a|b"], [(1, "c", NO_REPLY), (1, "x", SYSTEM), (1, "d", NO_REPLY)]),
    ],
)
def test_what_is_no_round_is_kept_beside_the_rounds_with_the_reason(
    messages: str, rounds: list[str], kept: list[tuple[int, str, str]]
) -> None:
    found = transcript(Conversation("x", "x.json", pieces(messages)), "m", None)
    assert [f"{one.user}|{one.reply}" for one in found.rounds] == rounds
    assert [(part.round, part.text, part.why) for part in found.parts if not part.side] == kept
    assert texts_of(found.parts, found.rounds) == [said.partition(":")[2] for said in messages.split(" ")]


def test_tools_parts_and_names_of_a_chat_are_kept_though_they_are_no_round(tmp_path: Path) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:x"}}
    call = [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    chat = {
        "id": 7,
        "messages": [
            {"role": "developer", "content": "Be Ada."},
            {"role": "user", "content": [{"type": "text", "text": "See"}, image], "name": "eve"},
            {"role": "assistant", "content": None, "tool_calls": call},
            {"role": "tool", "content": "a lighthouse", "tool_call_id": "1"},
            {"role": "assistant", "content": "A lighthouse.", "weight": 1},
            {"role": "user", "content": [image]},
            {"role": "assistant", "content": "Another."},
        ],
    }
    source = tmp_path / "tools.jsonl"
    source.write_text(json.dumps(chat) + "\n\n", "utf-8")
    assert main(["import", "openai-chat", str(source), "--into", str(tmp_path / "run")]) == 0
    assert dialogues(tmp_path / "run") == {"tools-0001": [("See", "A lighthouse."), ("", "Another.")]}
    with Reader.open(tmp_path / "run") as reader:
        kept = origin_of(reader, next(iter(reader.user_turns())))
    assert kept is not None
    assert json.loads(kept.about) == {"id": 7}
    others = [(part.role, part.text, part.why.split(",")[0]) for part in kept.parts if not part.side]
    image_kept = ("user", "", "a part of a message that is no text (image_url)")
    assert others == [
        ("developer", "Be Ada.", SYSTEM.split(",")[0]),
        image_kept,
        ("assistant", "", "a call of a tool"),
        ("tool", "a lighthouse", "a tool's message"),
        image_kept,
    ]
    assert {part.extra for part in kept.parts} >= {json.dumps({"tool_calls": call}), json.dumps(image)}
    assert [part.name for part in kept.parts][1] == "eve"


def test_sharegpt_conversations_become_dialogues_and_unknown_speakers_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*turns: tuple[str, str]) -> dict[str, Any]:
        return {"conversations": [{"from": who, "value": what} for who, what in turns]}

    source = written(
        tmp_path / "shared.json",
        [said(("system", "s"), ("human", "a"), ("gpt", "b")), said(("alien", "z")), said(("human", "c"), ("gpt", "d"))],
    )
    assert main(["import", "sharegpt", str(source), "--into", str(tmp_path / "run"), "--json"]) == 1
    assert dialogues(tmp_path / "run") == {"shared-0001": [("a", "b")], "shared-0003": [("c", "d")]}
    files = json.loads(capsys.readouterr().out)["files"]
    assert [(one["what"], one["texts"]) for one in files] == [("read", 5), ("refused", 0)]
    assert "'alien' is not known. Known: user, human" in files[1]["why"]


def test_the_speaker_who_is_the_persona_must_be_chosen_and_all_others_keep_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = [
        (["ANN"], ["Hello", "all."]),
        (["BO"], ["Hm."]),
        (["CY", "BO"], ["Yes!"]),
        (["ANN"], ["No."]),
        (["ANN"], ["."]),
    ]
    crd3 = {
        "METADATA": {"x": 1},
        "TURNS": [{"NAMES": n, "UTTERANCES": u, "NUMBER": i} for i, (n, u) in enumerate(turns)],
    }
    source = written(tmp_path / "C1.json", crd3)
    into = ["--into", str(tmp_path / "run")]
    assert main(["import", "crd3", str(source), *into]) == 2
    assert "ANN 3, BO 1" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert main(["import", "crd3", str(source), *into, "--persona-speaker", "BO"]) == 0
    assert dialogues(tmp_path / "run") == {"C1": [("ANN: Hello\nall.", "Hm.")]}
    assert main(["import", "crd3", str(source), "--into", str(tmp_path / "ann"), "--persona-speaker", "ANN"]) == 0
    assert dialogues(tmp_path / "ann") == {"C1": [("BO: Hm.\n\nCY & BO: Yes!", "No.\n\n.")]}
    assert "4 turns, 13 characters" not in capsys.readouterr().out


GENERATIONS = "persistent-personas/generations/gemma-3-4b-it"
SOURCES: dict[str, tuple[list[str], int, int, int]] = {
    "the Gaston dialogue": (["openai-chat", f"{GENERATIONS}/interview_Gaston.json"], 1, 204, 175_338),
    "the baseline's head": (["openai-chat", f"{GENERATIONS}/interview_empty_head.json"], 1, 46, 41_948),
    "the assistant-axis chats": (["openai-chat", "longdialogue/assistant-axis/persona_drift"], 4, 116, 120_399),
    "MT-Eval": (["mt-eval", "longdialogue/mt-eval"], 120, 2_240, 871_959),
    "CRD3": (["crd3", "longdialogue/crd3", "--persona-speaker", "LAURA"], 2, 2_680, 235_126),
}


@pytest.mark.parametrize("name", SOURCES)
def test_real_dialogues_import_cut_and_render_without_loss(
    name: str, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (form, path, *options), count, turns, characters = SOURCES[name]
    into = tmp_path / "run"
    assert main(["import", form, str(data_dir / path), *options, "--into", str(into)]) == 0
    total = f"{turns:,} turns, {characters:,} characters in = {characters:,} out"
    assert total in capsys.readouterr().out
    source = read(data_dir / path, form)
    assert (len(source), sum(map(len, source.values()))) == (count, turns)
    with Reader.open(into) as reader:
        keys = list(reader.user_turns())
        kept = {key: origin_of(reader, key) for key in keys}
        lengths = {key: len(reader.dialogue_text(key)) for key in keys}
    for key in keys if count < 10 else keys[::12]:
        capsys.readouterr()
        place = ["--model", key.model, "--script", key.script, "--round", str(lengths[key])]
        assert main(["show", str(into), *place]) == 0
        parts = kept[key]
        assert parts is not None
        assert texts_of(parts.parts, rendered(capsys.readouterr().out)) == source[key.script]
    assert main(["report", str(into)]) == 0
    imported = "1 dialogue was" if count == 1 else f"{count} dialogues were"
    assert f"{imported} imported, not played" in (into / "report.html").read_text("utf-8")


def read(path: Path, form: str) -> dict[str, list[str]]:
    """The texts of a source, read apart from the code under test."""
    files = [path] if path.is_file() else [one for one in sorted(path.iterdir()) if one.suffix in (".json", ".jsonl")]
    if form == "mt-eval":
        rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
        return {
            f"{files[0].stem}-{n:04}": [turn[side] for turn in row["conv"] for side in ("user", "sys")]
            for n, row in enumerate(rows, 1)
        }
    found = {file.stem: json.loads(file.read_text("utf-8")) for file in files}
    if form == "crd3":
        return {name: ["\n".join(turn["UTTERANCES"]) for turn in one["TURNS"]] for name, one in found.items()}
    chats = {name: one if isinstance(one, list) else one["conversation"] for name, one in found.items()}
    return {name: [message["content"] for message in chat] for name, chat in chats.items()}


def rendered(out: str) -> tuple[Spoken, ...]:
    """The rounds as `longplay show` prints them, margins taken off."""
    sides: dict[tuple[int, str], list[str]] = {}
    lines: list[str] = []
    for line in out.split("\n"):
        head = re.fullmatch(r"ROUND (\d+), (USER|REPLY)(?P<flag> \(empty\))?", line)
        if head is not None:
            lines = sides[int(head[1]), head[2]] = []
        elif line.startswith("    "):
            lines.append(line[4:])
        elif line:
            lines = []
    texts = {place: "\n".join(those) for place, those in sides.items()}
    shown = {place: "" if text == "(nothing)" else text for place, text in texts.items()}
    return tuple(Spoken(shown[n, "USER"], shown[n, "REPLY"]) for n in range(1, len(shown) // 2 + 1))


class Recording:
    """A simulated model that remembers what it was asked."""

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec
        self.width = 4
        self.asked: list[Request] = []
        self._model = open_simulated(spec)

    async def reply(self, request: Request) -> Reply:
        self.asked.append(request)
        return await self._model.reply(request)

    async def close(self) -> None:
        """Nothing to give back."""


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """Two chats, of three rounds and of one, as dialogues of a persona, under a study on simulated models."""
    folder = tmp_path / "chats"
    folder.mkdir()
    written(folder / "lamp.json", CHAT)
    written(folder / "short.json", SHORT)
    (tmp_path / "study.toml").write_text(STUDY)
    (tmp_path / "cast.toml").write_text('[[persona]]\nname = "Lamp"\ndescription = "You are a lamp."\n')
    options = ["--study", str(tmp_path / "study.toml"), "--persona", f"{tmp_path / 'cast.toml'}#lamp"]
    assert main(["import", "openai-chat", str(folder), "--into", str(tmp_path / "run"), *options]) == 0
    return tmp_path / "run"


def test_imported_dialogues_are_asked_after_their_own_rounds_and_none_is_played(imported: Path) -> None:
    experiment = load(imported / "study.toml").experiment
    spoke, judge = Recording(experiment.models["spoke"]), Recording(experiment.judge)
    control = Control(Progress(expected(experiment), Spending(Budget())))
    with Store.open(imported, 0.0) as store:
        asyncio.run(
            run(experiment, store, {Role("model", "spoke"): [spoke], Role("judge", judge.spec.title): [judge]}, control)
        )
    cells = [request.cell.ref for request in spoke.asked if request.cell is not None]
    assert all(isinstance(cell, Cell) for cell in cells), "a round was played"
    said = [message["content"] for message in CHAT]
    prefixes = {
        (ref.dialogue.script, ref.checkpoint): request.prefix.messages()[1:]
        for request, ref in zip(spoke.asked, cells, strict=True)
        if isinstance(ref, Cell)
    }
    whole = [Message("assistant" if n % 2 else "user", text) for n, text in enumerate(said)]
    shown = {place: [Message(one.role, one.content) for one in found] for place, found in prefixes.items()}
    assert shown.pop(("lamp", 0), []) == shown.pop(("short", 0), []) == []
    short = [Message("user", "On?"), Message("assistant", "Off.")]
    assert shown == {("lamp", 1): whole[:2], ("lamp", 3): whole, ("short", 1): short}
    assert {request.cell.metric for request in judge.asked if request.cell} == {"knowledge", "style", "in-character"}
    assert plan(experiment).judge_calls.one_order == len(judge.asked)


def test_a_run_on_imported_dialogues_completes_and_a_second_one_adds_nothing(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["run", str(imported / "study.toml"), "--into", str(imported)]
    assert main(again) == 0
    assert "Rounds: 4 of 4 obtained." in capsys.readouterr().out
    before = contents(imported)
    assert main(again) == 0
    assert contents(imported) == before
    for command in ("status", "report"):
        assert main([command, str(imported)]) == 0
    page = (imported / "report.html").read_text("utf-8")
    assert "imported, not played" in page
    assert "as their source has them: early and late rounds differ in their questions too" in page
    assert "one order" not in page


def test_importing_the_same_once_more_changes_nothing_and_other_words_are_refused(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(imported)
    chats, cast = imported.parent / "chats", f"{imported.parent / 'cast.toml'}#lamp"
    again = ["import", "openai-chat", str(chats), "--into", str(imported), "--persona", cast]
    assert main(again) == 0
    assert "2 dialogues were there before" in capsys.readouterr().err
    assert contents(imported) == before
    written(chats / "short.json", [SHORT[0], {"role": "assistant", "content": "Out."}])
    assert main(again) == 2
    assert "other words" in capsys.readouterr().err


def test_a_study_file_elsewhere_runs_on_the_imported_folder_and_on_no_other(
    imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = tmp_path / "mine.toml"
    study.write_text(STUDY.replace("limit = 1", "limit = 2"))
    assert main(["run", str(study), "--into", str(tmp_path / "elsewhere")]) == 2
    assert "longplay import" in capsys.readouterr().err
    assert main(["run", str(study), "--into", str(imported)]) == 2
    assert "--extend" in capsys.readouterr().err
    assert main(["run", str(study), "--into", str(imported), "--extend"]) == 0
    capsys.readouterr()
    assert main(["plan", str(imported / "study.toml"), "--json"]) == 0
    lines = {(one["kind"]): one["calls"] for one in json.loads(capsys.readouterr().out)["lines"]}
    assert lines["rounds"] == 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("imported = true", "rounds = 5"), "needs imported = true"),
        (('label = "spoke"', 'label = "other"\n[[models]]\nname = "sim/third"'), "other, sim/third"),
    ],
)
def test_a_study_that_does_not_fit_the_import_is_refused_before_anything_is_written(
    change: tuple[str, str], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "lamp.json", {"messages": CHAT, "model": "spoke"})
    (tmp_path / "study.toml").write_text(STUDY.replace(*change))
    options = ["--into", str(tmp_path / "run"), "--study", str(tmp_path / "study.toml")]
    assert main(["import", "openai-chat", str(source), *options]) == 2
    assert named in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_study_that_asks_after_more_rounds_than_there_are_is_refused(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (imported / "study.toml").write_text(STUDY.replace("[0, 1, 3]", "[0, 4]"))
    assert main(["run", str(imported / "study.toml"), "--into", str(imported)]) == 2
    assert "4 lies past the last round of the longest imported dialogue, 3" in capsys.readouterr().err


def test_the_study_that_is_written_asks_nobody_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path / "lamp.json", {"messages": CHAT, "model": 'a "b"\\c/d'})
    into = tmp_path / "run"
    assert main(["import", "openai-chat", str(source), "--into", str(into)]) == 0
    head, _, text = (into / "study.toml").read_text("utf-8").partition("\n\n")
    assert "base_url" in head
    again = ["run", str(into / "study.toml"), "--into", str(into)]
    assert main(again) == 0
    (into / "study.toml").write_text(text.replace("rounds = []", 'rounds = ["style"]').replace("probes = []", ""))
    assert main([*again, "--extend"]) == 1
    assert "is only known from imported texts" in capsys.readouterr().err
    asked = text.replace("probes = []", "").replace("imported/a", "sim/a").replace("imported/nobody yet", "sim/judge")
    (into / "study.toml").write_text(
        f'{asked}[conditioning]\ncheckpoints = [3]\n[[probes]]\nname = "role"\nlimit = 1\n'
    )
    assert main(again) == 0


def test_an_imported_folder_stays_imported_and_a_played_one_played(
    imported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played = STUDY.replace("imported = true", "rounds = 3\nbaseline_draws = 1\npersonas = []")
    (tmp_path / "played.toml").write_text(played)
    assert main(["run", str(tmp_path / "played.toml"), "--into", str(imported), "--extend"]) == 2
    assert "dialogues.imported cannot change" in capsys.readouterr().err
    assert main(["run", str(tmp_path / "played.toml"), "--into", str(tmp_path / "other")]) == 0
    assert main(["import", "openai-chat", str(tmp_path / "chats"), "--into", str(tmp_path / "other")]) == 2
    assert "import into another folder" in capsys.readouterr().err


def test_every_format_stands_in_the_handbook() -> None:
    handbook = (Path(__file__).parents[1] / "docs" / "import.md").read_text("utf-8")
    assert [name for name in (*FORMATS, "persistent-personas") if f"`{name}`" not in handbook] == []
