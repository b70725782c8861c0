"""The profiled likelihood of a linear mixed model and its slopes, one small decomposition a value. Knows arrays alone.

Bates, Maechler, Bolker and Walker (2015), "Fitting linear mixed-effects models using lme4", J. Stat. Softw. 67(1),
sections 2 and 3: random effects are Lambda(theta) u with standard u. The largest term is eliminated first, as its block
is block-diagonal; what is left is dense and small.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.linalg import solve_triangular

from longplay.stats.intervals import Floats, Integers


class Term(msgspec.Struct, frozen=True, eq=False):
    """Random effects of one grouping: every group has one coefficient a column.

    groups: (n,) integers from 0 on. columns: (n, k), what the coefficients multiply; ones make a random intercept.
    correlated: whether the k coefficients of a group may covary, else they are independent.
    """

    name: str
    groups: Integers
    columns: Floats
    correlated: bool = False

    @property
    def width(self) -> int:
        """Coefficients a group."""
        return self.columns.shape[1]

    @property
    def parameters(self) -> int:
        """Length of this term's part of theta."""
        return self.width * (self.width + 1) // 2 if self.correlated else self.width

    def factor(self, theta: Floats) -> Floats:
        """Lower triangle T, (k, k): T T' is a group's covariance over the residual variance. Theta is T by columns."""
        if not self.correlated:
            return np.diag(theta)
        upper = np.zeros((self.width, self.width))
        upper[np.triu_indices(self.width)] = theta
        return upper.T

    def theta(self, factor: Floats) -> Floats:
        """The entries of a (k, k) matrix that theta holds; the other way of `factor`."""
        return factor.T[np.triu_indices(self.width)] if self.correlated else np.diag(factor)


class Solved(msgspec.Struct, frozen=True, eq=False):
    """The model at one theta. `criterion`: -2 log (restricted) likelihood, without what the weights add; `residual`:
    penalised residual sum of squares; `values`: (p,) fixed effects; `gain`: (p, n), their derivatives by the outcomes;
    `inverse`: (p, p), their covariance over the residual variance."""

    criterion: float
    residual: float
    values: Floats
    gain: Floats
    inverse: Floats


class _Eliminated(msgspec.Struct, frozen=True, eq=False):
    """The first term's blocks M (one a group) and all else, decomposed. `inverses`: of M; `solved`: (groups, k, m),
    M's inverse times what leads from it to all else; `rest`: Cholesky factor of all else; `spread`: log |M|."""

    factors: list[Floats]
    inverses: Floats
    solved: Floats
    rest: Floats
    spread: float


