"""The numbers a report says first, found among the estimates. Estimates nothing."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from longplay.analysis.findings import with_findings
from longplay.analysis.this_dialogue import UNIT
from longplay.analysis.wrong_persona import FLOOR
from longplay.judging.quantities import COMPOSED_OF, COMPOSITES, spelled
from longplay.records import ROUNDS, Quantity
from longplay.records.estimates import Estimate, Headline
from longplay.records.places import own_setting
from longplay.specs import Study
from longplay.stats import holm, missed

CARDS = "the cards"  # the family of what they show
# Analyses that give the change of a headline for other targets than its own, in the order in which they are shown.
RARE = 10  # of so many personas one may be unlike the others: how often a study would not see it
OTHERS = ("these-items", "these-personas", "this-dialogue")
OF_DIALOGUE = ("round-change-point", "first-broken")


def headlines(estimates: Sequence[Estimate], study: Study) -> list[Headline]:
    """One measure at start and end and its drift, for each model and script where any drift was estimated.

    The measure is persona fidelity, the mean of knowledge, style and in-character, rescaled to 0-100; where that was
    not judged, the first of the study's primary ones that was, else the first measure with a direction that users want,
    else any. It is taken from the answers to a probe where one asked them, else from blocks of rounds; by the study's
    first judge. All replies count, played and asked as the study does first. An imported chat by itself is told by its
    own rounds, where they were judged. Where a script has no persona, as in an imported chat of nobody in particular,
    it is the baseline's.
    """
    wanted = [e for e in estimates if e.replies == "all" and not e.of.difference and not e.repeated]
    own = [e for e in wanted if e.place.setting == own_setting(study, rounds=e.source == ROUNDS)]
    places = dict.fromkeys((e.place.model, e.place.script) for e in own if e.analysis == "drift")
    found = (_headline([e for e in own if (e.place.model, e.place.script) == one], study) for one in places)
    return with_findings([headline for headline in found if headline is not None], estimates, study)


def carded(estimates: Sequence[Estimate], study: Study) -> list[Estimate]:
    """The estimates; changes that the cards show and no declared family holds are one family."""
    shown = {id(one.drift) for one in headlines(estimates, study)}
    found = list(estimates)
    members = [i for i, e in enumerate(found) if id(e) in shown and e.p is not None and not e.family]
    adjusted = holm(np.array([found[i].p for i in members], dtype=np.float64))
    for i, p in zip(members, adjusted, strict=True):
        found[i] = msgspec.structs.replace(found[i], family=CARDS, family_size=len(members), p_adjusted=float(p))
    return found


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
        others, each = tuple(_others(drift, estimates)), tuple(_each(drift, estimates))
        unseen = missed(len(each), RARE) if len(each) > 1 else None
        told = tuple(_told(drift, estimates)) if drift.cluster == UNIT else ()
        floors = (e for e in estimates if e.analysis == FLOOR and _same(e, drift) and e.place == drift.place)
        floor = next((e for e in floors if e.position == last and e.replies == "all"), None)
        return Headline(
            drift.place.model,
            drift.place.script,
            start,
            end,
            drift,
            beside,
            others=others,
            each=each,
            unseen=unseen,
            dialogue=told,
            wrong_end=floor,
        )
    return None


def _rank(e: Estimate, study: Study) -> tuple[object, ...]:
    """The least stands in the headline: a persona's before the baseline's, what has a number before what has none."""
    by_judge = e.judge != study.judge.title, e.judge
    chat = study.dialogues.imported and e.cluster == UNIT
    return (
        not chat,
        e.place.speaker != "persona",
        *_measure(e, study),
        e.value is None,
        e.source == ROUNDS,
        e.source,
        *by_judge,
    )


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


def _told(drift: Estimate, estimates: Sequence[Estimate]) -> Iterable[Estimate]:
    """What is said of one dialogue by itself: its change point, then its first broken round."""
    for name in OF_DIALOGUE:
        yield from (e for e in estimates if e.analysis == name and _same(e, drift) and e.of == drift.of)


def _each(drift: Estimate, estimates: Iterable[Estimate]) -> Iterable[Estimate]:
    """The change of each persona, the greatest loss first."""
    same = [e for e in estimates if e.analysis == "persona-drift" and _same(e, drift) and e.of == drift.of]
    known = [e for e in same if e.value is not None]
    return sorted(known, key=lambda e: (e.value or 0.0, e.persona), reverse=drift.better == "lower")


def _same(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates are of one measure as one judge scored it."""
    return (one.quantity, one.source, one.judge) == (other.quantity, other.source, other.judge)
