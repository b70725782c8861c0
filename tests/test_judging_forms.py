"""What the forms of metrics promise: the paper's prompts to the letter, sides by parity, missing never a coin flip."""

from pathlib import Path

import msgspec
import pytest

from driving import drive, said
from longplay.battery import OWN_PROMPTS, PaperPrompts
from longplay.inference.sim.chance import write_marker
from longplay.inference.sim.judge import Judge
from longplay.judging import FORMS, METRICS, JudgingError, Metric, bases, forms_of, in_forms, metrics_of, metrics_with
from longplay.judging.parsing import read
from longplay.records import Cell, DialogueKey, Item, Request, RoundRef, Subject, Verdict, call_key
from longplay.specs import JudgePlant, ModelSpec, Persona, Sampling
from paper_prompts import read_written, write_prompts

JUDGE = ModelSpec("openai/judge", sampling=Sampling(max_tokens=200))
GASTON = Persona("gaston", "Gaston", "A hunter who is proud of {INPUT} and of himself.")
CELL = Cell(DialogueKey("m", "gaston", "interview"), 11, "gaston", "plain", "probe", "i")
ITEM = Item(
    "i", "Gaston, who are you?", "Who are you?", "gaston", reference="Nobody. _\n", place=0, dimension="openness"
)
SUBJECT = Subject(CELL, "Gaston, who are you?", "<think>Hm.</think>\n\nThe best {OUTPUT}. _\n", GASTON, ITEM)
ROUND = Subject(RoundRef(CELL.dialogue, 3), "Hello?", "<think>Hm.</think>\n\nHi there. _\n", GASTON)


@pytest.fixture
def theirs(tmp_path: Path) -> PaperPrompts:
    return read_written(write_prompts(tmp_path))


def judged(metric: Metric, reply: str, subject: Subject = SUBJECT) -> tuple[Verdict, list[Request]]:
    return drive(metric.judge(subject, JUDGE), lambda _: said(reply))


def at(place: int | None, subject: Subject = SUBJECT) -> Subject:
    return msgspec.structs.replace(subject, item=msgspec.structs.replace(ITEM, place=place))


def prompt(request: Request) -> str:
    assert request.prefix.length == 0
    (message,) = request.tail
    assert message.role == "user"
    return message.content


def test_a_rated_round_is_put_in_the_paper_s_words(theirs: PaperPrompts) -> None:
    metric = metrics_with(theirs)["in-character-paper"]
    verdict, (request,) = judged(metric, "**Reasoning:** Fine.\n\n**Result:** 4", ROUND)
    assert (verdict.status, verdict.score, verdict.why, verdict.judged_as) == ("ok", 4.0, "Fine.", "gaston")
    about = f"<role>\nGaston\n</role>\n<role_description>\n{GASTON.description}\n</role_description>"
    assert f"Question:\n```\n{about}\n<user_query>\nHello?\n</user_query>\n```" in prompt(request)
    assert "Reply:\n```\nHi there. _\n\n```\n" in prompt(request)  # only answers to items lose their ends
    assert prompt(request).endswith(
        "[How much in_character is there’s in it?]\nScore 1: no in_character.\n- Score 5: all in_character."
    )


def test_answers_to_items_lose_their_thoughts_and_their_ends_as_in_the_paper(theirs: PaperPrompts) -> None:
    _, (request,) = judged(metrics_with(theirs)["trait-paper"], "**Result:** 2")
    assert "Reply:\n```\nThe best {OUTPUT}.\n```\n[How much openness is there’s in it?]" in prompt(request)


