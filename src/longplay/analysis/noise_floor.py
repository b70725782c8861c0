"""The floor that repeats put under every effect: how large it would look if nothing but asking again varied.

Knows effects as sums of means with weights. Estimates neither effects nor components.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
from scipy.special import ndtri

from longplay.analysis.between import KINDS
from longplay.analysis.convergence import MOVING
from longplay.analysis.estimating import joined
from longplay.analysis.noise_components import ANALYSIS, ANSWERED, JUDGED
from longplay.analysis.quantities import FOCUS, KIND, quantity
from longplay.analysis.subjects import ROUNDS
from longplay.analysis.versions import VERSION
from longplay.judging.quantities import BY_ITEM, DISTANCES, TO_BASELINE, split_of
from longplay.records import Estimate

_MEANS = ("curves", "refusal-kinds")  # analyses that give means at single positions
_CHANGES = ("drift", "early", "gap", "gap-drift", "refusal-kinds", "these-personas", "convergence")
_LINES: Mapping[str, float | None] = {"slope": 10.0, "slope-implied": None}  # rounds; None = the whole span
_CONTRASTS = tuple(f"{kind}-contrast" for kind in KINDS)
BELOW = "below the noise floor: repeats alone could make it"
ONLY_JUDGED = "the noise floor is that of judging again, as no answers were drawn again"
_SHARING = ("script-contrast", "policy-contrast")  # one prefix before the dialogue, as far as a policy leaves it
_MINUS = " - "
_FIRST, _LAST = 0, -1

Variances: TypeAlias = Mapping[tuple[str, "_Place", int | None], tuple[float, float, float]]


class _Place(NamedTuple):
    source: str
    metric: str
    model: str
    script: str
    condition: str


class _Term(NamedTuple):
    """A mean that an effect is made of: how much of it, where, and over how many scores."""

    weight: float
    place: _Place
    position: int | None
    n: int


class _Means:
    """What single means rest on, by place, replies and position: scores and value. `traits`: by what their places have
    in common and the metric that they are parts of, the metrics of single traits."""

    def __init__(self, estimates: Iterable[Estimate]) -> None:
        self.found: dict[tuple[_Place, str], dict[int, tuple[int, float | None]]] = {}
        self.traits: dict[_Place, dict[str, None]] = {}
        for e in estimates:
            if e.analysis in _MEANS and e.position is not None and _MINUS not in e.condition and e.n > 0:
                place, split = _place(e), split_of(e.metric)
                self.found.setdefault((place, e.replies), {})[e.position] = e.n, e.value
                if split is not None:
                    self.traits.setdefault(place._replace(metric=split[0]), {})[e.metric] = None

    def at(self, place: _Place, position: int | None, replies: str) -> tuple[int, float | None]:
        """Scores and value there; no scores where there is no such mean."""
        found = self.found.get((place, replies), {})
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


def _place(e: Estimate) -> _Place:
    return _Place(e.source, e.metric, e.model, e.script, e.condition)


def _variances(estimates: Sequence[Estimate]) -> Variances:
    found: dict[tuple[str, _Place, int | None], tuple[float, float, float]] = {}
    for e in estimates:
        if e.analysis == ANALYSIS and e.value is not None and e.low is not None and e.high is not None:
            condition, _, kind = e.condition.rpartition(", ")
            found[kind, _place(e)._replace(condition=condition), e.position] = (e.value**2, e.low**2, e.high**2)
    return found


def _floored(e: Estimate, terms: Sequence[_Term], variances: Variances, z: float) -> Estimate:
    if not terms:
        return e
    total = np.zeros(3)
    kinds: set[str] = set()
    for term in terms:
        kind, variance = _variance(variances, term.place, term.position)
        if variance is None:
            return e
        kinds.add(kind)
        total += term.weight**2 * np.array(variance) / term.n
    floor, low, high = (float(part) for part in z * np.sqrt(total))
    times = None if e.value is None or not low > 0 else abs(e.value) / floor
    found = msgspec.structs.replace(e, floor=floor, floor_low=low, floor_high=high, floor_times=times)
    note = joined(BELOW if found.below_floor else "", ONLY_JUDGED if JUDGED in kinds else "", e.note)
    return msgspec.structs.replace(found, note=note)


def _variance(
    variances: Variances, place: _Place, position: int | None
) -> tuple[str, tuple[float, float, float] | None]:
    """Of refusals by type or focus that of all their requests."""
    whole = place._replace(metric=place.metric.partition(KIND)[0].partition(FOCUS)[0])
    for kind in (ANSWERED, JUDGED):
        for at in (position, None):
            if (kind, whole, at) in variances:
                return kind, variances[kind, whole, at]
    return JUDGED, None


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
        places = [(side, _end(side, e, end, means)) for side in sides]
        parts = [_means_of(side, at, e.replies, means) for side, at in places]
        if not all(parts):
            return []
        if e.analysis not in _SHARING or not _shared(places, e.replies, means):
            found += [term for terms in parts for term in terms]
    return found


def _end(side: _Place, e: Estimate, end: int, means: _Means) -> int | None:
    """Where a side begins or ends: the effect's own span, or the side's where the two sides' spans differ."""
    if e.position is not None:
        return e.position
    if e.span is not None:
        return e.span[end]
    known = sorted(means.found.get((side, e.replies), ()))
    return known[end] if known else None


