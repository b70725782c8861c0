"""Linear mixed models with crossed, nested and several random effects, by (restricted) maximum likelihood: arrays in.

Estimates, standard errors and likelihoods are those of R's lme4, on whose theory `mixed_likelihood` rests.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.special import stdtr, stdtrit

from longplay.stats.intervals import ROUNDING, Floats
from longplay.stats.mixed_likelihood import Likelihood, Solved, Term

_FIRST = 0.3  # of the residuals' deviation: where the search starts
_LARGEST = 1e4  # random effects this many times the residuals: nothing is left of the residuals
_NOTHING = 1e-4  # random effects this small beside the residuals count as none
_LEVEL = 5e-2  # a slope of the criterion, by theta or its logarithm, that counts as level
_SEARCHES = 4  # each from where the last one ended
_TRACE = 1e-8  # of the sum of squares that the design leaves: residuals that stay, whatever random effects explain
_EXACT = 1e-20  # of the sum of squares: what rounding leaves


class Variances(msgspec.Struct, frozen=True, eq=False):
    """Covariance of a term's coefficients, (k, k), and how many groups had rows."""

    name: str
    covariance: Floats
    groups: int


class MixedFit(msgspec.Struct, frozen=True, eq=False):
    """A fitted model. `values`: (p,) fixed effects, `covariance`: (p, p) theirs; `residual`: the residual variance;
    `terms`: the random effects, in the order given; `log_likelihood`: restricted where `restricted`.

    `gain`: (p, rows given), derivatives of `values` with respect to the outcomes, 0 where one was missing. `singular`:
    names of the terms with a coefficient, or a direction of several, that does not vary; `exact`: the design leaves
    nothing, so that there is no likelihood. `n` counts the rows used, `missing` those without an outcome.
    """

    values: Floats
    covariance: Floats
    residual: float
    terms: tuple[Variances, ...]
    log_likelihood: float | None
    gain: Floats
    restricted: bool
    converged: bool
    singular: tuple[str, ...]
    exact: bool
    n: int
    missing: int


class Wald(msgspec.Struct, frozen=True):
    """A t interval around an estimate. `p`: two-sided, of the value 0; None where nothing varies."""

    low: float
    high: float
    p: float | None


def wald(value: float, error: float, df: float, level: float = 0.95) -> Wald:
    """value +- t(df) * error, for level in (0, 1)."""
    half = float(stdtrit(df, (1 + level) / 2)) * error
    spread = error > ROUNDING * abs(value)  # else it is rounding
    return Wald(value - half, value + half, 2 * float(stdtr(df, -abs(value / error))) if spread else None)


def linear_mixed(
    outcome: Floats,
    design: Floats,
    terms: Sequence[Term],
    *,
    weights: Floats | None = None,
    restricted: bool = True,
) -> MixedFit:
    """outcome = design @ values + random effects of the terms + residuals of variance residual / weights.

    outcome: (n,), NaN = missing, left out; design: (n, p) with independent columns; terms: over the same n rows, may be
    none (least squares then); weights: (n,), above 0. Raises ValueError where arrays do not fit, columns depend on each
    other, or fewer rows than columns + 1 are left.
    """
    known = ~np.isnan(outcome)
    _check(outcome, design, terms, known)
    given = _Given(
        y=outcome[known],
        x=np.ascontiguousarray(design[known], dtype=np.float64),
        w=np.ones(int(known.sum())) if weights is None else weights[known].astype(np.float64),
        terms=[msgspec.structs.replace(one, groups=one.groups[known], columns=one.columns[known]) for one in terms],
        restricted=restricted,
    )
    plain = _least_squares(given)
    exact = plain.residual <= _EXACT * float((given.w * given.y) @ given.y)
    found = _Found(plain, {}, True) if exact else _found(given, plain)
    gain = np.zeros((design.shape[1], len(outcome)))
    gain[:, known] = found.solved.gain
    return _fit(given, found, gain, exact=exact)


class _Given(msgspec.Struct, frozen=True, eq=False):
    """What is left without missing outcomes."""

    y: Floats
    x: Floats
    w: Floats
    terms: list[Term]
    restricted: bool


class _Found(msgspec.Struct, frozen=True, eq=False):
    """The model at its best theta. `factors`: of the terms' scaled columns."""

    solved: Solved
    factors: dict[str, Floats]
    converged: bool


def _found(given: _Given, plain: Solved) -> _Found:
    if not given.terms:
        return _Found(_with_likelihood(given, plain), {}, True)
    likelihood = Likelihood(
        given.y,
        given.x,
        [_scaled(one) for one in given.terms],
        given.w,
        restricted=given.restricted,
        # A trace of residuals where random effects alone explain everything, as the likelihood has no maximum there.
        extra=_TRACE * plain.residual,
    )
    theta, converged = _best(likelihood)
    factors = zip(likelihood.terms, likelihood.factors(theta), strict=True)
    return _Found(likelihood.solve(theta), {one.name: factor for one, factor in factors}, converged)


