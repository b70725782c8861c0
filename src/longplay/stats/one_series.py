"""One dialogue by itself: did the scores of its rounds change, and where? Knows arrays only.

Rounds are the units. They follow each other, so that what one has the next may share: the first-order correlation of
what is left after the best step is in every interval and p-value.
"""

import msgspec
import numpy as np

from longplay.stats.bounded import korn_graubard
from longplay.stats.intervals import FEWEST_CLUSTERS, Floats

FEWEST_ROUNDS = 8
_MOST = 0.9  # correlation of neighbours beyond which a series is no longer told from a walk
_FLAT = 1e-12
_CAUTION = 0.7


class Step(msgspec.Struct, frozen=True):
    """Where one step fits best. `at`: index of the first value after it; `low`, `high`: of those that the values leave
    open; `p`: of no change at all, by permutation; `size`: mean after - before; `block`: length of the blocks drawn."""

    at: int
    low: int
    high: int
    p: float
    size: float


class Change(msgspec.Struct, frozen=True):
    """Mean of the last values minus that of the first; `ends`: of its interval, None = cannot be given; `p`: of no
    change, by permutation."""

    value: float
    ends: tuple[float, float] | None
    p: float
    n: int


def one_step(values: Floats, rng: np.random.Generator, level: float = 0.95, draws: int = 999) -> Step | None:
    """The place of one step in a series without gaps, or None with fewer than FEWEST_ROUNDS values or none that vary.

    p: of the greatest F of a step over all places, among series without one: what is new in each residual of the best
    step, permuted, and joined again with the correlation of neighbours (a sieve; see Hušková & Kirch 2008, Journal of
    Time Series Analysis 29:947, on drawing again for change points). The set of places: those whose residual sum of
    squares is above the least by no more than the level's quantile of the same difference in series that have the
    fitted step and such residuals.
    """
    n = len(values)
    if n < FEWEST_ROUNDS or float(np.ptp(values)) < _FLAT:
        return None
    gains = _gains(values[None])[0]
    at = int(gains.argmax()) + 1
    before, after = float(values[:at].mean()), float(values[at:].mean())
    fitted = np.where(np.arange(n) < at, before, after)
    left = values - fitted
    if not (np.abs(left) > _FLAT).any():  # the values themselves, in any order
        some = rng.permuted(np.tile(values, (draws, 1)), axis=1)
        p = (1 + int((_gains(some).max(axis=1) >= gains.max() - _FLAT).sum())) / (draws + 1)
        return Step(at, at, at, p, after - before)
    again = _drawn_again(left, rng, draws)
    without = _gains(again).max(axis=1) / _squares(again)
    p = (1 + int((without >= gains.max() / _squares(values[None])[0] - _FLAT).sum())) / (draws + 1)
    stepped = _gains(fitted + again)
    room = float(np.quantile(stepped.max(axis=1) - stepped[:, at - 1], level))
    open_ = np.flatnonzero(gains >= gains.max() - room - _FLAT) + 1
    return Step(at, int(open_.min()), int(open_.max()), p, after - before)


