"""Logistic and ordinal regressions whose rows hang together in clusters (GEE, working independence). Knows arrays.

Rows that share their covariates are given as counts, so that a study of any size costs as many rows as it has cells.
"""

from typing import Literal

import msgspec
import numpy as np

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers

Trouble = Literal["", "constant", "separated", "few clusters", "one cluster"]
_STEPS = 60
_CLOSE = 1e-10  # change of the fitted log odds at which the search ends
_CERTAIN = 20.0  # log odds beyond which an outcome is certain: its covariates separate it
_EDGE = 1e-9  # of a share: what rounding leaves of 0 and 1


class MarginalFit(msgspec.Struct, frozen=True, eq=False):
    """A fitted regression. `values`: (thresholds + p,) log odds, first of each threshold, then of each design column.

    `scores`: (clusters, q) and `information`: (clusters, q, q), what each cluster adds to the estimating equations.
    `covariance`: theirs, robust to dependence within clusters, with Mancl and DeRouen's correction for few; None under
    4 clusters. `gain`: (thresholds + p, rows, thresholds), derivatives of `values` by each row's shares above each
    threshold; `fitted`: (rows, thresholds) those shares as fitted. `levels`: of the outcome, one more than thresholds;
    levels that nobody chose are left out. `trouble`: why there are no values, or no covariance.
    """

    values: Floats
    covariance: Floats | None
    gain: Floats
    fitted: Floats
    levels: Floats
    clusters: int
    trouble: Trouble
    scores: Floats
    information: Floats

    def error(self, direction: Floats) -> float | None:
        """Standard error of direction @ values; None without a covariance."""
        if self.covariance is None:
            return None
        return float(np.sqrt(max(direction @ self.covariance @ direction, 0.0)))  # below 0 by rounding alone

    def df(self, direction: Floats) -> float:
        """Satterthwaite's degrees of freedom of the variance of direction @ values: at most clusters - 1.

        Bell and McCaffrey (2002), Survey Methodology 28(2); Pan and Wall (2002), Statistics in Medicine 21(10), with
        working covariances of what clusters add. Raises ValueError without a covariance.
        """
        if self.covariance is None:
            raise ValueError(f"no covariance: {self.trouble}.")
        bread = np.linalg.inv(self.information.sum(axis=0))
        size = np.eye(len(bread))
        reach = np.linalg.solve(
            size - bread @ self.information, np.broadcast_to(bread @ direction, self.scores.shape)[..., None]
        )[..., 0]
        own = np.einsum("ip,ipq,iq->i", reach, self.information, reach)
        through = np.einsum("ip,ipq->iq", reach, self.information)
        spread = np.diag(own) - through @ bread @ through.T
        return float(np.trace(spread) ** 2 / (spread**2).sum())


def logistic(shares: Floats, design: Floats, clusters: Integers, weights: Floats | None = None) -> MarginalFit:
    """log odds of a share = intercept + design @ slopes.

    shares: (rows,) in 0..1; design: (rows, p) without an intercept; clusters: (rows,) integers; weights: (rows,) how
    many outcomes a row stands for. Raises ValueError where arrays do not fit.
    """
    return ordinal(np.column_stack((1 - shares, shares)), np.array([0.0, 1.0]), design, clusters, weights)


def ordinal(
    shares: Floats, levels: Floats, design: Floats, clusters: Integers, weights: Floats | None = None
) -> MarginalFit:
    """log odds of more than a level = that level's threshold + design @ slopes (proportional odds).

    shares: (rows, levels) of each level in a row, summing to 1; levels: (levels,) ascending; else as `logistic`. The
    thresholds count as independent of each other, as do rows: values are consistent all the same, and the covariance
    holds for whatever dependence there is within clusters. Heagerty and Zeger (1996), JASA 91(435); Liang and Zeger
    (1986), Biometrika 73(1).
    """
    weights = np.ones(len(shares)) if weights is None else weights.astype(np.float64)
    _check(shares, levels, design, clusters, weights)
    chosen = weights @ shares > _EDGE * weights.sum()
    levels = levels[chosen]
    above = np.cumsum(shares[:, chosen][:, ::-1], axis=1)[:, ::-1][:, 1:]
    count = len(np.unique(clusters))
    thresholds, p = above.shape[1], design.shape[1]
    if not thresholds:
        return _nothing(thresholds + p, above, levels, count, "constant")
    covariates = np.zeros((len(design), thresholds, thresholds + p))
    covariates[:, np.arange(thresholds), np.arange(thresholds)] = 1
    covariates[:, :, thresholds:] = design[:, None, :]
    values = _solve(above, covariates, weights)
    if values is None:
        return _nothing(thresholds + p, above, levels, count, "separated")
    fitted, gain, scores, information = _fit(values, above, covariates, weights, clusters)
    covariance, trouble = _covariance(scores, information)
    return MarginalFit(values, covariance, gain, fitted, levels, count, trouble, scores, information)


