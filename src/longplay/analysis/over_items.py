"""Means over personas as those of other items too: the variance that shared items add. Makes no estimates."""

import msgspec
import numpy as np

from longplay.analysis.frames import Frame, groups
from longplay.analysis.measuring import CELL, Measured, with_variance
from longplay.judging.quantities import TRAITS, metric_name
from longplay.records import ROUNDS, Quantity
from longplay.stats import added, shared_between, shared_items
from longplay.stats.bounded import ALIKE
from longplay.stats.intervals import Flags, Floats

LIKE_THESE = "asked items like these"
THESE = "asked these items"
THIS = "asked this item"
WHOLE_SET = "asked all items of the questionnaire"
THESE_QUESTIONS = "with these questions"


def with_items(measured: Measured, items: Frame, target: str, level: float, answered: Floats | None = None) -> Measured:
    """The same means, as those of personas asked items like these: the interval holds what other items would change.

    items: what `measured` was made of, a row an item of a unit. Answers alone: rounds of a dialogue are questions of
    its script, and a questionnaire is asked whole, so that both stay fixed, and the target says so.
    answered: of each cell, what the baseline's answering has in the variance of `measured` already. All personas have
    those answers, so that how items differ holds it too; it counts once.
    """
    cell = groups(items, CELL).code
    unit, item = groups(items, [*CELL, "unit"]).code, groups(items, [*CELL, "item"]).code
    size = len(measured.cells)
    drawn = _drawn(measured.cells)
    shared = shared_items(items["value"].to_numpy(np.float64), cell, unit, item, size)
    found = measured.found
    once = np.zeros(size) if answered is None else answered
    left = np.where(drawn, np.maximum(shared.variance - once, 0.0), 0.0)
    share = np.divide(left, shared.variance, out=np.zeros(size), where=left > 0)
    parts, dfs = np.stack([found.error**2, left]), np.stack([found.df, shared.df * share**2])
    whole = added(np.nan_to_num(parts), dfs)
    # alike personas tell nothing of others, whatever the items do
    apart = np.nan_to_num(found.error) > ALIKE * measured.within.span
    variance, df = np.where(apart, whole.variance, found.error**2), np.where(apart, whole.df, found.df)
    wide = with_variance(measured, variance, df, level)
    before = measured.targets or (target,) * size
    single = drawn & (np.bincount(cell[groups(items, [*CELL, "item"]).first], minlength=size) == 1)
    asked = (THIS if one else words for one, words in zip(single, item_targets(measured.cells), strict=True))
    targets = tuple(f"{one}, {of}" for one, of in zip(before, asked, strict=True))
    return msgspec.structs.replace(wide, targets=targets)


def item_covariance(one: Frame, other: Frame) -> Floats:
    """What other items would add to the covariance of two means over the same rows, of each cell; 0 where the items
    stay fixed (see `with_items`)."""
    cell = groups(one, CELL)
    unit, item = groups(one, [*CELL, "unit"]).code, groups(one, [*CELL, "item"]).code
    value, of_other = (frame["value"].to_numpy(np.float64) for frame in (one, other))
    between = shared_between(value, of_other, cell.code, unit, item, cell.size)
    return np.where(_drawn(one.iloc[cell.first]), between, 0.0)


def item_effects(items: Frame, variance: Floats) -> Floats:
    """(items, cells): what each item does to the mean of each cell, scaled so that the squares sum to the variance that
    the items add there: a block of `max_t`, in which what an item does at one position stands beside the next."""
    cell, unit = groups(items, CELL).code, groups(items, [*CELL, "unit"]).code
    names, item = np.unique(items["item"].to_numpy(), return_inverse=True)
    value = items["value"].to_numpy(np.float64)
    known = ~np.isnan(value)
    cell, unit, item, value = cell[known], unit[known], item[known], value[known]
    asked = np.bincount(unit)
    centred = (value - (np.bincount(unit, value) / np.maximum(asked, 1))[unit]) / asked[unit]
    size = len(variance)
    sums = np.bincount(item * size + cell, centred, len(names) * size).astype(np.float64)
    found = sums.reshape(len(names), size)
    squares = (found**2).sum(axis=0)
    return found * np.sqrt(np.divide(variance, squares, out=np.zeros(size), where=squares > 0))


def item_targets(cells: Frame, drawn: str = LIKE_THESE) -> list[str]:
    """What is said of the items of each cell; `drawn`: where others could be asked."""
    sources = cells["source"].astype(str).to_numpy()
    return [
        THESE_QUESTIONS if source == ROUNDS else WHOLE_SET if _whole(quantity) else drawn
        for source, quantity in zip(sources, cells["quantity"], strict=True)
    ]


def _drawn(cells: Frame) -> Flags:
    return np.array([words == LIKE_THESE for words in item_targets(cells)], dtype=bool)


def _whole(quantity: Quantity) -> bool:
    """Whether its items are a questionnaire that is asked as a whole."""
    return metric_name(quantity) in TRAITS
