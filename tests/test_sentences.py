"""Fidelity sentence by sentence: what is shown, how labels are read and counted, and what is planted is found."""

from pathlib import Path
from typing import Any

import pytest

import longplay
from driving import drive, said
from longplay.judging import METRICS, asking
from longplay.judging.sentences import MOST, NAME
from longplay.records import DialogueKey, RoundRef, Subject
from longplay.specs import ModelSpec, Persona

JUDGE = ModelSpec("sim/judge")
PERSONA = Persona("silver", "Long John Silver", "A sea-cook with one leg, a parrot and a plan.")
REF = RoundRef(DialogueKey("sim/speaker", "silver", "goal-oriented"), 3)
SHARE, AGREEMENT = METRICS["sentences.share"], METRICS["sentences.agreement"]
THREE = "Aye, the sea is mine. I am a language model. Fetch the rum!"


def subject(answer: str = THREE) -> Subject:
    return Subject(REF, "Who are you?", answer, PERSONA)


def lines(*labels: str) -> str:
    return "Reasons.\n" + "\n".join(f"Result {number}: {label}" for number, label in enumerate(labels, start=1))


def test_the_judge_sees_the_persona_and_every_sentence_between_tags_of_its_own() -> None:
    _, [request] = drive(SHARE.judge(subject(), JUDGE), lambda _: said(lines("in", "out", "in")))
    prompt = "".join(message.content for message in (*request.prefix.messages(), *request.tail))
    assert PERSONA.description in prompt
    for number, sentence in enumerate(("Aye, the sea is mine.", "I am a language model.", "Fetch the rum!"), start=1):
        assert f"<sentence-{number} " in prompt
        assert sentence in prompt
    assert "`Result 1: X` to `Result 3: X`" in prompt


@pytest.mark.parametrize(
    ("labels", "share", "agreement"),
    [
        (("in", "in", "in"), 1.0, 1.0),
        (("out", "out", "out"), 0.0, 1.0),
        (("in", "out", "in"), 2 / 3, 1 / 3),
    ],
)
def test_both_numbers_are_made_of_the_labels_which_are_kept(
    labels: tuple[str, ...], share: float, agreement: float
) -> None:
    for metric, number in ((SHARE, share), (AGREEMENT, agreement)):
        verdict, _ = drive(metric.judge(subject(), JUDGE), lambda _: said(lines(*labels)))
        assert verdict.score == pytest.approx(number)
        assert verdict.why == " ".join(labels)


def test_both_numbers_come_from_one_call() -> None:
    sent = [
        drive(one.judge(subject(), JUDGE), lambda _: said(lines("in", "in", "out")))[1] for one in (SHARE, AGREEMENT)
    ]
    assert sent[0][0].tail == sent[1][0].tail
    assert asking(("sentences.share", "sentences.agreement"), METRICS) == ("sentences.share",)
    assert SHARE.asked_by == AGREEMENT.asked_by == NAME


@pytest.mark.parametrize("reply", ["Hard to say.", lines("in", "out"), lines("in", "perhaps", "in")])
def test_a_reply_that_lacks_a_label_is_asked_for_again_and_then_missing(reply: str) -> None:
    verdict, requests = drive(SHARE.judge(subject(), JUDGE), lambda _: said(reply))
    assert len(requests) == 2
    assert (verdict.score, verdict.reason) == (None, "unparsable")


@pytest.mark.parametrize("answer", ["", "  \n"])
def test_an_empty_reply_has_nothing_in_character_and_asks_nobody(answer: str) -> None:
    verdict, requests = drive(SHARE.judge(subject(answer), JUDGE), lambda _: said(""))
    assert (verdict.score, requests) == (0.0, [])


def test_a_text_without_words_is_one_sentence_and_a_long_one_says_how_much_was_labelled() -> None:
    verdict, [request] = drive(SHARE.judge(subject("???"), JUDGE), lambda _: said(lines("out")))
    assert verdict.score == 0.0
    assert "???" in request.tail[0].content
    verdict, [request] = drive(
        SHARE.judge(subject("The sea is mine. " * (MOST + 9)), JUDGE), lambda _: said(lines(*["in"] * MOST))
    )
    assert verdict.score == 1.0
    assert verdict.why.startswith(f"the first {MOST} of {MOST + 9} sentences: in")
    assert f"<sentence-{MOST + 1} " not in request.tail[0].content


STUDY = """\
seed = 4
[[models]]
name = "sim/speaker"
[models.speaker]
sentences = { start = 1.0, end = 0.5, shape = "step", at = 4 }
[judge]
name = "sim/judge"
[judge.judge]
accuracy = 1.0
[dialogues]
personas = ["silver", "queen", "marsh", "wren"]
scripts = ["goal-oriented"]
rounds = 16
baseline = false
[conditioning]
checkpoints = [0, 4, 16]
repeats = 0
noise_share = 0.0
[[probes]]
name = "fidelity"
limit = 4
metrics = ["sentences"]
[judging]
rounds = ["sentences"]
"""


def test_a_planted_share_is_found_and_both_numbers_are_paid_once(tmp_path: Path) -> None:
    study, run = tmp_path / "study.toml", tmp_path / "run"
    study.write_text(STUDY)
    longplay.run(study, run)
    found: Any = longplay.open(run).estimates()
    curve = found[(found["analysis"] == "curves") & (found["source"] == "rounds") & (found["replies"] == "all")]
    by = {name: dict(zip(rows["position"], rows["value"], strict=True)) for name, rows in curve.groupby("quantity")}
    assert by["sentences.share"][4] == by["sentences.agreement"][4] == 1.0
    assert by["sentences.share"][16] == pytest.approx(0.54, abs=0.12)  # round 5 still has all in character
    assert by["sentences.agreement"][16] < 0.9
    [judging] = [line for line in longplay.plan(study).lines if line.kind == "judging"]
    rows: Any = longplay.open(run).verdicts()
    assert len(rows[rows["metric"].str.startswith("sentences")]) == 2 * len(rows[rows["metric"] == "sentences.share"])
    assert judging.calls >= len(rows[rows["metric"] == "sentences.share"])
