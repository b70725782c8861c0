"""From the variance components of a pilot to the size of a study: power by simulation. Arrays only."""

import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.random import Generator
from scipy.special import chdtri, ndtr, ndtri, stdtrit

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats
from longplay.stats.pilot_variance import Components, Design, shift_of, variance_of
from longplay.stats.satterthwaite import added

_SURE = 0.95  # the share of pilots for which the cautious power is not above the true one
_OF_WANTED = 0.75  # what the cautious power must reach of the wanted one
_TABLE = 256
PROMISING = 8  # personas of a pilot with which caution costs no more than about twice the least design: `caution`


class Power(msgspec.Struct, frozen=True):
    """Share of simulated studies whose interval excludes 0, its Monte Carlo standard error, and the mean half width.

    `half` is infinite where there are too few personas for an interval. `cautious`: the power where the spread is as
    large as the pilot allows at 95 % (one-sided): of pilots like this one, 95 % belong to a truth with no less power.
    """

    power: float
    error: float
    half: float
    cautious: float

    def reaches(self, wanted: float) -> bool:
        """Whether a study may be planned so: it has the wanted power by what the pilot shows, and three quarters of it
        (0.6 of 0.8) by all that the pilot allows."""
        return self.power >= wanted and self.cautious >= least_cautious(wanted)


def least_cautious(wanted: float) -> float:
    """What the cautious power must reach where a power is wanted."""
    return round(_OF_WANTED * wanted, 9)  # 0.6 of 0.8


class Aim(msgspec.Struct, frozen=True):
    """What is to be seen: a `change`, by an interval of this `level`, as one of `tests` that Holm corrects together:
    the first of them has to reach (1 - level) / tests. `shared`: variance of what all personas share (a baseline's),
    with its `shared_df` in the study; it is in the interval. `pilot_df`: those in the pilot; None, as many."""

    change: float
    level: float = 0.95
    tests: int = 1
    shared: float = 0.0
    shared_df: float = 1.0
    pilot_df: float | None = None


def power_of(
    found: Components, designs: Sequence[Design], aim: Aim, rng: Generator, studies: int = 4000
) -> list[Power]:
    """Power of each design: studies are drawn around `aim.change` with other personas, items and orders; the t interval
    over personas is to exclude 0 on the side of the change. All designs see the same draws.

    The cautious power is the least of those with one part of the variance at its upper bound (one-sided, 95 %) and the
    others as found: what differs between personas, what items and orders do to all of them, what they share. A part's
    bound adds (df / chi2(df) - 1) times the variance between its units in the pilot, whatever the design has more of:
    the difference of a design to its pilot is known better than that (Burdick & Graybill 1992, Confidence Intervals on
    Variance Components, the leading term of their bound on a sum). All bounds at once would be wider than 95 %.
    """
    drawn = _drawn(rng, studies, sorted({design.personas for design in designs}), aim.shared_df)
    made: list[Power] = []
    for design in designs:
        plain = variance_of(found, design), shift_of(found, design), aim.shared
        share, error, half = _share(drawn, design, aim, plain)
        worse = (_share(drawn, design, aim, one)[0] for one in _bounds(found, design, aim, plain))
        made.append(Power(share, error, half, min(worse, default=share)))
    return made


def _bounds(
    found: Components, design: Design, aim: Aim, plain: tuple[float, float, float]
) -> Iterator[tuple[float, float, float]]:
    """`plain` with each part in turn at its upper bound. A part of fewer than FEWEST_CLUSTERS items or orders has none:
    nobody knows then how they differ."""
    spread, shift, shared = plain
    own = found.parts["personas"].between
    yield spread + _room(found.personas - 1) * (spread if own is None else own), shift, shared
    for name, units in (("items of all", design.items), ("orders of all", design.orders)):
        part = found.parts[name]
        if part.within is None and part.between is not None and part.units >= FEWEST_CLUSTERS:
            yield spread, shift + _room(part.units - 1) * part.between / units, shared
    if shared > 0:
        yield spread, shift, shared * (1 + _room(aim.shared_df if aim.pilot_df is None else aim.pilot_df))


