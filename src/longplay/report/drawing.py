"""Altair charts, turned into static inline SVG at report time; no network, no scripts. Knows no sections' words."""

import sys
from functools import lru_cache
from typing import Any

import msgspec
import vl_convert
from markupsafe import Markup

from longplay.report.page import ReportError
from longplay.report.svg import inline
from longplay.report.words import visible

if sys.flags.optimize > 1:
    raise ReportError(
        "this Python runs with -OO (PYTHONOPTIMIZE=2), which takes away what the drawing library reads of itself. "
        "Run the command without it."
    )
import altair as alt

# Okabe-Ito colours tell apart under every common colour blindness; page.css gives each its dark-mode twin by value.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
SHAPES = ("circle", "triangle-up", "square", "diamond")
PAPER, INK, QUIET, GRID = "#FFFFFF", "#222222", "#666666", "#DDDDDD"
WIDTH, HEIGHT = 340, 165
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


class Mark(msgspec.Struct, frozen=True):
    """One drawn estimate: its panel, its line (script and condition), where it stands; None breaks lines."""

    panel: str
    script: str
    condition: str
    x: int
    y: float | None
    low: float | None
    high: float | None
    colour: str
    shape: str
    strong: bool
    joint_low: float | None = None
    joint_high: float | None = None


class Axes(msgspec.Struct, frozen=True):
    """Ends and words of the axes. `y_range` None = as the data need; `nice`: widened to round numbers;
    `zero`: draw the line of no difference."""

    ticks: tuple[int, ...]
    x_title: str
    y_title: str
    y_range: tuple[float, float] | None = None
    nice: bool = False
    zero: bool = False


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
    return _svg(_curves(axes, panels), rows, alt_text)


@lru_cache(maxsize=64)
def _curves(axes: Axes, panels: tuple[str, ...]) -> dict[str, Any]:
    base = alt.Chart(width=WIDTH, height=HEIGHT)
    x = alt.X("x:Q", scale=alt.Scale(type="sqrt", nice=False), title=visible(axes.x_title), axis=_x_axis(axes.ticks))
    y = _y(axes, "y:Q")
    colour = alt.Stroke("colour:N", scale=None)
    band = base.mark_area(strokeWidth=0).encode(
        x, _y(axes, "low:Q"), alt.Y2("high:Q"), alt.Fill("colour:N", scale=None), alt.Opacity("band:Q", scale=None),
        alt.Detail("line:N"),
    )  # fmt: skip
    outer = base.mark_area(strokeWidth=0).encode(
        x, _y(axes, "joint_low:Q"), alt.Y2("joint_high:Q"), alt.Fill("colour:N", scale=None),
        alt.Opacity("outer:Q", scale=None), alt.Detail("line:N"),
    )  # fmt: skip
    line = base.mark_line(strokeWidth=1.8).encode(
        x, y, colour, alt.Detail("line:N"), alt.StrokeDash("dash:N", scale=None)
    )
    point = base.mark_point(size=34, strokeWidth=1.4, opacity=1).encode(
        x, y, colour, alt.Fill("face:N", scale=None), alt.Shape("shape:N", scale=None)
    )
    zero = [base.mark_rule(color=QUIET).encode(alt.YDatum(0))] if axes.zero else []
    return _template(alt.LayerChart(layer=[*zero, outer, band, line, point]), panels)


class Step(msgspec.Struct, frozen=True):
    """One point of a path through two quantities, with the outline of its region. `label`: what stands beside it, at
    the ends of the path alone, whose regions are drawn stronger."""

    panel: str
    script: str
    condition: str
    position: int
    x: float
    y: float
    outline: tuple[tuple[float, float], ...]
    colour: str
    shape: str
    strong: bool
    label: str


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
    return _svg(_paths(titles, panels), rows, alt_text)


@lru_cache(maxsize=64)
def _paths(titles: tuple[str, str], panels: tuple[str, ...]) -> dict[str, Any]:
    free = alt.Scale(zero=False, nice=True)
    x = alt.X("x:Q", scale=free, title=visible(titles[0]), axis=alt.Axis(tickCount=6, grid=False))
    y = alt.Y("y:Q", scale=free, title=visible(titles[1]), axis=alt.Axis(tickCount=5, minExtent=28))
    chart = alt.Chart(width=WIDTH, height=HEIGHT * 4 // 3)
    of_regions, of_points = (chart.transform_filter(f"datum.what === '{what}'") for what in ("region", "point"))
    colour, order = alt.Stroke("colour:N", scale=None), alt.Order("at:Q")
    fill = alt.Fill("colour:N", scale=None)
    region = of_regions.mark_line(interpolate="linear-closed", strokeWidth=0.8)
    line = of_points.mark_line(strokeWidth=1.6)
    point = of_points.mark_point(size=30, strokeWidth=1.4, opacity=1)
    label = of_points.mark_text(dx=9, dy=-8, fontSize=11, color=INK)
    return _template(
        alt.LayerChart(layer=[
            region.encode(x, y, colour, fill, order, alt.Detail("region:N"), alt.FillOpacity("inside:Q", scale=None),
                          alt.StrokeOpacity("rim:Q", scale=None)),
            line.encode(x, y, colour, order, alt.Detail("line:N"), alt.StrokeDash("dash:N", scale=None)),
            point.encode(x, y, colour, alt.Fill("face:N", scale=None), alt.Shape("shape:N", scale=None)),
            label.encode(x, y, alt.Text("label:N")),
        ]),
        panels,
    )  # fmt: skip


def _template(layers: alt.LayerChart, panels: tuple[str, ...]) -> dict[str, Any]:
    """The chart without data: building one takes altair 0.1 s, so charts that differ in data alone share it."""
    header = alt.Header(title=None, labelOrient="top", labelAnchor="start", labelFontWeight="bold", labelFontSize=12,
                        labelColor=INK, labelLimit=WIDTH, labelPadding=4)  # fmt: skip
    row = alt.Row("panel:N", header=header, sort=list(panels))
    return layers.facet(row=row, spacing=14, data=alt.Data(values=[])).to_dict(validate=False)


def _x_axis(ticks: tuple[int, ...]) -> alt.Axis:
    return alt.Axis(values=list(ticks), format="d", labelOverlap="parity", grid=False)


def _y(axes: Axes, field: str) -> alt.Y:
    ends = axes.y_range
    scale = alt.Scale(domain=list(ends), nice=axes.nice, clamp=True) if ends else alt.Scale(zero=axes.zero)
    return alt.Y(field, scale=scale, title=visible(axes.y_title), axis=alt.Axis(tickCount=5, minExtent=28))


def _svg(template: dict[str, Any], rows: list[dict[str, Any]], alt_text: str) -> Markup:
    # An empty list of addresses: nothing in a chart may be fetched.
    drawn = vl_convert.vegalite_to_svg({**template, "data": {"values": rows}}, config=_LOOK, allowed_base_urls=[])
    return inline(drawn, visible(alt_text))
