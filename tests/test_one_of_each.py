"""One of each: a new metric, rubric, probe, policy, provider, analysis, section and command are one entry each."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from markupsafe import Markup

from longplay.analysis import ANALYSES, Data
from longplay.cli import COMMANDS, main
from longplay.cli.app import Command
from longplay.experiment.prefix_lengths import dialogue_lengths
from longplay.inference import PROVIDERS, Endpoint, Provider, nowhere
from longplay.inference.sim import open_simulated
from longplay.inference.tokens import prefix_tokens
from longplay.judging import METRICS, Heard, JudgingError, Metric, Program, Question, Rubric, Scale
from longplay.judging.parsing import Reading
from longplay.pipeline import load_text, run_study
from longplay.policies import POLICIES
from longplay.policies.plain import plain
from longplay.probes import PROBES, Probe
from longplay.records import (
    EMPTY,
    Contrast,
    DialogueKey,
    Estimate,
    Item,
    Message,
    Place,
    Reply,
    Request,
    RoundRef,
    Steps,
    Subject,
    Turn,
    View,
)
from longplay.report import SECTIONS, Page, Section
from longplay.specs import ModelSpec, Sampling, StudyError
from longplay.store import Reader


def wrong(value: object) -> Any:
    """Something of another type than the one that is meant."""
    return value


def _count(metric: Metric, subject: Subject) -> Heard:
    del metric
    return Heard("ok", score=float(len(subject.answer.split())))


WORDS = Metric(
    base="words",
    title="Length in words",
    rubric=Program(Scale({"none": 0.0, "many": 1000.0}), "words-1", _count),
    judged_as="blind",
    better="lower",
    about="How many words the text has.",
)


class Stars(Question, frozen=True):
    """A rubric whose choices are rows of stars, which it counts itself."""

    def parse(self, reply: str, choices: tuple[str, ...]) -> Reading:
        """The stars of the last line."""
        stars = "*" * reply.rpartition("\n")[2].count("*")
        return Reading("ok", stars) if stars in choices else Reading("missing")


CALM = Metric(
    base="calm",
    title="Calm",
    rubric=Stars(
        Scale({"*": 1.0, "**": 2.0, "***": 3.0}, labelled=True),
        "How calm is the reply of this persona?\n\n{persona}\n\nClose with a line `Result: X`, X one to three stars.",
    ),
    judged_as="persona",
    better="higher",
    about="How calm the speaker stays, one star to three.",
    people="How calm is the reply?",
)


def _sure(metric: Metric, subject: Subject) -> Heard:
    del metric
    return Heard("ok", "sure" if len(subject.answer) % 3 else "unsure")


SURE = Metric(
    base="sure",
    title="Sure of the weather",
    rubric=Program(Scale({"sure": 1.0, "unsure": 0.0}), "sure-1", _sure),
    judged_as="blind",
    better="higher",
    about={"now": "How sure the answer is of what anyone can see."},
    scores=("answers",),
    split="label",
)
WEATHER = Probe(
    "weather",
    "Talk about the weather",
    ("words", "calm", "sure"),
    lambda: (
        Item("weather-1", "Is it raining?", label="now"),
        Item("weather-2", "Will it rain tomorrow?", label="tomorrow"),
    ),
)


def noted(view: View) -> Steps[Turn]:
    """Before each turn the model notes what to mind, and is told so."""
    turn = yield from plain(view)
    note = yield Request(turn.prefix, (Message("user", "What will you mind? A few words."),), Sampling())
    return Turn(turn.prefix, (Message("user", f"(Mind: {note.text or 'nothing'})\n\n{turn.tail[0].content}"),))


def _echo(spec: ModelSpec, environment: Mapping[str, str]) -> Endpoint:
    """A model within this process, which sends nothing."""
    del environment
    return open_simulated(spec)


def _longest(data: Data) -> list[Estimate]:
    """The most words that any text has."""
    found = data.scores[[quantity == WORDS.quantity for quantity in data.scores["quantity"]]]
    of = Contrast(Place("echo/speaker", "goal-oriented", "anyone"))
    return [Estimate("longest", WORDS.quantity, "rounds", of, "these texts", "maximum", float(found["score"].max()))]


def _weather(page: Page) -> Markup:
    found = {(e.source, e.quantity.metric) for e in page.estimates if e.quantity.metric in ("words", "calm")}
    return Markup("<p>{}</p>").format(f"Numbers on the weather: {sorted(found)}")


def count_words(run: Path, /) -> int:
    """How many words the rounds of a run have.

    Parameters
    ----------
    run
        The run folder.
    """
    with Reader.open(run) as reader:
        table = reader.table("round_verdicts")
        names, score = reader.names(), table.columns.index("score")
        words = [row[score] for row in table.rows if names[row[table.columns.index("metric")]] == "words"]
    print(f"{sum(words):.0f} words in {len(words)} rounds")
    return 0


STUDY = """
title = "One of each"
seed = 5
[[models]]
name = "echo/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh", "wren"]
scripts = ["goal-oriented"]
rounds = 4
policy = "noted"
baseline_draws = 1
[conditioning]
checkpoints = [0, 4]
policies = ["plain", "noted"]
noise_share = 0
[[probes]]
name = "weather"
[judging]
rounds = ["words", "calm", "style"]
forms = ["ours", "paper"]
[analysis]
primary = ["words", "calm"]
"""


@pytest.fixture(scope="module")
def each() -> Iterator[None]:
    """One entry in each table."""
    with pytest.MonkeyPatch.context() as patch:
        for metric in (WORDS, CALM, SURE):
            patch.setitem(METRICS, metric.name, metric)
        patch.setitem(PROBES, "weather", WEATHER)
        patch.setitem(POLICIES, "noted", noted)
        patch.setitem(PROVIDERS, "echo", Provider(_echo, nowhere))
        patch.setitem(ANALYSES, "longest", _longest)
        patch.setitem(SECTIONS, "weather", Section("The weather", _weather))
        patch.setitem(COMMANDS, "count-words", Command("test_one_of_each:count_words", "Count words.", prints=True))
        yield


@pytest.fixture(scope="module")
def run(each: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with all of them, run, reported and exported."""
    del each
    folder = tmp_path_factory.mktemp("one-of-each") / "run"
    assert run_study(load_text(STUDY), folder, cache=False).status == "complete"
    assert main(["report", str(folder)]) == 0
    assert main(["export", str(folder)]) == 0
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def max_words(run: Path) -> float:
    return max(float(one["score"]) for one in rows(run / "export" / "verdicts.csv") if one["metric"] == "words")


