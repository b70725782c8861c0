"""The numbers a report says first, found among the estimates. Computes nothing."""

from collections.abc import Iterable, Sequence

from longplay.judging.quantities import COMPOSED_OF, COMPOSITES, spelled
from longplay.records import ROUNDS, Quantity
from longplay.records.estimates import Estimate, Headline
from longplay.records.places import own_setting
from longplay.specs import Study

# Analyses that give the change of a headline for other targets than its own, in the order in which they are shown.
OTHERS = ("drift", "these-personas", "this-dialogue")


def headlines(estimates: Sequence[Estimate], study: Study) -> list[Headline]:
    """One measure at start and end and its drift, for each model and script where any drift was estimated.

    The measure is persona fidelity, the mean of knowledge, style and in-character, rescaled to 0-100; where that was
    not judged, the first of the study's primary ones that was, else the first measure with a direction that users want,
    else any. It is taken from the answers to a probe where one asked them, else from blocks of rounds; by the study's
    first judge. All replies count, played and asked as the study does first. Where a script has no persona, as in an
    imported chat of nobody in particular, it is the baseline's.
    """
    wanted = [e for e in estimates if e.replies == "all" and not e.of.difference and not e.repeated]
    own = [e for e in wanted if e.place.setting == own_setting(study, rounds=e.source == ROUNDS)]
    places = dict.fromkeys((e.place.model, e.place.script) for e in own if e.analysis == "drift")
    found = (_headline([e for e in own if (e.place.model, e.place.script) == one], study) for one in places)
    return [headline for headline in found if headline is not None]


def _headline(estimates: list[Estimate], study: Study) -> Headline | None:
    curves = [e for e in estimates if e.analysis in ("curves", "trait-distance")]
    for drift in sorted((e for e in estimates if e.analysis == "drift"), key=lambda e: _rank(e, study)):
        levels = {(e.place.speaker, e.position): e for e in curves if _same(e, drift)}
        first, last = drift.span or (None, None)
        speaker = drift.place.speaker
        start, end = (levels.get((speaker, position)) for position in (first, last))
        if start is None or end is None:
            continue
        beside = levels.get(("baseline", last)) if speaker == "persona" else None
        others = tuple(_others(drift, estimates))
        return Headline(drift.place.model, drift.place.script, start, end, drift, beside, others)
    return None


def _rank(e: Estimate, study: Study) -> tuple[object, ...]:
    """The least stands in the headline: a persona's before the baseline's, what has a number before what has none."""
    by_judge = e.judge != study.judge.title, e.judge
    return e.place.speaker != "persona", *_measure(e, study), e.value is None, e.source == ROUNDS, e.source, *by_judge


def _measure(e: Estimate, study: Study) -> tuple[object, ...]:
    named: tuple[Quantity | str, ...] = (*COMPOSITES, *study.analysis.primary, *COMPOSED_OF)
    of = next((i for i, one in enumerate(named) if one in (e.quantity, spelled(e.quantity))), len(named))
    return of, e.better == "neither", spelled(e.quantity) if of == len(named) else ""


def _others(drift: Estimate, estimates: Iterable[Estimate]) -> Iterable[Estimate]:
    """The same change for other targets, which have an interval."""
    same = [e for e in estimates if _same(e, drift) and e.of == drift.of and e.span == drift.span]
    for name in OTHERS:
        for e in same:
            if e.analysis == name and e.target != drift.target and e.low is not None:
                yield e


def _same(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates are of one measure as one judge scored it."""
    return (one.quantity, one.source, one.judge) == (other.quantity, other.source, other.judge)
