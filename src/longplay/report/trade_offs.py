"""Section: fidelity against following and refusals: paths, what moves together, who is beaten. Computes nothing."""

from functools import partial

import msgspec
from markupsafe import Markup

from longplay.records import Place, TradeOff
from longplay.report.drawing import paths
from longplay.report.figures import looks, panel
from longplay.report.marks import Step
from longplay.report.naming import judged_by, place_words, quantity_title, setting, speaker
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.words import number


class Chart(msgspec.Struct, frozen=True):
    """Two quantities against each other, with what must stand beside the drawing. `titles`: with their judges."""

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
    return fill("trade_offs.html", page=page, charts=charts, together=together, ends=ends, notes=notes,
                titles=partial(_judged, page))  # fmt: skip


def _titles(one: TradeOff) -> tuple[str, str]:
    """What stands across and what stands up, in words."""
    return quantity_title(one.across.quantity), quantity_title(one.up.quantity)


def _judged(page: Page, one: TradeOff) -> tuple[str, str]:
    """The same, with who judged it where that is one of several judges."""
    across, up = (judged_by(what.judge, page.judges) for what in (one.across, one.up))
    titles = _titles(one)
    return titles[0] + across, titles[1] + up


def _chart(page: Page, points: list[TradeOff]) -> Chart:
    played = {one.place.script for one in points}
    return Chart(
        titles=_judged(page, points[0]),
        source=points[0].up.source,
        drawing=paths(_steps(page, points), _titles(points[0]), _alt(page, points)),
        scripts=tuple((name, *marked) for name, marked in looks(page).items() if name in played),
        conditions=tuple(dict.fromkeys((speaker(one.place), _strong(one.place)) for one in points)),
        level=points[0].level,
        regions=any(one.outline for one in points),
    )


def _steps(page: Page, points: list[TradeOff]) -> list[Step]:
    ends: dict[Place, list[int]] = {}
    for one in points:
        ends.setdefault(one.place, []).append(one.position)
    found: list[Step] = []
    marks = looks(page)
    for one in sorted(points, key=lambda one: one.position):
        at, place = ends[one.place], one.place
        title = panel(page, place.model, setting(place.setting))
        label = str(one.position) if _strong(place) and one.position in (min(at), max(at)) else ""
        found.append(Step(title, place.script, place_words(place), one.position, one.x, one.y, one.outline,
                          *marks[place.script], _strong(place), label))  # fmt: skip
    return found


def _strong(place: Place) -> bool:
    return place.speaker == "persona"


def _alt(page: Page, points: list[TradeOff]) -> str:
    across, up = _titles(points[0])
    lines: list[str] = []
    for place in dict.fromkeys(one.place for one in points):
        path = sorted((p for p in points if p.place == place), key=lambda one: one.position)
        spoken = [f"{number(one.x)} and {number(one.y)} at round {one.position}" for one in (path[0], path[-1])]
        lines.append(f"{place.model}, {place.script}, {place_words(place)}: {', then '.join(spoken)}")
    simulated = "Simulated numbers. " if page.simulated else ""
    return f"{simulated}{across} against {up}, by completed rounds. {'. '.join(lines)}."