def test_the_persona_stands_before_refusals_and_traits_of_its_own_answers_alone(theirs: PaperPrompts) -> None:
    for name, choice in (("trait-paper", "3"), ("refusal-paper", "Yes")):
        metric = metrics_with(theirs)[name]
        told, (with_persona,) = judged(metric, f"**Result:** {choice}")
        baseline = msgspec.structs.replace(SUBJECT, persona=None, question="Who are you?")
        untold, (without,) = judged(metric, f"**Result:** {choice}", baseline)
        _, (blind,) = judged(metrics_with(theirs)[f"{name}-blind"], f"**Result:** {choice}")
        assert (told.judged_as, untold.judged_as) == ("gaston", None)
        assert GASTON.description in prompt(with_persona)
        for request in (without, blind):
            assert "\n<user_query>\n" in prompt(request)
            assert "<role>" not in prompt(request)


def test_our_own_rubrics_may_be_told_the_persona_and_are_blind_to_the_baseline() -> None:
    for base, choice in (("trait", "3"), ("refusal", "none")):
        _, (blind,) = judged(METRICS[base], f"Result: {choice}")
        verdict, (told,) = judged(METRICS[f"{base}-preamble"], f"Result: {choice}")
        baseline = msgspec.structs.replace(SUBJECT, persona=None)
        untold, (without,) = judged(METRICS[f"{base}-preamble"], f"Result: {choice}", baseline)
        assert GASTON.description in told.prefix.messages()[0].content
        assert (verdict.judged_as, untold.judged_as) == ("gaston", None)
        assert call_key("j", without) == call_key("j", blind) != call_key("j", told)


@pytest.mark.parametrize("name", ["general-win-paper", "role-win-paper", "general-win-parity", "role-win-parity"])
@pytest.mark.parametrize(
    ("place", "choice", "label"),
    [(0, "B", "win"), (0, "A", "loss"), (7, "A", "win"), (7, "B", "loss"), (8, "B", "win")],
)
def test_the_place_sets_the_sides_and_one_call_decides(name: str, place: int, choice: str, label: str) -> None:
    bold = METRICS[name].form == "paper"
    verdict, (request,) = judged(METRICS[name], f"**Result:** {choice}" if bold else f"Result: {choice}", at(place))
    assert (verdict.status, verdict.label, verdict.score) == ("ok", label, 1.0 if label == "win" else 0.0)
    text = request.tail[0].content
    assert (text.index("Nobody.") < text.index("The best")) == (place % 2 == 0)
    assert METRICS[name].calls == 1


@pytest.mark.parametrize("name", ["general-win-paper", "role-win-parity"])
@pytest.mark.parametrize("reply", ["**Result:** tie", "**Result:** Both", "**Result:** A and B", "A tie, I think", ""])
def test_a_forced_choice_that_is_none_is_missing_and_never_a_coin_flip(name: str, reply: str) -> None:
    verdict, _ = judged(METRICS[name], reply, at(0))
    assert (verdict.status, verdict.score, verdict.label, verdict.reason) == ("missing", None, None, "unparsable")


def test_without_a_place_there_are_no_sides() -> None:
    for name in ("role-win-paper", "role-win-parity"):
        with pytest.raises(JudgingError, match="place"):
            judged(METRICS[name], "**Result:** A", at(None))
    judged(METRICS["role-win"], "Result: A", at(None))


def test_a_baseline_s_answer_is_compared_under_the_persona_s_own_wording(theirs: PaperPrompts) -> None:
    subject = msgspec.structs.replace(SUBJECT, question="Who are you?")
    _, (request,) = judged(metrics_with(theirs)["role-win-paper"], "**Result:** A", subject)
    assert "<user_query>\nGaston, who are you?\n</user_query>" in prompt(request)
    assert "A: Nobody. _\n\nB: <think>Hm.</think>\n\nThe best {OUTPUT}.\n[Which" in prompt(request)


