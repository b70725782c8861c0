"""Marks in charts, turned into static inline SVG at report time; no network, no scripts. Knows no sections' words."""

from typing import Any

import vl_convert
from markupsafe import Markup

from longplay.report.charts import curves_chart, paths_chart
from longplay.report.marks import GRID, PAPER, QUIET, Axes, Mark, Step
from longplay.report.svg import inline
from longplay.report.words import visible

FIELDS = ("x", "y", "low", "high", "joint_low", "joint_high", "colour", "shape")
_LOOK = {
    "background": "transparent",
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET,
        "titleColor": QUIET,
        "gridColor": GRID,
        "domainColor": QUIET,
        "tickColor": QUIET,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    },
}


def curves(marks: list[Mark], axes: Axes, alt_text: str) -> Markup:
    """The panels, beneath each other on the same axes: lines, points, interval bands."""
    rows = [
        {
            **{name: getattr(mark, name) for name in FIELDS},
            "panel": visible(mark.panel),
            "line": visible(f"{mark.script} {mark.condition}"),
            "face": mark.colour if mark.strong else PAPER,
            "dash": [1, 0] if mark.strong else [4, 3],
            "band": 0.18 if mark.strong else 0.10,
            "outer": 0.10 if mark.strong else 0.05,
        }
        for mark in marks
    ]
    panels = tuple(dict.fromkeys(visible(mark.panel) for mark in marks))
    return _svg(curves_chart(axes, panels), rows, alt_text)


def paths(steps: list[Step], titles: tuple[str, str], alt_text: str) -> Markup:
    """The panels, beneath each other on the same axes: two quantities against each other, by position."""
    rows: list[dict[str, Any]] = []
    for number, step in enumerate(steps):
        same = {
            "panel": visible(step.panel),
            "line": visible(f"{step.script} {step.condition}"),
            "colour": step.colour,
        }
        look = {"face": step.colour if step.strong else PAPER, "dash": [1, 0] if step.strong else [4, 3]}
        rows.append({**same, **look, "what": "point", "x": step.x, "y": step.y, "at": step.position,
                     "shape": step.shape, "label": visible(step.label)})  # fmt: skip
        edge = {"inside": 0.12, "rim": 0.8} if step.label else {"inside": 0.03, "rim": 0.2}
        corners = enumerate(step.outline)
        rows += [
            {**same, **edge, "what": "region", "x": x, "y": y, "at": at, "region": number} for at, (x, y) in corners
        ]
    panels = tuple(dict.fromkeys(visible(step.panel) for step in steps))
    return _svg(paths_chart(titles, panels), rows, alt_text)


def _svg(template: dict[str, Any], rows: list[dict[str, Any]], alt_text: str) -> Markup:
    # An empty list of addresses: nothing in a chart may be fetched.
    drawn = vl_convert.vegalite_to_svg({**template, "data": {"values": rows}}, config=_LOOK, allowed_base_urls=[])
    return inline(drawn, visible(alt_text))
