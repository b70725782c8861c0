"""A drawing as inline SVG that a strict page may hold: only known shapes and attributes pass. Knows no charts."""

from html import escape
from xml.etree import ElementTree

from markupsafe import Markup

from longplay.report.page import ReportError

_SPACE = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(("svg", "g", "path", "line", "rect", "text", "tspan", "circle"))
# fmt: off
_ATTRIBUTES = frozenset((
    "d", "transform", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
    "stroke-miterlimit", "opacity", "fill-opacity", "stroke-opacity", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy",
    "cx", "cy", "r", "width", "height", "viewBox", "text-anchor", "font-size", "font-weight",
))
# fmt: on
_NOTHING = ("", "M0,0h0v0h0Z")


def inline(source: str, alt: str) -> Markup:
    """The drawing with everything dropped that is no plain shape (ids, links, styles, scripts, labels for robots).

    The whole is one image with `alt` for those who do not see it. Raises ReportError where `source` is no SVG.
    """
    try:
        root = ElementTree.fromstring(source)
    except ElementTree.ParseError as error:
        raise ReportError(f"A figure could not be drawn ({error}); report this with the study file.") from None
    if root.tag != _SPACE + "svg":
        raise ReportError("A figure could not be drawn (no SVG came back); reinstall vl-convert-python.")
    return Markup(f'<svg role="img" aria-label="{escape(alt)}"{_attributes(root)}>{_inside(root)}</svg>')


def _inside(element: ElementTree.Element) -> str:
    return escape(element.text or "", quote=False) + "".join(map(_drawn, element))


def _drawn(element: ElementTree.Element) -> str:
    name = element.tag.removeprefix(_SPACE)
    if name not in _SHAPES or element.get("display") == "none" or (name == "path" and element.get("d", "") in _NOTHING):
        return ""
    inside = _inside(element)
    attributes = _attributes(element)
    if name == "g" and (not inside or not attributes):
        return inside
    return f"<{name}{attributes}>{inside}</{name}>"


def _attributes(element: ElementTree.Element) -> str:
    kept = [(name, value) for name, value in element.items() if name in _ATTRIBUTES and "url(" not in value]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept)
