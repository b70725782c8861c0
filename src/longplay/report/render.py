"""Puts sections into one HTML document under a strict content policy. Templates are ours; all other text is a value."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from importlib.resources import files
from typing import cast

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from longplay.plugged import PluginError
from longplay.records import Failure, Tell, part
from longplay.report import naming, words
from longplay.report.page import Page

PLUGGED = "It is a plug-in's: mend or uninstall its package."
Render = Callable[[Page], Markup]


class Section(msgspec.Struct, frozen=True):
    """One part of the page: its heading, and what makes its body."""

    title: str
    render: Render


def _shown(value: object) -> object:
    """Every value on its way into a page: hidden characters written out. Markup is made here and passes."""
    return words.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES = Environment(
    loader=PackageLoader("longplay.report"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
cast("dict[str, object]", _TEMPLATES.globals).update(
    number=words.number,
    interval=words.interval,
    count=words.count,
    counted=words.counted,
    duration=words.duration,
    listed=words.listed,
    share=words.share,
    footnotes=words.footnotes,
    clipped=words.clipped,
    p_value=words.p_value,
    source_words=words.source_words,
    title_of=naming.title,
    model_of=naming.model,
    script_of=naming.script,
    condition_of=naming.condition,
    judged_by=naming.judged_by,
    rival_of=naming.rival,
    setting_of=naming.setting,
    way_of=naming.way,
    unmoved=naming.unmoved,
    SIMULATED=words.SIMULATED,
)
_TEMPLATES.filters["rival_of"] = naming.rival


def fill(template: str, **values: object) -> Markup:
    """One of the package's templates, filled in."""
    return Markup(_TEMPLATES.get_template(template).render(**values))


def document(page: Page, sections: Mapping[str, Section], tell: Tell | None = None) -> str:
    """The whole page as HTML text; a section without a body has no place in it.

    A section that fails says so in its place, and `tell` hears of it; without `tell` the error goes on.
    """
    style = (files("longplay.report") / "templates" / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    every = ((name, section.title, _body(section, page, tell)) for name, section in sections.items())
    bodies = [(name, title, body) for name, title, body in every if body.strip()]
    return fill("page.html", page=page, sections=bodies, style=Markup(style), style_hash=digest)


def _body(section: Section, page: Page, tell: Tell | None) -> Markup:
    failed: list[Failure] = []
    keep, what = None if tell is None else failed.append, f"the section {section.title!r}"
    body = Markup("")
    try:
        body = part(what, partial(section.render, page), body, keep)
    except PluginError as error:
        if keep is None:
            raise
        keep(Failure(what, str(error), PLUGGED))
    for failure in failed:
        if tell is not None:
            tell(failure)
        body = Markup('<p class="remark">{}</p>').format(_shown(str(failure)))
    return body
