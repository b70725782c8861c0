"""Section: the answer in a sentence a model, with its interval and what it means for someone deciding."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec
from markupsafe import Markup

from longplay.judging.quantities import spelled
from longplay.records import ROUNDS, Estimate
from longplay.records.estimates import Headline
from longplay.records.places import own_setting
from longplay.report.figures import Look, look, looks
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.rulers import Ruler, ruler
from longplay.report.series import Series, SeriesKey, beside, by_model, key_of, measures
from longplay.report.words import interval, number

# Below this share of the scale a change is called small, unless the study file gives a margin for the measure.
SMALL = 0.1

# Shares of missing scores: above the one the card says so, above the other it says nothing else.
SAID, UNTOLD = 0.1, 0.3

Finding = Literal["loss", "small-loss", "unclear", "small-gain", "gain", "no-interval", "none", "untold"]
TAGS: dict[Finding, str] = {
    "loss": "Clear loss",
    "small-loss": "Small loss",
    "unclear": "No clear change",
    "small-gain": "Small gain",
    "gain": "Clear gain",
    "no-interval": "No interval",
    "none": "No number",
    "untold": "Cannot tell",
}


class Other(msgspec.Struct, frozen=True):
    """What another judge gives the same model on the same script at the end; `moved`: the change in words."""

    judge: str
    end: float | None
    moved: str


class Card(msgspec.Struct, frozen=True):
    """One model on one script, as the answer shows it. `lost`: the share of scores that are missing where most are, at
    the start, the end or in the change, where the card must say so. `apart`: why the change is not the difference of
    the two levels, "" where it is. `others`: what the study's other judges say."""

    headline: Headline
    ruler: Ruler
    finding: Finding
    tag: str
    moved: str
    meaning: str
    colour: str
    lost: float | None = None
    apart: str = ""
    others: tuple[Other, ...] = ()


class Move(msgspec.Struct, frozen=True):
    """From where to where one measure moved on one script, in points of 100."""

    script: str
    start: float
    end: float
    colour: str
    shape: str


class Row(msgspec.Struct, frozen=True):
    """One measure of one model at a glance; `less`: lower values are wanted."""

    title: str
    less: bool
    moves: list[Move]


def render(page: Page) -> Markup:
    """A card a model and script, then all measures at a glance."""
    cards: dict[str, list[Card]] = {}
    for headline in page.headlines:
        cards.setdefault(headline.model, []).append(_card(page, headline))
    marks = looks(page)
    glance = _glance(page, marks)
    scripts = dict.fromkeys(move.script for rows in glance.values() for row in rows for move in row.moves)
    legend = [(name, *marks[name]) for name in scripts]
    rulers = {card.ruler.name: card.ruler for found in cards.values() for card in found}
    margins = [(one, _margin(page, one)) for one in rulers.values()]
    return fill("answer.html", page=page, cards=cards, margins=margins, glance=glance, scripts=legend)


def finding(drift: Estimate, margin: float) -> Finding:
    """What an interval for a change says: its side of zero, and whether the change reaches `margin` (same unit).

    A rise is a loss where lower values are wanted.
    """
    if drift.value is None:
        return "none"
    if drift.low is None or drift.high is None:
        return "no-interval"
    if drift.low <= 0 <= drift.high:
        return "unclear"
    large = abs(drift.value) >= margin
    if (drift.value < 0) != (drift.better == "lower"):
        return "loss" if large else "small-loss"
    return "gain" if large else "small-gain"


def _margin(page: Page, of: Ruler) -> float:
    return page.study.analysis.margins.get(spelled(of.quantity), SMALL * (of.highest - of.lowest))


def _card(page: Page, headline: Headline) -> Card:
    lost = max(_lost(e) for e in (headline.start, headline.end, headline.drift))
    of = ruler(headline.drift)
    found = "untold" if lost > UNTOLD else finding(headline.drift, _margin(page, of))
    colour, _ = look(page, headline.script)
    meaning = f"Cannot tell: {100 * lost:.0f} % of the scores are missing." if found == "untold" else ""
    return Card(
        headline,
        of,
        found,
        TAGS[found],
        _moved(headline.drift, of.digits),
        meaning or _meaning(headline.drift, found, of),
        colour,
        lost if lost > SAID else None,
        _apart(headline, of),
        tuple(_others(page, headline)),
    )


