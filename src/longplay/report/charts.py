"""Altair charts without their data, as Vega-Lite. Knows no estimates and makes no SVG."""

from functools import lru_cache
from typing import Any

import altair as alt

from longplay.report.marks import HEIGHT, INK, QUIET, WIDTH, Axes
from longplay.report.words import visible


@lru_cache(maxsize=64)
def curves_chart(axes: Axes, panels: tuple[str, ...]) -> dict[str, Any]:
    """Lines, points and interval bands, a panel beneath the other."""
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


@lru_cache(maxsize=64)
def paths_chart(titles: tuple[str, str], panels: tuple[str, ...]) -> dict[str, Any]:
    """Two quantities against each other, with regions, a panel beneath the other."""
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
