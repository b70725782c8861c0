"""Rubrics and comparisons: each file owns template, parser and scale of its metrics. Knows no network and no store."""

from longplay.judging.forms import FORMS, forms_of, in_forms
from longplay.judging.metric import JudgingError, Metric
from longplay.judging.metrics import EDITION, EDITIONS, METRICS, bases, metrics_with

__all__ = [
    "EDITION",
    "EDITIONS",
    "FORMS",
    "METRICS",
    "JudgingError",
    "Metric",
    "bases",
    "forms_of",
    "in_forms",
    "metrics_with",
]
