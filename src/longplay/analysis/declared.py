"""What is said of estimates once all are made: Holm's correction, warnings of what is missing. Estimates nothing."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from longplay.analysis.setting_contrasts import KINDS
from longplay.judging.quantities import as_judged, scored_by
from longplay.records import Estimate, Quantity
from longplay.records.places import NEUTRAL
from longplay.specs import ModelSpec, Study
from longplay.specs.study import Entry
from longplay.stats import holm

# The analysis that makes each contrast a study may name; what it makes over the dialogue is the contrast.
MADE_BY = {"last-first": "drift", "early": "early", "gap": "gap-drift"} | {kind: f"{kind}-contrast" for kind in KINDS}
DEFAULT = "primary, last-first"
WARNED = frozenset(MADE_BY.values())


def corrected(estimates: Sequence[Estimate], study: Study, named: Mapping[str, Quantity]) -> list[Estimate]:
    """The estimates, those of a family with its name and the p-value after Holm's correction.

    A family holds the contrasts over the dialogue of all replies, models, scripts and sources that its entries name; a
    contrast without a p-value is not in it, nor is what further judges than the study's first say. Left out: last-first
    of the primary quantities. `named`: the quantities by their names in the study's file.
    """
    declared, every = study.analysis, as_judged(_known(study.analysis.primary, named), study.forms)
    families = declared.entries or {DEFAULT: (Entry("last-first"),)}
    found = list(estimates)
    for name, entries in families.items():
        wanted = {_wanted(entry, primary, named) for entry in entries for primary in every}
        members = [
            i
            for i, e in enumerate(found)
            if e.p is not None and _tested(e, study.judge) and (e.analysis, e.quantity) in wanted
        ]
        adjusted = holm(np.array([found[i].p for i in members], dtype=np.float64))
        for i, p in zip(members, adjusted, strict=True):
            found[i] = msgspec.structs.replace(found[i], family=name, family_size=len(members), p_adjusted=float(p))
    return found


def _known(names: Iterable[str], named: Mapping[str, Quantity]) -> list[Quantity]:
    """The quantities that the run can have; a study may have been made smaller since it was checked."""
    return [named[name] for name in names if name in named]


def _wanted(entry: Entry, primary: Quantity, named: Mapping[str, Quantity]) -> tuple[str, Quantity | None]:
    return MADE_BY[entry.contrast], primary if entry.quantity is None else named.get(entry.quantity)


def _tested(e: Estimate, judge: ModelSpec) -> bool:
    """Whether it can be a member. What further judges say is shown beside it and is no further test."""
    whole = e.position is None and e.replies == "all" and not e.place.nobodys
    whole = whole and not any(place.speaker in NEUTRAL.values() for place in e.of.places)
    return whole and e.judge == scored_by(e.quantity, judge)


def warned(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The estimates, contrasts over the dialogue with a warning where the share of missing scores changed by more than
    the value did, as a share of its scale: then what is missing could make the change, or hide it."""
    rates: dict[tuple[object, ...], float] = {
        (e.source, e.quantity, e.judge, e.place, e.replies, e.position): e.missing / (e.n + e.missing)
        for e in estimates
        if e.analysis in ("curves", "trait-distance") and e.n + e.missing
    }
    return [_warned(e, rates) if e.span and e.analysis in WARNED else e for e in estimates]


def _warned(e: Estimate, rates: Mapping[tuple[object, ...], float]) -> Estimate:
    if e.value is None or e.scale is None or e.span is None:
        return e
    changes: list[float] = []
    for place in e.of.places:
        first, last = (rates.get((e.source, e.quantity, e.judge, place, e.replies, at)) for at in e.span)
        if first is not None and last is not None:
            changes.append(last - first)
    most = max(changes, key=abs, default=0.0)
    effect = abs(e.value) / (e.scale[1] - e.scale[0])
    if abs(most) <= effect:
        return e
    said = (
        f"missing scores changed by {100 * most:+.1f} points of 100 from first to last, the value by {100 * effect:.1f}"
    )
    return msgspec.structs.replace(e, warning=f"{said} of its scale; see the bounds")
