"""Two quantities of the same units at once: joint regions, correlation within units, paired advantage. Arrays only."""

import msgspec
import numpy as np
from scipy.special import fdtri

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, jackknife_half

_CORNERS = 48
_FLAT = 1e-12


class Region(msgspec.Struct, frozen=True, eq=False):
    """Mean of pairs and the outline (corners, 2) of its joint region; None where there are too few units for one."""

    x: float
    y: float
    outline: Floats | None
    n: int


class Correlation(msgspec.Struct, frozen=True):
    """A correlation with its interval; None where it cannot be given. `n` pairs of values, `units` units."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    units: int


def joint_region(x: Floats, y: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Region:
    """Hotelling's region of the mean of (x, y) over units, an ellipse: n d' S^-1 d = 2 (n - 1) / (n - 2) F(2, n - 2).

    x, y: (units,), NaN = missing; units that lack one count for neither. Source: Johnson & Wichern, Applied
    Multivariate Statistical Analysis, 5.4. Raises ValueError where shapes differ.
    """
    both = _both(x, y)
    pairs = np.stack([x[both], y[both]])
    n = pairs.shape[1]
    if n == 0:
        return Region(float("nan"), float("nan"), None, 0)
    mean = pairs.mean(axis=1)
    if n < max(fewest, 3):
        return Region(float(mean[0]), float(mean[1]), None, n)
    spread, axes = np.linalg.eigh(np.cov(pairs) / n)
    radius = np.sqrt(2 * (n - 1) / (n - 2) * fdtri(2, n - 2, level))
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    outline = mean[:, None] + radius * axes @ (np.sqrt(np.maximum(spread, 0))[:, None] * circle)
    return Region(float(mean[0]), float(mean[1]), outline.T, n)


def within_correlation(x: Floats, y: Floats, level: float = 0.95, fewest: int = FEWEST_CLUSTERS) -> Correlation:
    """Correlation of x and y within units, after the mean of each place is removed.

    x, y: (units, places), NaN = missing, used where both are known. Unit and place means are removed from each (by
    alternating, as cells may be missing); the interval is Student's, units - 1 degrees, on Fisher's z, with the
    standard error of the delete-one-unit jackknife (Efron & Tibshirani 1993, ch. 11).
    """
    both = _both(x, y)
    kept = both.sum(axis=1) >= 2
    n, units = int(both[kept].sum()), int(kept.sum())
    x, y = np.where(both, x, np.nan)[kept], np.where(both, y, np.nan)[kept]
    value = _correlation(x, y)
    if value is None or abs(value) >= 1 - _FLAT or units < max(fewest, 2):
        return Correlation(value, None, None, n, units)
    left_out = [_correlation(np.delete(x, i, axis=0), np.delete(y, i, axis=0)) for i in range(units)]
    parts = np.array([np.nan if part is None else np.clip(part, -1 + _FLAT, 1 - _FLAT) for part in left_out])
    if np.isnan(parts).any():
        return Correlation(value, None, None, n, units)
    half = jackknife_half(np.arctanh(parts), level)
    middle = float(np.arctanh(value))
    return Correlation(value, float(np.tanh(middle - half)), float(np.tanh(middle + half)), n, units)


def _both(x: Floats, y: Floats) -> np.ndarray:
    if x.shape != y.shape:
        raise ValueError(f"x {x.shape} and y {y.shape} must have one shape.")
    return ~(np.isnan(x) | np.isnan(y))


def _correlation(x: Floats, y: Floats) -> float | None:
    a, b = _centred(x), _centred(y)
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return None if scale < _FLAT else float((a * b).sum() / scale)


def _centred(table: Floats) -> Floats:
    """Without unit and place means; 0 where missing."""
    known = ~np.isnan(table)
    value = np.where(known, table, 0.0)
    for _ in range(1 if known.all() else 25):
        for axis in (1, 0):
            count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
            value = (value - value.sum(axis=axis, keepdims=True) / count) * known
    return value
