"""How fast a metric moves with the rounds, over personas and items like those asked. Knows arrays, no names of metrics.

Two forms: a linear mixed model of cell means, in the metric's units, and a regression of log odds over clusters. Both
hold their linear weights when items are resampled.
"""

import msgspec
import numpy as np

from longplay.stats.gee import MarginalFit, ordinal
from longplay.stats.intervals import FEWEST_CLUSTERS, Floats
from longplay.stats.linear_mixed import MixedFit, linear_mixed, wald
from longplay.stats.satterthwaite import added
from longplay.stats.slope_cells import Cells, Scores, cells

MOST_LEVELS = 9
ONE_PLACE = "fewer than two positions"
UNSETTLED = "the search for the variances did not settle"
NO_WIDTH = "all scores lie on one line, so the interval has no width"
CONSTANT = "every score is the same: no odds"
SEPARATED = "the rounds tell the scores apart without exception: no finite odds"
LEANING = "one persona carries the estimate alone: no interval"
NO_LEVELS = f"more than {MOST_LEVELS} levels"


class Slope(msgspec.Struct, frozen=True):
    """A change with its interval; None = cannot be given, `note` says why. `df`: of its error; `n`: scores used;
    `personas`: those seen at two positions or more; `items`: the part of error squared owed to items or questions;
    `confounded`: every question has one place, so that the change may be one of questions."""

    value: float | None
    error: float | None
    low: float | None
    high: float | None
    p: float | None
    df: float | None
    n: int
    missing: int
    personas: int
    items: float
    confounded: bool
    note: str


class _Seen(msgspec.Struct, frozen=True, eq=False):
    """What was scored, and at which level intervals are asked for."""

    scores: Scores
    cells: Cells
    level: float

    def slope(self, value: float | None, note: str) -> Slope:
        """One without an interval."""
        return Slope(
            value=value,
            error=None,
            low=None,
            high=None,
            p=None,
            df=None,
            n=len(self.cells.value),
            missing=len(self.scores.score) - len(self.cells.value),
            personas=self.cells.moving,
            items=0.0,
            confounded=len(self.cells.mean) > 0 and self.cells.confounded,
            note=note,
        )

    def interval(self, slope: Slope, variance: float, df: float, items: float) -> Slope:
        """The slope with a t interval for the sum of two variances, df by Welch and Satterthwaite."""
        whole = variance + items
        if items > 0:
            item_df = max(len(np.unique(self.cells.asked)) - 1, 1)
            df = float(added([[variance], [items]], [[df], [item_df]]).df[0])
        error = float(np.sqrt(whole))
        ends = wald(slope.value or 0.0, error, df, self.level)
        return msgspec.structs.replace(slope, error=error, low=ends.low, high=ends.high, p=ends.p, df=df, items=items)

    @property
    def few(self) -> str:
        """Why there is no interval; empty where there are personas enough."""
        if self.cells.moving >= FEWEST_CLUSTERS:
            return ""
        return f"{self.cells.moving} personas seen at two positions: no interval under {FEWEST_CLUSTERS}"


def mixed_slope(scores: Scores, level: float = 0.95) -> Slope:
    """Change of the mean score per ten rounds: generalised least squares of cell means on their place.

    Personas differ in level and slope, at random and independently about the mean place; so do their dialogues in level
    and, where rounds are scored, questions. t interval with a df of personas - 1, conservative where
    the residuals make up most of the error, joined with that of items or questions. Items: see `shared_items`.
    """
    seen = _Seen(scores, cells(scores), level)
    found = seen.cells
    if found.places < 2:
        return seen.slope(None, ONE_PLACE)
    design = np.column_stack((np.ones(len(found.mean)), found.design))
    if len(found.mean) <= design.shape[1]:
        return seen.slope(float(np.linalg.lstsq(design, found.mean, rcond=None)[0][1]), seen.few)
    fit = linear_mixed(found.mean, design, found.terms())
    value = float(fit.values[1])
    if seen.few or not fit.converged:
        return seen.slope(value, seen.few or UNSETTLED)
    variance, note = float(fit.covariance[1, 1]), NO_WIDTH if fit.exact else _without_variance(fit)
    if found.questions:
        items = _questions(fit, found)
        variance -= items
    else:
        items = shared_items(found, fit.gain[1][found.cell] * found.value)
    return seen.interval(seen.slope(value, note), variance, found.moving - 1, items)


