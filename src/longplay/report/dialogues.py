"""Section: dialogues to read: the first and the last rounds of one dialogue side by side."""

import msgspec
from markupsafe import Markup

from longplay.records import Round, RoundRef, Verdict
from longplay.report.page import Excerpt, Page
from longplay.report.render import fill

MOST = 24


class Told(msgspec.Struct, frozen=True):
    """One excerpt ready to be shown: its speaker's name, and the verdicts of each round."""

    excerpt: Excerpt
    speaker: str
    early: list[tuple[Round, list[Verdict]]]
    late: list[tuple[Round, list[Verdict]]]


def render(page: Page) -> Markup:
    """Excerpts, the first one open."""
    told = [_told(page, excerpt) for excerpt in page.excerpts[:MOST]]
    return fill("dialogues.html", page=page, told=told, hidden=max(len(page.excerpts) - MOST, 0))


def _told(page: Page, excerpt: Excerpt) -> Told:
    by_round: dict[int, list[Verdict]] = {}
    for verdict in excerpt.verdicts:
        if isinstance(verdict.ref, RoundRef):
            by_round.setdefault(verdict.ref.round, []).append(verdict)
    early, late = ([(r, by_round.get(r.number, [])) for r in rounds] for rounds in (excerpt.early, excerpt.late))
    return Told(excerpt, page.persona_name(excerpt.dialogue.persona), early, late)
