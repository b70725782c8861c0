"""Section: words that told personas from the baseline, how they fade, and how far replies repeat themselves."""

import msgspec
from markupsafe import Markup

from longplay.records.word_patterns import Wording, WordPattern
from longplay.report.figures import Figure, figure
from longplay.report.naming import setting
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import measures_of

MOST = 6  # patterns shown of each direction
_LEFT, _FADES = "wording-left", ("wording-fade", "wording-fade-relative")
_PAPER = ("wording-paper-fade", "wording-paper-left")
_REPEATING = ("copied", "copied-elsewhere", "runaway", "saved", "shared", "distinct-2")


class Told(msgspec.Struct, frozen=True):
    """The most telling patterns of one persona of a model, said more by it or by the baseline; `count` of all."""

    model: str
    persona: str
    toward: str
    patterns: tuple[WordPattern, ...]
    count: int


def render(page: Page) -> Markup:
    """Nothing where wording was not asked for."""
    found = page.wording
    if found is None:
        return Markup("")
    last = max((e.span[1] for e in found.estimates if e.span), default=0)
    changes = [e for e in found.estimates if e.span is not None and e.span[1] == last]
    return fill(
        "wording.html",
        page=page,
        found=found,
        told=_told(found),
        fading=_figures(page, found, "wording"),
        changes=[e for e in changes if e.analysis in (*_FADES, _LEFT) and e.place.speaker != "baseline"],
        paper=[e for e in changes if e.analysis in _PAPER],
        repeating=_figures(page, found, "repetition"),
    )


def _figures(page: Page, found: Wording, analysis: str) -> list[Figure]:
    """One figure a measure that an analysis of wording made; of repetition the telling ones."""
    alone = msgspec.structs.replace(page, estimates=found.estimates)
    shown = [
        one for one in measures_of(alone, analysis) if analysis != "repetition" or one.quantity.metric in _REPEATING
    ]
    return [figure(page, measure) for measure in shown]


def _told(found: Wording) -> list[Told]:
    first = min((one.mined_at for one in found.patterns), default=0)
    script = next((one.script for one in found.patterns), "")
    groups: dict[tuple[str, str, str], list[WordPattern]] = {}
    for one in found.patterns:
        if (one.mined_at, one.script) == (first, script):
            groups.setdefault((one.model + setting(one.setting), one.persona, one.toward), []).append(one)
    told: list[Told] = []
    for (model, persona, toward), patterns in groups.items():
        best = {one.words: one for one in sorted(patterns, key=lambda one: abs(one.z))}  # a probe's strongest stays
        shown = sorted(best.values(), key=lambda one: -abs(one.z))[:MOST]
        told.append(Told(model, persona, toward, tuple(shown), len(patterns)))
    return told