def marginal_slopes(scores: Scores, level: float = 0.95, *, yes_no: bool) -> tuple[Slope, Slope]:
    """Change of the log odds per ten rounds, and the change from first to last position that it implies in the score.

    `yes_no`: odds of the score (0 to 1) itself; else odds of more than each level, alike at all levels. Cells count
    alike. Clusters are personas; error and df see `gee`; items see `shared_items`.
    """
    seen = _Seen(scores, cells(scores), level)
    found = seen.cells
    levels = np.array([0.0, 1.0]) if yes_no else np.unique(found.value)
    if found.places < 2 or len(levels) > MOST_LEVELS:
        slope = seen.slope(None, ONE_PLACE if found.places < 2 else NO_LEVELS)
        return slope, slope
    # (scores, levels) what each score adds to the shares of its cell
    whole = (found.value[:, None] == levels).astype(np.float64)
    chosen = np.column_stack((1 - found.value, found.value)) if yes_no else whole
    shares = np.column_stack([found.mean_within(column) for column in chosen.T])
    fit = ordinal(shares, levels, found.design, found.persona)
    if fit.trouble in ("constant", "separated"):
        slope = seen.slope(None, CONSTANT if fit.trouble == "constant" else SEPARATED)
        return slope, slope
    above = np.cumsum(chosen[:, np.isin(levels, fit.levels)][:, ::-1], axis=1)[:, ::-1][:, 1:]
    thresholds = len(fit.levels) - 1
    change, gradient = _implied(fit, found)
    return (
        _of_direction(seen, fit, above, float(fit.values[thresholds]), np.eye(len(fit.values))[thresholds]),
        _of_direction(seen, fit, above, change, gradient),
    )


def _implied(fit: MarginalFit, found: Cells) -> tuple[float, Floats]:
    """Mean score at the last position minus at the first, of a question at the mean place; its slopes by the values."""
    thresholds = len(fit.levels) - 1
    steps, starts, slope = np.diff(fit.levels), fit.values[:thresholds], fit.values[thresholds]
    change, gradient = 0.0, np.zeros(len(fit.values))
    for x, sign in ((found.x.max(), 1), (found.x.min(), -1)):
        share = 1 / (1 + np.exp(-(starts + slope * x)))
        change += sign * float(steps @ share)
        gradient[:thresholds] += sign * steps * share * (1 - share)
        gradient[thresholds] += sign * x * float(steps @ (share * (1 - share)))
    return change, gradient


def _of_direction(seen: _Seen, fit: MarginalFit, above: Floats, value: float, direction: Floats) -> Slope:
    """The interval of direction @ values, or of what changes as that does. above: (scores, thresholds)."""
    found, error = seen.cells, fit.error(direction)
    if seen.few or error is None:
        return seen.slope(value, seen.few or LEANING)
    gain = np.einsum("q,qrt->rt", direction, fit.gain)[found.cell]
    if found.questions:
        items = _across_personas(found, found.share * ((above - fit.fitted[found.cell]) * gain).sum(axis=1))
    else:
        items = shared_items(found, (above * gain).sum(axis=1))
    return seen.interval(seen.slope(value, ""), error**2, fit.df(direction), items)


def _questions(fit: MixedFit, found: Cells) -> float:
    """The part of the slope's variance that is owed to questions."""
    variance = next((float(term.covariance[0, 0]) for term in fit.terms if term.name == "question"), 0.0)
    return variance * float((np.bincount(found.item, fit.gain[1]) ** 2).sum())


def shared_items(found: Cells, weighted: Floats) -> float:
    """The variance that a linear estimate owes to items that several personas were asked, from resampling the items.

    weighted: (scores,) what the mean of a cell is multiplied with, times the score. The infinitesimal jackknife, which
    is the bootstrap of items in the limit (Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans",
    chapter 6), of the estimate with its weights held. Only products across personas count: what one persona does with
    an item is already part of how personas differ (Owen 2007, Annals of Applied Statistics 1(2), on resampling two
    crossed ways). Items of one persona alone add nothing for the same reason.
    """
    within = found.mean_within(weighted)
    count = len(np.unique(found.asked))
    if count < 2:
        return 0.0
    return _across_personas(found, found.share * (weighted - within[found.cell])) * count / (count - 1)


def _across_personas(found: Cells, parts: Floats) -> float:
    """Products of different personas' parts, summed over items, scaled as if a persona made a pair with itself too."""
    personas, items = int(found.persona.max()) + 1, int(found.asked.max()) + 1
    pair = found.persona[found.cell] * items + found.asked
    each = np.bincount(pair, parts, personas * items).reshape(personas, items)
    count = np.count_nonzero(np.bincount(pair, minlength=personas * items).reshape(personas, items), axis=0)
    shared = count > 1
    products = (each.sum(axis=0) ** 2 - (each**2).sum(axis=0))[shared]
    return max(0.0, float((products * count[shared] / (count[shared] - 1)).sum()))


def _without_variance(fit: MixedFit) -> str:
    """Which random effects were estimated as none."""
    zero = [
        f"{term.name} {effect}s"
        for term in fit.terms
        for effect, variance in zip(("level", "slope"), np.diag(term.covariance), strict=False)
        if variance == 0
    ]
    return f"variance estimated as 0: {', '.join(zero)}" if zero else ""
