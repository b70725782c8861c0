"""The floor that repeats put under every effect: how large it would look if nothing but asking again varied.

Knows effects as sums of means with weights. Estimates neither effects nor components.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
from scipy.special import ndtri

from longplay.analysis.between import KINDS
from longplay.analysis.estimating import joined
from longplay.analysis.noise_components import ANALYSIS
from longplay.analysis.quantities import scale_of
from longplay.judging.quantities import DISTANCES, part_of, whole
from longplay.records import ROUNDS, Estimate, Place, Quantity
from longplay.records.estimates import Repeated

_MEANS = ("curves", "refusal-kinds")  # analyses that give means at single positions
_CHANGES = ("drift", "early", "gap", "gap-drift", "refusal-kinds", "these-personas", "convergence")
_LINES: Mapping[str, float | None] = {"slope": 10.0, "slope-implied": None}  # rounds; None = the whole span
_CONTRASTS = tuple(f"{kind}-contrast" for kind in KINDS)
BELOW = "below the noise floor: repeats alone could make it"
ONLY_JUDGED = "the noise floor is that of judging again, as no answers were drawn again"
_SHARING = ("script-contrast", "policy-contrast")  # one prefix before the dialogue, as far as a policy leaves it
_FIRST, _LAST = 0, -1


class _Cell(NamedTuple):
    """What is measured at one place."""

    source: str
    quantity: Quantity
    judge: str
    place: Place


Variances: TypeAlias = Mapping[tuple[Repeated, _Cell, int | None], tuple[float, float, float]]


class _Term(NamedTuple):
    """A mean that an effect is made of: how much of it, where, and over how many scores."""

    weight: float
    cell: _Cell
    position: int | None
    n: int


class _Means:
    """What single means rest on, by cell, replies and position: scores and value. `traits`: by the cell of a whole
    metric, the cells of its single traits."""

    def __init__(self, estimates: Iterable[Estimate]) -> None:
        self.found: dict[tuple[_Cell, str], dict[int, tuple[int, float | None]]] = {}
        self.traits: dict[_Cell, dict[_Cell, None]] = {}
        for e in estimates:
            if e.analysis in _MEANS and e.position is not None and not e.of.difference and e.n > 0:
                cell = _cell(e, e.place)
                self.found.setdefault((cell, e.replies), {})[e.position] = e.n, e.value
                if e.quantity.part.label:
                    self.traits.setdefault(cell._replace(quantity=whole(e.quantity)), {})[cell] = None

    def at(self, cell: _Cell, position: int | None, replies: str) -> tuple[int, float | None]:
        """Scores and value there; no scores where there is no such mean."""
        found = self.found.get((cell, replies), {})
        return (0, None) if position is None else found.get(position, (0, None))


def floored(estimates: Sequence[Estimate], level: float) -> list[Estimate]:
    """The estimates; effects with the floor that repeats put under them, and what that says of the effect.

    An effect is a sum of means: a change of two, a gap of two, a change under one script minus that under another of
    four, a slope of all positions (as a line through their means), a distance between profiles of its traits (as if no
    trait crossed its target). The floor is z * sqrt(sum of weight**2 * variance / scores) over them, with the variance
    of answering again where answers were drawn again, else of judging again; of the position, else pooled over those
    that were repeated. Answers that both sides of a contrast share cancel. A ratio is said only where the floor's lower
    limit is above 0. Times, odds, correlations and shares are no sums of means and have no floor.
    """
    variances = _variances(estimates)
    if not variances:
        return list(estimates)
    means = _Means(estimates)
    z = float(ndtri((1 + level) / 2))
    return [_floored(e, _terms(e, means), variances, z) for e in estimates]


def _cell(e: Estimate, place: Place) -> _Cell:
    return _Cell(e.source, e.quantity, e.judge, place)


def _variances(estimates: Sequence[Estimate]) -> Variances:
    return {
        (e.repeated, _cell(e, e.place), e.position): (e.value**2, e.low**2, e.high**2)
        for e in estimates
        if e.analysis == ANALYSIS and e.value is not None and e.low is not None and e.high is not None
    }


def _floored(e: Estimate, terms: Sequence[_Term], variances: Variances, z: float) -> Estimate:
    if not terms:
        return e
    total = np.zeros(3)
    kinds: set[Repeated] = set()
    for term in terms:
        kind, variance = _variance(variances, term.cell, term.position)
        if variance is None:
            return e
        kinds.add(kind)
        total += term.weight**2 * np.array(variance) / term.n
    floor, low, high = (float(part) for part in z * np.sqrt(total))
    times = None if e.value is None or not low > 0 else abs(e.value) / floor
    found = msgspec.structs.replace(e, floor=floor, floor_low=low, floor_high=high, floor_times=times)
    note = joined(BELOW if found.below_floor else "", ONLY_JUDGED if "judged" in kinds else "", e.note)
    return msgspec.structs.replace(found, note=note)


def _variance(
    variances: Variances, cell: _Cell, position: int | None
) -> tuple[Repeated, tuple[float, float, float] | None]:
    """Of refusals by type or focus that of all their requests."""
    every = cell._replace(quantity=part_of(cell.quantity, kind="", focus=""))
    for kind in ("answered", "judged"):
        for at in (position, None):
            if (kind, every, at) in variances:
                return kind, variances[kind, every, at]
    return "judged", None


def _terms(e: Estimate, means: _Means) -> list[_Term]:
    """The means that an effect is made of; none where it is no effect, or not all of them are known."""
    if e.analysis in _LINES:
        return _line(e, means)
    sides = _sides(e, means)
    if not sides:
        return []  # no sum of means, or a side of which nothing is scored yet
    if len(sides) < 2 and e.position is not None:
        return []  # a level
    found: list[_Term] = []
    for end in (_FIRST, _LAST) if e.position is None else (_LAST,):
        cells = [(side, _end(side, e, end, means)) for side in sides]
        parts = [_means_of(side, at, e.replies, means) for side, at in cells]
        if not all(parts):
            return []
        if e.analysis not in _SHARING or not _shared(cells, e.replies, means):
            found += [term for terms in parts for term in terms]
    return found


def _end(side: _Cell, e: Estimate, end: int, means: _Means) -> int | None:
    """Where a side begins or ends: the effect's own span, or the side's where the two sides' spans differ."""
    if e.position is not None:
        return e.position
    if e.span is not None:
        return e.span[end]
    known = sorted(means.found.get((side, e.replies), ()))
    return known[end] if known else None