def _check(outcome: Floats, design: Floats, terms: Sequence[Term], known: np.ndarray) -> None:
    n = len(outcome)
    if outcome.shape != (n,) or design.ndim != 2 or len(design) != n:
        raise ValueError(f"outcome {outcome.shape} and design {design.shape} do not fit.")
    for term in terms:
        if term.groups.shape != (n,) or term.columns.ndim != 2 or len(term.columns) != n:
            raise ValueError(f"term {term.name!r}: {term.groups.shape} groups and {term.columns.shape} columns.")
    if known.sum() <= design.shape[1]:
        raise ValueError(f"{known.sum()} rows with an outcome are too few for {design.shape[1]} columns.")


def _fit(given: _Given, found: _Found, gain: Floats, *, exact: bool) -> MixedFit:
    n, p = given.x.shape
    residual = 0.0 if exact else found.solved.residual / (n - p if given.restricted else n)
    return MixedFit(
        values=found.solved.values,
        covariance=residual * found.solved.inverse,
        residual=residual,
        terms=tuple(_variances(one, found.factors.get(one.name), residual) for one in given.terms),
        log_likelihood=None if exact else (float(np.log(given.w).sum()) - found.solved.criterion) / 2,
        gain=gain,
        restricted=given.restricted,
        converged=found.converged,
        singular=tuple(name for name, factor in found.factors.items() if _singular(factor)),
        exact=exact,
        n=n,
        missing=gain.shape[1] - n,
    )


def _least_squares(given: _Given) -> Solved:
    x, weighted = given.x, given.x * given.w[:, None]
    squares = x.T @ weighted
    scale = np.sqrt(np.diag(squares))
    if not (scale > 0).all() or np.linalg.cond(squares / np.outer(scale, scale)) > 1e12:
        raise ValueError("the design's columns are not independent.")
    inverse: Floats = np.linalg.inv(squares).astype(np.float64)
    gain = inverse @ weighted.T
    values = gain @ given.y
    left = given.y - x @ values
    return Solved(np.nan, float((given.w * left) @ left), values, gain, inverse)


def _with_likelihood(given: _Given, plain: Solved) -> Solved:
    n, p = given.x.shape
    free = n - p if given.restricted else n
    spread = -float(np.linalg.slogdet(plain.inverse)[1]) if given.restricted else 0.0
    criterion = spread + free * (1 + float(np.log(2 * np.pi * plain.residual / free)))
    return msgspec.structs.replace(plain, criterion=criterion)


def _scaled(term: Term) -> Term:
    """Columns of mean square 1, so that every entry of theta is about as large."""
    return msgspec.structs.replace(term, columns=term.columns / _scale(term))


def _scale(term: Term) -> Floats:
    scale = np.sqrt((term.columns**2).mean(axis=0))
    return np.where(scale > 0, scale, 1.0)


def _variances(term: Term, factor: Floats | None, residual: float) -> Variances:
    groups = len(np.unique(term.groups))
    if factor is None:
        return Variances(term.name, np.zeros((term.width, term.width)), groups)
    own = factor / _scale(term)[:, None]
    return Variances(term.name, residual * own @ own.T, groups)


def _best(likelihood: Likelihood) -> tuple[Floats, bool]:
    """Theta of the lowest criterion, negligible random effects put to 0, and whether the search ended well.

    The criterion is the same for a factor whose column has the other sign, so that theta needs no lower bound: 0 is a
    place like any other, not an edge at which a search gets stuck.
    """
    theta = np.concatenate([_start(term) for term in likelihood.terms])
    for _ in range(_SEARCHES):
        found = minimize(
            likelihood.criterion,
            theta,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-_LARGEST, _LARGEST)] * len(theta),
            options={"ftol": 1e-11, "gtol": 1e-5, "maxiter": 300},
        )
        theta = np.where(np.abs(found.x) < _NOTHING, 0.0, found.x)
        slopes = np.abs(likelihood.criterion(theta)[1]) * np.maximum(np.abs(theta), 1)
        if (slopes[np.abs(theta) < _LARGEST] < _LEVEL).all():
            return theta, True
    return theta, False


def _start(term: Term) -> Floats:
    """Independent random effects, some smaller than the residuals."""
    return term.theta(_FIRST * np.eye(term.width))


def _singular(factor: Floats) -> bool:
    return bool((np.abs(np.linalg.svd(factor, compute_uv=False)) < _NOTHING).any())
