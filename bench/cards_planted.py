"""Cards of planted changes: what an analysis makes of each persona's change, without a run. Draws, counts nothing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from longplay.analysis.findings import with_findings
from longplay.records import Contrast, Estimate, Place, Quantity
from longplay.records.estimates import Headline
from longplay.records.findings import Finding
from longplay.specs import Analysis, ModelSpec, Study
from longplay.stats import imbens_manski, two_sided_p
from longplay.stats.intervals import Intervals, t_intervals

Floats = NDArray[np.float64]
SCALE = (0.0, 100.0)
MARGIN = 10.0
SCORES = 240  # behind one card


def study(margin: float | None = MARGIN) -> Study:
    """One that declares this margin for persona fidelity."""
    margins = {} if margin is None else {"fidelity": margin}
    return Study(models=(ModelSpec("sim/m"),), judge=ModelSpec("sim/j"), analysis=Analysis(margins=margins))


def changes(values: Floats, bounds: tuple[Floats, Floats] | None = None, missing: int = 0) -> list[Estimate]:
    """Drifts of cards from each persona's change (cards, personas); `bounds`: the same in both worst cases."""
    found, low, high = (_intervals(each) for each in (values, *(bounds or (values, values))))
    p = two_sided_p(found.mean, found.error, found.df)
    ends = imbens_manski(low.mean, high.mean, low.error, high.error, found.df)
    rows = np.column_stack(
        (found.mean, found.low, found.high, found.error, found.df, p, low.mean, high.mean, low.error, high.error, *ends)
    )
    return [_change(card, row.tolist(), values.shape[1], missing) for card, row in enumerate(rows)]


def findings(drifts: Sequence[Estimate], of: Study) -> list[Finding]:
    """What the cards of one page say."""
    cards = [Headline(e.place.model, e.place.script, _level(e, 0), _level(e, 102), e) for e in drifts]
    return [card.finding for card in with_findings(cards, drifts, of)]


def _intervals(values: Floats) -> Intervals:
    cards, personas = values.shape
    return t_intervals(values.ravel(), np.repeat(np.arange(cards), personas), cards)


def _change(card: int, row: list[float], personas: int, missing: int) -> Estimate:
    value, low, high, error, df, p, lowest, highest, lowest_error, highest_error, all_low, all_high = row
    return Estimate(
        "drift", Quantity("fidelity"), "fidelity", Contrast(Place("m", f"script {card}")), "t", "m", value, low, high,
        span=(0, 102), scale=SCALE, better="higher", n=SCORES - missing, missing=missing, clusters=personas, p=p,
        error=error, df=df, lowest=lowest, highest=highest, lowest_error=lowest_error, highest_error=highest_error,
        all_low=all_low, all_high=all_high,
    )  # fmt: skip


def _level(e: Estimate, position: int) -> Estimate:
    return Estimate("curves", e.quantity, e.source, e.of, "t", "m", 50.0, position=position, missing=e.missing, n=e.n)
