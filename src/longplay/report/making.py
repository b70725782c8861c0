"""Section: how it was made: study file, versions, hashes, methods, tokens, cost and time."""

from markupsafe import Markup

from longplay.report.page import WORK, Page
from longplay.report.render import fill


def render(page: Page) -> Markup:
    """Everything needed to make it again."""
    methods = sorted({(e.analysis, e.method, e.target) for e in page.estimates})
    models = [(spec, WORK[kind]) for kind, spec in page.study.roles]
    return fill("making.html", page=page, methods=methods, models=models)
