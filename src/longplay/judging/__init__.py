"""Rubrics and comparisons: each file owns template, parser and scale of its metrics. Knows no network and no store."""

from longplay.judging.asking import Question
from longplay.judging.forms import FORMS, asking, forms_of, in_forms, metrics_of
from longplay.judging.metric import Heard, JudgingError, Metric, Rubric, Scale
from longplay.judging.metrics import EDITION, EDITIONS, METRICS, bases, metrics_with
from longplay.judging.program import Program

__all__ = [
    "EDITION",
    "EDITIONS",
    "FORMS",
    "METRICS",
    "Heard",
    "JudgingError",
    "Metric",
    "Program",
    "Question",
    "Rubric",
    "Scale",
    "asking",
    "bases",
    "forms_of",
    "in_forms",
    "metrics_of",
    "metrics_with",
]