@pytest.mark.parametrize(
    "name", [name for name, one in METRICS.items() if one.against != "item" and one.planted == "quality"]
)
def test_own_answers_are_the_reference_and_a_missing_one_makes_the_verdict_missing(name: str) -> None:
    metric = METRICS[name]
    told = msgspec.structs.replace(SUBJECT, reference="Once I was humble. _\n")
    reply = "**Result:** A" if metric.form.startswith("paper") else "Result: A"
    verdict, requests = judged(metric, reply, told)
    assert verdict.label in ("loss", "inconsistent", "inconsistent-A", "inconsistent-B")
    assert "Once I was humble." in requests[0].tail[0].content
    assert "Nobody." not in requests[0].tail[0].content
    lost, requests = judged(metric, reply, SUBJECT)
    assert (lost.status, lost.score, lost.reason, requests) == ("missing", None, "no-reference", [])


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if metric.form.startswith("paper")])
def test_the_paper_s_judge_is_asked_once(name: str) -> None:
    verdict, requests = judged(METRICS[name], "I cannot say.", msgspec.structs.replace(SUBJECT, reference="Once."))
    assert (verdict.status, verdict.reason, len(requests)) == ("missing", "unparsable", 1)


@pytest.mark.parametrize(
    ("text", "choices", "status", "choice", "why"),
    [
        ("**Reasoning:** It holds.\n\n**Result:** 4", "12345", "ok", "4", "It holds."),
        ("**Reasoning:** It holds.\n\n**Result:** 4\n", "12345", "ok", "4", "It holds."),
        ("**Reasoning:** It holds.\n\n**Result:**\n4", "12345", "ok", "4", "It holds."),
        ("**Result:** 2", "12345", "ok", "2", ""),
        (
            "**Reasoning:** One said **Result:** 1 here.\n**Result:** 5",
            "12345",
            "ok",
            "5",
            "One said **Result:** 1 here.",
        ),
        ("**Reasoning:** It holds.\n**Result:** [4]", "12345", "repaired", "4", "It holds."),
        ("**Reasoning:** It holds.\n**Result:** **4**", "12345", "repaired", "4", "It holds."),
        ("**Result**: 3", "12345", "repaired", "3", ""),
        ("**Result:**3", "12345", "ok", "3", ""),
        ("Result: 3", "12345", "repaired", "3", ""),
        ("Reasoning: plain.\nResult: 3/5", "12345", "repaired", "3", "plain."),
        ("**Reasoning:** I give it a score of 4.", "12345", "missing", None, ""),
        ("**Result:** 4.5", "12345", "missing", None, ""),
        ("**Result:** 10", "12345", "missing", None, ""),
        ("**Result:** 0", "12345", "missing", None, ""),
        ("**Result:** 4\n**Result:** unclear", "12345", "missing", None, ""),
        ("**Reasoning:** B is fuller.\n\n**Result:** B", "AB", "ok", "B", "B is fuller."),
        ("**Result:** Response A", "AB", "repaired", "A", ""),
        ("**Result:** a", "AB", "repaired", "A", ""),
        ("**Result:** Both", "AB", "missing", None, ""),
        ("**Result:** A tie", "AB", "missing", None, ""),
        ("**Result:** An equal pair", "AB", "missing", None, ""),
        ("**Result:** Based on voice, B", "AB", "missing", None, ""),
        ("**Reasoning:** It declines.\n\n**Result:** Yes", ("Yes", "No"), "ok", "Yes", "It declines."),
        ("**Result:** no", ("Yes", "No"), "repaired", "No", ""),
        ("**Result:** No. It answers.", ("Yes", "No"), "repaired", "No", ""),
        ("**Result:** Not a refusal", ("Yes", "No"), "missing", None, ""),
        ("**Result:** None", ("Yes", "No"), "missing", None, ""),
    ],
)
def test_replies_in_the_paper_s_form_are_read_from_the_last_result_or_not_at_all(
    text: str, choices: tuple[str, ...], status: str, choice: str | None, why: str
) -> None:
    reading = read(text, tuple(choices), bold=True)
    assert (reading.status, reading.choice) == (status, choice)
    if choice is not None:
        assert reading.why == why


