"""How a quantity changes along a dialogue: an exponential approach, or one step. Knows arrays only.

Both are fitted to the mean curve over units (personas) by least squares, and all that is said rests on units alone,
which are taken as independent. Within a unit, residuals may hang together as they like, and a unit may have a start,
a change and a pace of its own. At the true parameter every contrast of places that is orthogonal to a constant and to
the shape has mean 0 over units, so Student's t of such a contrast tests the parameter, and the confidence set is all
that the test leaves (Fieller 1954 is the linear case). For the half-life the contrast is the derivative of the shape,
so that the estimate itself has t = 0.

Nothing is timed where nothing changed from the first place to the last, nor along a shape that the means refute.
"""

from collections.abc import Callable
from typing import Literal, cast

import msgspec
import numpy as np
from scipy.optimize import brentq
from scipy.special import stdtrit

from longplay.stats.free_means import Bend, Centred, bend, misfit, without
from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, t_intervals
from longplay.stats.multiplicity import sidak_t

_GRID = 160
_BEYOND = 8.0
"""How far past the first and last place half-lives are looked for; further out the curve is a step or a line."""
_FLAT = 1e-12


class Shape(msgspec.Struct, frozen=True):
    """One parameter of the mean curve and the change that goes with it.

    `value`, `low`, `high`: the half-life, or the first place after the step; `low` None: the set goes on below the
    first place after the start, `high` None: past the last; `value` None: itself there (`beyond` says on which side).
    All are None unless `told`. `reach`: these two places, between which a half-life can be told; else None. `change`,
    `change_low`, `change_high`: last place - first, mean over units with its t interval. `misfit`: p of no lack of fit,
    None where no residual is left. `bend`: where the means go beyond both ends. `n` counts values, `units` the units
    that have at least three.
    """

    value: float | None
    low: float | None
    high: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    units: int
    n: int
    level: float = 0.95
    misfit: float | None = None
    bend: Bend | None = None
    reach: tuple[float, float] | None = None
    beyond: Literal["", "below", "above"] = ""

    @property
    def changes(self) -> bool:
        """Whether the interval of the change excludes 0."""
        return self.change_low is not None and self.change_high is not None and self.change_low * self.change_high > 0

    @property
    def refuted(self) -> bool:
        """Whether the means depart from the shape by more than chance."""
        return self.misfit is not None and self.misfit < 1 - self.level

    @property
    def told(self) -> bool:
        """Whether there is a change to time, and a shape to time it by."""
        return self.changes and not self.refuted


