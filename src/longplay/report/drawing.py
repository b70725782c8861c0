"""Altair charts, turned into static inline SVG at report time; no network, no scripts. Knows no sections' words."""

from functools import lru_cache
from typing import Any

import altair as alt
import msgspec
import vl_convert
from markupsafe import Markup

from longplay.report.svg import inline
from longplay.report.words import visible

# Okabe-Ito colours tell apart under every common colour blindness; page.css gives each its dark-mode twin by value.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
SHAPES = ("circle", "triangle-up", "square", "diamond")
PAPER, INK, QUIET, GRID = "#FFFFFF", "#222222", "#666666", "#DDDDDD"
WIDTH, HEIGHT = 340, 165
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
    """One drawn estimate: its panel (a model), its line (script and condition), where it stands; None breaks lines."""

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


class Axes(msgspec.Struct, frozen=True):
    """Ends and words of the axes. `y_range` None = as the data need; `zero`: draw the line of no difference."""

    ticks: tuple[int, ...]
    x_title: str
    y_title: str
    y_range: tuple[float, float] | None = None
    zero: bool = False


def curves(marks: list[Mark], axes: Axes, alt_text: str) -> Markup:
    """One panel a model, beneath each other on the same axes: lines, points, interval bands."""
    rows = [
        {
            **{name: getattr(mark, name) for name in ("x", "y", "low", "high", "colour", "shape")},
            "panel": visible(mark.panel),
            "line": visible(f"{mark.script} {mark.condition}"),
            "face": mark.colour if mark.strong else PAPER,
            "dash": [1, 0] if mark.strong else [4, 3],
            "band": 0.18 if mark.strong else 0.10,
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
    line = base.mark_line(strokeWidth=1.8).encode(
        x, y, colour, alt.Detail("line:N"), alt.StrokeDash("dash:N", scale=None)
    )
    point = base.mark_point(size=34, strokeWidth=1.4, opacity=1).encode(
        x, y, colour, alt.Fill("face:N", scale=None), alt.Shape("shape:N", scale=None)
    )
    zero = [base.mark_rule(color=QUIET).encode(alt.YDatum(0))] if axes.zero else []
    return _template(alt.LayerChart(layer=[*zero, band, line, point]), panels)


def _template(layers: alt.LayerChart, panels: tuple[str, ...]) -> dict[str, Any]:
    """The chart without data: building one takes altair 0.1 s, so charts that differ in data alone share it."""
    header = alt.Header(title=None, labelOrient="top", labelAnchor="start", labelFontWeight="bold", labelFontSize=12,
                        labelColor=INK, labelLimit=WIDTH, labelPadding=4)  # fmt: skip
    row = alt.Row("panel:N", header=header, sort=list(panels))
    return layers.facet(row=row, spacing=14, data=alt.Data(values=[])).to_dict(validate=False)


def _x_axis(ticks: tuple[int, ...]) -> alt.Axis:
    return alt.Axis(values=list(ticks), format="d", labelOverlap="parity", grid=False)


def _y(axes: Axes, field: str) -> alt.Y:
    scale = alt.Scale(domain=list(axes.y_range), nice=False, clamp=True) if axes.y_range else alt.Scale(zero=axes.zero)
    return alt.Y(field, scale=scale, title=visible(axes.y_title), axis=alt.Axis(tickCount=5, minExtent=28))


def _svg(template: dict[str, Any], rows: list[dict[str, Any]], alt_text: str) -> Markup:
    # An empty list of addresses: nothing in a chart may be fetched.
    drawn = vl_convert.vegalite_to_svg({**template, "data": {"values": rows}}, config=_LOOK, allowed_base_urls=[])
    return inline(drawn, visible(alt_text))
