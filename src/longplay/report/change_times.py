"""How soon and how fast a series changed, as several analyses see it: cells of a table. Chooses none of them."""

from collections.abc import Mapping

import msgspec

from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.series import SeriesKey, beside
from longplay.report.words import DASH, interval, number

PACES: Mapping[str, str] = {
    "early": "Early change",
    "slope": "Slope per 10 rounds",
    "slope-odds": "Log odds per 10 rounds",
    "slope-implied": "Change by the odds",
    "half-life": "Half-life, rounds",
    "half-life-tokens": "Half-life, tokens",
    "change-point": "Change point, rounds",
    "round-change-point": "Change point of this dialogue, round",
    "first-broken": "First broken round",
}
TIMES = frozenset(("half-life", "half-life-tokens", "change-point", "round-change-point", "first-broken"))
NO_TIME = {"never": "no drift to time", "refuted": "not this shape"}


class Cell(msgspec.Struct, frozen=True):
    """An estimate in words: its value, its interval, its noise floor, and what is said of it below the table."""

    value: str
    interval: str
    note: str
    floor: str = ""


def paces(page: Page) -> dict[SeriesKey, dict[str, Cell]]:
    """Series -> analysis -> cell, as far as any of them was made."""
    found: dict[SeriesKey, dict[str, Cell]] = {}
    for analysis in PACES:
        for key, e in beside(page, analysis).items():
            found.setdefault(key, {})[analysis] = _time(e) if analysis in TIMES else _plain(e)
    return found


def _plain(e: Estimate) -> Cell:
    floor = "" if e.floor is None else f"floor {number(e.floor, 3)}"
    return Cell(number(e.value, 3, sign=True), interval(e.low, e.high, 3, sign=True), e.said, floor)


def _time(e: Estimate) -> Cell:
    """A time that lies outside what was measured has no number, but a side on which it lies; so has each end."""
    if e.beyond in NO_TIME:
        return Cell(NO_TIME[e.beyond], "", e.said)
    below, above = (DASH, DASH) if e.reach is None else (f"< {e.reach[0]:g}", f"> {e.reach[1]:g}")
    value = {"below": below, "above": above}.get(e.beyond) or _digits(e.value)
    ends = below if e.low is None else _digits(e.low), above if e.high is None else _digits(e.high)
    return Cell(value, DASH if ends == (DASH, DASH) else f"[{', '.join(ends)}]", e.said)


def _digits(value: float | None) -> str:
    return number(value, 1 if value is not None and abs(value) < 100 else 0)