def _room(df: float) -> float:
    """How much more a variance that was found with these degrees of freedom can be, as a share of it."""
    return float(df / chdtri(df, _SURE)) - 1


def caution(personas: int) -> float:
    """What a study costs, over the least that has a power of 0.8, if its size is chosen from a pilot of so many
    personas, in proportion to their variance, and its true power is to be under 0.6 in no more than 5 % of pilots.

    No such rule costs less on average where personas are all that varies: with variance s**2 df / chi2 the size is
    k s**2, its power is under 0.6 where k s**2 lies below n(0.6) / n(0.8) of the true need, and s**2 is right on
    average. By normal quantiles; with those of t it is somewhat more.
    """
    reach, high, low = (float(ndtri(share)) for share in (0.975, 0.8, 0.6))
    return ((reach + low) / (reach + high)) ** 2 * (1 + _room(personas - 1))


class _Drawn(msgspec.Struct, frozen=True, eq=False):
    """Standard normals of the mean, chi2 / df of the variance by the number of personas, and of what they share."""

    mean: Floats
    spread: dict[int, Floats]
    shared: Floats


def _drawn(rng: Generator, studies: int, personas: Sequence[int], shared_df: float) -> _Drawn:
    mean, shared = rng.standard_normal(studies), rng.chisquare(shared_df, studies) / shared_df
    return _Drawn(mean, {many: rng.chisquare(many - 1, studies) / (many - 1) for many in personas}, shared)


def detectable(
    found: Components, design: Design, aim: Aim, wanted: float, rng: Generator, studies: int = 10_000
) -> float:
    """The least change that a study of this design sees with this power, whatever `aim.change` is. Infinite where
    there are too few personas for an interval."""
    if design.personas < FEWEST_CLUSTERS:
        return float("inf")
    drawn = _drawn(rng, studies, [design.personas], aim.shared_df)
    variances = variance_of(found, design), shift_of(found, design), aim.shared
    deviation, seen, _ = _studies(drawn, design, aim, variances)
    return float(np.quantile(seen - deviation * drawn.mean, wanted))


def _quantile(df: Floats, share: float) -> Floats:
    """Quantiles of t. Of many studies they are read from a table over 1 / df, between whose rows their logarithm is as
    good as straight (to 1e-4): one by one they would take most of the time."""
    if df.size <= _TABLE:
        return stdtrit(df, share)
    over = 1 / df
    rows = np.linspace(over.min(), over.max(), _TABLE)
    return np.exp(np.interp(over, rows, np.log(stdtrit(1 / rows, share))))


def _share(
    drawn: _Drawn, design: Design, aim: Aim, variances: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Share of studies that see the change, its Monte Carlo standard error, and the mean half width."""
    if design.personas < FEWEST_CLUSTERS:
        return 0.0, 0.0, float("inf")
    deviation, seen, half = _studies(drawn, design, aim, variances)
    above = abs(aim.change) - seen
    # what the mean does to a given interval is known exactly, so only the interval's width is drawn
    found = ndtr(above / deviation) if deviation > 0 else (above > 0).astype(np.float64)
    return float(found.mean()), float(found.std() / np.sqrt(len(found))), float(half.mean())


def _studies(
    drawn: _Drawn, design: Design, aim: Aim, variances: tuple[float, float, float]
) -> tuple[float, Floats, Floats]:
    """The standard deviation of a study's mean; of each study the mean that it takes to be seen, and the half width of
    its interval."""
    spread, shift, shared = variances
    many = design.personas
    own = spread / many * drawn.spread[many]
    variance, df = own, np.array(many - 1.0)  # one for all studies: quantiles of t are what takes time
    if shared > 0:
        parts = np.stack([own, shared * drawn.shared])
        whole = added(parts, np.broadcast_to([[many - 1.0], [aim.shared_df]], parts.shape))
        variance, df = whole.variance, whole.df
    levels = 1 - (1 - aim.level) / aim.tests, aim.level
    seen, half = (_quantile(df, (1 + level) / 2) * np.sqrt(variance) for level in levels)
    return math.sqrt(spread / many + shift + shared), seen, half
