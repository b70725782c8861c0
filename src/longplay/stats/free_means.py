"""Mean curves over units without a shape: what a shape leaves of them, and whether they bend back. Knows arrays only.

A table is (units, places), NaN = missing. Units are independent; within a unit, values may hang together as they like.
"""

import msgspec
import numpy as np
from scipy.special import fdtrc

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, t_intervals
from longplay.stats.multiplicity import sidak_t

_FLAT = 1e-9  # residuals under this share of a table's values are rounding errors


class Bend(msgspec.Struct, frozen=True):
    """A place whose mean lies beyond those of both ends, on one side: how far from the first, and from the last."""

    place: float
    from_first: float
    from_last: float


class Centred(msgspec.Struct, frozen=True, eq=False):
    """Values about their unit's mean, 0 where unknown; `known` as 0 and 1; `at`: where they were taken."""

    value: Floats
    known: Floats
    at: Floats

    def centre(self, curves: Floats) -> Floats:
        """Curves (..., units, places) about each unit's mean over its known places, 0 elsewhere."""
        held = self.known.sum(axis=1, keepdims=True)
        return (curves - (curves * self.known).sum(axis=-1, keepdims=True) / held) * self.known


def without(curves: Floats, shape: Floats) -> Floats:
    """Centred curves with their part along a centred shape taken out, unit by unit; both (..., units, places)."""
    across = (shape**2).sum(axis=-1, keepdims=True)
    along = (curves * shape).sum(axis=-1, keepdims=True)
    return curves - shape * np.divide(along, across, out=np.zeros_like(along), where=across > 0)


def misfit(residuals: Floats, values: Floats) -> float | None:
    """p that the mean of these residuals over units is 0 at every place; None where nothing is left but rounding.

    residuals, values: (units, places), 0 where unknown. F = units * |mean|^2 / trace(S), S their covariance over units,
    on (d, d * (units - 1)) degrees, d = trace(S)^2 / trace(S^2): Box 1954, Annals of Mathematical Statistics 25:290,
    with d estimated as by Greenhouse & Geisser 1959, Psychometrika 24:95. On the safe side with few units.
    """
    units = len(residuals)
    if units < 2 or float((residuals**2).sum()) <= _FLAT**2 * max(float((values**2).sum()), _FLAT):
        return None
    mean = residuals.mean(axis=0)
    spread = np.cov(residuals, rowvar=False)
    total = float(np.trace(spread))
    if total <= 0:
        return None
    d = total**2 / float((spread**2).sum())
    return float(fdtrc(d, d * (units - 1), units * float((mean**2).sum()) / total))


def bend(values: Floats, places: Floats, level: float, fewest: int = FEWEST_CLUSTERS) -> Bend | None:
    """The place between the ends whose mean lies farthest beyond both of them, each by an interval that holds over all
    places together (Sidak); None where none does. places: (places,), one row for all units."""
    first, last = (values[:, [end]] for end in (0, -1))
    off = [values[:, 1:-1] - first, values[:, 1:-1] - last]
    whole = ~np.isnan(off[0] + off[1])
    size = off[0].shape[1]
    if not size or not len(values):
        return None
    unit_of = np.broadcast_to(np.arange(size), whole.shape)[whole]
    sides = [t_intervals(one[whole], unit_of, size, level, fewest) for one in off]
    critical = [sidak_t(np.where(np.isnan(one.low), np.nan, one.df), level) for one in sides]
    clear = [np.abs(one.mean) > least * one.error for one, least in zip(sides, critical, strict=True)]
    from_first, from_last = (one.mean for one in sides)
    beyond = clear[0] & clear[1] & (from_first * from_last > 0)
    if not beyond.any():
        return None
    depth = np.where(beyond, np.minimum(np.abs(from_first), np.abs(from_last)), -1.0)
    place = int(depth.argmax())
    return Bend(float(places[place + 1]), float(from_first[place]), float(from_last[place]))
