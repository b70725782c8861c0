"""Every metric by name, and what of them a run keeps from its beginning. Knows no network and no store."""

from longplay.battery import OWN_PROMPTS, PaperPrompts
from longplay.judging.following import FOLLOW_LOOSE, FOLLOW_STRICT
from longplay.judging.likert import IN_CHARACTER, KNOWLEDGE, STYLE
from longplay.judging.metric import Metric
from longplay.judging.pairwise import GENERAL_WINS, ROLE_WINS
from longplay.judging.paper import paper_metrics
from longplay.judging.refusal import refusal_metrics
from longplay.judging.traits import TRAIT, TRAIT_PREAMBLE

EDITION = 2
"""Of the words of our rubrics. A run keeps the edition with which it began, so that it pays for no verdict twice."""
EDITIONS = (1, EDITION)

OURS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        *(KNOWLEDGE, STYLE, IN_CHARACTER),
        *refusal_metrics(EDITION),
        *(TRAIT, TRAIT_PREAMBLE),
        *(*GENERAL_WINS, *ROLE_WINS),
        *(FOLLOW_LOOSE, FOLLOW_STRICT),
    )
}


def metrics_with(prompts: PaperPrompts, edition: int = EDITION) -> dict[str, Metric]:
    """Every metric by name, those in the paper's form with these prompts, ours in the words of an edition."""
    return OURS | {metric.name: metric for metric in refusal_metrics(edition)} | paper_metrics(prompts)


METRICS = metrics_with(OWN_PROMPTS)
"""Names, titles and scales of all metrics. What a run judges with is `metrics_with` its own prompts."""
BASES = tuple(metric.name for metric in METRICS.values() if metric.form == "ours")
"""What probes and study files name; the rest are forms of these."""
