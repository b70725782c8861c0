"""Fidelity against following and safety: joint regions, correlation within personas, the front. Draws nothing."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, for_replies, joined
from longplay.analysis.frames import groups
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.quantities import quantity
from longplay.analysis.subjects import ROUNDS
from longplay.judging.quantities import COMPOSITES
from longplay.records import Estimate, TradeOff
from longplay.stats import FEWEST_CLUSTERS, joint_region, t_intervals, within_correlation

AGAINST = (
    *("follow-strict", "follow-loose", "refusal-unsafe", "refusal-safe"),
    *("refusal-paper-unsafe", "refusal-paper-safe"),
)
WITHIN = "correlation within personas after removing checkpoint means; jackknife over personas on Fisher's z"
_WHO = ["model", "script", "speaker", "setting"]

Measured = tuple[str, str]  # source and metric


class _Condition(msgspec.Struct, frozen=True, eq=False):
    """Who is measured, and unit means by quantity, position and unit."""

    model: str
    script: str
    speaker: str
    setting: str
    means: Mapping[Measured, Mapping[int, Mapping[int, float]]]

    @property
    def name(self) -> str:
        """How it is told apart from other models and policies."""
        return f"{self.model}{self.setting}"

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
    for pair in _pairs(conditions):
        every = (_point(data, one, pair, at) for one in conditions for at in one.positions(pair))
        points = [point for point in every if point.n]  # else no persona has both, and there is no mean
        found += _with_front(data, points, conditions, pair)
    return found


def correlations(data: Data) -> list[Estimate]:
    """Whether a persona that loses more fidelity from checkpoint to checkpoint gains more of the other aspect."""
    return for_replies(data, lambda replies: _correlations(data, replies))


def _correlations(data: Data, replies: Replies) -> list[Estimate]:
    conditions = [one for one in _conditions(data, replies) if one.speaker == "persona"]
    return [
        msgspec.structs.replace(_correlation(data, one, pair), replies=replies)
        for pair in _pairs(conditions)
        for one in conditions
        if len(one.positions(pair)) > 1
    ]


def _conditions(data: Data, replies: Replies) -> list[_Condition]:
    items = data.without_remarks(replies)
    units = collapse(items[items["metric"].isin((*COMPOSITES, *AGAINST))], PLACE)
    units = units[units["value"].notna().to_numpy()].reset_index(drop=True)
    code = groups(units, _WHO).code
    found: list[_Condition] = []
    for number in range(int(code.max()) + 1 if len(code) else 0):
        rows = units[code == number]
        means: dict[Measured, dict[int, dict[int, float]]] = {}
        columns = (rows[name].tolist() for name in ("source", "metric", "position", "unit", "value"))
        for source, metric, position, unit, value in zip(*columns, strict=True):
            means.setdefault((source, metric), {}).setdefault(position, {})[unit] = value
        model, script, speaker, setting = (str(rows[name].iloc[0]) for name in _WHO)
        found.append(_Condition(model, script, speaker, setting, means))
    return found


def _pairs(conditions: Sequence[_Condition]) -> Iterator[_Pair]:
    """Fidelity, from a probe where one asked for it, against each other aspect."""
    known = {one for condition in conditions for one in condition.means}
    order = list(COMPOSITES)
    composites = [one for one in known if one[1] in COMPOSITES]
    fidelity = sorted(composites, key=lambda one: (order.index(one[1]), one[0] == ROUNDS, one[0]))
    for metric in AGAINST:
        for other in sorted(one for one in known if one[1] == metric):
            if fidelity:
                yield _Pair(fidelity[0], other)


def _point(data: Data, condition: _Condition, pair: _Pair, position: int) -> TradeOff:
    x, y = condition.pairs(pair, position)
    if condition.speaker == "baseline" and len(x) == 0:
        # the judge of the other aspect is blind: one baseline, and a mean of what it scores judged as each persona
        x, y = (_mean_of(condition, one, position) for one in (pair.across, pair.up))
    region = joint_region(x, y, data.level)
    few = f"{region.n} personas: no region under {FEWEST_CLUSTERS}" if region.outline is None else ""
    return TradeOff(
        model=condition.model,
        script=condition.script,
        condition=f"{condition.speaker}{condition.setting}",
        position=position,
        across=pair.across,
        up=pair.up,
        titles=(quantity(pair.across[1]).title, quantity(pair.up[1]).title),
        x=region.x,
        y=region.y,
        outline=() if region.outline is None else tuple((float(a), float(b)) for a, b in region.outline),
        n=region.n,
        level=data.level,
        note=joined("one baseline: no region" if condition.speaker == "baseline" and few else few, data.remark),
    )


def _mean_of(condition: _Condition, one: Measured, position: int) -> np.ndarray:
    return np.array([np.mean(list(condition.means[one][position].values()))])


def _with_front(
    data: Data, points: Sequence[TradeOff], conditions: Sequence[_Condition], pair: _Pair
) -> Iterator[TradeOff]:
    """The points, those of personas at the last position compared over models and policies of their script."""
    signs = _sign(pair.across), _sign(pair.up)
    last = {point.script: max(other.position for other in points if other.script == point.script) for point in points}
    ends = [point for point in points if point.position == last[point.script] and point.condition.startswith("persona")]
    by_name = {(one.script, one.name): one for one in conditions if one.speaker == "persona"}
    for point in points:
        rivals = [other for other in ends if other.script == point.script and other is not point]
        if point not in ends or not rivals:
            yield point
            continue
        mine = by_name[point.script, _name(point)]
        beaten = [
            _name(other)
            for other in rivals
            if _certainly_better(data, by_name[point.script, _name(other)], mine, pair, point.position)
        ]
        front = not any(_better(other, point, signs) for other in rivals)
        yield msgspec.structs.replace(point, front=front, beaten_by=tuple(beaten))


def _name(point: TradeOff) -> str:
    return point.model + point.condition.removeprefix("persona")


def _sign(what: Measured) -> float:
    return -1.0 if quantity(what[1]).better == "lower" else 1.0


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
    across, up = (quantity(one[1]) for one in (pair.across, pair.up))
    return Estimate(
        analysis="trade-off",
        metric=f"{pair.across[1]} ~ {pair.up[1]}",
        source=pair.up[0],
        model=condition.model,
        script=condition.script,
        condition=f"persona{condition.setting}",
        target=PERSONAS,
        method=WITHIN,
        value=found.value,
        low=found.low,
        high=found.high,
        span=(positions[0], positions[-1]),
        level=data.level,
        title=f"{across.title} with {up.words}",
        unit="correlation",
        scale=(-1.0, 1.0),
        n=found.n,
        clusters=found.units,
        missing=x.size - found.n,
        note=joined(flat, few, data.remark),
    )
