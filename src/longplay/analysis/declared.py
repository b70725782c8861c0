"""What is said of estimates once all are made: Holm's correction, warnings of what is missing. Estimates nothing."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from longplay.analysis.between import KINDS
from longplay.analysis.estimating import joined
from longplay.records import Estimate
from longplay.specs import Analysis
from longplay.stats import holm

# The analysis that makes each contrast a study may name; what it makes over the dialogue is the contrast.
MADE_BY = {"last-first": "drift", "early": "early", "gap": "gap-drift"} | {kind: f"{kind}-contrast" for kind in KINDS}
DEFAULT = "primary, last-first"
WARNED = frozenset(MADE_BY.values())


def corrected(estimates: Sequence[Estimate], declared: Analysis) -> list[Estimate]:
    """The estimates, those of a family with its name and the p-value after Holm's correction.

    A family holds the contrasts over the dialogue of all replies, models, scripts and sources that its entries name; a
    contrast without a p-value is not in it. Left out: last-first of the primary quantities.
    """
    families = declared.families or {DEFAULT: ("last-first",)}
    found = list(estimates)
    for name, entries in families.items():
        wanted = {_wanted(entry, metric) for entry in entries for metric in declared.primary}
        members = [
            i for i, e in enumerate(found) if e.p is not None and _tested(e) and (e.analysis, e.metric) in wanted
        ]
        adjusted = holm(np.array([found[i].p for i in members], dtype=np.float64))
        for i, p in zip(members, adjusted, strict=True):
            found[i] = msgspec.structs.replace(found[i], family=name, p_adjusted=float(p))
    return found


def _wanted(entry: str, primary: str) -> tuple[str, str]:
    contrast, _, metric = entry.partition("/")
    return MADE_BY[contrast], metric or primary


def _tested(estimate: Estimate) -> bool:
    return estimate.position is None and estimate.replies == "all" and not estimate.condition.startswith("baseline")


def warned(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The estimates, contrasts over the dialogue with a warning where the share of missing scores changed by more than
    the value did, as a share of its scale: then what is missing could make the change, or hide it."""
    rates: dict[tuple[object, ...], float] = {
        (e.source, e.metric, e.model, e.script, e.condition, e.replies, e.position): e.missing / (e.n + e.missing)
        for e in estimates
        if e.analysis in ("curves", "trait-distance") and e.n + e.missing
    }
    return [_warned(e, rates) if e.span and e.analysis in WARNED else e for e in estimates]


def _warned(e: Estimate, rates: Mapping[tuple[object, ...], float]) -> Estimate:
    if e.value is None or e.scale is None or e.span is None:
        return e
    changes: list[float] = []
    for model in _both(e.model):
        for script in _both(e.script):
            for condition in _both(e.condition):
                ends = [rates.get((e.source, e.metric, model, script, condition, e.replies, at)) for at in e.span]
                first, last = ends
                if first is not None and last is not None:
                    changes.append(last - first)
    most = max(changes, key=abs, default=0.0)
    effect = abs(e.value) / (e.scale[1] - e.scale[0])
    if abs(most) <= effect:
        return e
    said = (
        f"missing scores changed by {100 * most:+.1f} points of 100 from first to last, the value by {100 * effect:.1f}"
    )
    return msgspec.structs.replace(e, note=joined(f"warning: {said} of its scale; see the bounds", e.note))


def _both(name: str) -> tuple[str, ...]:
    """The name, and both sides where it names a difference."""
    return (name, *name.split(" - "))
