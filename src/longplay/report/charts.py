"""Charts without their data, as Vega-Lite writes them. Knows no estimates and makes no SVG."""

from typing import Any, TypeAlias

from longplay.report.marks import HEIGHT, INK, QUIET, WIDTH, Axes
from longplay.report.words import visible

Json: TypeAlias = dict[str, Any]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"


def curves_chart(axes: Axes, panels: tuple[str, ...]) -> Json:
    """Lines, points and interval bands, a panel beneath the other."""
    ticks = {"values": list(axes.ticks), "format": "d", "labelOverlap": "parity", "grid": False}
    x = {**_number("x", visible(axes.x_title)), "scale": {"type": "sqrt", "nice": False}, "axis": ticks}
    area = {"type": "area", "strokeWidth": 0}
    point = {"type": "point", "size": 34, "strokeWidth": 1.4, "opacity": 1}
    colour, line = _as_is("colour"), _name("line")

    def band(low: str, high: str, opacity: str) -> Json:
        shade = {"fill": colour, "opacity": {**_number(opacity), "scale": None}}
        return _layer(area, x=x, y=_y(axes, low), y2={"field": high}, detail=line, **shade)

    zero = [_layer({"type": "rule", "color": QUIET}, y={"datum": 0})] if axes.zero else []
    layers = [
        *zero,
        band("joint_low", "joint_high", "outer"),
        band("low", "high", "band"),
        _layer({"type": "line", "strokeWidth": 1.8}, x=x, y=_y(axes, "y"), stroke=colour, detail=line,
               strokeDash=_as_is("dash")),
        _layer(point, x=x, y=_y(axes, "y"), stroke=colour, fill=_as_is("face"), shape=_as_is("shape")),
    ]  # fmt: skip
    return _in_panels(layers, panels, HEIGHT)


def paths_chart(titles: tuple[str, str], panels: tuple[str, ...]) -> Json:
    """Two quantities against each other, with regions, a panel beneath the other."""
    free = {"zero": False, "nice": True}
    x = {**_number("x", visible(titles[0])), "scale": free, "axis": {"tickCount": 6, "grid": False}}
    y = {**_number("y", visible(titles[1])), "scale": free, "axis": {"tickCount": 5, "minExtent": 28}}
    place, colour, order = {"x": x, "y": y}, _as_is("colour"), _number("at")
    edge = {"type": "line", "interpolate": "linear-closed", "strokeWidth": 0.8}
    clear = {"fillOpacity": {**_number("inside"), "scale": None}, "strokeOpacity": {**_number("rim"), "scale": None}}
    point = {"type": "point", "size": 30, "strokeWidth": 1.4, "opacity": 1}
    label = {"type": "text", "dx": 9, "dy": -8, "fontSize": 11, "color": INK}
    layers = [
        _layer(edge, **place, **clear, stroke=colour, fill=colour, order=order, detail=_name("region")),
        _layer({"type": "line", "strokeWidth": 1.6}, **place, stroke=colour, order=order, detail=_name("line"),
               strokeDash=_as_is("dash")),
        _layer(point, **place, stroke=colour, fill=_as_is("face"), shape=_as_is("shape")),
        _layer(label, **place, text=_name("label")),
    ]  # fmt: skip
    for layer, what in zip(layers, ("region", "point", "point", "point"), strict=True):
        layer["transform"] = [{"filter": f"datum.what === '{what}'"}]
    return _in_panels(layers, panels, HEIGHT * 4 // 3)


def _in_panels(layers: list[Json], panels: tuple[str, ...], height: int) -> Json:
    header = {"title": None, "labelOrient": "top", "labelAnchor": "start", "labelFontWeight": "bold",
              "labelFontSize": 12, "labelColor": INK, "labelLimit": WIDTH, "labelPadding": 4}  # fmt: skip
    return {
        "$schema": SCHEMA,
        "config": {"view": {"continuousWidth": 300, "continuousHeight": 300}},
        "data": {"values": []},
        "facet": {"row": {**_name("panel"), "header": header, "sort": list(panels)}},
        "spec": {"layer": layers, "width": WIDTH, "height": height},
        "spacing": 14,
    }


def _layer(mark: Json, **encoding: Json) -> Json:
    return {"mark": mark, "encoding": encoding}


def _number(field: str, title: str | None = None) -> Json:
    return {"field": field, "type": "quantitative", **({} if title is None else {"title": title})}


def _name(field: str) -> Json:
    return {"field": field, "type": "nominal"}


def _as_is(field: str) -> Json:
    """A field that holds the look itself: a colour, a shape, a dash."""
    return {**_name(field), "scale": None}


def _y(axes: Axes, field: str) -> Json:
    ends = axes.y_range
    scale = {"domain": list(ends), "nice": axes.nice, "clamp": True} if ends else {"zero": axes.zero}
    return {**_number(field, visible(axes.y_title)), "scale": scale, "axis": {"tickCount": 5, "minExtent": 28}}
