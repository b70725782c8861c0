"""Section: what was asked, who spoke, and the design in plain words and one picture. Computes no estimates."""

import msgspec
from markupsafe import Markup

from longplay.report.page import Page
from longplay.report.render import fill

_LEFT, _WIDTH = 16.0, 400.0


class Stop(msgspec.Struct, frozen=True):
    """A checkpoint in the picture: rounds and where it stands on the line."""

    rounds: int
    x: float


def render(page: Page) -> Markup:
    """The question, the speakers and the design."""
    longest = page.study.dialogues.rounds
    stops = [Stop(at, round(_LEFT + _WIDTH * (at / longest) ** 0.5, 1)) for at in page.study.checkpoints]
    kinds = {script.name: script.kind for script in page.scripts}
    return fill("question.html", page=page, stops=stops, kinds=kinds, left=_LEFT, right=_LEFT + _WIDTH)
