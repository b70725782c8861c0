"""An interval for the other target, where a number's own has none. Computes nothing, makes no estimates."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from longplay.analysis.estimating import joined
from longplay.records import Estimate

# What is shown first, and the analyses that have the same numbers for other targets, the nearest first.
SHOWN = frozenset(("curves", "drift", "gap", "gap-drift"))
INSTEAD = ("these-personas", "this-dialogue")
TESTED = frozenset(("drift", "gap-drift", "gap"))
_SAME = 1e-9  # of the scale
_Key: TypeAlias = tuple[object, ...]


def fallen_back(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The estimates; levels, changes and gaps whose target can have no interval stand with the target that has one.

    With few personas, or alike ones, nothing can be said of others like them, but often of these: what other items and
    dialogues with them would give; with one dialogue, what its other rounds would. The target says which it is, the
    note why. Numbers that differ, since one of the two leaves remarks out, are left as they are.
    """
    found = {name: _by_key(e for e in estimates if e.analysis == name and e.low is not None) for name in INSTEAD}
    return [_fallen(e, found) if _bare(e) else e for e in estimates]


def _bare(e: Estimate) -> bool:
    return e.analysis in SHOWN and e.value is not None and e.low is None and not e.repeated


def _fallen(e: Estimate, found: dict[str, dict[_Key, Estimate]]) -> Estimate:
    for name in INSTEAD:
        other = found[name].get(_key(e))
        if other is not None and _alike(e, other):
            return msgspec.structs.replace(
                e,
                target=other.target,
                method=other.method,
                low=other.low,
                high=other.high,
                clusters=other.clusters,
                cluster=other.cluster,
                p=other.p if e.analysis in TESTED else None,
                error=other.error,
                df=other.df,
                lowest_error=other.lowest_error,
                highest_error=other.highest_error,
                all_low=other.all_low,
                all_high=other.all_high,
                note=joined(e.note, f"the interval is for {other.target}"),
            )
    return e


def _alike(e: Estimate, other: Estimate) -> bool:
    if e.value is None or other.value is None:
        return False
    length = 1.0 if e.scale is None else e.scale[1] - e.scale[0]
    return abs(e.value - other.value) <= _SAME * length


def _by_key(estimates: Iterable[Estimate]) -> dict[_Key, Estimate]:
    return {_key(e): e for e in estimates}


def _key(e: Estimate) -> _Key:
    return e.quantity, e.source, e.judge, e.of, e.side, e.position, e.span, e.replies
