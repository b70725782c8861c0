"""Section: what the speaker is like: distance from the persona's trait profile, and what it refuses."""

from markupsafe import Markup

from longplay.report.figures import figure
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import is_trait_or_refusal, measures


def render(page: Page) -> Markup:
    """Figures of what has a wanted direction; trait levels, partial refusals, blocks and types in tables.

    Nothing where neither was measured.
    """
    shown = [measure for measure in measures(page) if is_trait_or_refusal(measure.quantity)]
    figures = [figure(page, measure) for measure in shown if measure.drawn]
    others, parts = [m for m in shown if not m.drawn], measures(page, "part")
    types = [measure for measure in parts if not measure.quantity.part.focus]
    foci = len(parts) - len(types)
    return fill("traits.html", page=page, figures=figures, others=others, types=types, foci=foci)
