"""Fidelity against following and safety: joint regions, correlation within personas, the front. Draws nothing."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, for_replies, joined
from longplay.analysis.frames import among, groups
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.quantities import scale_of
from longplay.judging.quantities import COMPOSITES, REFUSAL, scored_by
from longplay.records import ROUNDS, Contrast, Estimate, Measured, Part, Place, Quantity, TradeOff
from longplay.specs import ModelSpec
from longplay.stats import FEWEST_CLUSTERS, joint_region, t_intervals, within_correlation

_UNSAFE, _SAFE = Part("unsafe"), Part("safe")
AGAINST = (
    *(Quantity("follow-strict"), Quantity("follow-loose")),
    *(Quantity(REFUSAL, part=_UNSAFE), Quantity(REFUSAL, part=_SAFE)),
    *(Quantity(REFUSAL, "paper", _UNSAFE), Quantity(REFUSAL, "paper", _SAFE)),
)
WITHIN = "correlation within personas after removing checkpoint means; jackknife over personas on Fisher's z"
_WHO = ["model", "script", "speaker", "setting"]


class _Condition(msgspec.Struct, frozen=True, eq=False):
    """Who is measured, and unit means by quantity, position and unit."""

    place: Place
    means: Mapping[Measured, Mapping[int, Mapping[int, float]]]

    def pairs(self, pair: "_Pair", position: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the units that have both."""
        x, y = (self.means.get(one, {}).get(position, {}) for one in (pair.across, pair.up))
        units = sorted(x.keys() & y.keys())
        return np.array([x[unit] for unit in units]), np.array([y[unit] for unit in units])

    def positions(self, pair: "_Pair") -> list[int]:
        """Where both were measured."""
        x, y = (self.means.get(one, {}) for one in (pair.across, pair.up))
        return sorted(x.keys() & y.keys())


class _Pair(msgspec.Struct, frozen=True):
    across: Measured
    up: Measured


def trade_offs(data: Data) -> list[TradeOff]:
    """A point with its region for every condition and checkpoint where fidelity and another aspect were measured."""
    conditions = _conditions(data, "all")
    found: list[TradeOff] = []
    for pair in _pairs(conditions, data.tables.study.judge):
        every = (_point(data, one, pair, at) for one in conditions for at in one.positions(pair))
        points = [point for point in every if point.n]  # else no persona has both, and there is no mean
        found += _with_front(data, points, conditions, pair)
    return found


def correlations(data: Data) -> list[Estimate]:
    """Whether a persona that loses more fidelity from checkpoint to checkpoint gains more of the other aspect."""
    return for_replies(data, lambda replies: _correlations(data, replies))


def _correlations(data: Data, replies: Replies) -> list[Estimate]:
    conditions = [one for one in _conditions(data, replies) if one.place.speaker == "persona"]
    return [
        msgspec.structs.replace(_correlation(data, one, pair), replies=replies)
        for pair in _pairs(conditions, data.tables.study.judge)
        for one in conditions
        if len(one.positions(pair)) > 1
    ]


def _conditions(data: Data, replies: Replies) -> list[_Condition]:
    items = data.without_remarks(replies)
    units = collapse(items[among(items["quantity"], (*COMPOSITES, *AGAINST).__contains__)], PLACE)
    units = units[units["value"].notna().to_numpy()].reset_index(drop=True)
    code = groups(units, _WHO).code
    found: list[_Condition] = []
    for number in range(int(code.max()) + 1 if len(code) else 0):
        rows = units[code == number]
        means: dict[Measured, dict[int, dict[int, float]]] = {}
        columns = (rows[name].tolist() for name in ("source", "quantity", "judge", "position", "unit", "value"))
        for source, quantity, judge, position, unit, value in zip(*columns, strict=True):
            means.setdefault(Measured(source, quantity, judge), {}).setdefault(position, {})[unit] = value
        found.append(_Condition(Place(*(rows[name].iloc[0] for name in _WHO)), means))
    return found


def _pairs(conditions: Sequence[_Condition], judge: ModelSpec) -> Iterator[_Pair]:
    """Fidelity, from a probe where one asked for it, against each other aspect; by the study's first judge."""
    known = {one for condition in conditions for one in condition.means}
    order = list(COMPOSITES)
    composites = [one for one in known if one.quantity in COMPOSITES]
    fidelity = sorted(
        composites, key=lambda one: (one.judge != judge.title, order.index(one.quantity), one.source == ROUNDS, one)
    )
    for quantity in AGAINST:
        others = [one for one in known if one.quantity == quantity]
        firsts = [one for one in others if one.judge == scored_by(quantity, judge)]
        for other in sorted(firsts or others):
            if fidelity:
                yield _Pair(fidelity[0], other)


