"""Section: persona minus baseline: how far a persona moves the model, at the start, at the end and in between."""

from markupsafe import Markup

from longplay.report.figures import figure
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import measures

# Every figure costs about 0.15 s and a screen of the reader's attention; the table beneath has all measures.
MOST_FIGURES = 4


def render(page: Page) -> Markup:
    """Figures of the first measures, then a table of all."""
    every = measures(page, "gap")
    drawn = [measure for measure in every if measure.drawn and any(s.points for s in measure.series)][:MOST_FIGURES]
    return fill("gap.html", page=page, figures=[figure(page, measure) for measure in drawn], measures=every)