class Likelihood:
    """Cross products of one data set, and the likelihood that they give.

    outcome: (n,); design: (n, p); weights: (n,), precision of each row; nothing missing. `terms`: at least one.
    `extra`: residual sum of squares that nothing explains, on top of what the rows have.
    All else than the first term: q columns of the other terms, p of the design, then the outcome.
    """

    def __init__(
        self,
        outcome: Floats,
        design: Floats,
        terms: Sequence[Term],
        weights: Floats,
        *,
        restricted: bool = True,
        extra: float = 0.0,
    ) -> None:
        self.terms = tuple(sorted(terms, key=lambda term: -_size(term) * term.width))
        self._restricted = restricted
        self._design, self._weights = design, weights
        self._sizes = [_size(term) for term in self.terms]
        first, *others = self.terms
        fixed = np.column_stack((design, outcome))
        to_fixed = [_with(term, fixed, weights) for term in self.terms]
        self._blocks = _with(first, first.columns, weights).reshape(-1, first.width, first.width)
        self._across = np.column_stack([*(_between(first, other, weights) for other in others), to_fixed[0]])
        above = [
            np.column_stack([*(_between(one, other, weights) for other in others), to])
            for one, to in zip(others, to_fixed[1:], strict=True)
        ]
        below = np.column_stack([*(to.T for to in to_fixed[1:]), fixed.T @ (fixed * weights[:, None])])
        self._whole = np.vstack([*above, below])
        self._whole[-1, -1] += extra
        self._others = len(self._whole) - fixed.shape[1]

    def factors(self, theta: Floats) -> list[Floats]:
        """The factor of each of `terms`; theta holds them in that order."""
        ends = np.cumsum([term.parameters for term in self.terms])[:-1]
        return [term.factor(part) for term, part in zip(self.terms, np.split(theta, ends), strict=True)]

    def criterion(self, theta: Floats) -> tuple[float, Floats]:
        """-2 log (restricted) likelihood at its best fixed effects and residual variance, and its slopes by theta.

        Infinite, with slopes of 0, where the decomposition fails.
        """
        try:
            found = self._eliminate(theta)
        except np.linalg.LinAlgError:
            return np.inf, np.zeros(len(theta))
        return self._criterion(found), self._slopes(found)

    def solve(self, theta: Floats) -> Solved:
        """Everything at one theta. Raises LinAlgError where columns cannot be told apart."""
        found = self._eliminate(theta)
        q, p = self._others, self._design.shape[1]
        root = found.rest[q : q + p, q : q + p]
        inverse = np.linalg.inv(root @ root.T)
        shrunk = (self._design - self._absorbed(found)) @ inverse
        return Solved(
            criterion=self._criterion(found),
            residual=float(found.rest[-1, -1] ** 2),
            values=solve_triangular(root.T, found.rest[-1, q : q + p]),
            gain=(shrunk * self._weights[:, None]).T,
            inverse=inverse.astype(np.float64),
        )

    def _eliminate(self, theta: Floats) -> _Eliminated:
        factors = self.factors(theta)
        first, width = factors[0], len(factors[0])
        blocks = first.T @ self._blocks @ first + np.eye(width)
        inverses = np.linalg.inv(blocks).astype(np.float64)
        across = first.T @ self._scaled(self._across, factors).reshape(len(blocks), width, -1)
        solved = inverses @ across
        flat = across.reshape(-1, across.shape[2])
        whole = self._scaled(self._scaled(self._whole, factors).T, factors) - flat.T @ solved.reshape(flat.shape)
        whole[np.arange(self._others), np.arange(self._others)] += 1
        spread = float(np.linalg.slogdet(blocks)[1].sum())
        rest = np.linalg.cholesky(whole).astype(np.float64)
        return _Eliminated(factors, inverses, solved, rest, spread)

    def _scaled(self, matrix: Floats, factors: list[Floats]) -> Floats:
        """The columns of all terms but the first, each group's times its factor; the other columns as they are."""
        scaled, start = matrix.copy(), 0
        for size, factor in zip(self._sizes[1:], factors[1:], strict=True):
            columns = slice(start, start + size * len(factor))
            scaled[:, columns] = (matrix[:, columns].reshape(-1, len(factor)) @ factor).reshape(len(matrix), -1)
            start = columns.stop
        return scaled

    def _criterion(self, found: _Eliminated) -> float:
        n, p = self._design.shape
        roots, q = np.diag(found.rest), self._others
        free, counted = (n - p, q + p) if self._restricted else (n, q)
        spread = found.spread + 2 * float(np.log(roots[:counted]).sum())
        return spread + free * (1 + float(np.log(2 * np.pi * roots[-1] ** 2 / free)))

    def _slopes(self, found: _Eliminated) -> Floats:
        """2 tr(Z'PZ L dL') - 2 (n - p) / r^2 (Z'Py)' dL u by the entries of each term's factor L, where P projects on
        what random and fixed effects leave (for the unrestricted likelihood, random effects alone in the trace)."""
        n, p = self._design.shape
        free, kept = (n - p, self._others + p) if self._restricted else (n, self._others)
        effects, raw = self._effects(found)
        ratio = free / float(found.rest[-1, -1] ** 2)
        parts = [
            term.theta(2 * (trace - ratio * s.reshape(-1, term.width).T @ u.reshape(-1, term.width)))
            for term, trace, u, s in zip(self.terms, self._traces(found, kept), effects, raw, strict=True)
        ]
        return np.concatenate(parts)

    def _traces(self, found: _Eliminated, kept: int) -> list[Floats]:
        """For each term the sum over groups of the (k, k) blocks of Z'PZ times its factor."""
        inverse = np.linalg.inv(found.rest[:kept, :kept])
        inverse = inverse.T @ inverse
        lead, first, q = found.solved[:, :, :kept], found.factors[0], self._others
        across = self._scaled(self._across, found.factors).reshape(found.solved.shape)[:, :, :kept]
        back = (lead @ inverse).transpose(0, 2, 1)
        own = self._blocks @ first
        traces = [(own @ found.inverses).sum(axis=0) + np.tensordot(own @ lead - across, back, axes=((0, 2), (0, 1)))]
        start = 0
        through = np.tensordot(
            (self._across[:, :q].reshape(*lead.shape[:2], q).transpose(0, 2, 1) @ first), lead, ((0, 2), (0, 1))
        )
        others = (self._scaled(self._whole, found.factors)[:q, :kept] - through) @ inverse
        for size, factor in zip(self._sizes[1:], found.factors[1:], strict=True):
            span, width = slice(start, start + size * len(factor)), len(factor)
            traces.append(np.einsum("gagb->ab", others[span, span].reshape(size, width, size, width)))
            start = span.stop
        return traces

    def _effects(self, found: _Eliminated) -> tuple[list[Floats], list[Floats]]:
        """u of each term, and Z'(y - fitted values) of each term."""
        q, p, first = self._others, self._design.shape[1], found.factors[0]
        others = solve_triangular(found.rest[: q + p, : q + p].T, found.rest[-1, : q + p])
        lead = found.solved[:, :, -1] - found.solved[:, :, : q + p] @ others
        across = self._scaled(self._across, found.factors)
        left = (across[:, -1] - across[:, : q + p] @ others).reshape(lead.shape)
        left -= np.einsum("gab,gb->ga", self._blocks @ first, lead)
        whole = self._scaled(self._whole, found.factors)[:q]
        rest = whole[:, -1] - whole[:, : q + p] @ others - self._across[:, :q].T @ (lead @ first.T).ravel()
        ends = np.cumsum([size * term.width for size, term in zip(self._sizes[1:], self.terms[1:], strict=True)])[:-1]
        if len(self.terms) == 1:
            return [lead], [left]
        return [lead, *np.split(others[:q], ends)], [left, *np.split(rest, ends)]

    def _absorbed(self, found: _Eliminated) -> Floats:
        """(n, p): the part of each design column that random effects take up."""
        q, p = self._others, self._design.shape[1]
        rest = solve_triangular(found.rest[:q, :q].T, found.rest[q : q + p, :q].T) if q else np.empty((0, p))
        first = found.solved[:, :, q : q + p] - found.solved[:, :, :q] @ rest
        effects, start = np.vstack((first.reshape(-1, p), rest)), 0
        absorbed = np.zeros_like(self._design)
        for term, size, factor in zip(self.terms, self._sizes, found.factors, strict=True):
            of_term = factor @ effects[start : start + size * term.width].reshape(size, term.width, p)
            absorbed += np.einsum("nk,nkp->np", term.columns, of_term[term.groups])
            start += size * term.width
        return absorbed


def _size(term: Term) -> int:
    return int(term.groups.max()) + 1


def _with(term: Term, dense: Floats, weights: Floats) -> Floats:
    """(groups * k, m): a term's columns times dense ones."""
    size = _size(term)
    found = np.empty((size, term.width, dense.shape[1]))
    for i, column in enumerate(term.columns.T):
        for j, other in enumerate(dense.T):
            found[:, i, j] = np.bincount(term.groups, weights * column * other, size)
    return found.reshape(size * term.width, -1)


def _between(one: Term, other: Term, weights: Floats) -> Floats:
    """(groups * k, groups' * k'): one term's columns times another's."""
    here, there = _size(one), _size(other)
    found = np.empty((here, one.width, there, other.width))
    pair = one.groups * there + other.groups
    for i, column in enumerate(one.columns.T):
        for j, against in enumerate(other.columns.T):
            found[:, i, :, j] = np.bincount(pair, weights * column * against, here * there).reshape(here, there)
    return found.reshape(here * one.width, there * other.width)
