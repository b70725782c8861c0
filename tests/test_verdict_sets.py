"""Sets of verdicts of one run: none is overwritten, one counts, and going back to an earlier one costs nothing."""

import asyncio
import json
from pathlib import Path

import pandas as pd
import pytest

import longplay
from longplay.analysis import read_tables
from longplay.analysis.scores import of_whole_texts
from longplay.cli import main
from longplay.records import Cell, DialogueKey, Verdict
from longplay.store import Reader, Store
from short_study import talk

STUDY = f"""
seed = 3
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
label = "the judge"
sampling = {{ temperature = TEMPERATURE }}
[judge.prices]
input = 1.0
output = 1.0
{talk(4)}\
[judging]
rounds = []
[[probes]]
name = "fidelity"
limit = 4
[[probes]]
name = "follow"
limit = 2
"""
JUDGED = {"knowledge", "style", "in-character"}


def go(folder: Path, temperature: float, *more: str) -> None:
    path = folder / "study.toml"
    path.write_text(STUDY.replace("TEMPERATURE", str(temperature)), encoding="utf-8")
    assert main(["run", str(path), "--into", str(folder / "run"), *more]) == 0


def methods(run: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """Those of the verdicts that analysis reads, by metric and judge."""
    with Reader.open(run) as reader:
        tables = read_tables(reader)
    read = tables.answer_verdicts[["metric", "judge", "method"]].drop_duplicates()
    return {(metric, judge): (method,) for metric, judge, method in read.itertuples(index=False)}


def calls(run: Path) -> int:
    with Reader.open(run) as reader:
        return len(reader.table("calls").rows)


@pytest.fixture
def twice(tmp_path: Path) -> Path:
    go(tmp_path, 0.0)
    go(tmp_path, 0.5, "--extend")
    return tmp_path


def test_a_judge_with_other_settings_adds_a_set_and_the_one_before_stays(tmp_path: Path) -> None:
    go(tmp_path, 0.0)
    run = tmp_path / "run"
    before = methods(run)
    with Reader.open(run) as reader:
        kept = reader.table("verdicts").rows
    go(tmp_path, 0.5, "--extend")
    after = methods(run)
    assert {metric for metric, _ in after if after[metric, _] != before[metric, _]} == JUDGED
    with Reader.open(run) as reader:
        every, place = reader.table("verdicts").rows, reader.table("verdicts").columns.index("counts")
        assert {row[:place] for row in kept} <= {row[:place] for row in every}
        counting = [row for row in every if row[place]]
        assert len(counting) == len(reader.table("answer_verdicts").rows) == len(kept)
        assert len(every) - len(kept) == sum(1 for row in kept if reader.names()[row[2]] in JUDGED)


def test_going_back_to_a_judges_earlier_settings_costs_no_call_and_gives_its_numbers_again(twice: Path) -> None:
    run, before = twice / "run", calls(twice / "run")
    second = methods(run)
    go(twice, 0.0, "--extend")
    assert calls(run) == before
    assert methods(run) != second
    with Reader.open(run) as reader:
        assert reader.counts().verdicts.done == len(reader.table("answer_verdicts").rows)


def test_status_knows_each_judge_and_each_of_its_sets(twice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = twice / "run"
    capsys.readouterr()
    assert main(["status", str(run), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    judge, programs = found["judges"]["the judge"], found["judges"]["verifier"]
    assert (judge["kind"], programs["kind"]) == ("model", "program")
    assert judge["done"] + sum(judge["missing"].values()) == judge["expected"] > 0
    assert [(one["metric"], one["counting"] > 0) for one in judge["sets"]].count(("knowledge", True)) == 1
    assert sum(one["done"] + sum(one["missing"].values()) for one in judge["sets"]) == 2 * judge["expected"]
    assert judge["requests"] >= 2 * judge["expected"]
    assert judge["cost"] > 0
    assert judge["prompt_tokens"] > 0
    assert (programs["requests"], len(programs["sets"])) == (0, 2)
    assert found["parts"]["verdicts"]["done"] == found["parts"]["verdicts"]["expected"]
    assert main(["status", str(run)]) == 0
    said = capsys.readouterr().out
    assert f"Kept beside these: {judge['expected']} verdicts by the judge of an earlier method." in said
    assert said.count("knowledge by the judge, method ") == 2
    assert "which the study does not ask for now" not in said


REFUSING = f"""
seed = 5
[[models]]
name = "sim/speaker"
JUDGES
{talk(2)}\
[judging]
rounds = []
[[probes]]
name = "refusal"
limit = 8
"""
NAMED = '[[judges]]\nname = "sim/{0}"\nlabel = "{0}"\n[judges.judge]\naccuracy = 0.9'


def test_a_judge_that_the_study_no_longer_names_counts_nowhere_and_again_without_a_call_when_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"

    def judged_by(*names: str) -> str:
        study = tmp_path / "study.toml"
        study.write_text(REFUSING.replace("JUDGES", "\n".join(map(NAMED.format, names))), encoding="utf-8")
        assert main(["run", str(study), "--into", str(run), "--extend"]) == 0
        said = capsys.readouterr()
        return said.out + said.err

    def counting() -> dict[str, int]:
        assert main(["export", str(run), "--into", str(tmp_path / "tables")]) == 0
        found = pd.read_csv(tmp_path / "tables" / "verdicts.csv")
        return found.groupby("judge")["counts"].sum().to_dict()

    assert "fixed rules and the judge leaver differ" in judged_by("stays", "leaver")
    both, paid = counting(), calls(run)
    assert both["leaver"] == both["stays"] > 0
    assert "the judge leaver" not in judged_by("stays")
    assert counting() == {**both, "leaver": 0}
    assert main(["status", str(run)]) == 0
    said = capsys.readouterr().out
    assert "the judge leaver" not in said
    assert f"Kept beside these: {both['leaver']} verdicts by leaver, which the study does not ask for now." in said
    assert main(["report", str(run)]) == 0
    assert (run / "report.html").read_text("utf-8").count("leaver") == 2  # what it took, what is kept
    with Reader.open(run) as reader:
        assert set(read_tables(reader).answer_verdicts["judge"].dropna()) == {"stays"}
    judged_by("stays", "leaver")
    assert (counting(), calls(run)) == (both, paid)


def test_a_judge_that_leaves_together_with_its_only_probe_counts_nowhere_and_comes_back_with_both(
    tmp_path: Path,
) -> None:
    both = "\n".join(map(NAMED.format, ("stays", "leaver"))), REFUSING
    alone = NAMED.format("stays"), REFUSING.replace('"refusal"', '"follow"')

    def judged(judges: str, study: str) -> dict[str, int]:
        (tmp_path / "study.toml").write_text(study.replace("JUDGES", judges), encoding="utf-8")
        assert longplay.run(tmp_path / "study.toml", tmp_path / "run", extend=True).status == "complete"
        return longplay.open(tmp_path / "run").verdicts().groupby("judge", observed=True)["counts"].sum().to_dict()

    before = judged(*both)
    assert before["leaver"] == before["stays"] > 0
    after = judged(*alone)
    assert (after["leaver"], after["stays"]) == (0, before["stays"])
    assert judged(*both)["leaver"] == before["leaver"]


def test_scores_of_a_probe_that_the_study_no_longer_has_stay_scores(twice: Path) -> None:
    def scored() -> int:
        with Reader.open(twice / "run") as reader:
            found = read_tables(reader).answer_verdicts
        return int((found["metric"] == "follow-strict").sum())

    before = scored()
    smaller = STUDY[: STUDY.rindex("[[probes]]")].replace("TEMPERATURE", "0.5")
    (twice / "smaller.toml").write_text(smaller, encoding="utf-8")
    assert main(["run", str(twice / "smaller.toml"), "--into", str(twice / "run"), "--extend"]) == 0
    assert scored() == before > 0


def test_show_has_every_set_and_says_which_is_an_earlier_one(twice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["show", str(twice / "run"), "--probe", "fidelity"]) == 0
    said = capsys.readouterr().out
    assert said.count("VERDICT knowledge:") == 2 * said.count("(an earlier set)") // len(JUDGED)
    assert said.count("(an earlier set)") == len(JUDGED)


def test_exports_hold_every_set_with_its_method_and_whether_it_counts(twice: Path) -> None:
    assert main(["export", str(twice / "run")]) == 0
    found = pd.read_csv(twice / "run" / "export" / "verdicts.csv")
    judged = found[found["judge"] == "the judge"]
    assert set(found["judge_kind"]) == {"model", "program"}
    assert judged.groupby(["metric", "counts"])["method"].nunique().eq(1).all()
    assert judged["counts"].sum() * 2 == len(judged)
    assert found["part"].isna().all()


def test_a_verdict_on_a_part_of_a_text_is_no_verdict_on_the_text(tmp_path: Path) -> None:
    go(tmp_path, 0.0)
    cell = Cell(DialogueKey("sim/speaker", "silver", "goal-oriented"), 4, "silver", "plain", "fidelity", "")
    with Reader.open(tmp_path / "run") as reader:
        cell = Cell(cell.dialogue, 4, "silver", "plain", "fidelity", reader.answers(cell)[0].item)
        (one,) = (found.verdict for found in reader.verdicts(cell) if found.verdict.metric == "knowledge")

    async def put(store: Store) -> None:
        await store.put_verdict(
            Verdict(cell, one.metric, one.judge, one.method, "ok", 1.0, judged_as=one.judged_as, part="sentence 1"), ()
        )

    with Reader.open(tmp_path / "run") as reader:
        whole = len(read_tables(reader).answer_verdicts)
    with Store.open(tmp_path / "run") as store:
        asyncio.run(put(store))
    with Reader.open(tmp_path / "run") as reader:
        found = read_tables(reader).answer_verdicts
    assert len(of_whole_texts(found)) == whole == len(found) - 1
