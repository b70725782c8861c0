"""The metrics as the paper judged them: its templates and rubrics, filled as its code does. Reads no file itself.

One user message; the persona's name and description, one user turn and the answer stand in it, no history. The answers
to refusal and trait items are judged with the persona of who gave them, so a baseline's without any. A judge is asked
once; what cannot be read is missing, never a coin flip.
"""

import re
from typing import Literal

import msgspec

from longplay.battery import PaperPrompts, Rubric, fill_places
from longplay.judging.asking import Heard, Prompt, Scale, ask, conclude
from longplay.judging.metric import Metric
from longplay.judging.pairwise import NO_REFERENCE, SIDES, by_parity, decided, opponent
from longplay.judging.parsing import PARSER
from longplay.judging.traits import dimension_of
from longplay.records import EMPTY, Shown, Steps, Subject, Verdict
from longplay.specs import TRAITS, Form, ModelSpec, Persona, fingerprint

LEVELS = Scale({str(level): float(level) for level in range(1, 6)})
YES_NO = Scale({"Yes": 1.0, "No": 0.0}, labelled=True)
OUTCOMES = Scale({"win": 1.0, "loss": 0.0}, labelled=True)
AS_IN_PAPER = " (as in the paper)"
PAPERS_FORM = " (in the paper's form)"
ENDS = " _\n"  # what the paper's code strips from the end of answers to items

_THOUGHTS = re.compile(r"<think>.*?</think>\n*", re.DOTALL)
_AGAINST: dict[Form, Literal["own-0", "previous"]] = {"paper-own-0": "own-0", "paper-previous": "previous"}
Direction = Literal["higher", "lower", "neither"]


class Rated(msgspec.Struct, frozen=True):
    """A form of the metric `base` whose answers are rated: its template, what chooses its rubric, its scale."""

    base: str
    title: str
    seen: Literal["persona", "own", "blind"]
    template: str
    rubrics: dict[str, Rubric]
    scale: Scale
    better: Direction = "neither"
    form: Form = "paper"


def paper_metrics(prompts: PaperPrompts) -> dict[str, Metric]:
    """Every form of ours that the paper has, by name, with these prompts."""
    likert, binary = prompts.templates["selene_template_likert"], prompts.templates["selene_template_binary"]

    def only(name: str) -> dict[str, Rubric]:
        return {"": prompts.rubrics[name]}

    traits = {name: prompts.rubrics[name] for name in TRAITS}
    refusal, blind = "Refusal, yes or no", " without the persona"
    found = [
        _rated(Rated("knowledge", "Knowledge", "persona", likert, only("knowledge"), LEVELS, "higher")),
        _rated(Rated("style", "Style", "persona", likert, only("style"), LEVELS, "higher")),
        _rated(Rated("in-character", "In character", "persona", likert, only("in_character"), LEVELS, "higher")),
        _rated(Rated("trait", "Trait level", "own", likert, traits, LEVELS)),
        _rated(Rated("trait", "Trait level" + blind, "blind", likert, traits, LEVELS, form="paper-blind")),
        _rated(Rated("refusal", refusal, "own", binary, only("xstest"), YES_NO)),
        _rated(Rated("refusal", refusal + blind, "blind", binary, only("xstest"), YES_NO, form="paper-blind")),
        *_comparisons("general-win", "Win rate on general requests", prompts, "instruction_general"),
        *_comparisons("role-win", "Win rate on the persona's own questions", prompts, "instruction_role_specific"),
    ]
    return {metric.name: metric for metric in found}


def _rated(what: Rated) -> Metric:
    """A metric of one answer at a time."""

    def judge(subject: Subject, judge: ModelSpec) -> Steps[Verdict]:
        rubric = what.rubrics["" if "" in what.rubrics else dimension_of(f"{what.base}-{what.form}", subject)]
        answer = _THOUGHTS.sub("", subject.answer)
        answer = answer if subject.item is None else answer.rstrip(ENDS)
        values = {
            "INPUT": _input(None if what.seen == "blind" else subject.persona, subject.question),
            "OUTPUT": answer,
        }
        text = _filled(what.template, rubric, values)
        heard = yield from _ask(metric, judge, subject, text, Shown(subject.answer, tuple(what.scale.scores)))
        return conclude(metric, judge, subject, heard, what.scale)

    scores = sorted(what.scale.scores.values())
    metric = Metric(
        name=f"{what.base}-{what.form}",
        title=what.title + (AS_IN_PAPER if what.form == "paper" else PAPERS_FORM),
        judged_as=what.seen,
        lowest=scores[0],
        highest=scores[-1],
        better=what.better,
        version=_version(what.template, what.rubrics),
        judge=judge,
        form=what.form,
        base=what.base,
    )
    return metric


def _comparisons(base: str, title: str, prompts: PaperPrompts, rubric: str) -> list[Metric]:
    template, criteria = prompts.templates["selene_template_pairwise"], prompts.rubrics[rubric]
    return [
        _compared(base, "paper", title, template, criteria),
        _compared(base, "paper-own-0", f"{title} against its own answer before the dialogue", template, criteria),
        _compared(
            base, "paper-previous", f"{title} against its own answer at the checkpoint before", template, criteria
        ),
    ]


def _compared(base: str, form: Form, title: str, template: str, criteria: Rubric) -> Metric:
    """A comparison in one order without a tie. A persona's item is put to the judge in that persona's wording."""

    def judge(subject: Subject, judge: ModelSpec) -> Steps[Verdict]:
        heard = yield from _hear(subject, judge)
        return conclude(metric, judge, subject, heard, OUTCOMES)

    def _hear(subject: Subject, judge: ModelSpec) -> Steps[Heard]:
        reference = opponent(metric, subject)
        if reference is None:
            return NO_REFERENCE
        pair = by_parity(metric, subject, reference if metric.against == "item" else reference.rstrip(ENDS))
        a, b = msgspec.structs.replace(pair, answer=subject.answer.rstrip(ENDS)).texts
        asked = subject.item.text if subject.item is not None else subject.question
        values = {"INPUT": _input(subject.persona, asked), "RESPONSE_A": a, "RESPONSE_B": b}
        heard = yield from _ask(metric, judge, subject, _filled(template, criteria, values), pair.shown(SIDES))
        return decided(heard, pair)

    metric = Metric(
        name=f"{base}-{form}",
        title=title + (AS_IN_PAPER if form == "paper" else PAPERS_FORM),
        judged_as="item",
        lowest=0.0,
        highest=1.0,
        better="higher",
        version=_version(template, {"": criteria}),
        judge=judge,
        against=_AGAINST.get(form, "item"),
        form=form,
        base=base,
    )
    return metric


def _version(template: str, rubrics: dict[str, Rubric]) -> str:
    return fingerprint([template, rubrics, PARSER, "once"])


def _ask(metric: Metric, judge: ModelSpec, subject: Subject, text: str, shown: Shown) -> Steps[Heard]:
    return ask(metric, judge, subject, Prompt(EMPTY, text, shown, asks=1, bold=True))


def _filled(template: str, rubric: Rubric, values: dict[str, str]) -> str:
    return fill_places(template, {**values, "EVALUATION_CRITERIA": rubric.criteria, "RUBRIC": rubric.levels})


def _input(persona: Persona | None, question: str) -> str:
    """The judge's input as the paper's code builds it; without a persona the tags are left out."""
    about = (
        f"<role>\n{persona.name}\n</role>\n<role_description>\n{persona.description}\n</role_description>"
        if persona is not None
        else ""
    )
    return f"{about}\n<user_query>\n{question}\n</user_query>"