def _check(shares: Floats, levels: Floats, design: Floats, clusters: Integers, weights: Floats) -> None:
    rows = len(shares)
    if shares.shape != (rows, len(levels)) or len(design) != rows or design.ndim != 2:
        raise ValueError(f"shares {shares.shape}, {len(levels)} levels and design {design.shape} do not fit.")
    if clusters.shape != (rows,) or weights.shape != (rows,):
        raise ValueError(f"{clusters.shape} clusters and {weights.shape} weights for {rows} rows.")
    if np.isnan(shares).any() or (shares < -_EDGE).any() or not np.allclose(shares.sum(axis=1), 1):
        raise ValueError("the shares of a row must lie in 0 to 1 and sum to 1; leave out what is missing.")


def _nothing(size: int, above: Floats, levels: Floats, clusters: int, trouble: Trouble) -> MarginalFit:
    nan, empty = np.full((size, *above.shape), np.nan), np.empty((0, size, size))
    return MarginalFit(
        np.full(size, np.nan),
        None,
        nan,
        np.full(above.shape, np.nan),
        levels,
        clusters,
        trouble,
        empty[:, 0],
        empty,
    )


def _solve(above: Floats, covariates: Floats, weights: Floats) -> Floats | None:
    """Newton's steps, halved where they overshoot; None where the estimates run away."""
    mean = weights @ above / weights.sum()
    values = np.zeros(covariates.shape[2])
    values[: above.shape[1]] = np.log(mean / (1 - mean))
    best = _deviance(above, covariates @ values, weights)
    for _ in range(_STEPS):
        fitted = _expit(covariates @ values)
        score = np.einsum("rtq,rt->q", covariates, weights[:, None] * (above - fitted))
        variance = weights[:, None] * fitted * (1 - fitted)
        information = np.einsum("rtq,rt,rts->qs", covariates, variance, covariates, optimize=True)
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            return None
        now = _deviance(above, covariates @ (values + step), weights)
        while now > best + abs(best) * 1e-12 and np.abs(step).max() > _CLOSE:
            step /= 2
            now = _deviance(above, covariates @ (values + step), weights)
        values, best = values + step, now
        odds = covariates @ values
        if not (np.abs(odds) <= _CERTAIN).all():
            return None
        if np.abs(covariates @ step).max() < _CLOSE:
            return values
    return None


def _fit(
    values: Floats, above: Floats, covariates: Floats, weights: Floats, clusters: Integers
) -> tuple[Floats, Floats, Floats, Floats]:
    """Fitted shares, the values' slopes by the shares, and each cluster's part of score and information."""
    fitted = _expit(covariates @ values)
    variance = weights[:, None] * fitted * (1 - fitted)
    names, code = np.unique(clusters, return_inverse=True)
    q = len(values)
    each = np.einsum("rtq,rt->rq", covariates, weights[:, None] * (above - fitted))
    squares = np.einsum("rtq,rt,rts->rqs", covariates, variance, covariates, optimize=True).reshape(len(code), q * q)
    information = _sums(squares, code, len(names)).reshape(-1, q, q)
    bread = np.linalg.inv(information.sum(axis=0))
    gain = np.einsum("qs,rts,r->qrt", bread, covariates, weights, optimize=True)
    return fitted, gain, _sums(each, code, len(names)), information


def _covariance(scores: Floats, information: Floats) -> tuple[Floats | None, Trouble]:
    """Mancl and DeRouen (2001), Biometrics 57(1): a cluster's residuals are divided by what the fit leaves of them.

    With working independence that takes only sums over the cluster: D'W (1 - H)^-1 e equals (1 - A M)^-1 D'W e, where
    M is the inverse of the sum of all A = D'WD. A cluster without which there is no estimate leaves nothing to divide
    by.
    """
    if len(scores) < FEWEST_CLUSTERS:
        return None, "few clusters"
    bread = np.linalg.inv(information.sum(axis=0))
    left = np.eye(len(bread)) - information @ bread
    if (np.linalg.cond(left) > 1 / _EDGE).any():
        return None, "one cluster"
    corrected = np.linalg.solve(left, scores[..., None])[..., 0] @ bread
    return corrected.T @ corrected, ""


def _sums(columns: Floats, code: Integers, size: int) -> Floats:
    """(size, m) sums of the rows of each code."""
    return np.column_stack([np.bincount(code, column, size) for column in columns.T]).astype(np.float64)


def _deviance(above: Floats, odds: Floats, weights: Floats) -> float:
    return float((weights[:, None] * (np.logaddexp(0, odds) - above * odds)).sum())


def _expit(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-odds))
