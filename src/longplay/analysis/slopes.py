"""Drift as a slope: change per ten rounds, of cell means and of log odds. Knows lines alone, and no baseline."""

import msgspec

from longplay.analysis.data import Data
from longplay.analysis.drift import CONFOUNDED, one_order
from longplay.analysis.estimating import PERSONAS, contrast, joined
from longplay.analysis.quantities import Scale, scale_of
from longplay.analysis.slope_scores import Observed, observed
from longplay.records import ROUNDS, Estimate
from longplay.stats import Slope, marginal_slopes, mixed_slope

TARGET = f"{PERSONAS}, asked items like these"
MIXED = "linear mixed model of cell means, personas and dialogues random; t interval, df personas - 1 and items"
LOGISTIC = "logistic GEE, clusters are personas, Mancl-DeRouen; t interval, Satterthwaite's df"
ORDINAL = "ordinal GEE (proportional odds), clusters are personas, Mancl-DeRouen; t interval, Satterthwaite's df"
ITEMS = "items by infinitesimal jackknife"
QUESTIONS = "questions random"
REMOVED = "question effects removed over orders"
CHANCE = (0.0, 1.0)
LEVELS = (1.0, 5.0)


def slopes(data: Data) -> list[Estimate]:
    """Slopes of every metric and condition of the personas that has two positions; odds where a score is a chance or
    one of five levels.

    Without flagged replies only what had some is computed again.
    """
    whole = [(one, _estimates(data, one)) for one in observed(data, data.scores) if one.span[0] < one.span[1]]
    found = [estimate for _, estimates in whole for estimate in estimates]
    touched = {tuple(one.row.values()) for one, _ in whole if one.flagged}
    again: dict[tuple[object, ...], list[Estimate]] = {}
    if touched:
        kept = observed(data, data.scores[~data.scores["flagged"]])
        again = {key: _estimates(data, one) for one in kept if (key := tuple(one.row.values())) in touched}
    for one, estimates in whole:
        key = tuple(one.row.values())
        same = again.get(key, []) if key in touched else estimates
        found += [msgspec.structs.replace(estimate, replies="unflagged") for estimate in same]
    return found


def _estimates(data: Data, one: Observed) -> list[Estimate]:
    scale = scale_of(one.row["quantity"])
    linear = mixed_slope(one.scores, data.level)
    questions = (REMOVED if not linear.confounded else QUESTIONS) if one.row["source"] == ROUNDS else ITEMS
    unit = "share per 10 rounds" if scale.ends == CHANCE else "points per 10 rounds"
    found = [_estimate(data, one, scale, linear, ("slope", f"{MIXED}; {questions}", unit))]
    if scale.ends not in (CHANCE, LEVELS):
        return found
    yes_no = scale.ends == CHANCE
    method = f"{LOGISTIC if yes_no else ORDINAL}; {questions if not linear.confounded else ITEMS}"
    odds, implied = marginal_slopes(one.scores, data.level, yes_no=yes_no)
    return [
        *found,
        _estimate(data, one, scale, odds, ("slope-odds", method, "log odds per 10 rounds")),
        _estimate(data, one, scale, implied, ("slope-implied", method, scale.unit)),
    ]


def _estimate(data: Data, one: Observed, scale: Scale, slope: Slope, what: tuple[str, str, str]) -> Estimate:
    analysis, method, unit = what
    return Estimate(
        analysis=analysis,
        quantity=one.row["quantity"],
        source=one.row["source"],
        of=contrast(one.row),
        target=TARGET,
        method=method,
        value=slope.value,
        low=slope.low,
        high=slope.high,
        judge=one.row["judge"],
        span=one.span,
        level=data.level,
        unit=unit,
        better=scale.better,
        scale=None if analysis == "slope-odds" else scale.ends,
        n=one.n,
        clusters=slope.personas,
        missing=one.missing,
        flagged=one.flagged,
        p=slope.p,
        note=joined((one_order(data) or CONFOUNDED) if slope.confounded else "", slope.note, data.remark),
    )
