"""Section: what was asked, who spoke, and the design in plain words and one picture. Computes no estimates."""

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.words import counted, listed

_LEFT, _WIDTH = 16.0, 400.0


MOST_SCRIPTS = 20


class Stop(msgspec.Struct, frozen=True):
    """A checkpoint in the picture: rounds and where it stands on the line."""

    rounds: int
    x: float


def render(page: Page) -> Markup:
    """The question, the speakers and the design."""
    longest = max([rounds for _, rounds in page.imported], default=page.study.dialogues.rounds)
    stops = [Stop(at, round(_LEFT + _WIDTH * (at / longest) ** 0.5, 1)) for at in page.study.checkpoints]
    scripts, asks = page.study.dialogues.scripts, page.study.probes != ()
    kinds = {script.name: script.kind for script in page.scripts}
    return fill(
        "question.html",
        page=page,
        longest=longest,
        stops=stops if asks else [],
        kinds=kinds,
        spans=_spans([rounds for _, rounds in page.imported]),
        spoke=_spoke(page),
        named=_named(page),
        made=_made(page),
        looking_back=listed([spec.title or spec.name for spec in page.study.rubrics if spec.rounds_before != 0]),
        at_work=_at_work(page),
        own=len({key.script for key, _ in page.imported}) == len(page.imported),
        scripts=scripts[:MOST_SCRIPTS],
        more=max(len(scripts) - MOST_SCRIPTS, 0),
        left=_LEFT,
        right=_LEFT + _WIDTH,
    )


def _personas(page: Page) -> tuple[int, dict[str, int]]:
    """How many characters there are, and of how many each version was played."""
    versions, played = page.study.analysis.versions, {persona.id for persona in page.personas}
    originals = {version: original for of in versions.values() for version, original in of.items()}
    counts = {name: len(played & of.keys()) for name, of in versions.items()}
    return len({originals.get(one, one) for one in played}), {name: n for name, n in counts.items() if n}


def _spoke(page: Page) -> str:
    """As whom the models spoke."""
    named, versions = _personas(page)
    nobody = page.study.dialogues.baseline
    also = "".join(f" ({number} of them also in version {name})" for name, number in versions.items())
    if page.study.dialogues.imported:
        speakers = {key.persona for key, _ in page.imported}
        named, nobody, also = len(speakers - {None}), None in speakers, ""
    found = [f"as {counted(named, 'persona')}{also}"] if named else []
    return " and ".join([*found, *(["as nobody"] if nobody else [])])


def _at_work(page: Page) -> str:
    """By which words fidelity was rated, where personas are at work; empty where none is or all had the same words."""
    if not page.kinds_apart:
        return ""
    names = [persona.name for persona in page.personas if persona.at_work]
    if not names:
        return ""
    who = f"{listed(names)} {'is' if len(names) == 1 else 'are'}"
    return (
        f"{who} at work. There fidelity is about the role, its rules and its tone: courtesy, or saying that it is "
        "software, is no fault unless the description speaks against it."
    )


def _named(page: Page) -> str:
    """How many personas are shown with their descriptions."""
    named, versions = _personas(page)
    other = sum(versions.values())
    return counted(named, "persona") + (f" and {counted(other, 'version')}" if other else "")


def _made(page: Page) -> str:
    """Who makes the user's turns that no script has written; empty where all are written."""
    names = [script.name for script in page.scripts if script.user is not None]
    if not names or not page.study.users:
        return ""
    where = "" if len(names) == len(page.scripts) else f" of {listed(names)}"
    return f"The turns{where} after the written ones are made by {page.study.users[0].title}."


def _spans(lengths: Sequence[int]) -> str:
    """How many dialogues there are and how long they are, where they were imported."""
    if not lengths:
        return "no dialogue"
    least, most = min(lengths), max(lengths)
    rounds = counted(most, "round") if least == most else f"{least} to {counted(most, 'round')}"
    return f"{counted(len(lengths), 'dialogue')} of {rounds}"
