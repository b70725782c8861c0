"""One dialogue by itself: did the scores of its rounds change, and where? Knows arrays only.

Rounds are the units. They follow each other, so that what one has the next may share: the first-order correlation of
what is left after the best step is in every interval and p-value.
"""

import msgspec
import numpy as np
from scipy.stats import rankdata

from longplay.stats.bounded import korn_graubard
from longplay.stats.intervals import FEWEST_CLUSTERS, Floats

FEWEST_ROUNDS = 8
_MOST = 0.9  # correlation of neighbours beyond which a series is no longer told from a walk
_FLAT = 1e-12
_LEAST = -0.3  # of a correlation in intervals: rounds that alternate make them no narrower than this
_CAUTION, _STEP_CAUTION = 0.7, 1.7  # standard errors of the correlation, of changes and of steps


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

    p: how rarely series without a step have so great an F and so great a self-normalised step (see `normalised_step`),
    both over all places and joined by the product of their ranks. F finds small steps; the other one is not taken in by
    a series that wanders. Series without a step: what is new in each residual of the best step, permuted, and joined
    again with the correlation of neighbours (a sieve; see Hušková & Kirch 2008, Journal of Time Series Analysis 29:947,
    on drawing again for change points). The set of places: those whose residual sum of squares is above the least by no
    more than the level's quantile of the same difference in series that have the fitted step and such residuals.
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
    again = _drawn_again(left, rng, draws, _STEP_CAUTION)
    p = _rarely(np.concatenate([values[None], again]))
    stepped = _gains(fitted + again)
    room = float(np.quantile(stepped.max(axis=1) - stepped[:, at - 1], level))
    open_ = np.flatnonzero(gains >= gains.max() - room - _FLAT) + 1
    return Step(at, int(open_.min()), int(open_.max()), p, after - before)


def last_minus_first(
    values: Floats, ends: tuple[int, int], rng: np.random.Generator, level: float = 0.95, draws: int = 999
) -> Change:
    """Of a series of shares (0..1) without gaps: the mean of its last ends[1] values minus that of its first ends[0].

    Both means have Korn and Graubard's interval with the correlation of neighbours in it; that of the difference joins
    them (Zou & Donner 2008, Statistics in Medicine 27:1693), so that both have the degrees of freedom of the difference
    (see `errors_of_ends`). No interval with fewer than FEWEST_CLUSTERS values on a side. Where all values of a side are
    alike, at an end, each counts as so much less as neighbours share.
    """
    sides = values[: ends[0]], values[len(values) - ends[1] :]
    value = float(sides[1].mean() - sides[0].mean())
    left = _residuals(values)
    again = _drawn_again(left if left.any() else values, rng, draws, _CAUTION)
    moved = again[:, len(values) - ends[1] :].mean(axis=1) - again[:, : ends[0]].mean(axis=1)
    # so many times its own spread, as the residuals have lost some of what there was
    size, sizes = (
        np.divide(one, sd, out=np.zeros_like(sd), where=sd > _FLAT)
        for one, sd in ((np.array([abs(value)]), values.std(keepdims=True)), (np.abs(moved), again.std(axis=1)))
    )
    p = (1 + int((sizes >= size - _FLAT).sum())) / (draws + 1)
    none = Change(value, None, p, sum(ends))
    if min(ends) < FEWEST_CLUSTERS:
        return none
    shared = correlation(left, caution=0.0, least=_LEAST)  # exact intervals are wide enough by themselves
    errors, df = errors_of_ends(sides, shared, left)
    means = np.array([side.mean() for side in sides])
    counted = np.array([int(len(side) * min((1 - shared) / (1 + shared), 1.0)) for side in sides])
    low, high = korn_graubard(means, errors, np.full(2, df), counted, None, level)
    if np.isnan(low).any():
        return none
    down = float(np.hypot(means[1] - low[1], high[0] - means[0]))
    up = float(np.hypot(high[1] - means[1], means[0] - low[0]))
    return Change(value, (value - down, value + up), p, sum(ends))


