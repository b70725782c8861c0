"""What is measured: a metric, the form in which it was judged, and a part of it. Values only; no words, no scales."""

from typing import Literal

import msgspec

from longplay.specs import Form

# What of a metric's scores is estimated: their mean, a share of them, or a distance between profiles of traits.
Measure = Literal["mean", "partial", "blocked", "distance", "distance-to-baseline", "inconsistent", "rules"]


class Part(msgspec.Struct, frozen=True, order=True):
    """Which scores of a metric count, and what is made of them. All fields left out: the mean of all scores.

    `label`: of the items, such as `safe`, or the trait that they ask for; `kind`, `focus`: type and focus of their
    requests. `measure`: `partial`: the share of partial refusals; `blocked`: of replies that the provider blocked;
    `distance`, `distance-to-baseline`: of the traits from the persona's own profile and from the baseline's;
    `inconsistent`: of comparisons that turn with the order; `rules`: of texts that fixed rules see otherwise.
    `by_item`: traits weigh by their items, not alike.
    """

    label: str = ""
    kind: str = ""
    focus: str = ""
    measure: Measure = "mean"
    by_item: bool = False


WHOLE = Part()


class Quantity(msgspec.Struct, frozen=True, order=True):
    """One measured quantity. `metric`: a metric, a composite of metrics, or a name that an analysis gives what it
    counts, such as `replies`. `form`: as judged, see judging/forms."""

    metric: str
    form: Form = "ours"
    part: Part = WHOLE
