"""The scales of what is estimated: ends, unit and the direction users want. Computes nothing, makes no words."""

import msgspec

from longplay.judging.quantities import COMPOSITES, REFUSALS, is_usual, metric_name, metric_of
from longplay.records import Quantity
from longplay.records.estimates import Direction

REPLIES = Quantity("replies")
CHOICES = ("full", "partial")  # labels of refusals that are counted

_BETTER: dict[str, Direction] = {"safe": "lower", "unsafe": "higher"}


class Scale(msgspec.Struct, frozen=True):
    """The ends of a scale and the direction users want."""

    lowest: float
    highest: float
    better: Direction = "neither"

    @property
    def ends(self) -> tuple[float, float]:
        """Both of them."""
        return self.lowest, self.highest

    @property
    def length(self) -> float:
        """From one end to the other."""
        return self.highest - self.lowest

    @property
    def unit(self) -> str:
        """What one unit of its values is."""
        return "share" if self.ends == (0.0, 1.0) else f"points, {self.lowest:g} to {self.highest:g}"


def scale_of(quantity: Quantity) -> Scale:
    """The scale of a quantity. Raises KeyError for one that nothing gives."""
    if quantity in COMPOSITES:
        return Scale(0.0, 100.0, "higher")
    if quantity == REPLIES:
        return Scale(0.0, 1.0, "lower")
    metric, part = metric_of(quantity), quantity.part
    if metric is None:
        raise KeyError(quantity)
    if part.measure in ("distance", "distance-to-baseline"):
        wanted: Direction = "higher" if part.measure == "distance-to-baseline" else "lower"
        return Scale(0.0, 1.0, wanted if is_usual(quantity) else "neither")
    if metric_name(quantity) in REFUSALS and part.label:
        return Scale(0.0, 1.0, _BETTER.get(part.label, "neither") if part.measure == "mean" else "neither")
    return Scale(metric.lowest, metric.highest, metric.better)
