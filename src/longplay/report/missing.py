"""Section: which scores were not obtained, by reason and place in the dialogue. Missing is never drawn as a number."""

from collections import Counter

import msgspec
from markupsafe import Markup

from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, Series, measures

REASONS = {
    "filtered": "blocked by the provider's filter",
    "failed": "no reply after all attempts",
    "overflow": "longer than the model's window",
    "unparsable": "the judge's reply, or what a program scores by, could not be read",
    "undecodable": "bytes that are no text",
    "dialogue-stopped": "the dialogue had stopped before",
    "no-text": "the text to be judged was not obtained",
    "not-judged": "no judge or verifier has seen it yet",
    "not-asked": "due by the plan, not asked yet",
    "no-reference": "the earlier answer to compare with was not obtained",
}


class Lost(msgspec.Struct, frozen=True):
    """One row: a series with missing scores. `cells`: position -> (missing, due); a position it lacks was not asked."""

    measure: Measure
    series: Series
    cells: dict[int, tuple[int, int]]
    reasons: dict[str, int]


def render(page: Page) -> Markup:
    """One table a source; only series that miss something have a row."""
    every = [_lost(measure, s) for measure in measures(page, "lost") for s in measure.series]
    rows = [row for row in every if any(missing for missing, _ in row.cells.values())]
    tables = [
        (source, sorted({at for row in found for at in row.cells}), found)
        for source in dict.fromkeys(row.measure.source for row in rows)
        if (found := [row for row in rows if row.measure.source == source])
    ]
    due = sum(total for row in every for _, total in row.cells.values())
    return fill("missing.html", page=page, tables=tables, due=due, words=REASONS, shade=shade)


def shade(missing: int, due: int) -> str:
    """The style class of a cell: how much of what was due is missing."""
    if not missing:
        return "m0"
    return "m1" if missing < 0.02 * due else "m2" if missing < 0.1 * due else "m3"


def _lost(measure: Measure, s: Series) -> Lost:
    reasons: Counter[str] = Counter()
    for e in s.points:
        reasons.update(e.reasons)
    return Lost(measure, s, {e.position or 0: (e.missing, e.n + e.missing) for e in s.points}, dict(reasons))
