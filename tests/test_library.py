"""The library: frames equal the exported tables, the examples run, imports stay light."""

import asyncio
import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import longplay
from documents import DOCUMENTS, ROOT
from longplay.checks.server import Checked
from longplay.cli import main
from longplay.exchange.frames import stored_frame
from longplay.exchange.stored import stored
from longplay.pipeline import load_text
from longplay.store import Reader, Store
from short_study import FLAWED as STUDY
from tiny_model import write_tiny_model

PAGE, CLI = DOCUMENTS["docs/library.md"], DOCUMENTS["docs/cli.md"]
WHOLE = Path(__file__).parent / "data" / "run-0.1.0-whole"
FRAMES = ("personas", "rounds", "answers", "verdicts", "estimates")
WITH_TEXTS = ("personas", "rounds", "answers")
KINDS = {"category", "str", "Int64", "float64", "bool"}


@pytest.fixture(scope="module", params=["now", "0.1.0"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of this version and one of 0.1.0, each with its tables exported."""
    folder = tmp_path_factory.mktemp("library")
    if request.param == "now":
        (folder / "study.toml").write_text(STUDY, encoding="utf-8")
        assert longplay.run(folder / "study.toml", folder / "run").status == "complete"
    else:
        shutil.copytree(WHOLE, folder / "run")
    assert main(["export", str(folder / "run"), "--texts"]) == 0
    return folder / "run"


def framed(run: Path, name: str) -> pd.DataFrame:
    return getattr(longplay.open(run), name)(**({"texts": True} if name in WITH_TEXTS else {}))


def said(value: object) -> str:
    """A value as it stands in a file, without the apostrophe that disarms formulas."""
    return "" if value is None or pd.isna(value) else str(value)


@pytest.mark.parametrize("name", FRAMES)
def test_frames_have_the_rows_and_columns_of_the_exported_tables(run: Path, name: str) -> None:
    with (run / "export" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    found = framed(run, name)
    assert list(found.columns) == columns
    assert len(found) == len(rows) > 0
    for place, column in enumerate(columns):
        assert list(map(said, found[column].tolist())) == [row[place].removeprefix("'") for row in rows], column


@pytest.mark.parametrize("name", FRAMES)
def test_words_are_categories_and_numbers_keep_their_kind_whatever_the_run_holds(run: Path, name: str) -> None:
    found = framed(run, name)
    assert {str(kind) for kind in found.dtypes} <= KINDS
    assert all(str(found[column].dtype) == "Int64" for column in found if column in ("id", "n", "checkpoint", "round"))
    for column in found.select_dtypes("category"):
        words = list(found[column].cat.categories)
        assert words == sorted(words)
        assert "" not in words


@pytest.mark.parametrize("name", ["rounds", "answers", "verdicts", "personas"])
def test_every_column_stands_in_its_section_of_the_page_of_tables(run: Path, name: str) -> None:
    parts = re.split(r"^## (.+)$", (ROOT / "docs" / "tables.md").read_text("utf-8"), flags=re.MULTILINE)
    (section,) = (text for title, text in zip(parts[1::2], parts[2::2], strict=True) if name in title)
    told = {*re.findall(r"`([a-z_]+)`", section), "study_seed", "simulated"}  # the last two are of all tables
    assert [column for column in framed(run, name) if column not in told] == []


def test_a_total_of_costs_says_which_models_have_no_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    priced = STUDY.replace("[judge]\n", "[judge]\nprices = { input = 1.0, output = 1.0 }\n", 1)
    (tmp_path / "study.toml").write_text(priced, encoding="utf-8")
    longplay.run(tmp_path / "study.toml", tmp_path / "run")
    status = longplay.open(tmp_path / "run").status()
    assert status.cost is not None
    assert status.unpriced == ("=speaker",)
    assert main(["status", str(tmp_path / "run")]) == 0
    assert " without =speaker (no price)" in capsys.readouterr().out


def test_frames_of_a_run_without_rows_have_all_columns(run: Path, tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY + "[budget]\nrequests = 1\n", encoding="utf-8")
    assert longplay.run(tmp_path / "study.toml", tmp_path / "run", cache=False).status == "stopped"
    empty, full = longplay.open(tmp_path / "run").verdicts(), longplay.open(run).verdicts()
    assert len(empty) == 0
    assert dict(empty.dtypes.map(str)) == dict(full.dtypes.map(str))


def test_programs_are_a_program_before_they_have_judged_anything(tmp_path: Path) -> None:
    follow = '[[probes]]\nname = "follow"\nlimit = 1\n'
    (tmp_path / "study.toml").write_text(f"{STUDY}{follow}[budget]\nrequests = 1\n", encoding="utf-8")
    assert longplay.run(tmp_path / "study.toml", tmp_path / "run", cache=False).status == "stopped"
    judges = longplay.open(tmp_path / "run").status().judges
    assert {title: (judge.kind, judge.done) for title, judge in judges.items()} == {
        "sim/judge": ("model", 0),
        "verifier": ("program", 0),
    }


def test_a_judge_costs_what_judging_took_at_its_own_prices_where_others_have_its_label(tmp_path: Path) -> None:
    roles = {"judges": ("sim/judge", 1.0), "users": ("sim/visitor", 100.0)}
    asked = "".join(
        f'[[{role}]]\nname = "{name}"\nlabel = "one"\nprices = {{ input = {price}, output = {price} }}\n'
        for role, (name, price) in roles.items()
    )
    study = f'[[models]]\nname = "sim/speaker"\n{asked}{STUDY[STUDY.index("[dialogues]") :]}'
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    longplay.run(tmp_path / "study.toml", tmp_path / "run")
    found = longplay.open(tmp_path / "run").status()
    (judging_took,) = (one.cost for one in found.roles if one.role == "judge")
    assert found.judges["one"].cost == judging_took is not None


def test_a_run_that_grows_while_its_rows_are_read_gives_those_that_were_there_with_their_texts(tmp_path: Path) -> None:
    study = tmp_path / "study.toml"
    study.write_text(STUDY + "[budget]\nrequests = 9\n", encoding="utf-8")
    assert longplay.run(study, tmp_path / "run", cache=False).status == "stopped"
    with Reader.open(tmp_path / "run") as reader:
        tables = [stored(reader, name, {}, texts=True) for name in ("rounds", "answers")]
        study.write_text(STUDY, encoding="utf-8")
        assert longplay.run(study, tmp_path / "run").status == "complete"
        grown = [stored_frame(table) for table in tables]
    for early, late in zip(grown, (framed(tmp_path / "run", name) for name in ("rounds", "answers")), strict=True):
        assert 0 < len(early) < len(late)
        pairs = zip(early["id"], early["reply"], strict=True)
        texts = dict(zip(late["id"], late["reply"], strict=True))
        assert all(reply == texts[number] for number, reply in pairs)


def test_a_frame_without_texts_has_none(run: Path) -> None:
    found = longplay.open(run)
    assert "reply" in found.rounds(texts=True)
    assert {"user", "reply"} & {*found.rounds(), *found.answers()} == set()
    assert "description" not in found.personas()


def test_the_page_is_the_same_from_python_and_from_the_command_line(run: Path, tmp_path: Path) -> None:
    assert longplay.open(run).report(tmp_path / "page.html") == tmp_path / "page.html"
    assert main(["report", str(run)]) == 0
    assert (tmp_path / "page.html").read_bytes() == (run / "report.html").read_bytes()
    assert not (tmp_path / "estimates.csv").exists()


def test_status_plan_and_show_say_what_the_commands_print(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened = longplay.open(run)
    answers = opened.status().parts["answers"]
    assert answers.expected == answers.done + sum(answers.missing.values())
    assert opened.plan().answers == answers.expected or opened.plan().answers_expanded == answers.expected
    assert main(["show", str(run), "--rounds", "1"]) == 0
    assert opened.show(rounds=1) + "\n" == capsys.readouterr().out


def test_what_is_wrong_is_said_in_the_words_of_the_command_line(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open(tmp_path / "begun"):
        pass
    faults: list[tuple[Callable[[], object], list[str]]] = [
        (lambda: longplay.open(tmp_path / "none"), ["status", str(tmp_path / "none")]),
        (lambda: longplay.open(tmp_path / "begun"), ["status", str(tmp_path / "begun")]),
        (lambda: longplay.open(run).show(persona="nobody"), ["show", str(run), "--persona", "nobody"]),
        (lambda: longplay.open(run).power(power=2), ["power", str(run), "--power", "2"]),
        (lambda: longplay.plan(tmp_path / "none.toml"), ["plan", str(tmp_path / "none.toml")]),
        (lambda: longplay.check_server("sim/speaker"), ["check-server", "sim/speaker"]),
        (lambda: longplay.fetch_data("nothing"), ["data", "fetch", "nothing"]),
    ]
    for call, words in faults:
        with pytest.raises(longplay.LongplayError) as fault:
            call()
        assert main(words) == 2
        assert " ".join(str(fault.value).split()) in " ".join(capsys.readouterr().err.split())


def test_an_analysis_that_fails_is_a_warning_and_costs_its_own_rows(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> list[object]:
        raise ZeroDivisionError("nothing there")

    monkeypatch.setitem(longplay.analysis.ANALYSES, "drift", broken)
    with pytest.warns(UserWarning, match="the analysis drift failed and is left out"):
        found = longplay.open(run).estimates()
    assert "drift" not in set(found["analysis"])
    assert "curves" in set(found["analysis"])


def test_transcripts_are_imported_in_a_notebook_whose_loop_is_running(tmp_path: Path) -> None:
    (tmp_path / "chat.json").write_text(
        '{"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "\\u001b[31mAhoy"}]}'
    )

    async def cell() -> int:
        return longplay.import_files("openai-chat", tmp_path / "chat.json", tmp_path / "run").tallied.rounds

    assert asyncio.run(cell()) == 1
    opened = longplay.open(tmp_path / "run")
    assert list(opened.rounds(texts=True)["reply"]) == ["\x1b[31mAhoy"]
    assert "\x1b" not in opened.show(round=1)


def test_the_demo_is_run_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longplay.study.opened.demo_study", lambda: STUDY)
    opened = longplay.demo(tmp_path / "demo")
    told = repr(opened)
    assert told.startswith(f"<longplay.open('{tmp_path / 'demo'}'): ")
    assert told.endswith(": complete; 12 rounds, 19 answers, 158 verdicts>")
    assert repr(longplay.Run(tmp_path / "none")) == f"longplay.open('{tmp_path / 'none'}')"
    assert (tmp_path / "demo" / "report.html").exists()


def test_labels_are_drawn_and_read_back(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    longplay.run(tmp_path / "study.toml", tmp_path / "run")
    opened = longplay.open(tmp_path / "run")
    drawn = opened.draw_labels(tmp_path / "sheet.csv", count=20, metrics=["knowledge"])
    assert drawn.lines <= sum(len(arm.drawn) for arm in drawn.sample.arms)
    read = opened.read_labels(tmp_path / "sheet.csv", labeller="ann")
    assert (read.labeller, read.new, [one.done for one in read.quantities]) == ("ann", 0, [0])
    with pytest.raises(longplay.LongplayError, match="exists, and may hold labels"):
        opened.draw_labels(tmp_path / "sheet.csv")


def test_a_model_is_served_and_its_server_checked(tmp_path: Path) -> None:
    write_tiny_model(tmp_path / "tiny.gguf")
    with longplay.serve_local(tmp_path / "tiny.gguf", port=0, context=4096, slots=2) as lines:
        (model,) = load_text(lines + STUDY[STUDY.index("[judge]") :]).experiment.study.models

        async def cell() -> list[Checked]:
            return longplay.check_server(model.name, base_url=model.base_url, items=2, window=False)

        (found,) = asyncio.run(cell())
    assert (found.base_url, found.missing) == (model.base_url, 0)


def test_every_public_name_is_found_and_none_is_that_of_a_room() -> None:
    assert set(longplay.__all__) <= set(dir(longplay))
    assert all(getattr(longplay, name) is not None for name in longplay.__all__)
    rooms = {path.stem for path in (ROOT / "src" / "longplay").iterdir()}
    assert rooms & set(longplay.__all__) == set()
    with pytest.raises(AttributeError, match="no attribute 'frob'"):
        _ = longplay.frob


def test_the_examples_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/library.md", "exec"), names)
    shown = capsys.readouterr().out
    assert "complete" in shown
    assert "ITEM fidelity" in shown
    assert "runs/second" in shown
    assert (tmp_path / "runs" / "first" / "report.html").exists()
    assert (tmp_path / "first.html").exists()


def test_importing_longplay_loads_nothing_heavy() -> None:
    code = (
        "import sys, longplay; dir(longplay); heavy = {'aiohttp', 'msgspec', 'numpy', 'pandas', 'longplay.pipeline'}; "
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
