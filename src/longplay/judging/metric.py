"""What every metric says of itself, and how one subject is judged by it. Knows no rubric.

A metric is one file and one entry in `METRICS`: whoever plans, estimates, draws or asks people reads it here.
"""

from abc import abstractmethod
from functools import cached_property
from numbers import Real
from typing import ClassVar, Literal, TypeAlias, get_args

import msgspec

from longplay.judging.parsing import Reading, read
from longplay.records import Quantity, Steps, Subject, Verdict, VerdictSet
from longplay.records.keys import JudgeKind
from longplay.records.messages import Reason, Status
from longplay.specs import Form, LongplayError, ModelSpec, fingerprint, plain
from longplay.specs.titles import PROGRAM

JudgedAs = Literal["persona", "item", "own", "blind"]
Scored = Literal["rounds", "answers"]
COMPOSITE = "fidelity"  # what several metrics are called together (see quantities), so the base of none
Words: TypeAlias = str | dict[str, str]
"""The same words for all of a metric, or others for each part that it is split into."""


class JudgingError(LongplayError):
    """An answer cannot be judged as asked: its item or persona lacks what the metric needs, or the metric is faulty."""


class Scale(msgspec.Struct, frozen=True):
    """The choices a judge has and their scores; `labelled` choices are categories and are kept beside the score.

    For a program that gives numbers, `scores` holds the two ends of the scale, under any names.
    """

    scores: dict[str, float]
    labelled: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen, in the order in which it is offered."""
        return tuple(self.scores)


class Heard(msgspec.Struct, frozen=True):
    """What a judge chose, or why nothing was obtained. `score`: what a program found, where that is no choice."""

    status: Status
    choice: str | None = None
    reason: Reason | None = None
    why: str = ""
    score: float | None = None


class Rubric(msgspec.Struct, frozen=True):
    """How one text is scored: what is asked (`hear`), how a reply is read (`parse`), what the choices are worth.

    `calls`: how often the judge is asked for one verdict, re-asks aside; 0 = a program decides.
    A rubric defines `version` and `hear`; a metric refuses one that does not.
    """

    scale: Scale
    calls: ClassVar[int] = 1

    @abstractmethod
    def version(self, metric: "Metric") -> str:
        """Changes whenever words, parser or scale change."""
        raise NotImplementedError

    @abstractmethod
    def hear(self, metric: "Metric", judge: ModelSpec, subject: Subject) -> Steps["Heard"]:
        """The judge's calls, then what it chose. Raises JudgingError where the subject lacks what is needed."""
        raise NotImplementedError

    def parse(self, reply: str, choices: tuple[str, ...]) -> Reading:
        """The choice that a reply states."""
        return read(reply, choices)