def _sides(e: Estimate, means: _Means) -> list[_Cell]:
    """Whose means an effect compares, or the one whose change it is; empty for what is no sum of means."""
    if e.analysis in _CONTRASTS:
        sides = [_cell(e, place) for place in e.of.places]
        return sides if all((side, "all") in means.found for side in sides) else []
    if e.analysis not in _CHANGES:
        return []
    return [_known(_cell(e, place), means) for place in _places(e)]


def _places(e: Estimate) -> tuple[Place, ...]:
    """Both sides of a difference, or the one that moves; of a distance from the baseline's profile it too."""
    if e.side:
        return e.of.places[:1] if e.side == "left" else e.of.places[1:]
    if e.quantity.part.measure == "distance-to-baseline" and not e.of.difference:
        return (e.place, msgspec.structs.replace(e.place, speaker="baseline"))
    return e.of.places


def _known(cell: _Cell, means: _Means) -> _Cell:
    """The cell; of a baseline whose judge is blind the one that stands against every version of a persona."""
    setting = msgspec.structs.replace(cell.place.setting, version="")
    blind = cell._replace(place=msgspec.structs.replace(cell.place, setting=setting))
    return cell if (cell, "all") in means.found else blind


def _means_of(cell: _Cell, position: int | None, replies: str, means: _Means) -> list[_Term]:
    """The mean of a cell, of a distance those of its traits."""
    of = cell.quantity.part
    if of.measure not in DISTANCES:
        n, _ = means.at(cell, position, replies)
        return [_Term(1.0, cell, position, n)] if n else []
    traits = means.traits.get(cell._replace(quantity=whole(cell.quantity)), ())
    counts = {one: n for one in traits if (n := means.at(one, position, replies)[0])}
    every = sum(counts.values())
    return [
        _Term((n / every if of.by_item else 1 / len(counts)) / _width(one.quantity), one, position, n)
        for one, n in counts.items()
    ]


def _width(quantity: Quantity) -> float:
    scale = scale_of(quantity)
    return scale.highest - scale.lowest


def _shared(cells: Sequence[tuple[_Cell, int | None]], replies: str, means: _Means) -> bool:
    """Whether both sides are the same answers, from before the dialogue."""
    if any(at != 0 or side.source == ROUNDS for side, at in cells):
        return False
    one, other = (means.at(side, at, replies) for side, at in cells)
    return one[1] is not None and one == other


def _line(e: Estimate, means: _Means) -> list[_Term]:
    """Weights of a least-squares line through the means at all positions."""
    if e.span is None:
        return []
    cell = _cell(e, e.place)
    found = sorted((position, n) for position, (n, _) in means.found.get((cell, e.replies), {}).items())
    at = np.array([position for position, _ in found], dtype=np.float64)
    if len(at) < 2:
        return []
    over = _LINES[e.analysis] or float(e.span[1] - e.span[0])
    weights = over * (at - at.mean()) / ((at - at.mean()) ** 2).sum()
    return [_Term(float(weight), cell, position, n) for weight, (position, n) in zip(weights, found, strict=True)]
