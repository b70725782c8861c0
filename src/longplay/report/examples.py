"""Section: single answers with their verdicts, so that numbers can be checked against what was said."""

from markupsafe import Markup

from longplay.report.page import Example, Page
from longplay.report.render import fill

MOST = 80


def render(page: Page) -> Markup:
    """Examples folded by persona, early before late."""
    shown = page.examples[:MOST]
    speakers = dict.fromkeys((e.cell.dialogue.model, e.cell.ask_persona) for e in shown)
    groups = [(model, page.persona_name(persona), _of(shown, model, persona)) for model, persona in speakers]
    return fill("examples.html", page=page, groups=groups, hidden=len(page.examples) - len(shown))


def _of(shown: tuple[Example, ...], model: str, persona: str | None) -> list[Example]:
    found = [e for e in shown if (e.cell.dialogue.model, e.cell.ask_persona) == (model, persona)]
    return sorted(found, key=lambda e: (e.cell.dialogue.script, e.cell.probe, e.cell.item, e.cell.checkpoint))