def test_numbers_of_new_metrics_on_rounds_and_answers_are_estimated_reported_and_exported(run: Path) -> None:
    for table in (run / "estimates.csv", run / "export" / "estimates.csv"):
        curves = [one for one in rows(table) if one["analysis"] == "curves" and one["value"]]
        found = {(one["source"], one["metric"]) for one in curves}
        assert {(source, metric) for source in ("rounds", "weather") for metric in ("words", "calm")} <= found
        assert ("rounds", "style") in found
        titles = {one["metric"]: one["title"] for one in curves}
        assert (titles["words"], titles["calm"]) == ("Length in words", "Calm")
        values = [float(one["value"]) for one in curves if one["metric"] == "words"]
        assert values
        assert all(20 < value < 400 for value in values)
        parts = {(one["metric"], one["label"]): one["title"] for one in curves if one["label"]}
        assert parts == {
            ("sure", "now"): "Sure of the weather: now",
            ("sure", "tomorrow"): "Sure of the weather: tomorrow",
        }
        (longest,) = [one for one in rows(table) if one["analysis"] == "longest"]
        assert (longest["title"], float(longest["value"])) == ("Length in words", max_words(run))
    page = (run / "report.html").read_text("utf-8")
    assert "How many words the text has." in page
    assert "How calm the speaker stays, one star to three." in page
    assert "How sure the answer is of what anyone can see." in page
    assert '<section id="weather"' in page
    assert "Numbers on the weather" in page


def test_verdicts_of_a_program_and_of_a_judge_stand_side_by_side(run: Path) -> None:
    verdicts = rows(run / "export" / "verdicts.csv")
    of = {name: [one for one in verdicts if one["metric"] == name] for name in ("words", "calm")}
    assert {one["judge"] for one in of["words"]} == {"verifier"}
    assert {one["judge"] for one in of["calm"]} == {"sim/judge"}
    assert {one["on"] for one in of["words"]} == {one["on"] for one in of["calm"]} == {"rounds", "answers"}
    assert {one["label"] for one in of["calm"]} == {"*", "**"}  # nothing is planted: the first choice, or the next
    assert {one["status"] for one in verdicts} == {"ok"}


