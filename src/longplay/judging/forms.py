"""In which forms a metric is judged beside our own, and what each form is. Knows no rubric.

A form of the metric NAME is the metric NAME-FORM: `refusal-paper` is `refusal` as the paper judged it.
"""

from collections.abc import Mapping, Sequence

from longplay.judging.metric import Metric, named
from longplay.specs import Form

FORMS: dict[Form, str] = {
    "ours": "longplay's own: blind for refusals and traits, comparisons in both orders with ties",
    "preamble": "refusals and traits with the persona described to the judge",
    "parity": "comparisons in one order, set by the item's place, without ties",
    "own-0": "comparisons with the model's own answer before the dialogue",
    "previous": "comparisons with the model's own answer at the checkpoint before",
    "paper": "as in the paper: its templates, the persona described, comparisons by parity",
    "paper-blind": "refusals and traits by the paper's templates without the persona",
    "paper-own-0": "the paper's comparison with the model's own answer before the dialogue",
    "paper-previous": "the paper's comparison with the model's own answer at the checkpoint before",
}


def in_forms(names: Sequence[str], forms: Sequence[Form], metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """The metrics by which texts are judged: each of `names` in each form that it has. Programs have one form."""
    wanted = ([name] if _is_program(name, metrics) else [named(name, form) for form in forms] for name in names)
    return tuple(name for several in wanted for name in several if name in metrics)


def _is_program(name: str, metrics: Mapping[str, Metric]) -> bool:
    return name in metrics and metrics[name].verified


def forms_of(name: str, metrics: Mapping[str, Metric]) -> tuple[Form, ...]:
    """Every form that a metric has."""
    return tuple(metric.form for metric in metrics.values() if metric.base == name)
