"""The numbers a report says first, found among the estimates. Computes nothing."""

from collections.abc import Sequence

from longplay.judging.quantities import COMPOSITES
from longplay.records import ROUNDS
from longplay.records.estimates import Estimate, Headline
from longplay.records.places import own_setting
from longplay.specs import Study


def headlines(estimates: Sequence[Estimate], study: Study) -> list[Headline]:
    """Persona fidelity at start and end and its drift, for each model and script.

    Fidelity is the mean of knowledge, style and in-character, rescaled to 0-100: from the answers to a probe where one
    asked them, else from blocks of rounds; in the paper's form where it was judged in no other; by the study's first
    judge. All replies count, played and asked as the study does first; what was not estimated is left out.
    """
    judged = {e.quantity for e in estimates}
    composite = next((quantity for quantity in COMPOSITES if quantity in judged), None)
    wanted = [e for e in estimates if e.quantity == composite and e.replies == "all" and not e.of.difference]
    own = [e for e in wanted if e.place.setting == own_setting(study, rounds=e.source == ROUNDS)]
    places = dict.fromkeys((e.place.model, e.place.script) for e in own)
    found = (_headline([e for e in own if (e.place.model, e.place.script) == one], study) for one in places)
    return [headline for headline in found if headline is not None]


def _headline(estimates: list[Estimate], study: Study) -> Headline | None:
    drifts = [e for e in estimates if e.analysis == "drift" and e.place.speaker == "persona"]
    drifts.sort(key=lambda e: (e.source == ROUNDS, e.source, e.judge != study.judge.title, e.judge))
    if not drifts:
        return None
    drift = drifts[0]
    same = [e for e in estimates if (e.analysis, e.source, e.judge) == ("curves", drift.source, drift.judge)]
    curves = {(e.place.speaker, e.position): e for e in same}
    first, last = drift.span or (None, None)
    start, end = (curves.get(("persona", position)) for position in (first, last))
    if start is None or end is None:
        return None
    return Headline(drift.place.model, drift.place.script, start, end, drift, curves.get(("baseline", last)))