class Metric(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A named score of one answer or round. `base` is what a study names, `form` see judging/forms.

    `judged_as`: whose description the judge sees - `persona` (the persona asked; a baseline's texts are judged once
    per persona), `item` (the persona whose item it is, else as `persona`), `own` (the persona asked; a baseline's texts
    are judged once, blind), `blind` (nobody's).
    `better`: the direction users want. `about`: a sentence on it for readers of a report. `scores`: whether it can
    score rounds, which have no item, and answers. `against`: whose answer it is compared with, the item's or the
    model's own at another checkpoint. `split`: the field of items by which it is estimated, where a mean over all items
    says nothing. `people`: the question put to people who label in the judge's place; "" = they cannot. `planted`: the
    field of a simulated model's texts that a simulated judge goes by; "" = nothing is planted. `together`: the name by
    which a study means this metric and all others that are read out of the same call; "" = it has a call of its own.
    `rounds_before`: how many rounds before the text its judge is shown; None = all.
    `lag`: it holds a round against the one so many rounds before, at some rounds alone; 0 = it does not. `across`: the
    round before is of another draw of the dialogue. `likeliest`: of how many tokens that the answer could have begun
    with it needs the log probabilities. (`dict` is there
    for what is computed once of these, such as `version`.)
    """

    base: str
    title: str
    rubric: Rubric
    judged_as: JudgedAs
    better: Literal["higher", "lower", "neither"]
    about: Words = ""
    scores: tuple[Scored, ...] = ("rounds", "answers")
    against: Literal["item", "own-0", "previous"] = "item"
    form: Form = "ours"
    split: Literal["label", "dimension"] | None = None
    people: Words = ""
    people_at_work: str = ""
    planted: str = ""
    together: str = ""
    rounds_before: int | None = 0
    lag: int = 0
    across: bool = False
    likeliest: int = 0

    def __post_init__(self) -> None:
        """Refuse a rubric that cannot judge, before anything is paid. Raises JudgingError."""
        lacking = [name for name in ("version", "hear") if getattr(type(self.rubric), name) is getattr(Rubric, name)]
        if lacking:
            kind = type(self.rubric).__name__
            fault = f"has the rubric {kind}, which lacks {' and '.join(lacking)}"
            raise JudgingError(_told(self, fault, f"define {'both' if len(lacking) > 1 else 'it'} in {kind}"))

    @property
    def asked_by(self) -> str:
        """What probes and study files name for it."""
        return self.together or self.base

    @property
    def quantity(self) -> Quantity:
        """What its scores tell, as a whole."""
        return Quantity(self.base, self.form)

    @property
    def name(self) -> str:
        """Its key in tables: the base, and the form where that is not our own."""
        return named(self.base, self.form)

    @cached_property
    def version(self) -> str:
        """Changes whenever its rubric's words, parser or scale do."""
        return self.rubric.version(self)

    @cached_property
    def lowest(self) -> float:
        """The lower end of the scale, for worst-case bounds and axes."""
        return min(self.rubric.scale.scores.values())

    @cached_property
    def highest(self) -> float:
        """The upper end of the scale."""
        return max(self.rubric.scale.scores.values())

    @property
    def calls(self) -> int:
        """How often the judge is asked for one verdict, re-asks aside."""
        return self.rubric.calls

    @property
    def verified(self) -> bool:
        """Whether it is scored by a program, without a judge."""
        return not self.calls

    def judge_title(self, judge: ModelSpec) -> str:
        """The name under which verdicts are stored."""
        return PROGRAM if self.verified else judge.title

    @property
    def judge_kind(self) -> JudgeKind:
        """Who gives its verdicts."""
        return "program" if self.verified else "model"

    def verdict_set(self, judge: ModelSpec) -> VerdictSet:
        """The set in which verdicts are stored: those of another method stand beside it."""
        return VerdictSet(self.name, self.judge_title(judge), self.method(judge), self.judge_kind)

    def method(self, judge: ModelSpec) -> str:
        """Fingerprint of judge, rubric and parser, or of the program's version."""
        said_by = None if self.verified else [judge.identity, judge.sampling]
        return fingerprint([self.name, self.version, said_by])

    def seen(self, subject: Subject) -> str | None:
        """Id of the persona whose description the judge sees."""
        return None if self.judged_as == "blind" or subject.persona is None else subject.persona.id

    def judge(self, subject: Subject, judge: ModelSpec) -> Steps[Verdict]:
        """The judge's calls (none where a program scores), then the verdict; a missing choice is a missing score."""
        heard = yield from self.rubric.hear(self, judge, subject)
        score = _score(self, heard)
        return Verdict(
            ref=subject.ref,
            metric=self.name,
            judge=self.judge_title(judge),
            method=self.method(judge),
            status=heard.status,
            score=score,
            label=heard.choice if self.rubric.scale.labelled else None,
            reason=heard.reason,
            judged_as=self.seen(subject),
            repeat=subject.repeat,
            why=heard.why,
            judge_kind=self.judge_kind,
        )


def _score(metric: Metric, heard: Heard) -> float | None:
    """The score of what was heard. Raises JudgingError, which says what to mend, where a rubric gave something else."""
    if heard.status not in get_args(Status):
        raise JudgingError(_told(metric, f"gave the status {heard.status!r}", f"give one of {_words(Status)}"))
    if heard.status == "missing":
        if heard.reason not in get_args(Reason):
            fault = "gave nothing and no reason" if heard.reason is None else f"gave the reason {heard.reason!r}"
            raise JudgingError(_told(metric, fault, f"give one of {_words(Reason)}"))
        if heard.score is not None or heard.choice is not None:
            raise JudgingError(_told(metric, "gave a score and says that it is missing", "give one of the two"))
        return None
    given: object = heard.score if heard.choice is None else heard.choice  # a plug-in may give anything
    if given is None:
        remedy = 'give a choice or a score, or the status "missing" with a reason'
        raise JudgingError(_told(metric, f"gave no score with the status {heard.status!r}", remedy))
    score = given
    if heard.choice is not None:
        score = metric.rubric.scale.scores.get(given) if isinstance(given, str) else None
    if not isinstance(score, Real) or not metric.lowest <= float(score) <= metric.highest:
        shown = f"{given:g}" if isinstance(given, Real) else plain(repr(given), 60)
        raise JudgingError(_told(metric, f"gave {shown}, which its scale does not hold", "mend either"))
    return float(score)


def _told(metric: Metric, fault: str, remedy: str) -> str:
    return f"metric {metric.name!r} {fault}; {remedy}."


def _words(literal: object) -> str:
    return ", ".join(map(repr, get_args(literal)))


def named(base: str, form: Form) -> str:
    """The name of a metric in a form."""
    return base if form == "ours" else f"{base}-{form}"


def of_part(words: Words, part: str) -> str:
    """The words for a part of a metric ("" = all of it); "" where there are none."""
    return words if isinstance(words, str) else words.get(part, "")
