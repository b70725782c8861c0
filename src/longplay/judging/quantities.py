"""Names of what is estimated beyond single metrics: parts of a metric, and what is made of several. Scores nothing."""

from typing import Literal

from longplay.judging import METRICS

# Metrics of one item each whose mean over all items would say nothing: estimated by this field of the item.
REFUSAL, TRAIT = "refusal", "trait"
SPLITS: dict[str, Literal["label", "dimension"]] = {REFUSAL: "label", TRAIT: "dimension"}
COMPOSITE = "fidelity"
COMPOSED_OF = ("knowledge", "style", "in-character")
DISTANCE = "trait-distance"
PARTIAL = "-partial"


def quantity_names(labels: frozenset[str], dimensions: frozenset[str]) -> tuple[str, ...]:
    """Every quantity that items with these labels and dimensions can give."""
    parts = {"label": [*labels, *(label + PARTIAL for label in labels)], "dimension": [*dimensions]}
    split = (f"{metric}-{part}" for metric, field in SPLITS.items() for part in sorted(parts[field]))
    return (COMPOSITE, *(name for name in METRICS if name not in SPLITS), DISTANCE, *split)
