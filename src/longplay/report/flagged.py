"""Section: what flagged replies (empty, cut, copied, marked) do to the numbers: every drift with and without them."""

import msgspec
from markupsafe import Markup

from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, SeriesKey, measures


class Pair(msgspec.Struct, frozen=True):
    """The same change over the dialogue from all replies, and from those that are not flagged."""

    measure: Measure
    key: SeriesKey
    every: Estimate
    unflagged: Estimate


def render(page: Page) -> Markup:
    """Only changes that rest on at least one flagged reply have a row."""
    without = {
        s.key: s.drift for measure in measures(page, replies="unflagged") for s in measure.series if s.drift is not None
    }
    pairs = [
        Pair(measure, s.key, s.drift, without[s.key])
        for measure in measures(page)
        for s in measure.series
        if s.drift is not None and s.drift.flagged and s.key in without
    ]
    flagged = any(e.flagged for e in page.estimates)
    return fill("flagged.html", page=page, pairs=pairs, flagged=flagged)