def errors_of_ends(sides: tuple[Floats, Floats], shared: float, left: Floats) -> tuple[Floats, float]:
    """Standard errors of the means of both sides, and the degrees of freedom of the variance of their difference.

    The variance of a mean of k values whose neighbours are correlated is theirs times c / k, c = 1 + 2 * sum over
    lags j of (1 - j / k) * shared**j, and their sample variance is short of theirs by (k - c) / (k - 1) (Box, Jenkins &
    Reinsel, Time Series Analysis, 2.1). Satterthwaite's df takes the variance of both sample variances,
    2 (1 + shared**2) / ((1 - shared**2) (k - 1)) in units of their squares, and that of the correlation,
    which is of the whole series. A side whose values are alike within the scale has the variance of the whole
    series about its step.
    """
    variances, apart = np.zeros(2), np.zeros(2)
    for i, side in enumerate(sides):
        k = len(side)
        lags = np.arange(1, k)
        times = 1 + 2 * float(((1 - lags / k) * shared**lags).sum())
        alike_inside = np.ptp(side) < _FLAT and 0 < side[0] < 1
        of_one = left.var() if alike_inside else side.var(ddof=1) * (k - 1) / (k - times)
        variances[i] = of_one * times / k
        apart[i] = 2 * (1 + shared**2) / ((1 - shared**2) * (k - 1))
    whole = float(variances.sum())
    share = variances / whole if whole > 0 else np.full(2, 0.5)
    of_correlation = 4 * (1 + shared) / ((1 - shared) * len(left))
    return np.sqrt(variances), float(2 / ((share**2 * apart).sum() + of_correlation))


def _rarely(series: Floats) -> float:
    """The share of series, the first among them, whose best step is as great as that of the first: by F and by the
    self-normalised one, each by its rank, joined by the product."""
    measures = _gains(series).max(axis=1) / np.maximum(_squares(series), _FLAT), normalised_step(series)
    ranks = [rankdata(-np.round(one, 12), method="max") for one in measures]
    joined = ranks[0] * ranks[1]
    return float((joined <= joined[0]).mean())


def normalised_step(series: Floats) -> Floats:
    """(series,): the greatest step over all places in units of what the sums of the values on its two sides wander.

    Needs no estimate of how neighbours are correlated. Source: Shao & Zhang 2010, Journal of the American Statistical
    Association 105:1228.
    """
    n = series.shape[1]
    apart = series - series.mean(axis=1, keepdims=True)
    before, after = _wandered(apart), _wandered(apart[:, ::-1])[:, ::-1]
    place = np.arange(2, n - 1)  # so many values before the step, two at least on each side
    sums = np.cumsum(apart, axis=1)[:, place - 1]
    room = np.maximum(before[:, place - 1] + after[:, place], _FLAT)
    return (sums**2 * n / room).max(axis=1)


def _wandered(series: Floats) -> Floats:
    """(series, k): sum of squares of the sums of the first 1, 2, .. k values about the mean of these k."""
    count = np.arange(1.0, series.shape[1] + 1)
    sums = np.cumsum(series, axis=1)
    mean = sums / count
    squares, products = np.cumsum(sums**2, axis=1), np.cumsum(count * sums, axis=1)
    return squares - 2 * mean * products + mean**2 * np.cumsum(count**2)


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


def correlation(left: Floats, caution: float, least: float = 0.0) -> float:
    """Of neighbours in the residuals of the best step, from `least` to _MOST; 0 for a series too short to tell.

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
    return float(np.clip(whole + caution * error, least, _MOST))


def _drawn_again(left: Floats, rng: np.random.Generator, draws: int, caution: float) -> Floats:
    """(draws, n): series whose neighbours are correlated as those of `left`, from what is new in its values, in any
    order."""
    shared = correlation(left, caution)
    fresh = left.copy()
    fresh[1:] = (left[1:] - shared * left[:-1]) / np.sqrt(1 - shared**2)
    again = rng.permuted(np.tile(fresh - fresh.mean(), (draws, 1)), axis=1)
    if shared > 0:
        for place in range(1, len(left)):
            again[:, place] = shared * again[:, place - 1] + np.sqrt(1 - shared**2) * again[:, place]
    return again