def test_a_run_with_one_of_each_is_resumed_without_a_call(run: Path) -> None:
    def calls() -> int:
        with Reader.open(run) as reader:
            return len(reader.table("calls").rows)

    before = calls()
    assert run_study(load_text(STUDY), run, cache=False).status == "complete"
    assert calls() == before


def test_an_answer_of_it_is_shown_with_the_note_and_the_stars(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(run), "--probe", "weather", "--checkpoint", "4"]) == 0
    shown = capsys.readouterr().out
    assert "ITEM weather weather-1" in shown
    assert "VERDICT words: " in shown
    assert "VERDICT calm: " in shown


def test_people_are_asked_what_a_new_metric_says_and_a_program_is_not_labelled(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "sheet.csv"
    assert main(["label", str(run), "--into", str(sheet), "--metrics", "calm", "--count", "4"]) == 0
    assert {(one["metric"], one["question"]) for one in rows(sheet)} == {("calm", "How calm is the reply?")}
    assert main(["label", str(run), "--into", str(tmp_path / "b.csv"), "--metrics", "words"]) == 2
    assert "is checked by a program" in capsys.readouterr().err


def test_a_judged_metric_needs_no_form_of_the_papers(each: None) -> None:
    del each
    assert load_text(STUDY).experiment.rounds_scored_by == ("words", "calm", "style", "style-paper")
    alone = STUDY.replace('forms = ["ours", "paper"]', 'forms = ["paper"]')
    with pytest.raises(StudyError, match=r"paper is no form of the metric 'calm' \(weather\), which has: ours\. Add"):
        load_text(alone)
    assert load_text(alone.replace('"calm", ', "").replace('"weather"', '"fidelity"').replace(', "calm"', ""))


def test_a_metric_that_a_probe_or_the_rounds_name_must_be_one_that_can_score_them(
    each: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del each
    monkeypatch.setitem(METRICS, "calm", msgspec.structs.replace(CALM, scores=("answers",)))
    with pytest.raises(StudyError, match=r"\[judging\.rounds\] 'calm' is not known\. Known: .*words"):
        load_text(STUDY)
    monkeypatch.setitem(PROBES, "weather", msgspec.structs.replace(WEATHER, metrics=("words", "mood")))
    with pytest.raises(StudyError, match=r"'weather' is scored by 'mood', which is no metric of answers"):
        load_text(STUDY.replace('"words", "calm", "style"', '"style"'))


def test_a_number_beyond_its_own_scale_is_refused(each: None) -> None:
    del each
    ref = RoundRef(DialogueKey("m", None, "s"), 1)
    with pytest.raises(JudgingError, match="metric 'words' gave 1001, which its scale does not hold"):
        next(WORDS.judge(Subject(ref, "?", "a " * 1001), ModelSpec("sim/judge")))


class Mute(Rubric, frozen=True):
    """A rubric that asks nothing, as its author forgot."""

    def version(self, metric: Metric) -> str:
        """Of no words."""
        del metric
        return "mute-1"


@pytest.mark.parametrize(
    ("rubric", "said"),
    [
        (Mute(WORDS.rubric.scale), r"metric 'words' has the rubric Mute, which lacks hear; define it in Mute\."),
        (Rubric(WORDS.rubric.scale), r"the rubric Rubric, which lacks version and hear; define both in Rubric\."),
    ],
)
def test_a_metric_whose_rubric_cannot_judge_is_refused_when_it_is_made(rubric: Rubric, said: str) -> None:
    with pytest.raises(JudgingError, match=said):
        Metric(base="words", title="Words", rubric=rubric, judged_as="blind", better="lower")
    with pytest.raises(JudgingError, match=said):
        msgspec.structs.replace(WORDS, rubric=rubric)


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (Heard("ok"), "gave no score with the status 'ok'; give a choice or a score, or the status \"missing\" with a"),
        (Heard("missing"), "gave nothing and no reason; give one of 'filtered', "),
        (Heard("missing", reason=wrong("tired")), "gave the reason 'tired'; give one of 'filtered', "),
        (
            Heard("missing", reason="unparsable", score=3.0),
            "gave a score and says that it is missing; give one of the two.",
        ),
        (Heard(wrong("fine"), score=3.0), "gave the status 'fine'; give one of 'ok', 'repaired', 'missing'."),
        (Heard("ok", score=wrong("many")), "gave 'many', which its scale does not hold; mend either."),
        (Heard("ok", score=float("nan")), "gave nan, which its scale does not hold; mend either."),
        (Heard("ok", score=wrong(2 + 1j)), "gave (2+1j), which its scale does not hold; mend either."),
        (Heard("ok", "few"), "gave 'few', which its scale does not hold; mend either."),
        (Heard("ok", wrong(["none"])), "gave ['none'], which its scale does not hold; mend either."),
    ],
)
def test_a_program_that_gives_no_score_of_its_scale_is_named_with_what_to_mend(heard: Heard, said: str) -> None:
    metric = msgspec.structs.replace(WORDS, rubric=Program(WORDS.rubric.scale, "words-2", lambda *_: heard))
    subject = Subject(RoundRef(DialogueKey("m", None, "s"), 1), "?", "a word")
    with pytest.raises(JudgingError, match=re.escape(f"metric 'words' {said}")):
        next(metric.judge(subject, ModelSpec("sim/judge")))


