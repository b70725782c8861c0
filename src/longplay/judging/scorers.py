"""Scorers that a study declares: programs that score answers against their items. Knows no model and no file."""

from functools import partial

from longplay.judging.metric import Heard, JudgingError, Metric, Scale
from longplay.judging.program import Program
from longplay.records import Subject
from longplay.specs import Exact, Includes, ScorerSpec

RIGHT = Scale({"right": 1.0, "wrong": 0.0})
EDITION = "1"
"""Of the programs; change it whenever any text could be scored differently."""


def scorer_metric(spec: ScorerSpec) -> Metric:
    """The metric that a scorer makes."""
    return Metric(
        base=spec.called,
        title=spec.title or spec.called.replace("-", " ").capitalize(),
        rubric=Program(RIGHT, EDITION, partial(_matches, spec)),
        judged_as="blind",
        better="higher",
        about=f"Share of texts that pass `{spec.kind}`.",
        scores=("answers",),
    )


def _matches(spec: ScorerSpec, metric: Metric, subject: Subject) -> Heard:
    wanted = subject.item.reference if subject.item is not None else None
    if wanted is None:
        raise JudgingError(f"metric {metric.name!r} compares with a reference; give the item one.")
    answer, reference = subject.answer.strip(), wanted.strip()
    if not spec.case:
        answer, reference = answer.casefold(), reference.casefold()
    match spec:
        case Exact():
            held = answer == reference
        case Includes():
            held = reference in answer
    return Heard("ok", "right" if held else "wrong")
