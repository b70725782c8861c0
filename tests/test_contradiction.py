"""Contradiction: what a judge is shown of a pair, which pairs there are, and what is planted is found."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

import longplay
from driving import drive, said
from longplay.experiment import resolve
from longplay.experiment.pairs import PAIRS, later_rounds
from longplay.judging import METRICS
from longplay.judging.contradiction import LAGS
from longplay.judging.owed import Panel, Text, scorings
from longplay.records import Cell, DialogueKey, Exchange, RoundRef, Subject
from longplay.specs import ModelSpec, Persona, StudyError, parse_study
from longplay.store import Reader

JUDGE = ModelSpec("sim/judge")
PERSONA = Persona("silver", "Long John Silver", "A sea-cook with one leg, a parrot and a plan.")
KEY = DialogueKey("sim/speaker", "silver", "goal-oriented")
STUDY = """\
seed = 4
[[models]]
name = "sim/speaker"
[models.speaker]
contradiction = {{ start = 0.0, end = {end}, shape = "step", at = 8 }}
card_contradiction = {{ start = 0.0, end = {end}, shape = "step", at = 8 }}
[judge]
name = "sim/judge"
[judge.judge]
accuracy = 1.0
[dialogues]
personas = ["silver", "queen", "marsh"]
scripts = ["goal-oriented"]
rounds = 16
draws = 2
baseline_draws = 2
[conditioning]
checkpoints = [0, 8, 16]
repeats = 0
{more}
[[probes]]
name = "fidelity"
metrics = ["contradiction-again"]
limit = 2
[judging]
rounds = ["contradiction-1", "contradiction-8", "other-draw-1", "contradiction-card"]
{order}
"""


def played(folder: Path, end: float = 1.0, more: str = "noise_share = 0.0", order: str = "") -> Path:
    study = folder / "study.toml"
    study.write_text(STUDY.format(end=end, more=more, order=order))
    longplay.run(study, folder / "run")
    return folder / "run"


def test_the_judge_sees_both_replies_with_their_turns_and_nobodys_persona() -> None:
    before = (Exchange(1, "Where were you born?", "In Bristol."),)
    subject = Subject(RoundRef(KEY, 9), "And where is home?", "I was born in Cork.", PERSONA, before=before)
    verdict, [request] = drive(METRICS["contradiction-8"].judge(subject, JUDGE), lambda _: said("Result: contradicts"))
    prompt = "".join(message.content for message in (*request.prefix.messages(), *request.tail))
    order = [prompt.index(text) for text in ("Where were you born?", "In Bristol.", "And where is home?", "in Cork.")]
    assert order == sorted(order)
    assert PERSONA.name not in prompt
    assert PERSONA.description not in prompt
    assert (verdict.score, verdict.label) == (1.0, "contradicts")


def test_the_floor_is_asked_in_the_very_words_of_the_pairs_of_one_dialogue() -> None:
    before = (Exchange(1, "Where were you born?", "In Bristol."),)
    subject = Subject(RoundRef(KEY, 9), "And where is home?", "In Cork.", before=before)
    prompts = [
        drive(METRICS[f"{name}-8"].judge(subject, JUDGE), lambda _: said("Result: unclear"))[1]
        for name in ("contradiction", "other-draw")
    ]
    assert prompts[0][0].tail == prompts[1][0].tail
    assert prompts[0][0].prefix.messages() == prompts[1][0].prefix.messages()


def test_a_pair_without_its_earlier_reply_is_missing_and_asks_nobody() -> None:
    for name, ref in (
        ("contradiction-8", RoundRef(KEY, 9)),
        ("contradiction-again", Cell(KEY, 8, "silver", "plain", "f", "i")),
    ):
        verdict, requests = drive(METRICS[name].judge(Subject(ref, "Who?", "I."), JUDGE), lambda _: said(""))
        assert requests == []
        assert (verdict.score, verdict.reason) == (None, "no-reference")


@pytest.mark.parametrize("rounds", [2, 9, 40, 102])
@pytest.mark.parametrize("lag", LAGS)
def test_pairs_are_a_fixed_number_spread_over_the_dialogue_and_hang_on_the_seed(rounds: int, lag: int) -> None:
    found = later_rounds(7, rounds, lag)
    assert len(found) == min(PAIRS, max(rounds - lag, 0))
    assert all(lag < number <= rounds for number in found)
    assert found == later_rounds(7, rounds, lag)
    if rounds - lag >= 2 * PAIRS:
        assert found != later_rounds(8, rounds, lag)
        middle = lag + (rounds - lag) / 2
        assert sum(number > middle for number in found) in (PAIRS // 2, PAIRS // 2 + 1)


def test_a_round_is_owed_pairs_at_its_distances_alone_and_the_card_is_shown_for_every_persona() -> None:
    panel = Panel((JUDGE,), ("silver", "queen"))
    names = ("contradiction-1", "contradiction-8", "other-draw-8", "contradiction-card")
    owed = {
        one.metric.name: one.judged_as
        for one in scorings([METRICS[name] for name in names], Text("rounds", None, None, lags=(8,)), panel)
    }
    assert owed == {
        "contradiction-8": (None,),
        "other-draw-8": (None,),
        "contradiction-card": ("silver", "queen"),
    }


@pytest.mark.parametrize("order", ["", 'order = "random"'])
@pytest.mark.parametrize("more", ["noise_share = 0.0", "noise_share = 1.0"])
def test_all_that_is_planned_is_judged_once_and_a_second_start_finds_nothing_to_do(
    tmp_path: Path, order: str, more: str
) -> None:
    run = played(tmp_path, more=more, order=order)
    plan = longplay.plan(tmp_path / "study.toml")
    [judging] = [line for line in plan.lines if line.kind == "judging"]
    with Reader.open(run) as reader:
        sent = sum(one.count for one in reader.replied() if one.judging)
    rows: Any = longplay.open(run).verdicts()
    assert sent == judging.calls
    counts = rows["metric"].value_counts()
    one = rows[(rows["metric"] == "other-draw-1") & (rows["repeat"] == 0)]
    assert len(one) == 8 * PAIRS  # 4 speakers of 2 draws each
    assert counts["contradiction-8"] >= 8 * PAIRS
    assert set(rows["status"]) == {"ok"}
    longplay.run(tmp_path / "study.toml", run)
    with Reader.open(run) as reader:
        assert sum(one.count for one in reader.replied() if one.judging) == sent


def test_planted_contradiction_is_found_at_its_distance_and_other_draws_are_the_floor(tmp_path: Path) -> None:
    run = played(tmp_path)
    found: Any = longplay.open(run).estimates()
    curve = found[(found["analysis"] == "curves") & (found["condition"] == "persona") & (found["replies"] == "all")]
    by = {name: dict(zip(rows["position"], rows["value"], strict=True)) for name, rows in curve.groupby("quantity")}
    assert by["contradiction-1"][8] == 0  # all hold one position, until all leave it
    assert by["contradiction-8"] == {16: 0.875}  # the ninth round still holds the position
    assert by["contradiction-card"] == {8: 0, 16: 0.875}
    assert by["contradiction-again"] == {8: 0, 16: 1}
    floor = found[(found["quantity"] == "other-draw-1") & (found["analysis"] == "curves")]
    assert set(floor["condition"]) == {"persona", "baseline"}
    assert (floor["missing"] == 0).all()


def test_the_pair_of_a_verdict_can_be_read_again() -> None:
    study = parse_study(STUDY.format(end=0.5, more="", order=""), "study.toml")
    experiment = resolve(study, "study.toml", Path())
    other = experiment.other_draw(KEY)
    assert METRICS["other-draw-8"].lag == 8  # the distance stands in the metric's name, the draw is the next one
    assert other == msgspec.structs.replace(KEY, draw=1)
    assert other is not None
    assert experiment.other_draw(other) == KEY


@pytest.mark.parametrize(
    ("before", "after", "error"),
    [
        ('"contradiction-1"', '"contradiction-32"', "has no pair in 16 rounds"),
        ("baseline_draws = 2", "baseline_draws = 1", "needs another draw of every dialogue"),
        ("\ndraws = 2", "\ndraws = 1", "needs another draw of every dialogue"),
    ],
)
def test_pairs_that_cannot_be_are_refused_before_anything_is_spent(
    tmp_path: Path, before: str, after: str, error: str
) -> None:
    study = tmp_path / "study.toml"
    study.write_text(STUDY.format(end=0.5, more="", order="").replace(before, after))
    with pytest.raises(StudyError, match=error):
        longplay.plan(study)


def test_what_a_stopped_run_left_of_the_floor_is_judged_when_it_goes_on(tmp_path: Path) -> None:
    study, run = tmp_path / "study.toml", tmp_path / "run"
    text = STUDY.format(end=0.5, more="noise_share = 0.0", order="")
    study.write_text(f"{text}[budget]\nrequests = 575\n")
    longplay.run(study, run)
    before: Any = longplay.open(run).verdicts()
    study.write_text(text)
    longplay.run(study, run)
    rows: Any = longplay.open(run).verdicts()
    floor = rows[rows["metric"] == "other-draw-1"]
    assert 0 < len(before) < len(rows)
    assert len(floor) == 8 * PAIRS
    assert set(floor["status"]) == {"ok"}