@pytest.mark.parametrize("score", [3, np.float32(3), np.int64(3)])
def test_a_program_may_give_any_kind_of_number(score: float) -> None:
    rubric = Program(WORDS.rubric.scale, "words-2", lambda *_: Heard("ok", score=score))
    subject = Subject(RoundRef(DialogueKey("m", None, "s"), 1), "?", "a word")
    with pytest.raises(StopIteration) as ended:
        next(msgspec.structs.replace(WORDS, rubric=rubric).judge(subject, ModelSpec("sim/judge")))
    assert type(ended.value.value.score) is float


def test_a_choice_of_a_judge_that_its_scale_does_not_hold_is_named() -> None:
    class Loud(Stars, frozen=True):
        """Reads what it did not offer."""

        def parse(self, reply: str, choices: tuple[str, ...]) -> Reading:
            """Always loud."""
            del reply, choices
            return Reading("ok", "loud")

    metric = msgspec.structs.replace(CALM, judged_as="blind", rubric=Loud(CALM.rubric.scale, "How calm is it?"))
    steps = metric.judge(Subject(RoundRef(DialogueKey("m", None, "s"), 1), "?", "a word"), ModelSpec("sim/judge"))
    next(steps)
    with pytest.raises(JudgingError, match="metric 'calm' gave 'loud', which its scale does not hold; mend either"):
        steps.send(Reply("ok", "Result: **"))


def test_a_probe_is_not_called_as_rounds_are_nor_a_metric_as_what_is_made_of_several(
    each: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    del each
    monkeypatch.setitem(PROBES, "rounds", msgspec.structs.replace(WEATHER, name="rounds"))
    with pytest.raises(StudyError, match=r"\[probes\] 'rounds' cannot be a probe: .* give the probe another name"):
        load_text(STUDY.replace('"weather"', '"rounds"'))
    assert load_text(STUDY)
    for form in ("ours", "paper"):
        metric = msgspec.structs.replace(WORDS, base="fidelity", form=form)
        with monkeypatch.context() as patch:
            patch.setitem(METRICS, metric.name, metric)
            with pytest.raises(StudyError, match=r"'fidelity' cannot be the base of a metric: .*another base"):
                load_text(STUDY)


def test_a_plan_knows_what_stands_before_the_first_round_also_where_a_policy_asks_for_it(each: None) -> None:
    del each

    def told(view: View) -> Steps[Turn]:
        note = yield Request(EMPTY, (Message("user", "Hm?"),), Sampling())
        return Turn(EMPTY.extend(Message("system", f"{note.text}{'x' * 400}")), (Message("user", view.query),))

    experiment = load_text(STUDY).experiment
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(POLICIES, "noted", told)
        assert dialogue_lengths(experiment, next(experiment.dialogues()), 0).after[0] == prefix_tokens(400)


def test_a_new_command_is_listed_and_runs(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "count-words" in capsys.readouterr().out
    assert main(["count-words", str(run)]) == 0
    assert capsys.readouterr().out.endswith(" words in 16 rounds\n")


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ('[dialogues]\npolicy = "remind"', "dialogues.policy"),
        ('[conditioning]\npolicies = ["remind"]', "conditioning.policies"),
    ],
)
def test_an_unknown_policy_is_answered_with_the_key_where_it_stands(part: str, place: str) -> None:
    text = f'[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n{part}\n'
    with pytest.raises(StudyError, match=rf"\[{place}\] 'remind' is not known. Known: plain"):
        load_text(text)