def last_minus_first(
    values: Floats, ends: tuple[int, int], rng: np.random.Generator, level: float = 0.95, draws: int = 999
) -> Change:
    """Of a series of shares (0..1) without gaps: the mean of its last ends[1] values minus that of its first ends[0].

    Both means have Korn and Graubard's interval with the correlation of neighbours in it; that of the difference joins
    them (Zou & Donner 2008, Statistics in Medicine 27:1693). No interval with fewer than FEWEST_CLUSTERS values on a
    side. Where all values of a side are alike, at an end, each counts as so much less as neighbours share.
    """
    first, last = values[: ends[0]], values[len(values) - ends[1] :]
    value = float(last.mean() - first.mean())
    left = _residuals(values)
    shared = correlation(left, caution=0.0)  # exact intervals are wide enough by themselves
    times = (1 + shared) / (1 - shared)
    low, high = (_mean_ends(side, times, float(left.std()), level) for side in (first, last))
    again = _drawn_again(left if left.any() else values, rng, draws)
    moved = again[:, len(values) - ends[1] :].mean(axis=1) - again[:, : ends[0]].mean(axis=1)
    # so many times its own spread, as the residuals have lost some of what there was
    size, sizes = (
        np.divide(one, sd, out=np.zeros_like(sd), where=sd > _FLAT)
        for one, sd in ((np.array([abs(value)]), values.std(keepdims=True)), (np.abs(moved), again.std(axis=1)))
    )
    p = (1 + int((sizes >= size - _FLAT).sum())) / (draws + 1)
    if low is None or high is None:
        return Change(value, None, p, len(first) + len(last))
    down = float(np.hypot(last.mean() - high[0], low[1] - first.mean()))
    up = float(np.hypot(high[1] - last.mean(), first.mean() - low[0]))
    return Change(value, (value - down, value + up), p, len(first) + len(last))


def _mean_ends(side: Floats, times: float, spread: float, level: float) -> tuple[float, float] | None:
    """Ends of one mean; `times`: how much greater its variance is than that of independent values; `spread`: of the
    whole series about its step, for a side whose values are alike within the scale."""
    if len(side) < FEWEST_CLUSTERS:
        return None
    counted = len(side) / times
    alike_inside = np.ptp(side) < _FLAT and 0 < side[0] < 1
    sd = spread if alike_inside else side.std(ddof=1)
    error, df = np.array([sd * np.sqrt(times / len(side))]), np.array([max(counted - 1, 1.0)])
    low, high = korn_graubard(np.array([side.mean()]), error, df, np.array([int(counted)]), None, level)
    return None if np.isnan(low[0]) else (float(low[0]), float(high[0]))


def _gains(series: Floats) -> Floats:
    """(series, places): what a step at each place explains of the sum of squares."""
    n = series.shape[1]
    sums = np.cumsum(series - series.mean(axis=1, keepdims=True), axis=1)[:, :-1]
    count = np.arange(1, n)
    return sums**2 * n / (count * (n - count))


def _squares(series: Floats) -> Floats:
    return ((series - series.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)


def _residuals(values: Floats) -> Floats:
    """What is left of a series about its best step."""
    at = int(_gains(values[None])[0].argmax()) + 1
    return np.concatenate([values[:at] - values[:at].mean(), values[at:] - values[at:].mean()])


def correlation(left: Floats, caution: float = _CAUTION) -> float:
    """Of neighbours in the residuals of the best step, from 0 to _MOST; 0 for a series too short to tell.

    Fitting two means and the best place takes (0.3 + 0.9 ln n + 7.5 * correlation) / n away from it, as found by
    simulating series of 16 to 200 values; that is given back, and `caution` standard errors are added, as a correlation
    that is taken for too small makes changes of what only wanders.
    """
    squares, n = float((left**2).sum()), len(left)
    if squares < _FLAT or n < FEWEST_ROUNDS:
        return 0.0
    found = float((left[1:] * left[:-1]).sum()) / squares
    whole = (found + (0.3 + 0.9 * np.log(n)) / n) / max(1 - 7.5 / n, 0.2)
    error = np.sqrt((1 - np.clip(whole, 0.0, _MOST) ** 2) / n)
    return float(np.clip(whole + caution * error, 0.0, _MOST))


def _drawn_again(left: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """(draws, n): series whose neighbours are correlated as those of `left`, from what is new in its values, in any
    order."""
    shared = correlation(left)
    fresh = left.copy()
    fresh[1:] = (left[1:] - shared * left[:-1]) / np.sqrt(1 - shared**2)
    again = rng.permuted(np.tile(fresh - fresh.mean(), (draws, 1)), axis=1)
    if shared > 0:
        for place in range(1, len(left)):
            again[:, place] = shared * again[:, place - 1] + np.sqrt(1 - shared**2) * again[:, place]
    return again