def _others(page: Page, headline: Headline) -> Iterator[Other]:
    changes, ends = beside(page, "drift"), {key_of(e): e for e in page.estimates if _same_end(e, headline)}
    for judge in page.judges:
        key = msgspec.structs.replace(key_of(headline.drift), judge=judge)
        if judge != headline.drift.judge and key in changes:
            end = ends.get(key)
            digits = ruler(headline.drift).digits
            yield Other(judge, None if end is None else end.value, _moved(changes[key], digits))


def _same_end(e: Estimate, headline: Headline) -> bool:
    end = headline.end
    return (e.analysis, e.position, e.replies) == (end.analysis, end.position, end.replies)


def _lost(e: Estimate) -> float:
    """The share of due scores that are missing."""
    return e.missing / (e.n + e.missing) if e.missing else 0.0


def _apart(headline: Headline, of: Ruler) -> str:
    """What the change leaves out, where that makes it differ from the levels beside it by a hundredth of the scale."""
    start, end, drift = headline.start.value, headline.end.value, headline.drift.value
    if start is None or end is None or drift is None or abs(end - start - drift) < (of.highest - of.lowest) / 100:
        return ""
    if headline.drift.source == ROUNDS:
        return "The change leaves out the opening and closing remarks, the levels hold them; so they differ"
    return "The change holds the items that were scored at both ends, the levels all; so they differ"


def _moved(drift: Estimate, digits: int) -> str:
    """`down 21 [15, 27]`: the interval turned with the sign, so that both read in one direction."""
    if drift.value is None:
        return f"with no number for the change ({drift.note or 'not estimated'})"
    if drift.low is None or drift.high is None:
        return f"{'down' if drift.value < 0 else 'up'} {number(abs(drift.value), digits)} (no interval: {drift.note})"
    if drift.low <= 0 <= drift.high:
        return (
            f"changed by {number(drift.value, digits, sign=True)} {interval(drift.low, drift.high, digits, sign=True)}"
        )
    if drift.value < 0:
        return f"down {number(-drift.value, digits)} {interval(-drift.high, -drift.low, digits)}"
    return f"up {number(drift.value, digits)} {interval(drift.low, drift.high, digits)}"


def _meaning(drift: Estimate, found: Finding, of: Ruler) -> str:
    if found == "unclear":
        low, high = number(drift.low, of.digits, sign=True), number(drift.high, of.digits, sign=True)
        unit = " points" if of.points else ""
        return f"No change can be told from none; anything from {low} to {high}{unit} fits these data."
    return {
        "loss": "The role wears off: the loss is larger than its uncertainty. For conversations this long, expect to "
        "need a remedy or another model, and test on your own personas.",
        "small-loss": "A small loss, but more than chance between personas. Worth watching where staying in role is "
        "the product; hardly a reason to choose another model.",
        "small-gain": "It moves slightly closer to the role as the conversation goes on.",
        "gain": "It grows into the role: closer at the end than at the start, by more than its uncertainty.",
        "no-interval": "The change has no interval: nothing can be said about what would happen again. See the basis.",
        "none": "Nothing can be said. See what is missing, below.",
    }[found]


def _glance(page: Page, marks: Mapping[str, Look]) -> dict[str, list[Row]]:
    """Model -> a row a measure asked on the side that has a wanted direction; the rounds have figures of their own."""
    rows: dict[str, list[Row]] = {}
    for measure in measures(page):
        if measure.source == ROUNDS or not measure.drawn:
            continue
        for model, found in by_model(measure.series).items():
            moves = [move for s in found if _plain(page, s.key) and (move := _move(s, marks))]
            if moves:
                rows.setdefault(model, []).append(Row(measure.title, measure.sample.better == "lower", moves))
    return rows


def _plain(page: Page, key: SeriesKey) -> bool:
    """Whether it is the persona as the study's own dialogues are played and asked."""
    return key.of.left.speaker == "persona" and key.of.left.setting == own_setting(page.study)


def _move(s: Series, marks: Mapping[str, Look]) -> Move | None:
    start, end = (None if e is None else _points(e) for e in (s.start, s.end))
    return None if start is None or end is None else Move(s.key.script, start, end, *marks[s.key.script])


def _points(e: Estimate) -> float | None:
    """A value as points of 100 of its metric's scale: a change of ruler for one picture, no new number."""
    if e.value is None or e.scale is None or e.scale[0] == e.scale[1]:
        return None
    return 100 * (e.value - e.scale[0]) / (e.scale[1] - e.scale[0])
