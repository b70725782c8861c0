"""Section: persona minus baseline: how far a persona moves the model, from when on it does not, and who moves."""

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from longplay.judging.quantities import spelled
from longplay.records import Estimate
from longplay.records.estimates import Side
from longplay.report.figures import figure
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, Series, SeriesKey, beside, measures

# Every figure costs about 0.15 s and a screen of the reader's attention; the table beneath has all measures.
MOST_FIGURES = 4
SIDES: tuple[Side, ...] = ("left", "right")


class Row(msgspec.Struct, frozen=True):
    """One gap. `these`: its change for these personas; `equal`: from which checkpoint on both sides are equivalent.

    `moved`, `shares`: the change of the persona and of the baseline, and the share that each has in the gap's change.
    """

    measure: Measure
    series: Series
    these: Estimate | None
    equal: Estimate | None
    moved: tuple[Estimate | None, ...]
    shares: tuple[Estimate | None, ...]


def render(page: Page) -> Markup:
    """Figures of the first measures, then tables of all."""
    every = measures(page, "gap")
    drawn = [measure for measure in every if measure.drawn and any(s.points for s in measure.series)][:MOST_FIGURES]
    rows = _rows(page, every)
    drifts = [row.series.drift for row in rows if row.series.drift is not None]
    return fill(
        "gap.html",
        page=page,
        figures=[figure(page, measure) for measure in drawn],
        rows=rows,
        tested=any(e.p is not None for e in drifts),
        floored=any(e.floor is not None for e in drifts),
        for_these=any(row.these is not None for row in rows),
        notes=[e.said for row in rows for e in (row.series.start, row.series.end, row.series.drift, row.these) if e],
        asked=any(row.equal is not None for row in rows),
        equal=[row for row in rows if row.equal is not None and _has_margin(page, row.measure)],
        split=[row for row in rows if any((*row.moved, *row.shares))],
    )


def _rows(page: Page, every: list[Measure]) -> list[Row]:
    these, equal = beside(page, "these-personas"), beside(page, "equivalence")
    moved, shares = beside(page, "convergence"), beside(page, "convergence-share")

    def sides(key: SeriesKey, found: Mapping[SeriesKey, Estimate]) -> tuple[Estimate | None, ...]:
        return tuple(found.get(msgspec.structs.replace(key, side=side)) for side in SIDES)

    return [
        Row(measure, s, these.get(s.key), equal.get(s.key), sides(s.key, moved), sides(s.key, shares))
        for measure in every
        for s in measure.series
    ]


def _has_margin(page: Page, measure: Measure) -> bool:
    return spelled(measure.quantity) in page.study.analysis.margins