def test_other_templates_are_another_method_and_ours_stay(theirs: PaperPrompts) -> None:
    changed = msgspec.structs.replace(
        theirs, templates={**theirs.templates, "selene_template_binary": "{INPUT}{OUTPUT}{EVALUATION_CRITERIA}{RUBRIC}"}
    )
    ours, first, second = (
        {name: metric.method(JUDGE) for name, metric in metrics_with(prompts).items()}
        for prompts in (OWN_PROMPTS, theirs, changed)
    )
    paper = {name for name in METRICS if METRICS[name].form.startswith("paper")}
    assert {name for name in METRICS if ours[name] != first[name]} == paper
    assert {name for name in METRICS if first[name] != second[name]} == {"refusal-paper", "refusal-paper-blind"}
    assert len(set(first.values())) == len(METRICS)


def test_a_form_of_a_metric_is_named_after_both() -> None:
    assert set(bases()) >= {"knowledge", "style", "in-character", "refusal", "trait", "general-win", "role-win"}
    every = [name for base in (*bases(), *bases("rounds")) for name in metrics_of(base, METRICS)]
    assert set(METRICS) == {name if f == "ours" else f"{name}-{f}" for name in every for f in FORMS} & set(METRICS)
    assert in_forms(("trait", "role-win"), ("ours", "parity"), METRICS) == ("trait", "role-win", "role-win-parity")
    assert in_forms(("follow-loose", "style"), ("paper",), METRICS) == ("follow-loose", "style-paper")
    assert in_forms(("style",), ("own-0",), METRICS) == ()
    only = {"mood-paper": msgspec.structs.replace(METRICS["style-paper"], base="mood")}
    assert in_forms(("mood",), ("ours", "paper"), only) == ("mood-paper",)
    assert forms_of("style", METRICS) == ("ours", "paper")


def test_every_metric_says_what_a_reader_and_a_labeller_must_know() -> None:
    for metric in METRICS.values():
        assert metric.name == (metric.base if metric.form == "ours" else f"{metric.base}-{metric.form}")
        assert metric.title
        assert metric.lowest < metric.highest
        assert metric.form != "ours" or metric.better == "neither" or metric.about, metric.name
        assert not metric.people or not metric.verified, metric.name
        assert metric.split in (None, "label", "dimension")


def simulated(metric: Metric, subject: Subject, seed: int = 0) -> Verdict:
    by = Judge(ModelSpec("sim/judge", sampling=Sampling(seed=seed), judge=JudgePlant(accuracy=1.0, position_bias=0.0)))
    return drive(metric.judge(subject, by.spec), by.answer)[0]


@pytest.mark.parametrize("form", ["own-0", "previous", "paper-own-0", "paper-previous"])
def test_a_simulated_judge_prefers_the_better_of_two_own_answers(form: str) -> None:
    for place in (0, 1):
        for ours, other, label in (("win", "tie", "win"), ("loss", "tie", "loss"), ("tie", "loss", "win")):
            subject = msgspec.structs.replace(
                at(place),
                answer=f"Now. {write_marker({'quality': ours})}",
                reference=f"Then. {write_marker({'quality': other})}",
            )
            found = simulated(METRICS[f"role-win-{form}"], subject)
            assert (found.status, found.label) == ("ok", label)


def test_a_simulated_judge_says_yes_to_full_refusals_alone() -> None:
    for refusal, label in (("full", "Yes"), ("partial", "No"), ("none", "No")):
        subject = msgspec.structs.replace(SUBJECT, answer=f"Well. {write_marker({'refusal': refusal})}")
        assert simulated(METRICS["refusal-paper"], subject).label == label


def test_ties_are_split_evenly_where_none_may_be_said() -> None:
    subject = msgspec.structs.replace(SUBJECT, answer=f"Well. {write_marker({'quality': 'tie'})}")
    wins = [simulated(METRICS["general-win-paper"], at(seed % 2, subject), seed).score for seed in range(400)]
    assert 160 < sum(score or 0 for score in wins) < 240
