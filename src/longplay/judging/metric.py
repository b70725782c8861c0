"""What every metric looks like: which scale, whose description the judge sees, and how one subject is judged."""

from collections.abc import Callable
from typing import Literal

import msgspec

from longplay.records import Quantity, Steps, Subject, Verdict, VerdictSet
from longplay.specs import Form, ModelSpec, fingerprint


class Metric(msgspec.Struct, frozen=True):
    """A named score of one answer or round.

    `judged_as`: whose description the judge sees - `persona` (the persona asked; a baseline's texts are judged once
    per persona), `item` (the persona whose item it is, else as `persona`), `own` (the persona asked; a baseline's texts
    are judged once, blind), `blind` (nobody's).
    `lowest`, `highest`: the ends of the scale, used for worst-case bounds and axes. `better`: the direction users want.
    `version`: changes whenever template, parser or scale change. `verified`: scored by a program, without a judge.
    `calls`: how often the judge is asked for one verdict, re-asks aside. `against`: whose answer it is compared with,
    the item's or the model's own at another checkpoint. `form`: see judging/forms. `base`: the name of the metric that
    this is a form of, left out of our own.
    """

    name: str
    title: str
    judged_as: Literal["persona", "item", "own", "blind"]
    lowest: float
    highest: float
    better: Literal["higher", "lower", "neither"]
    version: str
    judge: Callable[[Subject, ModelSpec], Steps[Verdict]]
    verified: bool = False
    calls: int = 1
    against: Literal["item", "own-0", "previous"] = "item"
    form: Form = "ours"
    base: str = ""

    @property
    def quantity(self) -> Quantity:
        """What its scores tell, as a whole."""
        return Quantity(self.base or self.name, self.form)

    def judge_title(self, judge: ModelSpec) -> str:
        """The name under which verdicts are stored."""
        return "verifier" if self.verified else judge.title

    def verdict_set(self, judge: ModelSpec) -> VerdictSet:
        """The set in which verdicts are stored: those of another method stand beside it."""
        kind = "program" if self.verified else "model"
        return VerdictSet(self.name, self.judge_title(judge), self.method(judge), kind)

    def method(self, judge: ModelSpec) -> str:
        """Fingerprint of judge, rubric and parser, or of the program's version."""
        return fingerprint([self.name, self.version, None if self.verified else [judge.identity, judge.sampling]])
