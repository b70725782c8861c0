"""Rubrics and comparisons: each file owns template, parser and scale of its metrics. Knows no network and no store."""

from longplay.judging.asking import JudgingError
from longplay.judging.following import FOLLOW_LOOSE, FOLLOW_STRICT
from longplay.judging.likert import IN_CHARACTER, KNOWLEDGE, STYLE
from longplay.judging.metric import Metric
from longplay.judging.pairwise import GENERAL_WIN, ROLE_WIN
from longplay.judging.refusal import REFUSAL
from longplay.judging.traits import TRAIT

METRICS: dict[str, Metric] = {
    "knowledge": KNOWLEDGE,
    "style": STYLE,
    "in-character": IN_CHARACTER,
    "refusal": REFUSAL,
    "trait": TRAIT,
    "general-win": GENERAL_WIN,
    "role-win": ROLE_WIN,
    "follow-loose": FOLLOW_LOOSE,
    "follow-strict": FOLLOW_STRICT,
}

__all__ = ["METRICS", "JudgingError", "Metric"]
