"""In which forms a metric is judged beside our own, and what each form is. Knows no rubric.

A form of the metric NAME is the metric NAME-FORM: `refusal-paper` is `refusal` as the paper judged it.
"""

from collections.abc import Iterable, Mapping, Sequence

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
    every = tuple(one for name in names for one in metrics_of(name, metrics))
    wanted = ([name] if _is_program(name, metrics) else [named(name, form) for form in forms] for name in every)
    return tuple(name for several in wanted for name in several if name in metrics)


def metrics_of(name: str, metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """What a name in a study stands for: the metric of that name, or all that are read out of one call of that name."""
    if name in metrics:
        return (name,)
    return tuple(metric.base for metric in metrics.values() if metric.together == name) or (name,)


def asking(names: Iterable[str], metrics: Mapping[str, Metric]) -> tuple[str, ...]:
    """The same metrics, of those that are read out of one call the first alone."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault((name in metrics and metrics[name].together) or f" {name}", name)  # no name begins so
    return tuple(first.values())


def _is_program(name: str, metrics: Mapping[str, Metric]) -> bool:
    return name in metrics and metrics[name].verified


def forms_of(name: str, metrics: Mapping[str, Metric]) -> tuple[Form, ...]:
    """Every form that a metric has."""
    return tuple(dict.fromkeys(metric.form for metric in metrics.values() if metric.asked_by == name))
