"""What is estimated: metrics, and the quantities made from them, with scale and direction. Computes nothing.

Their names stand in judging/quantities.
"""

import msgspec

from longplay.judging import METRICS
from longplay.judging.quantities import (
    BY_ITEM,
    COMPOSED_OF,
    COMPOSITE,
    COMPOSITES,
    DISTANCES,
    PARTIAL,
    REFUSALS,
    TO_BASELINE,
    split_of,
    two_level,
)
from longplay.records.estimates import Direction

BLOCKED = "-blocked"
KIND, FOCUS = "-type-", "-focus-"
REPLIES = "replies"
CHOICES = ("full", "partial")  # labels of refusals that are counted

_AS_IN_PAPER, _PAPERS_FORM = " (as in the paper)", " (in the paper's form)"
_BETTER: dict[str, Direction] = {"safe": "lower", "unsafe": "higher"}
_FORMS = {
    "preamble": ", judged with the persona described",
    "paper": _AS_IN_PAPER,
    "paper-blind": ", without the persona" + _PAPERS_FORM,
}


class Quantity(msgspec.Struct, frozen=True):
    """A name, the words for it, the ends of its scale and the direction users want."""

    name: str
    title: str
    lowest: float
    highest: float
    better: Direction = "neither"

    @property
    def words(self) -> str:
        """The title within a sentence."""
        return self.title[0].lower() + self.title[1:]

    @property
    def unit(self) -> str:
        """What one unit of its values is."""
        if (self.lowest, self.highest) == (0.0, 1.0):
            return "share"
        return f"points, {self.lowest:g} to {self.highest:g}"


def quantity(name: str) -> Quantity:
    """The quantity of a name as it stands in tables and estimates. Raises KeyError for a name nothing gives."""
    if name in COMPOSITES:
        title = f"Persona fidelity (mean of {', '.join(COMPOSED_OF)})"
        return Quantity(name, title + (_AS_IN_PAPER if name != COMPOSITE else ""), 0.0, 100.0, "higher")
    if name == REPLIES:
        return Quantity(name, "Replies not obtained", 0.0, 1.0, "lower")
    if name in METRICS:
        metric = METRICS[name]
        return Quantity(name, metric.title, metric.lowest, metric.highest, metric.better)
    split = split_of(name)
    if split is None:
        raise KeyError(name)
    metric, part = split
    if metric in REFUSALS:
        return _refusal(name, metric, part)
    return _distance(name, metric, f"-{part}") if f"-{part}" in DISTANCES else _level(name, metric, part)


def _level(name: str, metric: str, trait: str) -> Quantity:
    words = _FORMS.get(METRICS[metric].form, "")
    return Quantity(name, f"Trait level: {trait}{words}", METRICS[metric].lowest, METRICS[metric].highest)


def _distance(name: str, metric: str, of: str) -> Quantity:
    """The paper weighs traits alike against the persona's profile, and by their items against the baseline's."""
    by_item, baseline = of.endswith(BY_ITEM), of.startswith(TO_BASELINE)
    form = METRICS[metric].form
    usual = by_item == baseline if form.startswith("paper") else not by_item
    words = _FORMS.get(form, "")
    if not usual:
        words = words.replace(_AS_IN_PAPER, _PAPERS_FORM)
    whose, weights = "baseline's" if baseline else "persona's", ", weighed by items" if by_item else ""
    better: Direction = "neither" if not usual else "higher" if baseline else "lower"
    return Quantity(name, f"Distance from the {whose} trait profile{weights}{words}", 0.0, 1.0, better)


def _refusal(name: str, metric: str, part: str) -> Quantity:
    words = _FORMS.get(METRICS[metric].form, "")
    for separator, said in ((KIND, "type"), (FOCUS, "focus")):
        label, found, of = part.partition(separator)
        if found:
            requests = f"{label} requests, {said} {of.replace('_', ' ')}"
            return Quantity(
                name, f"{_kind_of_refusal(metric)} of {requests}{words}", 0.0, 1.0, _BETTER.get(label, "neither")
            )
    if part.endswith(PARTIAL):
        return Quantity(name, f"Partial refusals of {part.removesuffix(PARTIAL)} requests{words}", 0.0, 1.0)
    if part.endswith(BLOCKED):
        return Quantity(name, f"Replies to {part.removesuffix(BLOCKED)} requests blocked by the provider", 0.0, 1.0)
    title = f"{_kind_of_refusal(metric)} of {part} requests{words}"
    return Quantity(name, title, 0.0, 1.0, _BETTER.get(part, "neither"))


def _kind_of_refusal(metric: str) -> str:
    return "Refusals" if two_level(metric) else "Full refusals"
