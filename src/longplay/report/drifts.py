"""Section: the table of drifts: start, end and change of every measure, with interval, target, n and missing."""

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from longplay.records import Estimate
from longplay.report.change_times import PACES, Cell, paces
from longplay.report.figures import looks
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, Series, SeriesKey, beside, key_of, measures
from longplay.report.strips import Strip, strip


class Line(msgspec.Struct, frozen=True):
    """One row: a series and the measure it belongs to; `these`: its change with an interval for these personas alone;
    `paces`: what else was said of how it changed, by analysis; `strip`: each persona's change."""

    measure: Measure
    series: Series
    these: Estimate | None
    paces: Mapping[str, Cell]
    strip: Strip | None = None
    colour: str = ""

    @property
    def these_note(self) -> str:
        """What the second interval is about, and what is said of it."""
        return "" if self.these is None else "; ".join(part for part in (self.these.target, self.these.said) if part)


class Table(msgspec.Struct, frozen=True):
    """The rows of one model, as its personas or without one; `targets`, `level`: what the intervals are about."""

    model: str
    persona: bool
    lines: list[Line]
    targets: list[str]
    level: float

    @property
    def tested(self) -> bool:
        """Whether any change has a p-value."""
        return any(e.p is not None for e in self._drifts)

    @property
    def floored(self) -> bool:
        """Whether a noise floor is known for any change."""
        return any(e.floor is not None for e in self._drifts)

    @property
    def for_these(self) -> bool:
        """Whether any change has an interval for these personas."""
        return any(line.these is not None for line in self.lines)

    @property
    def each(self) -> bool:
        """Whether the changes of single personas are known."""
        return any(line.strip is not None for line in self.lines)

    @property
    def analyses(self) -> dict[str, str]:
        """What else was said of any of its changes: analysis -> heading."""
        return {name: title for name, title in PACES.items() if any(name in line.paces for line in self.lines)}

    @property
    def pace_notes(self) -> list[str]:
        """What is to be said below the table of paces."""
        return [cell.note for line in self.lines for cell in line.paces.values()]

    @property
    def _drifts(self) -> list[Estimate]:
        return [line.series.drift for line in self.lines if line.series.drift is not None]

    @property
    def speaker(self) -> str:
        """Who spoke, in words."""
        return "as its personas" if self.persona else "without a persona"


def render(page: Page) -> Markup:
    """A table a model for personas, and folded away the same for the baseline."""
    these, found, marks = beside(page, "these-personas"), paces(page), looks(page)
    each: dict[SeriesKey, list[Estimate]] = {}
    for e in page.estimates:
        if e.analysis == "persona-drift":
            each.setdefault(key_of(e), []).append(e)
    lines = [
        Line(
            measure,
            s,
            these.get(s.key),
            found.get(s.key, {}),
            strip(page, each.get(s.key, ()), 2),
            marks[s.key.script][0],
        )
        for measure in measures(page)
        for s in measure.series
        if s.drift is not None
    ]
    models = dict.fromkeys(line.series.key.model for line in lines)
    tables = [_table(lines, model, persona) for model in models for persona in (True, False)]
    return fill("drifts.html", page=page, tables=[table for table in tables if table.lines])


def _table(lines: list[Line], model: str, persona: bool) -> Table:
    found = [line for line in lines if line.series.key.model == model and line.series.strong == persona]
    drifts = [line.series.drift for line in found if line.series.drift is not None]
    targets = list(dict.fromkeys(drift.target for drift in drifts))
    return Table(model, persona, found, targets, drifts[0].level if drifts else 0.95)
