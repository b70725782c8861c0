"""Scores averaged within items, paired and combined, worst-case bounds carried along. Makes no intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from longplay.analysis.frames import Frame, Groups, among, constant, groups, matches, rows_of, stack
from longplay.analysis.quantities import scale_of
from longplay.analysis.scores import KEYS
from longplay.judging.quantities import COMPOSITES
from longplay.records import Quantity

PLACE = [*KEYS, "position", "unit"]
VALUES = ["value", "lowest", "highest"]
BEFORE = "before"  # of a difference: what was taken away, so that its own range is known
COUNTED = ["n", "missing", "flagged"]
COUNTS = [*COUNTED, "dropped"]
_WITHIN = ["order", "replicate", "again"]  # an item's answers are told apart by these, its verdicts by repeats too


def item_means(scores: Frame, apart: Sequence[str] = ()) -> Frame:
    """KEYS, position, unit, item, remark, VALUES, COUNTS: one row an item of a unit at a position.

    Orders and draws are averaged, except those in `apart` (such as `order`), which become columns. Before that all
    answers after one dialogue are averaged, and before that all verdicts on one answer: what is judged or answered once
    more counts no more than the rest. `lowest`, `highest`: the mean if every missing score were at an end of the scale.
    The composites of the fidelity metrics stand among the quantities.
    """
    ends = [scale_of(quantity) for quantity in scores["quantity"].cat.categories]
    place = scores["quantity"].cat.codes.to_numpy()
    score = scores["score"].to_numpy()
    gone = np.isnan(score)
    keys = [*PLACE, "item", "remark", *apart]
    within = [name for name in _WITHIN if name not in apart]
    again = (scores["repeat"].to_numpy() > 0) | (scores["again"].to_numpy() > 0)
    frame = scores[[*keys, *within]].assign(
        value=score,
        lowest=np.where(gone, np.array([end.lowest for end in ends])[place], score),
        highest=np.where(gone, np.array([end.highest for end in ends])[place], score),
        n=(~gone).astype(np.int64),
        missing=gone.astype(np.int64),
        flagged=(scores["flagged"].to_numpy() & ~gone).astype(np.int64),
    )
    return _with_composites(collapse(_once(frame, keys, within, again), keys), keys)


def _once(frame: Frame, keys: list[str], within: list[str], again: np.ndarray) -> Frame:
    """The rows, those of items with repeats as one row a dialogue."""
    if not again.any():
        return frame
    code = groups(frame, keys).code
    several = (np.bincount(code, again) > 0)[code]
    some = frame[several]
    for left in ([], ["again"]):  # verdicts on one answer, then answers after one dialogue
        some = collapse(some, [*keys, *(name for name in within if name not in left)])
    kept = [*keys, *VALUES, *COUNTED]
    return stack([frame[~several][kept], some[kept]]) if not several.all() else some


def collapse(frame: Frame, keys: list[str], *, skipna: bool = True, found: Groups | None = None) -> Frame:
    """One row for each combination of keys, sorted: means of VALUES and BEFORE, sums of the counts. A mean of nothing
    is NaN.

    Without `skipna` a value is NaN as soon as one part is. `found`: the groups of these keys, where they are known.
    """
    found = found or groups(frame, keys)
    columns = {name: rows_of(frame[name], found.first) for name in keys}
    for name in (*VALUES, *([BEFORE] if BEFORE in frame else [])):
        values = frame[name].to_numpy(np.float64)
        used = ~np.isnan(values) if skipna else np.ones(len(values), dtype=bool)
        sums = np.bincount(found.code[used], weights=values[used], minlength=found.size)
        count = np.bincount(found.code[used], minlength=found.size)
        columns[name] = np.divide(sums, count, out=np.full(found.size, np.nan), where=count > 0)
    for name in COUNTS:
        if name in frame:
            sums = np.bincount(found.code, weights=frame[name].to_numpy(), minlength=found.size)
            columns[name] = sums.astype(np.int64)
    return pd.DataFrame(columns, copy=False)


def pair(later: Frame, earlier: Frame, keys: list[str]) -> Frame:
    """`later` - `earlier` on keys, for what both sides asked; value NaN where a side is missing.

    Bounds are the widest that both sides allow. Columns besides keys, VALUES and COUNTS are lost. `n` and `flagged`
    count what was used, `missing` both sides; `dropped` the pairs that one side alone was scored for, or neither.
    `before`: what was taken away in all, of a difference of differences too, so that value + before lies on the scale.
    """
    rows, rows_before = matches(later, earlier, keys)
    after = {name: later[name].to_numpy()[rows] for name in (*VALUES, *COUNTED)}
    before = {name: earlier[name].to_numpy()[rows_before] for name in (*VALUES, *COUNTED)}
    value = after["value"] - before["value"]
    formed = ~np.isnan(value)
    taken = before["value"] + later[BEFORE].to_numpy()[rows] if BEFORE in later else before["value"]
    return pd.DataFrame(
        {
            **{name: rows_of(later[name], rows) for name in keys},
            "value": value,
            BEFORE: np.where(formed, taken, np.nan),
            "lowest": after["lowest"] - before["highest"],
            "highest": after["highest"] - before["lowest"],
            "n": np.where(formed, after["n"] + before["n"], 0),
            "missing": after["missing"] + before["missing"],
            "flagged": np.where(formed, after["flagged"] + before["flagged"], 0),
            "dropped": (~formed).astype(np.int64),
        },
        copy=False,
    )


def _with_composites(items: Frame, place: list[str]) -> Frame:
    """The items and, where all metrics of a composite scored one, their mean rescaled to 0-100."""
    there = set(items["quantity"].cat.categories)
    judged = {quantity: of for quantity, of in COMPOSITES.items() if there.issuperset(of)}
    return (
        stack([items, *(_composite(items, place, quantity, of) for quantity, of in judged.items())])
        if judged
        else items
    )


def _composite(items: Frame, place: list[str], quantity: Quantity, of: tuple[Quantity, ...]) -> Frame:
    parts = items[among(items["quantity"], of.__contains__)]
    keys = [key for key in place if key != "quantity"]
    code = groups(parts, keys).code
    parts = parts[np.bincount(code)[code] == len(of)] if len(parts) else parts
    if parts.empty:
        return items.iloc[:0]
    ends, whole = [scale_of(one) for one in parts["quantity"].cat.categories], scale_of(quantity)
    number = parts["quantity"].cat.codes.to_numpy()
    low = np.array([end.lowest for end in ends])[number]
    scale = np.array([whole.length / end.length for end in ends])[number]
    scaled = {value: (parts[value].to_numpy() - low) * scale + whole.lowest for value in VALUES}
    mean = collapse(parts.assign(**scaled), keys, skipna=False)
    known = mean["value"].notna().to_numpy()
    used = {count: np.where(known, mean[count], 0) for count in ("n", "flagged")}
    return mean.assign(quantity=constant(quantity, len(mean)), **used)[items.columns]
