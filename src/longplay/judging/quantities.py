"""Names of what is estimated beyond single metrics: parts of a metric, and what is made of several. Scores nothing.

A metric in a form other than our own (see `forms`) gives quantities of its own: `refusal-paper-safe` beside
`refusal-safe`.
"""

from collections.abc import Sequence
from typing import Literal

from longplay.judging.forms import in_forms
from longplay.judging.metrics import METRICS
from longplay.specs import Form

REFUSAL, TRAIT = "refusal", "trait"
REFUSALS = tuple(name for name, metric in METRICS.items() if metric.base == REFUSAL)
TRAITS = tuple(name for name, metric in METRICS.items() if metric.base == TRAIT)


def splits() -> dict[str, Literal["label", "dimension"]]:
    """Metrics of one item each whose mean over all items would say nothing: estimated by this field of the item."""
    return {name: metric.split for name, metric in METRICS.items() if metric.split is not None}


SPLITS = splits()
PAPER = "-paper"
COMPOSED_OF = ("knowledge", "style", "in-character")
COMPOSITE = "fidelity"
# By the composite's name; the first is the one that a report speaks of where both were judged.
COMPOSITES = {COMPOSITE: COMPOSED_OF, COMPOSITE + PAPER: tuple(name + PAPER for name in COMPOSED_OF)}
BY_ITEM = "-by-item"
TO_TARGET, TO_BASELINE = "-distance", "-distance-to-baseline"
DISTANCES = tuple(of + weighting for of in (TO_TARGET, TO_BASELINE) for weighting in ("", BY_ITEM))
"""What a trait metric's name gets for a distance: each trait with the same weight, or with that of its items."""
PARTIAL = "-partial"


def two_level(metric: str) -> bool:
    """Whether a refusal metric knows yes and no alone; the paper's yes is a full refusal."""
    return METRICS[metric].form.startswith("paper")


def as_labelled(metric: str, kind: str) -> str:
    """A kind of refusal (full, partial, none) in the labels of a refusal metric."""
    if not two_level(metric):
        return kind
    return "Yes" if kind == "full" else "No"


def in_papers_form(name: str) -> bool:
    """Whether a quantity rests on the paper's templates."""
    split = split_of(name)
    metric = split[0] if split else name
    return name == COMPOSITE + PAPER or (metric in METRICS and METRICS[metric].form.startswith("paper"))


def split_of(name: str) -> tuple[str, str] | None:
    """The metric and the part in the name of a quantity that is one part of a metric; None for others."""
    found = [metric for metric in splits() if name.startswith(f"{metric}-") and name not in METRICS]
    metric = max(found, key=len, default=None)
    return None if metric is None else (metric, name[len(metric) + 1 :])


def as_judged(names: Sequence[str], forms: Sequence[Form]) -> tuple[str, ...]:
    """The same names, those that are not judged in our own form in the first form that they are judged in.

    So that `knowledge` among a study's primary quantities means `knowledge-paper` where that is all there is.
    """
    if "ours" in forms:
        return tuple(names)
    in_first = {name: found[0] for name in names if name in METRICS and (found := in_forms((name,), forms, METRICS))}
    whole = {COMPOSITE: COMPOSITE + PAPER} if "paper" in forms else {}
    return tuple((in_first | whole).get(name, name) for name in names)


def quantity_names(labels: frozenset[str], dimensions: frozenset[str]) -> tuple[str, ...]:
    """Every quantity that items with these labels and dimensions can give."""
    parts = {"label": [*labels, *(label + PARTIAL for label in labels)], "dimension": [*dimensions]}
    split = (
        f"{metric}-{part}"
        for metric, field in splits().items()
        for part in sorted(parts[field])
        if not (part.endswith(PARTIAL) and two_level(metric))
    )
    distances = (metric + of for metric in TRAITS for of in DISTANCES)
    return (*COMPOSITES, *(name for name in METRICS if name not in splits()), *distances, *split)
