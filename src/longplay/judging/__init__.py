"""Rubrics and comparisons: each file owns template, parser and scale of its metrics. Knows no network and no store."""

from longplay.judging.asking import JudgingError
from longplay.judging.forms import FORMS, in_forms
from longplay.judging.metric import Metric
from longplay.judging.metrics import BASES, EDITION, EDITIONS, METRICS, metrics_with

__all__ = ["BASES", "EDITION", "EDITIONS", "FORMS", "METRICS", "JudgingError", "Metric", "in_forms", "metrics_with"]
