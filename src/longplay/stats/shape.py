"""How a quantity changes along a dialogue: an exponential approach, or one step. Knows arrays only.

Both are separable least squares (Golub & Pereyra 1973): every unit has a start and a change of its own, and one
parameter, the half-life or the place of the step, is shared. Its confidence set is read off the profile of the residual
sum of squares (Bates & Watts 1988, ch. 6): RSS(h) <= RSS(best) * (1 + F(1, df) / df), df = n - 2 * units - 1. Units
(personas) may differ in the size of their change as they like; residuals are taken as independent and alike.
"""

from collections.abc import Callable
from typing import Literal

import msgspec
import numpy as np
from scipy.optimize import fminbound
from scipy.special import fdtri

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, t_intervals

_GRID = 160
_BEYOND = 8.0
"""How far past the first and last place half-lives are looked for; further out the curve is a step or a line."""
_FLAT = 1e-12


class Shape(msgspec.Struct, frozen=True):
    """One shared parameter and the change that goes with it.

    `value`, `low`, `high`: the half-life, or the first place after the step; `low` None: the set goes on below the
    first place after the start, `high` None: past the last; `value` None: itself there (`beyond` says on which side),
    or there is no change to place. `reach`: these two places, between which a half-life can be told; else None.
    `change`, `change_low`, `change_high`: fitted last - first, mean over units with its t interval. `n` counts values,
    `units` the units that have at least three.
    """

    value: float | None
    low: float | None
    high: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    units: int
    n: int
    reach: tuple[float, float] | None = None
    beyond: Literal["", "below", "above"] = ""

    @property
    def changes(self) -> bool:
        """Whether the interval of the change excludes 0."""
        return self.change_low is not None and self.change_high is not None and self.change_low * self.change_high > 0


class _Centred(msgspec.Struct, frozen=True, eq=False):
    """Values about their unit's mean, 0 where unknown; `known` as 0 and 1; `at`: where they were taken."""

    value: Floats
    known: Floats
    at: Floats


def half_life(values: Floats, at: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Shape:
    """Half-life of y = start + change * (1 - 2 ** (-x / h)), in the units of `at`.

    values: (units, places), NaN = missing; at: the same shape, >= 0, the distance from the start of the dialogue,
    NaN = unknown. No interval of the change, and so no half-life, under `fewest` units. Raises ValueError where shapes
    differ.
    """
    rows = _usable(values, at)
    if rows is None:
        return _nothing(values)
    here = rows.at[rows.known > 0]
    first, last = float(here[here > 0].min()), float(here.max())
    grid = np.geomspace(first / _BEYOND, last * _BEYOND, _GRID)

    def left(h: float) -> float:
        return _residual(rows, _approach(rows.at, h))

    profile = np.array([left(float(h)) for h in grid])
    place = int(profile.argmin())
    edges = np.log(grid[[max(place - 1, 0), min(place + 1, _GRID - 1)]])
    h = float(np.exp(fminbound(lambda log_h: left(float(np.exp(log_h))), edges[0], edges[1])))
    ceiling = _ceiling(rows, min(left(h), float(profile.min())), level)
    low = _edge(left, ceiling, h, grid[grid < h][::-1])
    high = _edge(left, ceiling, h, grid[grid > h])
    found = _change(rows, _approach(rows.at, h), level, fewest)
    beyond = "below" if h < first else "above" if h > last else ""
    return msgspec.structs.replace(
        found,
        value=None if beyond else h,
        low=low if low is not None and low >= first else None,
        high=high if high is not None and high <= last else None,
        reach=(first, last),
        beyond=beyond,
    )


def step(values: Floats, at: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Shape:
    """The place of one step, y = start before it and start + change from it on; arguments as for `half_life`.

    `at` must be one row of places, the same for all units. The set is the hull of all places whose profile is under the
    ceiling; as the place is discrete its level is approximate, and on the safe side where the step is clear.
    """
    rows = _usable(values, np.broadcast_to(at, values.shape))
    if rows is None:
        return _nothing(values)
    places = np.unique(rows.at[rows.known > 0])[1:]
    profile = np.array([_residual(rows, (rows.at >= place).astype(np.float64)) for place in places])
    best = float(places[int(profile.argmin())])
    within = places[profile <= _ceiling(rows, float(profile.min()), level)]
    found = _change(rows, (rows.at >= best).astype(np.float64), level, fewest)
    return msgspec.structs.replace(found, value=best, low=float(within.min()), high=float(within.max()))


def _usable(values: Floats, at: Floats) -> _Centred | None:
    """Units with three values or more; None where no residual would be left, or nothing varies."""
    if values.shape != at.shape or values.ndim != 2:
        raise ValueError(f"values {values.shape} and places {at.shape} must be tables of one shape.")
    known = ~(np.isnan(values) | np.isnan(at))
    keep = known.sum(axis=1) >= 3
    known, value, where = known[keep], values[keep], at[keep]
    if known.sum() <= 2 * len(known) + 1 or not (where[known] > 0).any():
        return None
    weight = known.astype(np.float64)
    centred = _centre(np.where(known, value, 0.0), weight)
    if float((centred**2).sum()) < _FLAT:
        return None
    return _Centred(centred, weight, np.where(known, where, 0.0))


def _centre(table: Floats, known: Floats) -> Floats:
    mean = (table * known).sum(axis=1, keepdims=True) / known.sum(axis=1, keepdims=True)
    return (table - mean) * known


def _approach(at: Floats, h: float) -> Floats:
    return -np.expm1(-np.log(2) * at / h)


def _slopes(rows: _Centred, curve: Floats) -> tuple[Floats, Floats]:
    """The change of each unit along a curve, and the sum of squares it explains."""
    centred = _centre(curve, rows.known)
    across = (centred**2).sum(axis=1)
    along = (centred * rows.value).sum(axis=1)
    slope = np.divide(along, across, out=np.zeros_like(along), where=across > _FLAT)
    return slope, slope * along


def _residual(rows: _Centred, curve: Floats) -> float:
    return float((rows.value**2).sum() - _slopes(rows, curve)[1].sum())


def _ceiling(rows: _Centred, best: float, level: float) -> float:
    df = float(rows.known.sum()) - 2 * len(rows.known) - 1
    return max(best, 0.0) * (1 + float(fdtri(1, df, level)) / df) + _FLAT


def _edge(left: Callable[[float], float], ceiling: float, inside: float, outward: Floats) -> float | None:
    """Where the profile first passes the ceiling on the way outward; None where it never does."""
    for outside in outward:
        if left(float(outside)) > ceiling:
            break
        inside = float(outside)
    else:
        return None
    low, high = np.log(inside), np.log(float(outside))
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if left(float(np.exp(middle))) <= ceiling else (low, middle)
    return float(np.exp((low + high) / 2))


def _change(rows: _Centred, curve: Floats, level: float, fewest: int) -> Shape:
    slope, _ = _slopes(rows, curve)
    span = np.where(rows.known > 0, curve, -np.inf).max(axis=1) - np.where(rows.known > 0, curve, np.inf).min(axis=1)
    found = t_intervals(slope * span, np.zeros(len(slope), dtype=np.int64), 1, level, fewest)
    low, high = (None if np.isnan(end[0]) else float(end[0]) for end in (found.low, found.high))
    return Shape(None, None, None, float(found.mean[0]), low, high, len(slope), int(rows.known.sum()))


def _nothing(values: Floats) -> Shape:
    return Shape(None, None, None, None, None, None, 0, int((~np.isnan(values)).sum()))