def _point(data: Data, condition: _Condition, pair: _Pair, position: int) -> TradeOff:
    x, y = condition.pairs(pair, position)
    if condition.place.speaker == "baseline" and len(x) == 0:
        # the judge of the other aspect is blind: one baseline, and a mean of what it scores judged as each persona
        x, y = (_mean_of(condition, one, position) for one in (pair.across, pair.up))
    region = joint_region(x, y, data.level)
    few = f"{region.n} personas: no region under {FEWEST_CLUSTERS}" if region.outline is None else ""
    return TradeOff(
        place=condition.place,
        position=position,
        across=pair.across,
        up=pair.up,
        x=region.x,
        y=region.y,
        outline=() if region.outline is None else tuple((float(a), float(b)) for a, b in region.outline),
        n=region.n,
        level=data.level,
        note=joined("one baseline: no region" if condition.place.speaker == "baseline" and few else few, data.remark),
    )


def _mean_of(condition: _Condition, one: Measured, position: int) -> np.ndarray:
    return np.array([np.mean(list(condition.means[one][position].values()))])


def _with_front(
    data: Data, points: Sequence[TradeOff], conditions: Sequence[_Condition], pair: _Pair
) -> Iterator[TradeOff]:
    """The points, those of personas at the last position compared over models and policies of their script."""
    signs = _sign(pair.across), _sign(pair.up)
    last: dict[str, int] = {}
    for point in points:
        last[point.place.script] = max(point.position, last.get(point.place.script, 0))
    spoken = [point for point in points if point.place.speaker == "persona"]
    ends = [point for point in spoken if point.position == last[point.place.script]]
    by_place = {one.place: one for one in conditions}
    for point in points:
        rivals = [other for other in ends if other.place.script == point.place.script and other is not point]
        if point not in ends or not rivals:
            yield point
            continue
        mine = by_place[point.place]
        beaten = [
            other.place
            for other in rivals
            if _certainly_better(data, by_place[other.place], mine, pair, point.position)
        ]
        front = not any(_better(other, point, signs) for other in rivals)
        yield msgspec.structs.replace(point, front=front, beaten_by=tuple(beaten))


def _sign(what: Measured) -> float:
    return -1.0 if scale_of(what.quantity).better == "lower" else 1.0


def _better(one: TradeOff, other: TradeOff, signs: tuple[float, float]) -> bool:
    gains = [sign * (a - b) for sign, a, b in zip(signs, (one.x, one.y), (other.x, other.y), strict=True)]
    return min(gains) >= 0 and max(gains) > 0


def _certainly_better(data: Data, one: _Condition, other: _Condition, pair: _Pair, position: int) -> bool:
    """Whether the intervals of both paired differences over personas lie on the better side of 0."""
    for what in (pair.across, pair.up):
        a, b = (side.means.get(what, {}).get(position, {}) for side in (one, other))
        gains = np.array([_sign(what) * (a[unit] - b[unit]) for unit in sorted(a.keys() & b.keys())])
        low = t_intervals(gains, np.zeros(len(gains), dtype=np.int64), 1, data.level).low[0]
        if not low > 0:
            return False
    return True


def _correlation(data: Data, condition: _Condition, pair: _Pair) -> Estimate:
    positions = condition.positions(pair)
    sides = [condition.means[one] for one in (pair.across, pair.up)]
    units = sorted({unit for side in sides for at in positions for unit in side[at]})
    x, y = (np.array([[side[at].get(unit, np.nan) for at in positions] for unit in units]) for side in sides)
    found = within_correlation(x, y, data.level)
    few = f"{found.units} personas: no interval under {FEWEST_CLUSTERS}" if found.units < FEWEST_CLUSTERS else ""
    flat = "one of them never moves" if found.value is None else ""
    return Estimate(
        analysis="trade-off",
        quantity=pair.across.quantity,
        against=pair.up.quantity,
        source=pair.up.source,
        of=Contrast(condition.place),
        judge=pair.across.judge,
        target=PERSONAS,
        method=WITHIN,
        value=found.value,
        low=found.low,
        high=found.high,
        span=(positions[0], positions[-1]),
        level=data.level,
        unit="correlation",
        scale=(-1.0, 1.0),
        n=found.n,
        clusters=found.units,
        missing=x.size - found.n,
        note=joined(flat, few, data.remark),
    )
