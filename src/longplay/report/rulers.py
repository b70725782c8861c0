"""How the numbers of one measure are read on a card: digits, ends, the gauge's places. Computes no number."""

import msgspec

from longplay.judging.quantities import COMPOSITES
from longplay.records import Estimate, Quantity
from longplay.report.naming import quantity_words
from longplay.report.words import number

LEFT, WIDTH = 10.0, 300.0  # of the gauge, in its own units


class Ruler(msgspec.Struct, frozen=True):
    """The scale of a measure. `name`: its words within a sentence; `digits`: those that a reader can use."""

    quantity: Quantity
    name: str
    lowest: float
    highest: float
    digits: int

    @property
    def points(self) -> bool:
        """Whether it is persona fidelity, in points of 100."""
        return self.quantity in COMPOSITES

    @property
    def of(self) -> str:
        """What stands beside a level."""
        if self.points:
            return f"of {number(self.highest, 0)}"
        return f"on {number(self.lowest, 0)} to {number(self.highest, 0)}"

    def at(self, value: float) -> float:
        """Where a level stands on the gauge."""
        share = (value - self.lowest) / (self.highest - self.lowest)
        return round(LEFT + WIDTH * min(max(share, 0.0), 1.0), 2)


def ruler(drift: Estimate) -> Ruler:
    """That of a change and of the levels at its ends."""
    lowest, highest = drift.scale or (0.0, 100.0)
    words = "persona fidelity" if drift.quantity in COMPOSITES else quantity_words(drift.quantity)
    return Ruler(drift.quantity, words, lowest, highest, 0 if highest - lowest > 50 else 2)
