"""What the baseline's dialogues vary, as a part of the variance of its mean. Makes no estimates."""

import numpy as np
import pandas as pd

from longplay.analysis.changes import DIALOGUE
from longplay.analysis.frames import Frame, groups, matches, stack
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.measuring import CELL, UNSPOKEN, Shared
from longplay.stats import less_rest
from longplay.stats.intervals import Flags, Floats, Integers, unrounded


def several_orders(cells: Frame) -> Flags:
    """Which cells are of a source whose dialogues have several orders."""
    source, order = cells["source"].cat.codes.to_numpy(), cells["order"].to_numpy()
    several = [code for code in np.unique(source) if len(np.unique(order[source == code])) > 1]
    return np.isin(source, several)


def between_dialogues(frame: Frame, alike: list[str]) -> Shared:
    """The variance of a mean over dialogues of one order. `alike`: the keys of what several of them did alike."""
    return _variance(_effects(frame, alike), ["order"])


def _effects(frame: Frame, alike: list[str]) -> Frame:
    """CELL, unit, order, replicate, effect: mean deviations from what several dialogues did alike, each persona's."""
    code = groups(frame, alike).code
    n = np.bincount(code)
    value = frame["value"].to_numpy(np.float64)
    mean = np.bincount(code, value) / n if len(n) else n.astype(np.float64)
    several = n[code] > 1
    effect = unrounded(value - mean[code], value)[several]
    some = frame[several]
    keys = [*CELL, "unit", *DIALOGUE]
    of = groups(some, keys)
    count = np.bincount(of.code, minlength=of.size)
    return some[keys].take(of.first).assign(effect=np.bincount(of.code, effect, of.size) / count)


def _variance(effects: Frame, within: list[str]) -> Shared:
    """The variance of a mean over dialogues, pooled within the groups of `within`; their effects, scaled to it."""
    dialogue = groups(effects, [*CELL, *DIALOGUE])
    each, value = effects.take(dialogue.first), effects["effect"].to_numpy(np.float64)
    personas = np.bincount(dialogue.code, minlength=dialogue.size)
    mean = np.bincount(dialogue.code, value, dialogue.size) / personas
    cell, group = groups(each, CELL), groups(each, [*CELL, *within])
    n = np.bincount(group.code, minlength=group.size)
    centred = mean - (np.bincount(group.code, mean, group.size) / n)[group.code]
    squares = np.bincount(cell.code, centred**2, cell.size).astype(np.float64)  # integers where nothing is known
    count = np.bincount(cell.code, minlength=cell.size)
    df = (count - np.bincount(cell.code[group.first], minlength=cell.size)).astype(np.float64)
    left = (value - mean[dialogue.code]) ** 2
    alone = np.bincount(cell.code[dialogue.code], left, cell.size).astype(np.float64)
    several = np.bincount(cell.code, personas, cell.size) / np.maximum(count, 1)
    rest_df = df * (several - 1)
    found = less_rest(
        _over(squares, df * count), df, _over(alone, rest_df * several * count), rest_df, several=several > 1
    )
    variance, df = found.variance, found.df
    scale = np.sqrt(np.divide(variance, squares, out=np.zeros(cell.size), where=squares > 0))
    cluster = each["order"].to_numpy(np.int64) * 2**31 + each["replicate"].to_numpy()
    frame = each[CELL].take(cell.first).assign(variance=variance, df=df, dialogues=count, alike=squares + alone == 0)
    scaled = pd.DataFrame({"cell": cell.code, "cluster": cluster, "effect": centred * scale[cell.code]})
    return _kept(Shared(frame, scaled), np.flatnonzero(~np.isnan(variance)))


def between_orders(frame: Frame) -> Shared:
    """The variance of a mean over orders, from the means under each of them."""
    orders = collapse(collapse(frame[frame["value"].notna()], [*PLACE, "order"]), [*CELL, "order"])
    effects = orders[[*CELL, "order"]].assign(unit=0, replicate=0, effect=orders["value"])
    return _variance(effects, [])


def or_else(one: Shared, other: Shared) -> Shared:
    """What `one` has, and what only `other` has."""
    known, _ = matches(other.cells, one.cells, UNSPOKEN)
    more = _kept(other, np.setdiff1d(np.arange(len(other.cells)), known))
    effects = more.effects.assign(cell=more.effects["cell"] + len(one.cells))
    return Shared(
        stack([one.cells, more.cells[one.cells.columns]]), pd.concat([one.effects, effects], ignore_index=True)
    )


def _kept(shared: Shared, rows: Integers) -> Shared:
    to = np.full(len(shared.cells), -1)
    to[rows] = np.arange(len(rows))
    cell = to[shared.effects["cell"].to_numpy()] if len(shared.effects) else shared.effects["cell"].to_numpy()
    return Shared(shared.cells.take(rows), shared.effects.assign(cell=cell)[cell >= 0])


def _over(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
