"""Section: scripts, models, versions of a persona and policies against each other. Knows no baseline."""

import msgspec
from markupsafe import Markup

from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, Series, leads, measures_of

KINDS = {
    "script-contrast": "Scripts",
    "model-contrast": "Models",
    "version-contrast": "Versions of a persona",
    "policy-contrast": "Policies",
}


class Group(msgspec.Struct, frozen=True):
    """All contrasts of one kind, a row each: fidelity and primary measures first, others folded away.

    `shown`: the measure that is shown at every checkpoint.
    """

    title: str
    first: list[tuple[Measure, Series]]
    others: list[tuple[Measure, Series]]
    tested: bool
    floored: bool
    shown: Measure

    def notes(self, rows: list[tuple[Measure, Series]]) -> list[str]:
        """What is said of the numbers in these rows."""
        shown = [e for _, s in rows for e in (s.points[-1] if s.points else None, s.drift)]
        return [e.said for e in shown if e is not None]


def render(page: Page) -> Markup:
    """A table a kind; nothing where the study contrasts nothing."""
    groups = [_group(page, title, found) for name, title in KINDS.items() if (found := measures_of(page, name))]
    return fill("contrasts.html", page=page, groups=groups)


def _group(page: Page, title: str, found: list[Measure]) -> Group:
    rows = [(measure, s) for measure in found for s in measure.series]
    first = [row for row in rows if leads(page, row[0].quantity)]
    others = [row for row in rows if not leads(page, row[0].quantity)]
    tested = any(e.p is not None for _, s in rows for e in s.every)
    floored = any(e.floor is not None for _, s in rows for e in s.every)
    return Group(title, first, others, tested, floored, found[0])