def _sides(e: Estimate, means: _Means) -> list[_Place]:
    """Whose means an effect compares, or the one whose change it is; empty for what is no sum of means."""
    place = _place(e)
    if e.analysis in _CONTRASTS:
        return _named(place, e.analysis, means)
    if e.analysis not in _CHANGES:
        return []
    if e.analysis == "convergence":
        speaker, moving, setting = e.condition.partition(MOVING)
        conditions = (speaker + setting,) if moving else ()
    else:
        conditions = _speakers(e)
    return [_known(place._replace(condition=condition), means) for condition in conditions]


def _speakers(e: Estimate) -> tuple[str, ...]:
    """`persona` and `baseline`, each with the setting, of a difference between them; else the condition itself."""
    one, minus, rest = e.condition.partition(_MINUS)
    if minus:
        other, comma, setting = rest.partition(",")
        return f"{one}{comma}{setting}", f"{other}{comma}{setting}"
    split = _split(e.metric)
    if split is not None and split[1].startswith(TO_BASELINE):
        return e.condition, e.condition.replace("persona", "baseline", 1)
    return (e.condition,)


def _known(place: _Place, means: _Means) -> _Place:
    """The place; of a baseline whose judge is blind the one that stands against every version of a persona."""
    blind = place._replace(condition=place.condition.partition(VERSION)[0])
    return place if (place, "all") in means.found else blind


def _named(place: _Place, analysis: str, means: _Means) -> list[_Place]:
    """Both sides of a contrast by their names, `ONE - OTHER`, in the part of the place that tells them apart."""
    column = {"script-contrast": "script", "model-contrast": "model"}.get(analysis, "condition")
    words = str(getattr(place, column)).split(_MINUS)
    for at in range(1, len(words)):  # names may hold the sign themselves
        both = [place._replace(**{column: _MINUS.join(part)}) for part in (words[:at], words[at:])]
        if all((one, "all") in means.found for one in both):
            return both
    return []


def _means_of(place: _Place, position: int | None, replies: str, means: _Means) -> list[_Term]:
    """The mean at a place, of a distance those of its traits."""
    split = _split(place.metric)
    if split is None:
        n, _ = means.at(place, position, replies)
        return [_Term(1.0, place, position, n)] if n else []
    metric, of = split
    traits = [place._replace(metric=name) for name in means.traits.get(place._replace(metric=metric), ())]
    counts = {one: n for one in traits if (n := means.at(one, position, replies)[0])}
    whole = sum(counts.values())
    return [
        _Term((n / whole if of.endswith(BY_ITEM) else 1 / len(counts)) / _width(one.metric), one, position, n)
        for one, n in counts.items()
    ]


def _split(metric: str) -> tuple[str, str] | None:
    """Metric and kind of a distance between profiles; None for other quantities."""
    split = split_of(metric)
    return (split[0], f"-{split[1]}") if split is not None and f"-{split[1]}" in DISTANCES else None


def _width(metric: str) -> float:
    named = quantity(metric)
    return named.highest - named.lowest


def _shared(places: Sequence[tuple[_Place, int | None]], replies: str, means: _Means) -> bool:
    """Whether both sides are the same answers, from before the dialogue."""
    if any(at != 0 or side.source == ROUNDS for side, at in places):
        return False
    one, other = (means.at(side, at, replies) for side, at in places)
    return one[1] is not None and one == other


def _line(e: Estimate, means: _Means) -> list[_Term]:
    """Weights of a least-squares line through the means at all positions."""
    if e.span is None:
        return []
    place = _place(e)
    found = sorted((position, n) for position, (n, _) in means.found.get((place, e.replies), {}).items())
    at = np.array([position for position, _ in found], dtype=np.float64)
    if len(at) < 2:
        return []
    over = _LINES[e.analysis] or float(e.span[1] - e.span[0])
    weights = over * (at - at.mean()) / ((at - at.mean()) ** 2).sum()
    return [_Term(float(weight), place, position, n) for weight, (position, n) in zip(weights, found, strict=True)]
