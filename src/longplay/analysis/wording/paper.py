"""The paper's own forms of fading wording, to compare with: biased, since it counts patterns where it found them.

A text has a pattern that has all its words, wherever they stand; every pattern weighs alike, so that a persona or probe
with many patterns weighs more; shares are means of ratios; rows are resampled as if they were independent.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from longplay.analysis.wording.comparing import TOWARD, Compared, Point
from longplay.analysis.wording.fades import ALL_PATTERNS, ALL_PROBES, PATTERNS, Group, Plan, by_script, found_at_ends
from longplay.records import Contrast, Estimate, Quantity
from longplay.records.word_patterns import Toward
from longplay.stats.intervals import Floats
from longplay.stats.paper import losses, row_bootstrap, to_maximum

RATE, FADE, LEFT = "wording-paper", "wording-paper-fade", "wording-paper-left"
RESAMPLES = 2_000  # a fifth of the paper's, which would take most of the time of a small study
NOT_ALL = "some personas have no answers there"
TARGET = "the paper's: rows as if independent"
CURVE = "the paper's: mean count of a pattern, over the largest of both kinds and all checkpoints of the script"
FADED = "the paper's counts: mean over personas and probes of 1 - last / first, rows resampled"
LOST = "the paper's: mean over personas and probes of 1 - patterns at the last / at the first, rows resampled"


def paper_forms(cells: Sequence[Compared], plan: Plan) -> list[Estimate]:
    """Scaled counts at every checkpoint; the share of counts and the share of patterns that is lost by the last."""
    found: list[Estimate] = []
    for group in by_script(cells):
        found += _curves(group, plan)
        if len(group.places) > 1:
            found += (_faded(group, plan, toward) for toward in TOWARD)
            found.append(_lost(group, plan))
    return found


def _sample(group: Group, plan: Plan, quantity: Quantity) -> Estimate:
    return Estimate(
        RATE, quantity, ALL_PROBES, Contrast(group.of("persona")), TARGET, f"{plan.miner}; {CURVE}", None,
        seed=plan.seed,
    )  # fmt: skip


def _curves(group: Group, plan: Plan) -> Iterator[Estimate]:
    sums = np.array([[_counts(group, toward, place).sum() for place in group.places] for toward in TOWARD])
    known = np.asarray(~np.isnan(sums).any(axis=0))
    sizes = np.array([sum(len(cell.paper_first.grams(toward)) for cell in group.cells) for toward in TOWARD])
    means = np.divide(sums, sizes[:, None], out=np.zeros(sums.shape), where=sizes[:, None] > 0)
    scaled = means.copy()
    if means[:, known].any():
        scaled[:, known] = to_maximum(means[None][..., known])[0]
    for row, toward in enumerate(TOWARD):
        sample = _sample(group, plan, PATTERNS[toward])
        for column, place in enumerate(group.places):
            yield msgspec.structs.replace(
                sample,
                position=place.checkpoint,
                value=float(scaled[row, column]) if sizes[row] and known[column] else None,
                unit="share of the largest count",
                n=int(sizes[row]),
                note="no pattern" if not sizes[row] else "" if known[column] else NOT_ALL,
            )


def _faded(group: Group, plan: Plan, toward: Toward) -> Estimate:
    first, last = (_counts(group, toward, group.places[end]) for end in (0, -1))
    sample = msgspec.structs.replace(
        _sample(group, plan, PATTERNS[toward]), analysis=FADE, method=f"{plan.miner}; {FADED}"
    )
    return _mean_of_ratios(group, sample, first, last)


def _lost(group: Group, plan: Plan) -> Estimate:
    first, last = found_at_ends(group, [(cell.paper_first, cell.paper_last) for cell in group.cells])
    sample = msgspec.structs.replace(
        _sample(group, plan, ALL_PATTERNS),
        analysis=LEFT,
        method=f"{plan.miner}; {LOST}",
    )
    return _mean_of_ratios(group, sample, first, last)


def _mean_of_ratios(group: Group, sample: Estimate, first: Floats, last: Floats) -> Estimate:
    """Share lost; rows whose first count is 0 or without answers have no ratio and are left out, which the paper's data
    did not need."""
    usable = (first > 0) & ~np.isnan(last)
    span = group.places[0].checkpoint, group.places[-1].checkpoint
    made = msgspec.structs.replace(
        sample, span=span, unit="share lost", n=int(usable.sum()), clusters=int(usable.sum())
    )
    left_out = int((~usable).sum())
    note = (
        f"{left_out} of {len(first)} rows have no patterns at the first checkpoint or no answers, and no ratio"
        if left_out
        else ""
    )
    if not usable.any():
        return msgspec.structs.replace(made, note=note)
    shares = losses(first[usable], last[usable])[:, :1]
    found = row_bootstrap(shares, np.random.default_rng(sample.seed), RESAMPLES)
    mean, low, high = (float(side[0]) for side in (found.centre, found.low, found.high))
    return msgspec.structs.replace(made, value=mean, low=low, high=high, note=note)


def _counts(group: Group, toward: Toward, place: Point) -> Floats:
    """(cells,): in how many persona answers patterns occur, summed over patterns; NaN where there are no answers."""
    return np.array([cell.paper.get((toward, place), np.nan) for cell in group.cells], dtype=np.float64)
