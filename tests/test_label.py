"""`longplay label`: a sheet that tells a labeller nothing but the text, and labels that come back or are refused."""

import csv
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from longplay.analysis import AnalysisError, Narrowed, analyse, draw_labels, prepare, read_tables
from longplay.cli import main
from longplay.exchange.label_sheet import COLUMNS, SheetError, SheetLine, line_id, read_sheet, write_sheet
from longplay.judging import METRICS
from longplay.judging.people import form, labelled, method, why_not
from longplay.records import PLAIN, DrawnArm, Estimate, Labels, LabelSample, Quantity, Verdict
from longplay.report import cell
from longplay.store import Reader, Store
from named import quantity
from short_study import talk

DATA = Path(__file__).parent / "data"
CAST = '"silver", "queen", "marsh", { name = "=cmd()", id = "odd", description = "@SUM(1)" }'
STUDY = f"""
seed = 3
[[models]]
name = "sim/speaker"
label = "secret-model"
[judge]
name = "sim/judge"
{talk(4, CAST)}\
[judging]
rounds = []
[[probes]]
name = "fidelity"
limit = 9
"""
Sheet = list[dict[str, str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("label")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["run", str(folder / "study.toml"), "--into", str(folder / "run")]) == 0
    return folder / "run"


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def draw(run: Path, name: str = "sheet.csv", *more: str) -> Path:
    sheet = run.parent / name
    narrowed = ("--metrics", "knowledge", "--speakers", "persona", "--count", "60")
    assert main(["label", str(run), "--into", str(sheet), *narrowed, *more]) == 0
    return sheet


def lines(path: Path) -> Sheet:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def keep(path: Path, rows: Sheet, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        table.writeheader()
        table.writerows(rows)
    return path


def filled(sheet: Path, label: Callable[[int], str] = lambda number: str(1 + number % 5)) -> Sheet:
    return [row | {"label": label(number)} for number, row in enumerate(lines(sheet))]


def documents(run: Path) -> tuple[dict[str, str], dict[str, str]]:
    with Reader.open(run) as reader:
        return reader.documents("sample"), reader.documents("labels")


def samples(run: Path) -> list[LabelSample]:
    return [msgspec.json.decode(body, type=LabelSample) for body in documents(run)[0].values()]


def sample(run: Path) -> LabelSample:
    (found,) = samples(run)
    return found


def said(run: Path) -> dict[str, Labels]:
    return {name: msgspec.json.decode(body, type=Labels) for name, body in documents(run)[1].items()}


def test_a_labeller_sees_the_text_and_nothing_of_its_condition(run: Path) -> None:
    found = lines(draw(run))
    assert list(found[0]) == list(COLUMNS)
    with Reader.open(run) as reader:
        texts = {text for _, text in reader.texts("answers")}
    for row in found:
        assert row["metric"] == "knowledge"
        assert "5 - right throughout" in row["question"]
        assert row["user"]
        assert row["label"] == ""
        assert row["answer"] in texts or row["answer"].removeprefix("'") in texts
    names = re.compile(r"secret-model|goal-oriented|sim/|checkpoint", re.IGNORECASE)
    assert not any(names.search(" ".join((row["id"], row["question"], row["user"]))) for row in found)


def test_lines_are_shuffled_over_the_arms(run: Path) -> None:
    found = lines(draw(run))
    early = {row.line for arm in sample(run).arms if arm.position == 0 for row in arm.drawn}
    order = [row["id"] in early for row in found]
    assert 5 < sum(order[: len(order) // 2]) < len(order) // 2 - 5


def test_a_cell_that_a_spreadsheet_would_run_is_disarmed(run: Path) -> None:
    found = [row["persona"] for row in lines(draw(run)) if "cmd" in row["persona"]]
    assert found
    assert all(persona.startswith("'=cmd()") for persona in found)


def test_the_run_keeps_what_was_drawn_with_its_probabilities(run: Path) -> None:
    sheet = draw(run)
    kept = sample(run)
    assert (kept.seed, kept.count) == (3, 60)
    assert [(arm.quantity, arm.place.speaker, arm.place.setting, arm.position) for arm in kept.arms] == [
        (Quantity("knowledge"), "persona", PLAIN, 0),
        (Quantity("knowledge"), "persona", PLAIN, 4),
    ]
    for arm in kept.arms:
        assert sum(stratum.rows for stratum in arm.strata) == arm.rows
        shares = {stratum.score: stratum.drawn / stratum.rows for stratum in arm.strata}
        assert all(row.probability == shares[row.score] for row in arm.drawn)
    assert {row.line for arm in kept.arms for row in arm.drawn} == {row["id"] for row in lines(sheet)}


def test_a_seed_gives_the_same_sheet_and_another_seed_another(run: Path) -> None:
    first, same, other = draw(run), draw(run, "same.csv"), draw(run, "other.csv", "--seed", "9")
    assert first.read_bytes() == same.read_bytes() != other.read_bytes()
    assert len(documents(run)[0]) == 2


def test_a_sheet_that_is_there_is_never_written_over(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = draw(run)
    before = sheet.read_bytes()
    assert main(["label", str(run), "--into", str(sheet)]) == 2
    assert "may hold labels" in capsys.readouterr().err
    assert sheet.read_bytes() == before


def test_too_few_labels_an_arm_are_said_with_the_count_that_is_enough(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["label", str(run), "--into", str(run.parent / "few.csv"), "--count", "40"]) == 0
    assert "--count 360" in capsys.readouterr().err  # 3 metrics x 2 checkpoints x 2 speakers, of 30 each


def test_the_first_draw_says_how_to_narrow_it_so_that_its_count_is_enough(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["label", str(run), "--into", str(run.parent / "few.csv"), "--count"]
    assert main([*again, "70"]) == 0
    advised = re.search(
        r"such as (--metrics [a-z-]+ --speakers persona) \(--count 70 is enough", capsys.readouterr().err
    )
    assert advised
    assert main([*again[:3], str(run.parent / "enough.csv"), "--count", "70", *advised[1].split()]) == 0
    assert "fewer than" not in capsys.readouterr().err
    assert main([*again[:3], str(run.parent / "odd.csv"), "--count", "50", *advised[1].split()]) == 0
    assert "--speakers." in capsys.readouterr().err, "nothing that could be advised leaves few enough arms"


def test_labels_come_back_and_reading_them_again_changes_nothing(run: Path) -> None:
    sheet = draw(run)
    rows = filled(sheet)
    keep(sheet, rows)
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    assert said(run) == {"Ann": Labels("Ann", {row["id"]: row["label"] for row in rows})}
    before = documents(run)
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    assert documents(run) == before


def people(run: Path) -> list[Verdict]:
    with Reader.open(run) as reader:
        names, table = reader.names(), reader.table("people_verdicts")
        at = {name: table.columns.index(name) for name in table.columns}
        refs = reader.refs("answer", {row[at["subject"]] for row in table.rows})
        assert {names[row[at["judge"]]] for row in table.rows} <= {"person/Ann", "person/Bo"}
        found = (one.verdict for ref in refs.values() for one in reader.verdicts(ref))
        return [verdict for verdict in found if verdict.judge_kind == "person"]


def test_a_label_is_a_verdict_of_the_person_on_every_text_with_these_words(run: Path) -> None:
    with Reader.open(run) as reader:
        judged = reader.table("answer_verdicts")
    sheet = draw(run)
    rows = filled(sheet)
    keep(sheet, rows)
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    drawn = [row for one in samples(run) for arm in one.arms for row in arm.drawn]
    found = people(run)
    assert len(found) == len(drawn)
    assert {(one.metric, one.judge, one.method, one.status) for one in found} == {
        ("knowledge", "person/Ann", method("knowledge"), "ok")
    }
    labels = {row["id"]: float(row["label"]) for row in rows}
    assert sorted(one.score or 0 for one in found) == sorted(labels[row.line] for row in drawn)
    with Reader.open(run) as reader:
        assert reader.table("answer_verdicts") == judged, "people label a sample: they are no judge of the curves"
    keep(sheet, filled(sheet, lambda _: "5"))
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    assert [one.score for one in people(run)] == [5.0] * len(drawn)


def test_labels_count_at_once_for_texts_that_are_drawn_later(run: Path) -> None:
    keep(sheet := draw(run), filled(sheet))
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    before = len(people(run))
    more = ("--into", str(run.parent / "more.csv"), "--metrics", "knowledge", "--count", "100", "--seed", "77")
    assert main(["label", str(run), *more]) == 0
    known = set(said(run)["Ann"].choices)
    drawn = {
        (row.subject, row.judged_as)
        for one in samples(run)
        for arm in one.arms
        for row in arm.drawn
        if row.line in known
    }
    assert len(people(run)) == len(drawn) >= before


def test_labels_of_a_read_that_was_killed_count_as_far_as_they_came(run: Path) -> None:
    keep(sheet := draw(run), filled(sheet))
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0

    def corrected() -> list[Estimate]:
        with Reader.open(run) as reader:
            return [e for e in analyse(reader) if e.analysis.startswith("judge-")]

    before = corrected()
    assert any(e.analysis == "judge-agreement" and e.n for e in before)
    with closing(sqlite3.connect(run / "run.sqlite")) as connection, connection:
        connection.execute("DELETE FROM documents WHERE kind='labels'")
    assert corrected() == before
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    assert len(said(run)["Ann"].choices) == len(lines(sheet))


def test_people_are_counted_by_name_beside_the_judges(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(sheet := draw(run), filled(sheet))
    assert main(["label", str(run), "--read", str(sheet), "--labeller", "Ann"]) == 0
    capsys.readouterr()
    assert main(["status", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["judges"]["person/Ann"]
    assert (found["kind"], found["requests"], found["expected"]) == ("person", 0, 0)
    assert sum(one["counting"] for one in found["sets"]) == len(people(run))
    assert main(["status", str(run)]) == 0
    assert f"Kept beside these: {len(people(run))} verdicts by person/Ann." in capsys.readouterr().out


def test_sheets_filled_in_part_add_up(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = draw(run)
    for part in (0, 1):
        keep(sheet, filled(sheet, lambda number, part=part: "4.0" if number % 2 == part else ""))
        assert main(["label", str(run), "--read", str(sheet)]) == 0
    assert set(said(run)["person"].choices.values()) == {"4"}
    assert len(said(run)["person"].choices) == len(lines(sheet))
    keep(sheet, filled(sheet, lambda number: "3" if number == 0 else ""))
    main(["label", str(run), "--read", str(sheet)])
    assert "1 changed" in capsys.readouterr().err


def test_labellers_are_held_against_each_other(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = draw(run)
    for who, last in (("Ann", "5"), ("Bo", "4")):
        keep(sheet, filled(sheet, lambda number, last=last: "1" if number % 2 else last))
        assert main(["label", str(run), "--read", str(sheet), "--labeller", who]) == 0
    table = capsys.readouterr().out.splitlines()[-1].split()
    count = len(lines(sheet))
    assert table[:4] == ["knowledge", str(count), str(count), str(count)]
    assert float(table[4]) == pytest.approx(0.5, abs=0.02)
    assert float(table[5]) > 0.9


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_may_come_back_as_spreadsheets_write_it(run: Path, delimiter: str) -> None:
    sheet = draw(run)
    rows = [{name: value.replace("\n", "\r\n") for name, value in row.items()} for row in filled(sheet)]
    keep(sheet, rows, delimiter)
    assert main(["label", str(run), "--read", str(sheet)]) == 0
    assert len(said(run)["person"].choices) == len(rows)


def changed(rows: Sheet, place: int, **values: str) -> Sheet:
    return [row | values if number == place else row for number, row in enumerate(rows)]


FAULTS: dict[str, Callable[[Sheet], Sheet]] = {
    "no line 'r0' was drawn": lambda rows: changed(rows, 1, id="r0"),
    "is not on the scale. Give one of: 1, 2, 3, 4, 5": lambda rows: changed(rows, 1, label="6"),
    "its words differ": lambda rows: changed(rows, 1, answer=rows[1]["answer"] + "!"),
    "stands in line": lambda rows: [rows[0], rows[0], *rows[1:]],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_sheet_with_a_fault_is_refused_with_its_line_and_nothing_is_kept(
    run: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = draw(run)
    keep(sheet, FAULTS[fault](filled(sheet)))
    second = 2 + sum(row.count("\n") for row in [",".join(lines(sheet)[0].values())]) + 1
    assert main(["label", str(run), "--read", str(sheet)]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert fault in message
    assert f"sheet.csv, line {second}" in message
    assert documents(run)[1] == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"id,metric\n1,2\n", "line 1: needs each of the columns"),
        ((",".join(COLUMNS) + "\nr1,x\n").encode(), "line 2: has 2 cells"),
        ((",".join(COLUMNS) + '\n"r1,x\n').encode(), "is no CSV"),
        (b"\xff\xfe\x00", "is none at byte 2"),
        (b"", "line 1: needs"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, text: bytes, fault: str) -> None:
    (tmp_path / "sheet.csv").write_bytes(text)
    with pytest.raises(SheetError, match=fault):
        read_sheet(tmp_path / "sheet.csv", {})


def test_hostile_words_go_out_and_come_back_as_one_line(tmp_path: Path) -> None:
    odd = ["=1+1", '"quoted",\r\nbroken', "\u202ereversed", "\ud800lone", " outer spaces \n", "", "\x00\x1b[31m"]
    made = [SheetLine("style", "?", text, text, text) for text in odd]
    write_sheet(tmp_path / "sheet.csv", made, cell)
    known = {line_id(line, cell): ("1", "2") for line in made}
    assert len(known) == len(odd)
    keep(tmp_path / "back.csv", [row | {"label": "2"} for row in lines(tmp_path / "sheet.csv")])
    assert read_sheet(tmp_path / "back.csv", known) == dict.fromkeys(known, "2")


def test_one_of_two_actions_is_asked_for(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["label", str(run)]) == 2
    assert main(["label", str(run), "--read", "x.csv", "--count", "7"]) == 2
    assert main(["label", str(run), "--read", "x.csv"]) == 2
    found = capsys.readouterr().err
    assert "give --into SHEET" in found
    assert "leave --count" in found
    assert "no texts were drawn" in found


def test_people_are_asked_in_the_words_of_the_judges_scale() -> None:
    assert {name for name in METRICS if not why_not(METRICS[name])} == set(labelled())
    assert form(quantity("refusal-safe")) == form(quantity("refusal-unsafe"))
    assert form(quantity("refusal-safe")).choices == {"full": 1.0, "partial": 0.5, "none": 0.0}
    assert "curious, imaginative" in form(quantity("trait-openness")).question
    assert list(form(quantity("style")).choices) == ["1", "2", "3", "4", "5"]


def test_a_sample_of_an_earlier_version_is_read_as_what_would_be_drawn_now(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "run-0.1.0-whole", tmp_path / "run"))
    body = (DATA / "sample-0.2.0.json").read_text("utf-8")  # drawn from this run: 40 texts, seed 3
    with Store.open(folder) as store:
        store.set_document("sample", "one", body)
    with Reader.open(folder) as reader:
        tables = read_tables(reader)
    (found,) = tables.samples.values()
    now = draw_labels(prepare(tables, changed_after_data=False), Narrowed(), 40, 3)

    def without_lines(arm: DrawnArm) -> DrawnArm:
        return msgspec.structs.replace(arm, drawn=tuple(msgspec.structs.replace(row, line="") for row in arm.drawn))

    assert {arm.judge for arm in found.arms} == {""}, "it does not say whose scores it was drawn from"
    of_nobody = {msgspec.structs.replace(arm, judge="") for arm in now.arms}
    assert {without_lines(arm) for arm in found.arms} == of_nobody
    assert all(row.line for arm in found.arms for row in arm.drawn)


def test_a_sample_that_names_what_the_run_does_not_have_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA / "run-0.1.0-whole", tmp_path / "run"))
    body = (DATA / "sample-0.2.0.json").read_text("utf-8").replace('"persona"', '"persona, asked by nobody known"')
    with Store.open(folder) as store:
        store.set_document("sample", "one", body)
    with Reader.open(folder) as reader, pytest.raises(AnalysisError, match="asked by nobody known"):
        read_tables(reader)


def test_labels_stay_with_the_judge_whose_scores_they_were_drawn_from_where_another_is_put_first(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(DATA / "run-0.2.0", folder)
    with Reader.open(folder) as reader:
        before = [e for e in analyse(reader) if e.analysis == "judge-error"]
        study = json.loads(reader.documents("study")["study"])
    assert {e.judge for e in before if e.n} == {"openai/j"}
    study |= {"judge": study["judge"] | {"label": "another"}, "judges": [study["judge"]]}
    with Store.open(folder) as store:
        store.set_document("study", "study", json.dumps(study))
    with Reader.open(folder) as reader:
        after = [e for e in analyse(reader) if e.analysis == "judge-error"]
    unfinished = "; the run is not finished: 78 scores are still to be judged and count as missing"  # by the new judge
    assert all(e.note.endswith(unfinished) for e in after)
    assert [msgspec.structs.replace(e, note=e.note.removesuffix(unfinished)) for e in after] == before
