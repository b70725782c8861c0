"""What a judge's mean error can be where few errors were seen among the labels. Knows arrays only.

A t interval has no width where no error was seen and too little where few were, as their number is skewed.
"""

import msgspec
import numpy as np

from longplay.stats.intervals import Floats, Integers
from longplay.stats.within import unseen

FEW = 10  # labels that differ from the judge, under which their number is too skewed for a t interval
DRAWS = 20_000
_SAME = 1e-9
_MORE = 0.5


class Room(msgspec.Struct, frozen=True):
    """How far below and above its estimate a mean error can lie; both at least 0."""

    below: float
    above: float


def rarely_wrong(judge: Floats, human: Floats) -> bool:
    """Whether under FEW labelled rows differ from the judge. human: NaN where there is no label."""
    return int(np.count_nonzero(np.abs(human - judge) > _SAME)) < FEW


def room(errors: Floats, weight: Floats, cluster: Integers, most: tuple[Floats, Floats], level: float) -> Room:
    """Bounds of a weighted mean of errors, most of them 0.

    errors, weight, cluster: (labels,), people minus judge; most: how far each row of the frame could lie below and
    above its judge, sizes. Where no error was seen, the exact bound of their share (`unseen`), all of them as large as
    the rows allow. Else each side by the Bayesian bootstrap with half an error more, of the largest size seen if the
    rows allow it: for errors of one size this is Jeffreys' interval (Brown, Cai & DasGupta 2001, Statistical Science
    16:101). Weights and clusters count by the effective number of labels (Korn & Graubard 1998, Survey Methodology
    24:193).
    """
    size = _effective(errors, weight, cluster)
    share = unseen(size, level)
    below, above = (_worst(one, share) for one in most)
    wrong = np.abs(errors) > _SAME
    if not wrong.any():
        return Room(share * below, share * above)
    mean = float((weight * errors).sum() / weight.sum())
    counted, seen = weight[wrong] / weight.sum() * size, errors[wrong]
    # One set of draws, so that mirrored errors have mirrored bounds.
    rng = np.random.default_rng(0)
    right = max(size - float(counted.sum()), _SAME)
    parts = rng.gamma(np.concatenate([counted, [right, _MORE]]), size=(DRAWS, len(counted) + 2))
    parts /= parts.sum(axis=1, keepdims=True)
    plain, largest = parts[:, :-2] @ seen, float(np.abs(seen).max())
    low = np.quantile(plain - parts[:, -1] * min(largest, below), (1 - level) / 2)
    high = np.quantile(plain + parts[:, -1] * min(largest, above), (1 + level) / 2)
    return Room(max(mean - float(low), 0.0), max(float(high) - mean, 0.0))


def _worst(most: Floats, share: float) -> float:
    """The mean of the largest such share of rows: errors that are rare cannot all be the largest possible one."""
    count = max(int(np.ceil(share * len(most))), 1)
    return float(np.sort(most)[-count:].mean())


def _effective(errors: Floats, weight: Floats, cluster: Integers) -> float:
    """How many labels drawn alike and alone tell as much as these; never more than there are."""
    alone = float(weight.sum() ** 2 / (weight**2).sum())
    off = weight * (errors - (weight * errors).sum() / weight.sum())
    _, place = np.unique(cluster, return_inverse=True)
    sums = np.bincount(place, weights=off)
    each = float((off**2).sum())
    if each <= 0 or len(sums) < 2:
        return alone
    bunched = float((sums**2).sum()) * len(sums) / (len(sums) - 1) / each
    return alone / max(bunched, 1.0)
