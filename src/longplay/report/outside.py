"""Sections of plug-ins: texts and estimates, put on the page by longplay. Nothing that they return is taken as HTML."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TypeAlias

import msgspec
from markupsafe import Markup

from longplay.plugged import Found, PluginError, guarded, made_of
from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.render import Section, fill
from longplay.specs import plain

MOST = 1_000
Piece: TypeAlias = str | Estimate


class PlainSection(msgspec.Struct, frozen=True):
    """What a plug-in adds to the page: a heading, and what makes its body: texts, a paragraph each, and estimates,
    neighbours of which make one table. Markup in a text is shown as it is written."""

    title: str
    write: Callable[[Page], Iterable[Piece]]


def section_from(found: Found, value: object) -> Section:
    """A plug-in's section as one of the page's. Raises PluginError where it is none."""
    given = made_of(found, value, PlainSection)

    def render(page: Page) -> Markup:
        pieces = guarded(found, "failed", lambda: [_piece(found, one) for one in given.write(page)])
        if len(pieces) > MOST:
            raise PluginError(f"{found.what} of {found.of} gives {len(pieces):,} pieces; at most {MOST:,} are shown.")
        groups = [(kind, list(some)) for kind, some in groupby(pieces, lambda one: isinstance(one, Estimate))]
        return fill("outside.html", page=page, groups=groups, of=found.of) if pieces else Markup("")

    return Section(plain(made_of(found, given.title, str), 100), render)


def _piece(found: Found, one: object) -> Piece:
    if isinstance(one, Estimate):
        return one
    return str.__str__(made_of(found, one, str))  # a text that calls itself safe HTML is a text like others
