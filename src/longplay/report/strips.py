"""Every persona's change as a dot beside their mean: places on a strip. Computes no estimate."""

from collections.abc import Sequence

import msgspec

from longplay.records import Estimate
from longplay.report.page import Page
from longplay.report.words import number

WIDTH, EDGE = 150.0, 6.0  # of the drawing, in its own units


class Dot(msgspec.Struct, frozen=True):
    """One persona: where its dot stands, and its words."""

    x: float
    words: str


class Strip(msgspec.Struct, frozen=True):
    """The dots of one change. `zero`, `mean`: where no change and the mean over personas stand; `least`, `most`: the
    range of the values."""

    dots: tuple[Dot, ...]
    zero: float
    mean: float
    least: float
    most: float

    @property
    def words(self) -> str:
        """All of it for those who do not see it."""
        return "; ".join(dot.words for dot in self.dots)


def strip(page: Page, each: Sequence[Estimate], digits: int) -> Strip | None:
    """Of the changes of two personas or more; None for fewer."""
    known = [(page.persona_name(e.persona), e.value) for e in each if e.value is not None]
    if len(known) < 2:
        return None
    values = [value for _, value in known]
    least, most = min(values), max(values)
    low, high = min(least, 0.0), max(most, 0.0)
    length = (high - low) or 1.0

    def at(value: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * (value - low) / length, 1)

    dots = tuple(Dot(at(value), f"{name} {number(value, digits, sign=True)}") for name, value in known)
    return Strip(dots, at(0.0), at(sum(values) / len(values)), least, most)
