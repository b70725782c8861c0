"""Section: fidelity against following and refusals: paths, what moves together, who is beaten. Computes nothing."""

import msgspec
from markupsafe import Markup

from longplay.records import TradeOff
from longplay.report.drawing import Step, paths
from longplay.report.figures import look, panel
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import scripts
from longplay.report.words import condition_words, number

PERSONA = "persona"


class Chart(msgspec.Struct, frozen=True):
    """Two quantities against each other, with what must stand beside the drawing."""

    titles: tuple[str, str]
    source: str
    drawing: Markup
    scripts: tuple[tuple[str, str, str], ...]
    conditions: tuple[tuple[str, bool], ...]
    level: float
    regions: bool


def render(page: Page) -> Markup:
    """A chart a pair of quantities, the correlations, and who is beaten; nothing where nothing was set against."""
    pairs = dict.fromkeys((one.across, one.up) for one in page.trade_offs)
    charts = [_chart(page, [one for one in page.trade_offs if (one.across, one.up) == pair]) for pair in pairs]
    together = [e for e in page.estimates if e.analysis == "trade-off" and e.replies == "all"]
    ends = [one for one in page.trade_offs if one.front is not None]
    notes = list(dict.fromkeys(one.note for one in page.trade_offs if one.note))
    return fill("trade_offs.html", page=page, charts=charts, together=together, ends=ends, notes=notes, rival=rival)


def rival(one: TradeOff) -> str:
    """How a model or policy is told from others."""
    return one.model + one.condition.removeprefix(PERSONA)


def _chart(page: Page, points: list[TradeOff]) -> Chart:
    played = {one.script for one in points}
    strong = [one.condition.startswith(PERSONA) for one in points]
    return Chart(
        titles=points[0].titles,
        source=points[0].up[0],
        drawing=paths(_steps(page, points), points[0].titles, _alt(page, points)),
        scripts=tuple((name, *look(page, name)) for name in scripts(page) if name in played),
        conditions=tuple(dict.fromkeys((_speaker(one), full) for one, full in zip(points, strong, strict=True))),
        level=points[0].level,
        regions=any(one.outline for one in points),
    )


def _steps(page: Page, points: list[TradeOff]) -> list[Step]:
    ends: dict[tuple[str, str, str], list[int]] = {}
    for one in points:
        ends.setdefault((one.model, one.script, one.condition), []).append(one.position)
    found: list[Step] = []
    for one in sorted(points, key=lambda one: one.position):
        at = ends[one.model, one.script, one.condition]
        title = panel(page, one.model) + one.condition.removeprefix(_who(one))
        strong = one.condition.startswith(PERSONA)
        label = str(one.position) if strong and one.position in (min(at), max(at)) else ""
        found.append(Step(title, one.script, one.condition, one.position, one.x, one.y, one.outline,
                          *look(page, one.script), strong, label))  # fmt: skip
    return found


def _who(one: TradeOff) -> str:
    return one.condition.partition(",")[0]


def _speaker(one: TradeOff) -> str:
    return condition_words(_who(one))


def _alt(page: Page, points: list[TradeOff]) -> str:
    across, up = points[0].titles
    lines: list[str] = []
    for who in dict.fromkeys((one.model, one.script, one.condition) for one in points):
        path = sorted((p for p in points if (p.model, p.script, p.condition) == who), key=lambda one: one.position)
        spoken = [f"{number(one.x)} and {number(one.y)} at round {one.position}" for one in (path[0], path[-1])]
        lines.append(f"{', '.join(who)}: {', then '.join(spoken)}")
    simulated = "Simulated numbers. " if page.simulated else ""
    return f"{simulated}{across} against {up}, by completed rounds. {'. '.join(lines)}."
