"""The numbers a report says first, found among the estimates. Computes nothing."""

from collections.abc import Sequence

from longplay.analysis.subjects import ROUNDS
from longplay.judging.quantities import COMPOSITES
from longplay.records.estimates import Estimate, Headline


def headlines(estimates: Sequence[Estimate]) -> list[Headline]:
    """Persona fidelity at start and end and its drift, for each model and script.

    Fidelity is the mean of knowledge, style and in-character, rescaled to 0-100: from the answers to a probe where one
    asked them, else from blocks of rounds; in the paper's form where it was judged in no other. All replies count,
    asked in the plain way; what was not estimated is left out.
    """
    judged = {e.metric for e in estimates}
    composite = next((name for name in COMPOSITES if name in judged), None)
    plain = [e for e in estimates if e.metric == composite and e.replies == "all"]
    scripts = dict.fromkeys((e.model, e.script) for e in plain)
    found = (_headline([e for e in plain if (e.model, e.script) == one]) for one in scripts)
    return [headline for headline in found if headline is not None]


def _headline(estimates: list[Estimate]) -> Headline | None:
    drifts = [e for e in estimates if e.analysis == "drift" and e.condition == "persona"]
    drifts.sort(key=lambda e: (e.source == ROUNDS, e.source))
    if not drifts:
        return None
    drift = drifts[0]
    curves = {(e.condition, e.position): e for e in estimates if e.analysis == "curves" and e.source == drift.source}
    first, last = drift.span or (None, None)
    start, end = (curves.get(("persona", position)) for position in (first, last))
    if start is None or end is None:
        return None
    return Headline(drift.model, drift.script, start, end, drift, curves.get(("baseline", last)))
