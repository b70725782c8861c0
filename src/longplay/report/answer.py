"""Section: the answer in a sentence a model, with its interval and what it means for someone deciding."""

from collections.abc import Iterable, Iterator, Mapping
from math import isclose

import msgspec
from markupsafe import Markup

from longplay.records import ROUNDS, Estimate
from longplay.records.estimates import Headline
from longplay.records.findings import Finding
from longplay.records.places import own_setting
from longplay.report.figures import Look, looks
from longplay.report.findings import CANNOT, TAGS, meaning, remarks
from longplay.report.one_dialogue import told
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.rulers import Ruler, ruler
from longplay.report.series import Series, SeriesKey, beside, by_model, key_of, measures
from longplay.report.strips import Strip, strip
from longplay.report.words import interval, number


class Other(msgspec.Struct, frozen=True):
    """What another judge gives the same model on the same script at the end; `moved`: the change in words."""

    judge: str
    end: float | None
    moved: str


class Card(msgspec.Struct, frozen=True):
    """One model on one script, as the answer shows it. `start`, `end`: over what the change compares, where that is
    known; `whole`: `end` is the level itself, whose interval can stand beside it. `apart`: why the change is not the
    difference of the two levels, "" where it is. `others`: what the study's other judges say. `strip`: each persona's
    change."""

    headline: Headline
    ruler: Ruler
    tag: str
    moved: str
    meaning: str
    remarks: tuple[str, ...]
    colour: str
    start: float | None
    end: float | None
    whole: bool
    apart: str = ""
    others: tuple[Other, ...] = ()
    strip: Strip | None = None


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
    marks = looks(page)
    for headline in page.headlines:
        cards.setdefault(headline.model, []).append(_card(page, headline, marks[headline.script][0]))
    glance = _glance(page, marks)
    scripts = dict.fromkeys(move.script for rows in glance.values() for row in rows for move in row.moves)
    legend = [(name, *marks[name]) for name in scripts]
    every = [card.headline.finding for found in cards.values() for card in found]
    points = any(card.ruler.points for found in cards.values() for card in found)
    filled = {"cards": cards, "points": points, "together": max((one.cards for one in every), default=1)}
    return fill("answer.html", page=page, glance=glance, scripts=legend, margin=_declared(every), **filled)


def _declared(every: Iterable[Finding]) -> bool:
    return any(one.margin is not None for one in every)


def _card(page: Page, headline: Headline, colour: str) -> Card:
    of, found, drift = ruler(headline.drift), headline.finding, headline.drift
    paired = drift.first is not None and drift.last is not None
    start, end = (drift.first, drift.last) if paired else (headline.start.value, headline.end.value)
    step = page.steps.get((headline.model, headline.script)) if found.tag == "untold" and not found.open else None
    return Card(
        headline,
        of,
        CANNOT if found.open == "questions" else TAGS[found.tag],
        _moved(_together(headline), of.digits),
        meaning(headline, of, imported=page.study.dialogues.imported),
        (*told(headline.dialogue, of), *remarks(headline, of, step)),
        colour,
        start,
        end,
        end is not None and headline.end.value is not None and isclose(end, headline.end.value),
        "" if paired else _apart(headline, of),
        tuple(_others(page, headline)),
        strip(page, headline.each, of.digits),
    )


def _together(headline: Headline) -> Estimate:
    """The change with the interval that holds together with those of the other cards, which its tag is by."""
    found = headline.finding
    if found.basis != "change" or found.low is None:
        return headline.drift
    return msgspec.structs.replace(headline.drift, low=found.low, high=found.high)


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
