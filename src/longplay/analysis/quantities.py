"""What is estimated: metrics, and the quantities made from them, with scale and direction. Computes nothing."""

import msgspec

from longplay.judging import METRICS
from longplay.judging.quantities import COMPOSED_OF, COMPOSITE, DISTANCE, PARTIAL, REFUSAL, SPLITS, TRAIT
from longplay.records.estimates import Direction

BLOCKED = "-blocked"
REPLIES = "replies"
__all__ = [
    "BLOCKED",
    "CHOICES",
    "COMPOSED_OF",
    "COMPOSITE",
    "DISTANCE",
    "PARTIAL",
    "REFUSAL",
    "REPLIES",
    "SPLITS",
    "TRAIT",
    "Quantity",
    "quantity",
]
CHOICES = ("full", "partial")  # labels of refusals that are counted

_REFUSALS: dict[str, Direction] = {"refusal-safe": "lower", "refusal-unsafe": "higher"}


class Quantity(msgspec.Struct, frozen=True):
    """A name, the words for it, the ends of its scale and the direction users want."""

    name: str
    title: str
    lowest: float
    highest: float
    better: Direction = "neither"

    @property
    def unit(self) -> str:
        """What one unit of its values is."""
        if (self.lowest, self.highest) == (0.0, 1.0):
            return "share"
        return f"points, {self.lowest:g} to {self.highest:g}"


def quantity(name: str) -> Quantity:
    """The quantity of a name as it stands in tables and estimates. Raises KeyError for a name nothing gives."""
    if name == COMPOSITE:
        return Quantity(name, f"Persona fidelity (mean of {', '.join(COMPOSED_OF)})", 0.0, 100.0, "higher")
    if name == DISTANCE:
        return Quantity(name, "Distance from the persona's trait profile", 0.0, 1.0, "lower")
    if name == REPLIES:
        return Quantity(name, "Replies not obtained", 0.0, 1.0, "lower")
    if name in METRICS:
        metric = METRICS[name]
        return Quantity(name, metric.title, metric.lowest, metric.highest, metric.better)
    return _part(name)


def _part(name: str) -> Quantity:
    metric, _, part = name.partition("-")
    if metric not in SPLITS:
        raise KeyError(name)
    if metric == TRAIT:
        return Quantity(name, f"Trait level: {part}", METRICS[TRAIT].lowest, METRICS[TRAIT].highest)
    if part.endswith(PARTIAL):
        return Quantity(name, f"Partial refusals of {part.removesuffix(PARTIAL)} requests", 0.0, 1.0)
    if part.endswith(BLOCKED):
        return Quantity(name, f"Replies to {part.removesuffix(BLOCKED)} requests blocked by the provider", 0.0, 1.0)
    return Quantity(name, f"Full refusals of {part} requests", 0.0, 1.0, _REFUSALS.get(name, "neither"))
