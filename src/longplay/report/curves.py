"""Section: every measure over the rounds, persona and baseline, one figure a measure."""

from markupsafe import Markup

from longplay.records import ROUNDS
from longplay.report.figures import figure
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Measure, in_role, is_trait_or_refusal, measures

SIDE, ABLE, INSIDE = "Staying in role, asked on the side", "What it can still do", "In the dialogue's own rounds"


def render(page: Page) -> Markup:
    """Figures of all level estimates but traits and refusals, which have their own section."""
    shown = [measure for measure in measures(page) if measure.drawn and not is_trait_or_refusal(measure.quantity)]
    groups = [
        (title, [figure(page, measure) for measure in shown if _group(measure) == title])
        for title in (SIDE, ABLE, INSIDE)
    ]
    return fill("curves.html", page=page, groups=[group for group in groups if group[1]])


def _group(measure: Measure) -> str:
    if measure.source == ROUNDS:
        return INSIDE
    return SIDE if in_role(measure.quantity) else ABLE
