"""What a person is asked in the judge's place, in the words of the judge's own scale. Knows no texts and no answers."""

from itertools import pairwise

import msgspec

from longplay.judging.metric import Metric, of_part
from longplay.judging.metrics import METRICS
from longplay.judging.pairwise import OneOrder
from longplay.judging.quantities import metric_name
from longplay.records import Quantity, Ref, Verdict
from longplay.specs import fingerprint
from longplay.specs.titles import PERSON


class Form(msgspec.Struct, frozen=True):
    """One question to a labeller: `choices` that may be given and the score of each."""

    question: str
    choices: dict[str, float]

    @property
    def step(self) -> float:
        """The distance of neighbouring scores."""
        scores = sorted(self.choices.values())
        return min(after - before for before, after in pairwise(scores))


def form(quantity: Quantity, *, at_work: bool = False) -> Form:
    """What people are asked for a quantity that `why_not` has nothing against; `at_work`: of a persona whose kind is
    `working`. Raises KeyError for any other."""
    metric = METRICS[metric_name(quantity)]
    question = (at_work and metric.people_at_work) or of_part(metric.people, quantity.part.label)
    if not question:
        raise KeyError(quantity)
    return Form(question, metric.rubric.scale.scores)


def judge_title(name: str) -> str:
    """The judge of a person's verdicts. Made here alone, and never taken apart."""
    return f"{PERSON}{name}"


def method(metric: str) -> str:
    """Fingerprint of what people are asked by a metric: the words for all its parts, and the scale."""
    asked = METRICS[metric].people
    questions = [asked] if isinstance(asked, str) else list(asked.values())
    return fingerprint([metric, questions, METRICS[metric].rubric.scale.scores])


def verdict(ref: Ref, quantity: Quantity, choice: str, name: str, judged_as: str | None) -> Verdict:
    """What a person chose for a text, as a verdict. Raises KeyError for a choice that the form does not have."""
    metric = metric_name(quantity)
    scale = METRICS[metric].rubric.scale
    return Verdict(
        ref=ref,
        metric=metric,
        judge=judge_title(name),
        method=method(metric),
        status="ok",
        score=scale.scores[choice],
        label=choice if scale.labelled else None,
        judged_as=judged_as,
        judge_kind="person",
    )


def choice_of(metric: str, label: str, score: float | None) -> str | None:
    """The choice behind a person's verdict; None where the scale does not have it. `label` is empty where choices are
    numbers."""
    known = METRICS.get(metric)
    scores = {} if known is None else known.rubric.scale.scores
    return label if label in scores else next((choice for choice, one in scores.items() if one == score), None)


def why_not(metric: Metric | None) -> str:
    """Why people cannot label a metric from one text alone; empty where they can."""
    if metric is None:
        return f"is not known; known: {', '.join(labelled())}"
    if metric.verified:
        return "is checked by a program, not by a judge that labels could correct"
    if metric.form != "ours":
        return "is judged in another form than our own, whose scale and words a sheet does not have"
    if isinstance(metric.rubric, OneOrder):
        return "compares two texts, and a sheet shows one alone"
    if not metric.people:
        return "has no question that people could answer from one text alone"
    return ""


def labelled() -> tuple[str, ...]:
    """The metrics that people can label."""
    return tuple(name for name, metric in METRICS.items() if not why_not(metric))
