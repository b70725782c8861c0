"""The metrics as the paper judged them: its templates and rubrics, filled as its code does. Reads no file itself.

One user message; the persona's name and description, one user turn and the answer stand in it, no history. The answers
to refusal and trait items are judged with the persona of who gave them, so a baseline's without any. A judge is asked
once; what cannot be read is missing, never a coin flip.
"""

import re

import msgspec

from longplay.battery import PaperPrompts, fill_places
from longplay.battery import Rubric as Criteria
from longplay.judging.asking import Prompt, ask, dimension_of
from longplay.judging.likert import IN_CHARACTER, KNOWLEDGE, STYLE
from longplay.judging.metric import Heard, Metric, Rubric, Scale, Words
from longplay.judging.pairwise import (
    GENERAL_ABOUT,
    GENERAL_TITLE,
    NO_REFERENCE,
    ROLE_ABOUT,
    ROLE_TITLE,
    SIDES,
    WHEN,
    by_parity,
    comparison,
    decided,
    opponent,
)
from longplay.judging.parsing import PARSER, Reading, read
from longplay.judging.refusal import ABOUT as REFUSALS
from longplay.judging.refusal import REFUSAL
from longplay.judging.traits import TRAIT
from longplay.records import EMPTY, Shown, Steps, Subject
from longplay.specs import TRAITS, ModelSpec, Persona, fingerprint

LEVELS = Scale({str(level): float(level) for level in range(1, 6)})
YES_NO = Scale({"Yes": 1.0, "No": 0.0}, labelled=True)
OUTCOMES = Scale({"win": 1.0, "loss": 0.0}, labelled=True)
AS_IN_PAPER = " (as in the paper)"
PAPERS_FORM = " (in the paper's form)"
ENDS = " _\n"  # what the paper's code strips from the end of answers to items

_THOUGHTS = re.compile(r"<think>.*?</think>\n*", re.DOTALL)
ABOUT = "Judged in the paper's form."


class InPaper(Rubric, frozen=True):
    """A template of the paper's and what stands in it: criteria and levels, by the item's dimension where several.

    A judge is asked once for `**Result:** X`.
    """

    template: str
    criteria: dict[str, Criteria]

    def version(self, metric: Metric) -> str:
        """Of the words and the parser."""
        del metric
        return fingerprint([self.template, self.criteria, PARSER, "once"])

    def parse(self, reply: str, choices: tuple[str, ...]) -> Reading:
        """The choice in the form that the template asks for."""
        return read(reply, choices, bold=True)

    def put(
        self, metric: Metric, judge: ModelSpec, subject: Subject, values: dict[str, str], shown: Shown
    ) -> Steps[Heard]:
        """Ask with these values in the template."""
        whole = self.criteria["" if "" in self.criteria else dimension_of(metric, subject, self.criteria)]
        filled = values | {"EVALUATION_CRITERIA": whole.criteria, "RUBRIC": whole.levels}
        text = fill_places(self.template, filled)
        return ask(metric, judge, subject, Prompt(EMPTY, text, shown, asks=1, fenced=False))


class Rated(InPaper, frozen=True):
    """One answer at a time."""

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """Ask once."""
        answer = _THOUGHTS.sub("", subject.answer)
        answer = answer if subject.item is None else answer.rstrip(ENDS)
        persona = None if metric.judged_as == "blind" else subject.persona
        values = {"INPUT": _input(persona, subject.question), "OUTPUT": answer}
        shown = Shown(subject.answer, self.scale.choices)
        return (yield from self.put(metric, judge, subject, values, shown))


class Compared(InPaper, frozen=True):
    """A comparison in one order without a tie. A persona's item is put to the judge in that persona's wording."""

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """Ask once; missing where there is no opponent."""
        reference = opponent(metric, subject)
        if reference is None:
            return NO_REFERENCE
        pair = by_parity(metric, subject, reference if metric.against == "item" else reference.rstrip(ENDS))
        a, b = msgspec.structs.replace(pair, answer=subject.answer.rstrip(ENDS)).texts
        asked = subject.item.text if subject.item is not None else subject.question
        values = {"INPUT": _input(subject.persona, asked), "RESPONSE_A": a, "RESPONSE_B": b}
        return decided((yield from self.put(metric, judge, subject, values, pair.shown(SIDES))), pair)


def paper_metrics(prompts: PaperPrompts) -> dict[str, Metric]:
    """Every form of ours that the paper has, by name, with these prompts."""
    found = [*_fidelity(prompts), *_blind_or_not(prompts)]
    found += _comparisons("general-win", GENERAL_TITLE, GENERAL_ABOUT, prompts, "instruction_general")
    found += _comparisons("role-win", ROLE_TITLE, ROLE_ABOUT, prompts, "instruction_role_specific")
    return {metric.name: metric for metric in found}


def _fidelity(prompts: PaperPrompts) -> list[Metric]:
    template = prompts.templates["selene_template_likert"]
    return [
        msgspec.structs.replace(
            ours,
            form="paper",
            title=ours.title + AS_IN_PAPER,
            rubric=Rated(LEVELS, template, {"": prompts.rubrics[ours.base.replace("-", "_")]}),
            about=f"{ours.about} {ABOUT}",
            people="",
        )
        for ours in (KNOWLEDGE, STYLE, IN_CHARACTER)
    ]


def _blind_or_not(prompts: PaperPrompts) -> list[Metric]:
    """Traits and refusals, with the persona of who gave the answer, and blind."""
    likert, binary = prompts.templates["selene_template_likert"], prompts.templates["selene_template_binary"]
    trait = Rated(LEVELS, likert, {name: prompts.rubrics[name] for name in TRAITS})
    refusal = Rated(YES_NO, binary, {"": prompts.rubrics["xstest"]})
    return [
        *_judged(TRAIT, TRAIT.title, trait, ""),
        *_judged(REFUSAL, "Refusal, yes or no", refusal, {part: f"{said} {ABOUT}" for part, said in REFUSALS.items()}),
    ]


def _judged(ours: Metric, title: str, rubric: Rubric, about: Words) -> list[Metric]:
    """As the paper judged it, and the same blind."""
    own = msgspec.structs.replace(
        ours, form="paper", title=title + AS_IN_PAPER, rubric=rubric, judged_as="own", about=about, people=""
    )
    untold = f"{title} without the persona{PAPERS_FORM}"
    return [own, msgspec.structs.replace(own, form="paper-blind", title=untold, judged_as="blind", about=ABOUT)]


def _comparisons(base: str, title: str, about: str, prompts: PaperPrompts, criteria: str) -> list[Metric]:
    rubric = Compared(OUTCOMES, prompts.templates["selene_template_pairwise"], {"": prompts.rubrics[criteria]})
    before_it, checkpoint_before = (f"{title} against its own answer {when}{PAPERS_FORM}" for when in WHEN)
    return [
        comparison(base, "paper", title + AS_IN_PAPER, rubric, f"{about} {ABOUT}", "item"),
        comparison(base, "paper-own-0", before_it, rubric, ABOUT, "own-0"),
        comparison(base, "paper-previous", checkpoint_before, rubric, ABOUT, "previous"),
    ]


def _input(persona: Persona | None, question: str) -> str:
    """The judge's input as the paper's code builds it; without a persona the tags are left out."""
    about = (
        f"<role>\n{persona.name}\n</role>\n<role_description>\n{persona.description}\n</role_description>"
        if persona is not None
        else ""
    )
    return f"{about}\n<user_query>\n{question}\n</user_query>"
