"""Every metric by name, and what of them a run keeps from its beginning. Knows no network and no store."""

from longplay.battery import OWN_PROMPTS, PaperPrompts
from longplay.judging.contradiction import CONTRADICTIONS
from longplay.judging.following import FOLLOW_LOOSE, FOLLOW_STRICT
from longplay.judging.from_outside import metric_from, metric_of_rubric
from longplay.judging.harm import HARM
from longplay.judging.likert import fidelity_metrics
from longplay.judging.metric import Metric, Scored
from longplay.judging.pairwise import GENERAL_WINS, ROLE_WINS
from longplay.judging.paper import paper_metrics
from longplay.judging.recall import RECALL
from longplay.judging.refusal import refusal_metrics
from longplay.judging.sentences import SENTENCES
from longplay.judging.traits import TRAIT, TRAIT_PREAMBLE
from longplay.judging.working_role import WORKING_ROLE
from longplay.plugged import Table

EDITION = 3
"""Of the words of our rubrics. A run keeps the edition with which it began, so that it pays for no verdict twice."""
EDITIONS = (1, 2, EDITION)

# A new metric is one file and one entry here; its facts stand in it (see `Metric`).
_ENTRIES = {
    metric.name: metric
    for metric in (
        *fidelity_metrics(EDITION),
        *WORKING_ROLE,
        *refusal_metrics(EDITION),
        HARM,
        *CONTRADICTIONS,
        *SENTENCES,
        RECALL,
        *(TRAIT, TRAIT_PREAMBLE),
        *(*GENERAL_WINS, *ROLE_WINS),
        *(FOLLOW_LOOSE, FOLLOW_STRICT),
        *paper_metrics(OWN_PROMPTS).values(),
    )
}
METRICS: Table[Metric] = Table(_ENTRIES, {"metrics": metric_from, "rubrics": metric_of_rubric})
"""Every metric by name. What a run judges with is `metrics_with` its own prompts."""


def metrics_with(prompts: PaperPrompts, edition: int = EDITION) -> dict[str, Metric]:
    """Every metric by name, those in the paper's form with these prompts, ours in the words of an edition."""
    worded = () if edition == EDITION else (*fidelity_metrics(edition), *refusal_metrics(edition))
    return dict(METRICS) | {metric.name: metric for metric in worded} | paper_metrics(prompts)


def bases(scored: Scored = "answers") -> tuple[str, ...]:
    """What probes (`answers`) and study files (`rounds`) name; the rest are forms of these."""
    found = (metric for metric in METRICS.values() if scored in metric.scores)
    return tuple(dict.fromkeys(metric.asked_by for metric in found))
