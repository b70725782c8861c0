"""Quantities beyond whole metrics: parts of one, and what is made of several; their names in files. Scores nothing.

Names are made of quantities, and found again among the names of all there are; no name is taken apart.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from longplay.judging.forms import in_forms
from longplay.judging.metric import COMPOSITE, Metric, named
from longplay.judging.metrics import METRICS
from longplay.records import WHOLE, Part, Quantity
from longplay.records.quantities import Measure
from longplay.specs import Form, ModelSpec
from longplay.specs.study import PAPER_FORMS

REFUSAL, TRAIT = "refusal", "trait"
REFUSALS = tuple(name for name, metric in METRICS.items() if metric.base == REFUSAL)
TRAITS = tuple(name for name, metric in METRICS.items() if metric.base == TRAIT)
COMPOSED_OF = ("knowledge", "style", "in-character")
# What composites are made of; the first is the one that a report speaks of where both were judged.
COMPOSITE_FORMS: tuple[Form, ...] = ("ours", "paper")
COMPOSITES = {
    Quantity(COMPOSITE, form): tuple(Quantity(name, form) for name in COMPOSED_OF) for form in COMPOSITE_FORMS
}
DISTANCES: tuple[Measure, ...] = ("distance", "distance-to-baseline")


def splits() -> dict[str, Literal["label", "dimension"]]:
    """Metrics of one item each whose mean over all items would say nothing: estimated by this field of the item."""
    return {name: metric.split for name, metric in METRICS.items() if metric.split is not None}


def metric_name(quantity: Quantity) -> str:
    """The name of the metric that it is of, by which a study and a store know it."""
    return named(quantity.metric, quantity.form)


def metric_of(quantity: Quantity) -> Metric | None:
    """The metric that it is of; None for composites and for what is no score."""
    return METRICS.get(metric_name(quantity))


def scored_by(quantity: Quantity, judge: ModelSpec) -> str:
    """Whose name its scores have where this model judges: the program's, if a program scores it."""
    metric = metric_of(quantity)
    return judge.title if metric is None else metric.judge_title(judge)


def whole(quantity: Quantity) -> Quantity:
    """All scores of its metric together."""
    return msgspec.structs.replace(quantity, part=WHOLE)


def part_of(quantity: Quantity, **part: str | bool) -> Quantity:
    """The quantity with these fields of its part changed (see `Part`)."""
    return msgspec.structs.replace(quantity, part=msgspec.structs.replace(quantity.part, **part))


def spelled(quantity: Quantity) -> str:
    """Its name in files, such as `refusal-paper-safe-partial`."""
    part = quantity.part
    kind, focus = (f"{word}-{said}" if said else "" for word, said in (("type", part.kind), ("focus", part.focus)))
    measure = "" if part.measure == "mean" else part.measure
    words = (metric_name(quantity), part.label, kind, focus, measure, "by-item" if part.by_item else "")
    return "-".join(word for word in words if word)


def two_level(metric: str) -> bool:
    """Whether a refusal metric knows yes and no alone; the paper's yes is a full refusal."""
    return METRICS[metric].form in PAPER_FORMS


def as_labelled(metric: str, kind: str) -> str:
    """A kind of refusal (full, partial, none) in the labels of a refusal metric."""
    if not two_level(metric):
        return kind
    return "Yes" if kind == "full" else "No"


def in_papers_form(quantity: Quantity) -> bool:
    """Whether it rests on the paper's templates."""
    return quantity.form in PAPER_FORMS


def is_usual(quantity: Quantity) -> bool:
    """Whether traits of a distance are weighed in the usual way, which has a direction that users want. The paper
    weighs them alike against the persona's profile, and by their items against the baseline's."""
    of = quantity.part
    return of.by_item == (of.measure == "distance-to-baseline") if in_papers_form(quantity) else not of.by_item


def as_judged(wanted: Iterable[Quantity], forms: Sequence[Form]) -> tuple[Quantity, ...]:
    """The same, those that are not judged in our own form in the first form that they are judged in.

    So that `knowledge` among a study's primary quantities means `knowledge-paper` where that is all there is.
    """
    if "ours" in forms:
        return tuple(wanted)
    return tuple(_in_first(one, forms) for one in wanted)


def _in_first(wanted: Quantity, forms: Sequence[Form]) -> Quantity:
    if wanted == Quantity(COMPOSITE):
        return Quantity(COMPOSITE, "paper") if "paper" in forms else wanted
    found = in_forms((wanted.metric,), forms, METRICS) if wanted.metric in METRICS and wanted.part == WHOLE else ()
    return METRICS[found[0]].quantity if found and wanted.form == "ours" else wanted


def quantities(labels: Iterable[str], dimensions: Iterable[str]) -> tuple[Quantity, ...]:
    """Every quantity that items with these labels and dimensions can give."""
    words = {"label": sorted(labels), "dimension": sorted(dimensions)}
    of_items = splits()
    # rounds have no item: what scores them too is there as a whole
    plain = [metric.quantity for name, metric in METRICS.items() if name not in of_items or "rounds" in metric.scores]
    split = [
        msgspec.structs.replace(METRICS[name].quantity, part=Part(label=word, measure=measure))
        for name, field in of_items.items()
        for word in words[field]
        for measure in _measures(name)
    ]
    distances = [
        msgspec.structs.replace(METRICS[name].quantity, part=Part(measure=measure, by_item=by_item))
        for name in TRAITS
        for measure in DISTANCES
        for by_item in (False, True)
    ]
    return (*COMPOSITES, *plain, *distances, *split)


def by_name(labels: Iterable[str], dimensions: Iterable[str]) -> dict[str, Quantity]:
    """The same by their names in files."""
    return {spelled(one): one for one in quantities(labels, dimensions)}


def _measures(metric: str) -> tuple[Measure, ...]:
    return ("mean", "partial") if metric in REFUSALS and not two_level(metric) else ("mean",)
