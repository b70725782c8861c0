"""Section: what people's labels say of the judge, and what its own verdicts do: its numbers corrected beside its own,
how far both agree, comparisons that turn with the order, refusals that rules see otherwise."""

import msgspec
from markupsafe import Markup

from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import key_of, measures_of

AGREEMENT = ("judge-agreement", "judge-kappa", "labeller-agreement", "labeller-kappa")


class Row(msgspec.Struct, frozen=True):
    """A level or change as people's labels correct it, and as the judge alone has it on the same frame."""

    corrected: Estimate
    alone: Estimate | None


def render(page: Page) -> Markup:
    """Nothing where no labels were read and nothing tells of the judge."""
    alone = {(key_of(e), e.position): e for e in page.estimates if e.analysis == "judge-alone"}
    rows = [
        Row(e, alone.get((key_of(e), e.position)))
        for measure in measures_of(page, "judge-error")
        for e in measure.estimates
    ]
    agreement = [e for name in AGREEMENT for measure in measures_of(page, name) for e in measure.estimates]
    checks = [e for measure in measures_of(page, "judge-checks") for e in measure.estimates]
    return fill("labels.html", page=page, rows=rows, agreement=agreement, checks=checks)
