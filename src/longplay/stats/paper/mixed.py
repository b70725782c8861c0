"""The paper's mixed linear models: one regressor, random intercepts, statsmodels' path to the optimum. Knows arrays.

For comparison with the paper alone: Wald intervals by z, no small-sample correction, no random slopes.
"""

import warnings
from collections.abc import Sequence

import msgspec
import numpy as np
from scipy.special import ndtr
from statsmodels.regression.mixed_linear_model import MixedLM

from longplay.stats.intervals import Floats, Integers

_METHODS = ("powell", "lbfgs")  # the second only where the first does not converge
_Z = 1.959963984540054
_DIGITS = 3
_NOTHING = 1e-18  # of the sum of squares: what rounding leaves


class Coefficient(msgspec.Struct, frozen=True):
    """One line of the coefficient table, rounded to 3 decimals as the paper's tables and figures are."""

    value: float
    error: float
    z: float
    p: float
    low: float
    high: float


class Fit(msgspec.Struct, frozen=True):
    """A fitted model of `n` rows in `groups` groups; `notes` are statsmodels' own warnings.

    The group variance is None where every group has one row; its error also where statsmodels finds none.
    """

    intercept: Coefficient
    slope: Coefficient
    group_variance: float | None
    group_variance_error: float | None
    n: int
    groups: int
    converged: bool
    notes: tuple[str, ...]


def random_intercept(outcome: Floats, regressor: Floats, groups: Sequence[str]) -> Fit | None:
    """outcome ~ regressor with a random intercept for each group, by restricted maximum likelihood.

    outcome, regressor: (n,), no NaN; groups: n names. A yes/no regressor (0 and 1) is the paper's two-level factor.
    None where every value is explained exactly, so that the likelihood has no maximum. Raises ValueError where the
    arrays do not fit or values are missing.
    """
    n = len(outcome)
    if outcome.shape != (n,) or regressor.shape != (n,) or len(groups) != n:
        raise ValueError(f"outcome {outcome.shape}, regressor {regressor.shape}, {len(groups)} groups: not alike.")
    if np.isnan(outcome).any() or np.isnan(regressor).any():
        raise ValueError("values are missing; the paper's models know none.")
    _, rows = np.unique(np.asarray(groups), return_inverse=True)
    single = int(rows.max()) + 1 == n
    if _exact(outcome, regressor, np.zeros_like(rows) if single else rows):
        return None
    return _least_squares(outcome, regressor) if single else _restricted(outcome, regressor, groups)


def _restricted(outcome: Floats, regressor: Floats, groups: Sequence[str]) -> Fit:
    n = len(outcome)
    model = MixedLM(outcome, np.column_stack((np.ones(n), regressor)), groups=np.asarray(groups))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = model.fit(method=list(_METHODS))
        errors = np.asarray(result.bse)
    variance_error = float(np.sqrt(result.scale) * errors[2])
    return Fit(
        intercept=_coefficient(float(result.fe_params[0]), float(errors[0])),
        slope=_coefficient(float(result.fe_params[1]), float(errors[1])),
        group_variance=round(float(np.asarray(result.cov_re)[0, 0]), _DIGITS),
        group_variance_error=round(variance_error, _DIGITS) if np.isfinite(variance_error) else None,
        n=n,
        groups=len(set(groups)),
        converged=bool(result.converged),
        notes=tuple(dict.fromkeys(str(one.message) for one in caught)),
    )


def _least_squares(outcome: Floats, regressor: Floats) -> Fit:
    """The same likelihood where every group has one row: only the sum of the two variances can be told."""
    n = len(outcome)
    design = np.column_stack((np.ones(n), regressor))
    inverse = np.linalg.inv(design.T @ design)
    values = inverse @ design.T @ outcome
    left = outcome - design @ values
    errors = np.sqrt(np.diag(inverse) * (left @ left) / (n - 2))
    return Fit(
        intercept=_coefficient(float(values[0]), float(errors[0])),
        slope=_coefficient(float(values[1]), float(errors[1])),
        group_variance=None,
        group_variance_error=None,
        n=n,
        groups=n,
        converged=True,
        notes=("Every group has one row: this is least squares.",),
    )


def _exact(outcome: Floats, regressor: Floats, rows: Integers) -> bool:
    """Whether the regressor leaves nothing of the outcome within the groups that `rows` numbers."""
    sizes = np.bincount(rows)
    y, x = (values - (np.bincount(rows, values) / sizes)[rows] for values in (outcome, regressor))
    spread = float(x @ x)
    left = y - x * (float(x @ y) / spread) if spread > 0 else y
    return float(left @ left) <= _NOTHING * max(float(outcome @ outcome), 1.0)


def _coefficient(value: float, error: float) -> Coefficient:
    z = value / error
    numbers = (value, error, z, 2 * float(ndtr(-abs(z))), value - _Z * error, value + _Z * error)
    return Coefficient(*(round(number, _DIGITS) for number in numbers))
