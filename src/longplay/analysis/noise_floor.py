"""The floor that repeats put under every effect: how large it would look if nothing but asking again varied.

Knows effects as sums of means with weights. Estimates neither effects nor components.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import joined
from longplay.analysis.noise_variances import Cell, Noise, Noises, noises
from longplay.analysis.quantities import scale_of
from longplay.analysis.setting_contrasts import KINDS
from longplay.judging.quantities import DISTANCES, part_of, whole
from longplay.records import ROUNDS, Estimate, Place, Quantity
from longplay.stats import added, half_widths

_MEANS = ("curves", "refusal-kinds")  # analyses that give means at single positions
_CHANGES = ("drift", "early", "gap", "gap-drift", "refusal-kinds", "these-personas", "convergence")
_LINES: Mapping[str, float | None] = {"slope": 10.0, "slope-implied": None}  # rounds; None = the whole span
_CONTRASTS = tuple(f"{kind}-contrast" for kind in KINDS)
BELOW = "below the noise floor: repeats alone could make it"
ONLY_JUDGED = "the noise floor is that of judging again, as no answers were drawn again"
_SHARING = ("script-contrast", "policy-contrast")  # one prefix before the dialogue, as far as a policy leaves it
_FIRST, _LAST = 0, -1


class _Term(NamedTuple):
    """A mean that an effect is made of: how much of it, where, and over how many scores."""

    weight: float
    cell: Cell
    position: int | None
    n: int


class _Means:
    """What single means rest on, by cell, replies and position: scores and value. `traits`: by the cell of a whole
    metric, the cells of its single traits."""

    def __init__(self, estimates: Iterable[Estimate]) -> None:
        self.found: dict[tuple[Cell, str], dict[int, tuple[int, float | None]]] = {}
        self.traits: dict[Cell, dict[Cell, None]] = {}
        for e in estimates:
            if e.analysis in _MEANS and e.position is not None and not e.of.difference and e.n > 0:
                cell = _cell(e, e.place)
                self.found.setdefault((cell, e.replies), {})[e.position] = e.n, e.value
                if e.quantity.part.label:
                    self.traits.setdefault(_of(cell, whole(e.quantity)), {})[cell] = None

    def at(self, cell: Cell, position: int | None, replies: str) -> tuple[int, float | None]:
        """Scores and value there; no scores where there is no such mean."""
        found = self.found.get((cell, replies), {})
        return (0, None) if position is None else found.get(position, (0, None))


def floored(estimates: Sequence[Estimate], data: Data) -> list[Estimate]:
    """The estimates; effects with the floor that repeats put under them, and what that says of the effect.

    An effect is a sum of means: a change of two, a gap of two, a change under one script minus that under another of
    four, a slope of all positions (as a line through their means), a distance between profiles of its traits (as if no
    trait crossed its target). The floor is t * sqrt(sum of weight**2 * variance / n) over them, df by Satterthwaite.
    Where answers were drawn again, variance and n are those of distinct answers; else those of verdicts. They are of
    the position, else pooled over those that were repeated. Answers that both sides of a contrast share cancel. A ratio
    is said only where the floor's lower limit is above 0. Times, odds, correlations and shares are no sums of means and
    have no floor.
    """
    known = noises(data)
    if not known.answered and not known.judged:
        return list(estimates)
    means = _Means(estimates)
    return [_floored(e, _terms(e, means), known, data.level) for e in estimates]


def _cell(e: Estimate, place: Place) -> Cell:
    return Cell(e.source, e.quantity, e.judge, place)


def _floored(e: Estimate, terms: Sequence[_Term], known: Noises, level: float) -> Estimate:
    if not terms:
        return e
    found = [_noise(known, term, e.replies) for term in terms]
    parts = [one for one in found if one is not None]
    if len(parts) < len(found):
        return e
    ends = [
        added([[term.weight**2 * getattr(one, name) / n] for term, (one, n, _) in zip(terms, parts, strict=True)],
              [[float(one.df)] for one, _, _ in parts])
        for name in ("variance", "low", "high")
    ]  # fmt: skip
    errors, dfs = (np.array([getattr(end, name)[0] for end in ends]) for name in ("variance", "df"))
    most = max(scale_of(term.cell.quantity).length for term in terms)
    # the interval is one of the variance: the floor's own df goes with it
    halves = np.minimum(half_widths(np.sqrt(errors), np.full(3, dfs[0] if errors[0] > 0 else dfs[2]), level), most)
    floor, low, high = (float(half) for half in halves)
    times = None if e.value is None or not low > 0 else abs(e.value) / floor
    marked = msgspec.structs.replace(e, floor=floor, floor_low=low, floor_high=high, floor_times=times)
    said = next((one.said for one, _, _ in parts if one.said), "") if floor == 0 else ""
    only_judged = any(not answered for *_, answered in parts)
    note = joined(BELOW if marked.below_floor else "", ONLY_JUDGED if only_judged else "", said, e.note)
    return msgspec.structs.replace(marked, note=note)


def _noise(known: Noises, term: _Term, replies: str) -> tuple[Noise, float, bool] | None:
    """The noise of one answer (else verdict) of a term, over how many its mean is, and whether it is of answers. Of
    refusals by type or focus that of all their requests."""
    every = _of(term.cell, part_of(term.cell.quantity, kind="", focus=""))
    for noise, answered in ((known.answered, True), (known.judged, False)):
        for at in (term.position, None):
            if (every, at) in noise:
                n = float(term.n)
                if answered and term.position is not None:
                    n = known.answers.get((term.cell, replies, term.position), n)
                return noise[every, at], n, answered
    return None


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


def _end(side: Cell, e: Estimate, end: int, means: _Means) -> int | None:
    """Where a side begins or ends: the effect's own span, or the side's where the two sides' spans differ."""
    if e.position is not None:
        return e.position
    if e.span is not None:
        return e.span[end]
    known = sorted(means.found.get((side, e.replies), ()))
    return known[end] if known else None


def _sides(e: Estimate, means: _Means) -> list[Cell]:
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


def _of(cell: Cell, quantity: Quantity) -> Cell:
    return msgspec.structs.replace(cell, quantity=quantity)


def _known(cell: Cell, means: _Means) -> Cell:
    """The cell; of a baseline whose judge is blind the one that stands against every version of a persona."""
    setting = msgspec.structs.replace(cell.place.setting, version="")
    blind = msgspec.structs.replace(cell, place=msgspec.structs.replace(cell.place, setting=setting))
    return cell if (cell, "all") in means.found else blind


def _means_of(cell: Cell, position: int | None, replies: str, means: _Means) -> list[_Term]:
    """The mean of a cell, of a distance those of its traits."""
    of = cell.quantity.part
    if of.measure not in DISTANCES:
        n, _ = means.at(cell, position, replies)
        return [_Term(1.0, cell, position, n)] if n else []
    traits = means.traits.get(_of(cell, whole(cell.quantity)), ())
    counts = {one: n for one in traits if (n := means.at(one, position, replies)[0])}
    every = sum(counts.values())
    return [
        _Term((n / every if of.by_item else 1 / len(counts)) / scale_of(one.quantity).length, one, position, n)
        for one, n in counts.items()
    ]


def _shared(cells: Sequence[tuple[Cell, int | None]], replies: str, means: _Means) -> bool:
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
