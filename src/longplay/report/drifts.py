"""Section: the table of drifts: start, end and change of every measure, with interval, target, n and missing."""

import msgspec
from markupsafe import Markup

from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, Series, measures


class Line(msgspec.Struct, frozen=True):
    """One row: a series and the measure it belongs to."""

    measure: Measure
    series: Series


class Table(msgspec.Struct, frozen=True):
    """The rows of one model, as its personas or without one; `targets`, `level`: what the intervals are about."""

    model: str
    persona: bool
    lines: list[Line]
    targets: list[str]
    level: float

    @property
    def speaker(self) -> str:
        """Who spoke, in words."""
        return "as its personas" if self.persona else "without a persona"


def render(page: Page) -> Markup:
    """A table a model for personas, and folded away the same for the baseline."""
    lines = [Line(measure, s) for measure in measures(page) for s in measure.series if s.drift is not None]
    models = dict.fromkeys(line.series.key.model for line in lines)
    tables = [_table(lines, model, persona) for model in models for persona in (True, False)]
    return fill("drifts.html", page=page, tables=[table for table in tables if table.lines])


def _table(lines: list[Line], model: str, persona: bool) -> Table:
    found = [line for line in lines if line.series.key.model == model and line.series.strong == persona]
    drifts = [line.series.drift for line in found if line.series.drift is not None]
    targets = list(dict.fromkeys(drift.target for drift in drifts))
    return Table(model, persona, found, targets, drifts[0].level if drifts else 0.95)
