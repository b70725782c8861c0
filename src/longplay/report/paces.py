"""How soon and how fast a series changed, as several analyses see it: cells of a table. Chooses none of them."""

from collections.abc import Mapping

import msgspec

from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.series import SeriesKey, beside
from longplay.report.words import DASH, interval, number, said

PACES: Mapping[str, str] = {
    "early": "Early change",
    "slope": "Slope per 10 rounds",
    "slope-odds": "Log odds per 10 rounds",
    "slope-implied": "Change by the odds",
    "half-life": "Half-life, rounds",
    "half-life-tokens": "Half-life, tokens",
    "change-point": "Change point, rounds",
}
TIMES = frozenset(("half-life", "half-life-tokens", "change-point"))
NO_DRIFT = "no drift to time"


class Cell(msgspec.Struct, frozen=True):
    """An estimate in words: its value, its interval, and what is said of it below the table."""

    value: str
    interval: str
    note: str


def paces(page: Page) -> dict[SeriesKey, dict[str, Cell]]:
    """Series -> analysis -> cell, as far as any of them was made."""
    found: dict[SeriesKey, dict[str, Cell]] = {}
    for analysis in PACES:
        for key, e in beside(page, analysis).items():
            found.setdefault(key, {})[analysis] = _time(e) if analysis in TIMES else _plain(e)
    return found


def _plain(e: Estimate) -> Cell:
    return Cell(number(e.value, 3, sign=True), interval(e.low, e.high, 3, sign=True), e.note)


def _time(e: Estimate) -> Cell:
    """A time that lies outside what was measured has no number: the note says on which side, for each end too."""
    if any(part.startswith(NO_DRIFT) for part in e.note.split("; ")):
        return Cell(NO_DRIFT, "", e.note)
    value = said(e.note, "half-life ").removesuffix(f" {e.unit}") or _digits(e.value)
    ends = [
        _digits(end) if end is not None else said(e.note, f"interval {word} ").removesuffix(f" {e.unit}") or DASH
        for word, end in (("from", e.low), ("to", e.high))
    ]
    return Cell(value, DASH if ends == [DASH, DASH] else f"[{', '.join(ends)}]", e.note)


def _digits(value: float | None) -> str:
    return number(value, 1 if value is not None and abs(value) < 100 else 0)
