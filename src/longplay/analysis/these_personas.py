"""Levels, drifts and gaps for the personas of this run: intervals over items, orders and draws. Knows no other target.

Where the default target asks what other personas would do, this one keeps the personas and asks what other items and
other dialogues with them would give.
"""

import msgspec
import numpy as np

from longplay.analysis.baselines import against_baseline
from longplay.analysis.changes import last_first, last_first_dialogues
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import Framing, for_replies, present
from longplay.analysis.fixed_personas import THESE, Varying, of_gaps, of_levels
from longplay.analysis.frames import matches, stack
from longplay.analysis.gap import AGAINST_BASELINE, pairs
from longplay.analysis.items import BEFORE, COUNTS, PLACE, VALUES, collapse
from longplay.analysis.measuring import CELL, Measured, measure, with_variance
from longplay.records import Estimate

ANALYSIS = "these-personas"
MEAN = "mean of persona means; variance components of items and dialogues, Satterthwaite df, Korn-Graubard interval"
MEAN_GAP = "persona - baseline, paired by item; variance components of items and dialogues, Satterthwaite df"
CHANGE = "last position - first, paired by item; variance components of items and dialogues, Satterthwaite df"
CHANGE_GAP = "last - first of persona - baseline; variance components of items and dialogues, Satterthwaite df"
ALIKE = "all items and dialogues gave the same"
_COLUMNS = [*PLACE, "item", *VALUES, BEFORE, *COUNTS]


def these_personas(data: Data) -> list[Estimate]:
    """The numbers of `curves`, `drift`, `gap` and `gap-drift` for fixed personas. Remarks are left out of all.

    A level with one unit is no source of variance: the target then says "for this order". Rounds of one block are other
    questions in other orders, so that several orders are what their interval rests on. Changes of rounds are those of
    each dialogue's block means, so that what the questions do is in the interval where there are several orders.
    """
    return for_replies(data, lambda replies: _these(data, replies))


def _these(data: Data, replies: Replies) -> list[Estimate]:
    found: list[Estimate] = []
    cells, moved = data.cells[replies], last_first_dialogues(data, replies)
    items = data.without_remarks(replies)
    items = items.assign(unit=items["unit"].where(items["unit"] >= 0, -1))
    answers = last_first(data, replies)
    parts = [answers[answers["item"] >= 0][_COLUMNS], moved[moved["item"] < 0][_COLUMNS]]
    changed = collapse(stack(parts), [*PLACE, "item"])
    level = data.level
    for some, apart, gaps, methods in (
        (items, cells, pairs(data, replies), (MEAN, MEAN_GAP)),
        (changed, moved, against_baseline(changed), (CHANGE, CHANGE_GAP)),
    ):
        found += _estimates(data, replies, _with(measure(some, level), of_levels(apart), data), methods[0])
        found += _estimates(data, replies, _with(measure(gaps, level), of_gaps(apart), data), methods[1])
    return found


def _with(measured: Measured, varying: Varying, data: Data) -> Measured:
    """The means with these variances instead of those between personas."""
    rows, there = matches(measured.cells, varying.cells, CELL)
    size = len(measured.cells)
    variance, df = np.full((2, size), np.nan)
    n = measured.found.n.copy()
    targets, notes, cluster = [THESE] * size, [""] * size, ["item"] * size
    variance[rows], df[rows] = varying.variance.variance[there], varying.variance.df[there]
    n[rows] = np.where(n[rows] > 0, varying.clusters[there], 0)
    for row, one in zip(rows, there, strict=True):
        targets[row], notes[row], cluster[row] = varying.targets[one], varying.notes[one], varying.cluster[one]
    counted = msgspec.structs.replace(measured.found, n=n)
    words = {"targets": tuple(targets), "notes": tuple(notes), "cluster": tuple(cluster)}
    kept = msgspec.structs.replace(measured, found=counted, **words)
    return with_variance(kept, variance, df, data.level, fewest=1)


def _estimates(data: Data, replies: Replies, measured: Measured, method: str) -> list[Estimate]:
    gap, change = method in (MEAN_GAP, CHANGE_GAP), method in (CHANGE, CHANGE_GAP)
    framing = Framing(
        ANALYSIS,
        method,
        THESE,
        data.level,
        replies,
        AGAINST_BASELINE if gap else None,
        spans=data.spans,
        note=data.remark,
        fewest=0,
        tests=gap or change,
        no_width=ALIKE,
    )
    return present(measured, framing)