def half_life(values: Floats, at: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Shape:
    """Half-life of y = start + change * (1 - 2 ** (-x / h)), the mean curve over units, in the units of `at`.

    values: (units, places), NaN = missing; at: the same shape, >= 0, the distance from the start of the dialogue,
    NaN = unknown. Where units have half-lives of their own, it is that of the approach closest to their mean curve. No
    half-life under `fewest` units. Raises ValueError where shapes differ.
    """
    found, rows = _begun(values, at, level, fewest)
    if rows is None or not found.changes:
        return found
    here = rows.at[rows.known > 0]
    first, last = float(here[here > 0].min()), float(here.max())
    logs = np.log(np.geomspace(first / _BEYOND, last * _BEYOND, _GRID))

    def t(log_h: float) -> float:
        return float(_paces(rows, np.array([log_h]))[1][0])

    left, along = _paces(rows, logs)
    best = _estimate(logs, left, along, t)
    found = msgspec.structs.replace(found, misfit=_half_life_misfit(rows, best))
    if found.refuted:
        return found
    critical = float(stdtrit(len(rows.known) - 1, (1 + level) / 2))
    low, high = (_edge(logs, np.abs(along), best, critical, t, side) for side in (-1, 1))
    h = float(np.exp(best))
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

    `at` must be one row of places, the same for all units. A place is left out of the set where the contrast with a
    step at any other place is too large for chance (Sidak over these); the set is given by its first and last place.
    As the place is discrete the set holds the true one more often than `level`.
    """
    found, rows = _begun(values, np.broadcast_to(at, values.shape), level, fewest)
    if rows is None or not found.changes:
        return found
    places = np.unique(rows.at[rows.known > 0])[1:]
    steps = rows.centre((rows.at >= places[:, None, None]).astype(np.float64))
    left = without(rows.value, steps)
    best = int((left.mean(axis=1) ** 2).sum(axis=-1).argmin())
    found = msgspec.structs.replace(found, misfit=misfit(left[best], rows.value))
    if found.refuted:
        return found
    critical = float(sidak_t(np.full(max(len(places) - 1, 1), len(rows.known) - 1.0), level)[0])
    within = [one for one, place in enumerate(places) if _most(rows, steps, one) <= critical or place == places[best]]
    return msgspec.structs.replace(
        found, value=float(places[best]), low=float(places[within[0]]), high=float(places[within[-1]])
    )


def _begun(values: Floats, at: Floats, level: float, fewest: int) -> tuple[Shape, Centred | None]:
    """The change from first place to last and the bend; and what to fit to, None where no residual would be left."""
    if values.shape != at.shape or values.ndim != 2:
        raise ValueError(f"values {values.shape} and places {at.shape} must be tables of one shape.")
    known = ~(np.isnan(values) | np.isnan(at))
    keep = known.sum(axis=1) >= 3
    n = int((~np.isnan(values)).sum())
    nothing = Shape(None, None, None, None, None, None, 0, n, level)
    known, value, where = known[keep], np.where(known[keep], values[keep], np.nan), at[keep]
    if known.sum() <= 2 * len(known) + 1 or not (where[known] > 0).any():
        return nothing, None
    rows = Centred(np.where(known, value, 0.0), known.astype(np.float64), np.where(known, where, 0.0))
    rows = msgspec.structs.replace(rows, value=rows.centre(rows.value))
    if float((rows.value**2).sum()) < _FLAT:
        return nothing, None
    used = np.flatnonzero(known.any(axis=0))
    value, middle = value[:, used], np.nanmean(np.where(known, where, np.nan)[:, used], axis=0)
    moved = value[:, -1] - value[:, 0]
    change = t_intervals(moved, np.zeros(len(moved), dtype=np.int64), 1, level, fewest)
    mean, low, high = (None if np.isnan(one[0]) else float(one[0]) for one in (change.mean, change.low, change.high))
    bent = bend(value, middle, level, fewest)
    return Shape(None, None, None, mean, low, high, len(known), int(known.sum()), level, bend=bent), rows


def _approach(at: Floats, log_h: Floats) -> Floats:
    """(half-lives, units, places): the shape."""
    return -np.expm1(-np.log(2) * at / np.exp(log_h)[:, None, None])


def _pace(at: Floats, log_h: Floats) -> Floats:
    """Its derivative by the log of the half-life, but for a factor."""
    x = at / np.exp(log_h)[:, None, None]
    return x * np.exp2(-x)


def _paces(rows: Centred, log_h: Floats) -> tuple[Floats, Floats]:
    """Of each half-life: the sum of squares that the mean curve leaves, and t of the contrast that tests it."""
    shape = rows.centre(_approach(rows.at, log_h))
    left = (without(rows.value, shape).mean(axis=1) ** 2).sum(axis=-1)
    contrast = without(rows.centre(_pace(rows.at, log_h)), shape)
    return left, _t((contrast * rows.value).sum(axis=-1))


def _t(moves: Floats) -> Floats:
    """Student's t of the mean over units, the last axis; where they do not vary, without end or 0."""
    units = moves.shape[-1]
    mean, error = moves.mean(axis=-1), moves.std(axis=-1, ddof=1) / np.sqrt(units)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(mean / error, nan=0.0, posinf=np.inf, neginf=-np.inf)


def _estimate(logs: Floats, left: Floats, along: Floats, t: Callable[[float], float]) -> float:
    """The log half-life at which the mean curve leaves least: t is 0 there, unless it lies at an end of the grid."""
    place = int(left.argmin())
    for start in (place - 1, place):
        if 0 <= start < len(logs) - 1 and along[start] * along[start + 1] < 0:
            return _zero(t, logs[start], logs[start + 1])
    return float(logs[place])


def _zero(of: Callable[[float], float], low: float, high: float) -> float:
    return cast("float", brentq(of, low, high, xtol=1e-9))


def _half_life_misfit(rows: Centred, log_h: float) -> float | None:
    """What is left once the shape and its derivative, as the half-life was fitted, are taken out."""
    at = np.array([log_h])
    shape = rows.centre(_approach(rows.at, at))[0]
    pace = without(rows.centre(_pace(rows.at, at))[0], shape)
    return misfit(without(without(rows.value, shape), pace), rows.value)


def _edge(
    logs: Floats, size: Floats, best: float, critical: float, t: Callable[[float], float], side: int
) -> float | None:
    """Where |t| first passes the critical value on the way from the best half-life; None where it never does."""
    inside, outward = best, range(len(logs)) if side > 0 else range(len(logs) - 1, -1, -1)
    for place in outward:
        if (logs[place] - best) * side <= 0:
            continue
        if size[place] > critical:
            if abs(t(inside)) >= critical:  # units that are all alike leave no room
                return float(np.exp(inside))
            return float(np.exp(_zero(lambda log_h: abs(t(log_h)) - critical, inside, logs[place])))
        inside = float(logs[place])
    return None


def _most(rows: Centred, steps: Floats, place: int) -> float:
    """The largest |t| that a step at any other place has once this one is taken out."""
    others = without(np.delete(steps, place, axis=0), steps[place])
    return float(np.abs(_t((others * rows.value).sum(axis=-1))).max(initial=0.0))
