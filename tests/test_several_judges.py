"""Several judges of one study: their verdicts, numbers and words stand beside each other, and none is mixed."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from longplay.analysis import analyse, headlines
from longplay.cli import main
from longplay.pipeline import load_text, run_study
from longplay.records import Estimate, Quantity
from longplay.specs import Study
from longplay.store import Reader

STUDY = """
seed = 5
[[models]]
name = "sim/speaker"
[models.speaker]
fidelity = { start = 5.0, end = 2.6, shape = "linear", at = 4 }
[[judges]]
name = "sim/first"
label = "first"
[judges.judge]
accuracy = 0.95
[[judges]]
name = "sim/second"
label = "second - a stern one"
[judges.judge]
accuracy = 0.4
[dialogues]
scripts = ["persona-directed"]
rounds = 4
baseline_draws = 1
[conditioning]
checkpoints = [0, 2, 4]
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "follow"
limit = 2
"""
FIRST, SECOND = "first", "second - a stern one"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Study]:
    folder = tmp_path_factory.mktemp("judges") / "run"
    ready = load_text(STUDY)
    run_study(ready, folder)
    return folder, ready.experiment.study


@pytest.fixture(scope="module")
def estimates(run: tuple[Path, Study]) -> list[Estimate]:
    with Reader.open(run[0]) as reader:
        return analyse(reader)


def test_every_judged_number_is_there_once_a_judge_and_a_programs_once(estimates: list[Estimate]) -> None:
    def places(judge: str) -> list[tuple[object, ...]]:
        found = [e for e in estimates if e.judge == judge and e.analysis in ("curves", "drift", "gap")]
        return sorted((e.analysis, e.quantity, e.source, repr(e.of), e.position or -1, e.replies) for e in found)

    assert {e.judge for e in estimates if e.analysis == "curves"} == {FIRST, SECOND, "verifier"}
    first = places(FIRST)
    assert first
    assert first == places(SECOND)
    assert len(set(first)) == len(first)
    assert {e.judge for e in estimates if e.quantity == Quantity("follow-strict")} == {"verifier"}


def test_judges_differ_where_they_were_made_to(estimates: list[Estimate]) -> None:
    start = {
        e.judge: e.value
        for e in estimates
        if (e.analysis, e.quantity, e.source, e.position) == ("curves", Quantity("style"), "fidelity", 0)
        and (e.place.speaker, e.replies) == ("persona", "all")
    }
    assert start[FIRST] is not None
    assert start[SECOND] is not None
    assert start[FIRST] > start[SECOND] + 0.3


def test_the_first_judge_leads_and_fills_the_families(run: tuple[Path, Study], estimates: list[Estimate]) -> None:
    (headline,) = headlines(estimates, run[1])
    assert (headline.start.judge, headline.drift.judge) == (FIRST, FIRST)
    assert {e.judge for e in estimates if e.family} == {FIRST}
    missing = {e.judge: e.n + e.missing for e in estimates if e.analysis == "missing" and e.quantity.metric == "style"}
    assert missing[FIRST] == missing[SECOND]


@pytest.fixture(scope="module")
def page(run: tuple[Path, Study]) -> str:
    """The page of the run."""
    assert main(["report", str(run[0])]) == 0
    return (run[0] / "report.html").read_text("utf-8")


def section(page: str, name: str) -> str:
    """The words of a section of the page."""
    start = page.index(f'<section id="{name}"')
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page[start : page.index("</section>", start)])).split())


def test_the_page_says_who_judged_what_it_says_first_and_what_the_other_judge_says(page: str) -> None:
    asked = section(page, "question")
    assert f"The judges were {FIRST} simulated and {SECOND} simulated ; the first gives the headline" in asked
    answer = section(page, "answer")
    assert f"personas, judged by {FIRST})" in answer.replace(" )", ")")
    assert re.search(rf"Judged by {SECOND}: \d+ of 100, (down|up|changed by) ", answer)


def test_the_judges_of_a_measure_stand_in_neighbouring_rows(page: str) -> None:
    start = page.index('<dl class="moves">')
    rows = re.findall(r"<dt>(.*?), judged by (.*?)</dt>", page[start : page.index("</dl>", start)])
    assert len(rows) >= 8
    assert [judge for _, judge in rows] == [FIRST, SECOND] * (len(rows) // 2)
    assert [title for title, _ in rows[::2]] == [title for title, _ in rows[1::2]]


def test_what_staying_in_role_costs_is_said_with_its_judge(page: str) -> None:
    assert f"against Persona fidelity (mean of knowledge, style, in-character), judged by {FIRST};" in section(
        page, "trade-offs"
    )


def test_verdicts_on_one_answer_stand_by_judge(page: str) -> None:
    article = re.search(r'<article class="example">.*?</article>', page[page.index('id="examples"') :], re.DOTALL)
    assert article is not None
    scores = re.findall(r'<p class="scores">.*?</p>', article[0], re.DOTALL)
    assert [re.findall(r'class="quiet">(.*?):<', score) for score in scores] == [[FIRST], [SECOND]]
    assert "What the judges said" in article[0]


def test_page_and_tables_name_the_judge(run: tuple[Path, Study], page: str, tmp_path: Path) -> None:
    assert f"Style, judged by {FIRST}" in page
    assert f"Style, judged by {SECOND}" in page
    assert "Instructions followed (strict), judged by" not in page
    assert main(["export", str(run[0]), "--into", str(tmp_path)]) == 0
    head, *lines = (tmp_path / "estimates.csv").read_text("utf-8").splitlines()
    column = head.split(",").index("judge")
    assert {FIRST, SECOND, "verifier", ""} >= {
        line.split(",")[column] for line in lines if line.startswith("drift,Style")
    }


def test_the_files_of_format_1_hold_the_first_judges_numbers_and_each_verdict_once(
    run: tuple[Path, Study], tmp_path: Path
) -> None:
    assert main(["export", str(run[0]), "--into", str(tmp_path), "--format", "1"]) == 0
    estimates = pd.read_csv(tmp_path / "estimates.csv", low_memory=False)
    keys = ["analysis", "metric", "source", "model", "script", "condition", "position", "replies", "method", "target"]
    assert not estimates.duplicated([*keys, "first_position", "last_position", "unit"]).any()
    verdicts = pd.read_csv(tmp_path / "verdicts.csv")
    assert not verdicts.duplicated(["on", "subject_id", "metric", "judge", "judged_as", "repeat"]).any()


def test_dialogues_that_a_user_ends_are_said_on_every_place_that_says_how_far_a_run_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = 'kind = "goal-oriented"\nquestions = ["Hello."]\nuser = "You are a visitor who asks about bees."\n'
    (tmp_path / "visit.toml").write_text(script, encoding="utf-8")
    text = STUDY.replace('"persona-directed"', '"visit.toml"').replace("rounds = 4", "rounds = 6")
    text = text.replace("checkpoints = [0, 2, 4]", "checkpoints = [0, 3, 6]")
    text = text.replace("[dialogues]", '[[users]]\nname = "sim/u"\nspeaker = { empty_rate = 0.9 }\n[dialogues]')
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run")])
    said = capsys.readouterr()
    assert "Users ended " in said.out + said.err
    main(["status", str(tmp_path / "run")])
    assert "Users ended " in capsys.readouterr().out
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "Users ended " in (tmp_path / "run" / "report.html").read_text("utf-8")
    with Reader.open(tmp_path / "run") as reader:
        found = [e for e in analyse(reader) if e.analysis == "drift"]
    assert all("later positions are of the others alone" in e.note for e in found)


def test_a_judge_that_is_added_later_changes_no_number_of_the_first(tmp_path: Path) -> None:
    second = STUDY.index('[[judges]]\nname = "sim/second"')
    alone = STUDY[:second] + STUDY[STUDY.index("[dialogues]") :]
    run_study(load_text(alone), tmp_path / "run")
    with Reader.open(tmp_path / "run") as reader:
        before = [e for e in analyse(reader) if e.analysis == "drift"]
    run_study(load_text(STUDY), tmp_path / "run", extend=True)
    with Reader.open(tmp_path / "run") as reader:
        after = [e for e in analyse(reader) if e.analysis == "drift" and e.judge != SECOND]
    assert after == before


def test_what_is_missing_is_said_of_each_judge_and_below_it_of_each_metric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judges = "".join(f'[[judges]]\nname = "sim/{name}"\njudge = {{ unparsable_rate = 0.5 }}\n' for name in ("a", "b"))
    (tmp_path / "study.toml").write_text(
        f'[[models]]\nname = "sim/speaker"\n{judges}[dialogues]\npersonas = ["silver", "queen"]\nrounds = 4\n'
        '[conditioning]\ncheckpoints = [0, 4]\n[[probes]]\nname = "fidelity"\nlimit = 3\n'
    )
    main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run"), "--go-on"])
    ran = [said for said in capsys.readouterr().out.splitlines() if said.startswith(("Verdicts", "  "))]
    assert [said.split(":")[0] for said in ran if not said.startswith("   ")] == [
        "Verdicts",
        "  by sim/a",
        "  by sim/b",
    ]
    metrics = ("knowledge", "style", "in-character")
    below = [f"    {metric} by sim/{judge}" for judge in ("a", "b") for metric in metrics]
    assert [said.split(":")[0] for said in ran if said.startswith("    ")] == below
    assert main(["status", str(tmp_path / "run")]) == 0
    assert [said for said in capsys.readouterr().out.splitlines() if said.startswith(("Verdicts", "  "))] == ran
