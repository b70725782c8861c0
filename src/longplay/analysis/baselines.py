"""Persona against baseline: pairs, and what the baseline's own dialogues vary, which all share. No estimates."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from longplay.analysis.changes import DIALOGUE
from longplay.analysis.frames import Frame, groups, matches, stack
from longplay.analysis.items import PLACE, VALUES, collapse, pair
from longplay.analysis.measuring import CELL, Measured, Shared, widened
from longplay.analysis.versions import without_version
from longplay.stats import added
from longplay.stats.intervals import Floats, Integers

AGAINST = "personas like these, against baseline dialogues like these"
AGAINST_ONE = "personas like these, for this baseline dialogue"
AGAINST_ANSWERS = "personas like these, against baseline answers like these"
AGAINST_ANSWER = "personas like these, for these answers of the baseline"
OWN = "personas like these, baseline dialogues like these"
OWN_ANSWERS = "personas like these, baseline answers like these"
# targets by what is known of the baseline: several dialogues, one; before the dialogue several answers, one
_GAPS = (AGAINST, AGAINST_ONE, AGAINST_ANSWERS, AGAINST_ANSWER)
_OWN = (OWN, AGAINST_ONE, OWN_ANSWERS, AGAINST_ANSWER)
IN_INTERVAL = "their variance is in the interval"
Flags: TypeAlias = NDArray[np.bool_]
_ITEM = [*PLACE, "item"]
_UNSPOKEN = [key for key in CELL if key != "speaker"]  # a gap and its baseline are of the same place


def against_baseline(items: Frame, keys: list[str] = _ITEM) -> Frame:
    """Pairs (see `items.pair`) of persona and baseline on these keys; the speaker column says persona.

    Where the judge saw a description, the baseline's texts were judged as each persona and are paired with it; a
    baseline whose judge is blind stands against every persona, and every version of one.
    """
    same = [key for key in keys if key != "speaker"]
    personas = items[(items["speaker"] == "persona") & (items["unit"] >= 0)]
    baseline = items[items["speaker"] == "baseline"]
    judged, blind = baseline[baseline["unit"] >= 0], baseline[baseline["unit"] < 0]
    unseen = [key for key in same if key != "unit"]
    nobody = collapse(blind, unseen)
    rows, of_nobody = matches(personas.assign(setting=without_version(personas["setting"])), nobody, unseen)
    whose = {name: personas[name].take(rows).array for name in ("unit", "setting")}
    everybody = nobody.take(of_nobody).assign(**whose)
    columns = [*same, *VALUES, "n", "missing", "flagged"]
    pairs = pair(personas, stack([judged[columns], everybody[columns]]), same)
    return pairs.assign(speaker=pd.Categorical(["persona"] * len(pairs), dtype=items["speaker"].dtype))


def with_dialogues(measured: Measured, cells: Frame, level: float) -> tuple[Measured, Shared]:
    """Gaps with the variance of the baseline's dialogues in every interval, and that variance.

    measured: of pairs of persona and baseline; cells: the values of both, dialogues apart (`Data.cells` or
    `dialogue_changes`). The baseline is one speaker, so that its dialogues' variance is no part of what differs between
    personas and does not shrink with their number. With one dialogue the target is that dialogue.
    """
    return _with(measured, baseline_variance(cells, measured.cells, _between_orders), _GAPS, level)


def with_own_dialogues(measured: Measured, cells: Frame, level: float) -> tuple[Measured, Shared]:
    """The same for levels or changes of the baseline alone, judged as each persona."""
    return _with(measured, baseline_variance(cells, measured.cells, _of_orders), _OWN, level)


def _with(measured: Measured, found: Shared, targets_of: tuple[str, ...], level: float) -> tuple[Measured, Shared]:
    counts = np.ones(len(measured.cells), dtype=np.int64)
    rows, there = matches(measured.cells, found.cells, CELL)
    counts[rows] = found.cells["dialogues"].to_numpy()[there]
    positions = measured.cells["position"].to_numpy()
    words = [_words(int(position), int(count), targets_of) for position, count in zip(positions, counts, strict=True)]
    targets, notes = zip(*words, strict=True) if words else ((), ())
    wide = widened(measured, found, level)
    return msgspec.structs.replace(wide, targets=targets, notes=notes), found


def _words(position: int, count: int, targets_of: tuple[str, ...]) -> tuple[str, str]:
    several, one = targets_of[2:] if position == 0 else targets_of[:2]
    what = "answers an item" if position == 0 else "dialogues"
    return (several, f"{count} baseline {what}, {IN_INTERVAL}") if count > 1 else (one, "")


def baseline_variance(cells: Frame, wanted: Frame, of_orders: Callable[[Frame], Shared]) -> Shared:
    """Of each wanted cell (CELL, of personas): the variance of the baseline's mean over its dialogues.

    Between dialogues of one order where an order has several: each dialogue's mean deviation from its order's mean of
    the same item and persona, less what dialogues do to single personas alone, which is in the variance between
    personas already (an analysis of variance of personas crossed with dialogues). Else between several orders, by
    `of_orders`.
    """
    baseline = cells[(cells["speaker"] == "baseline") & cells["value"].notna()]
    baseline = baseline.assign(unit=baseline["unit"].where(baseline["unit"] >= 0, -1))
    found = _variance(_effects(baseline, [*_ITEM, "order"]), ["order"])
    several = several_orders(cells)
    if several.any():
        found = _first(found, of_orders(cells[several]))
    return _aligned(found, wanted)


def several_orders(cells: Frame) -> Flags:
    """Which cells are of a source whose dialogues have several orders."""
    source, order = cells["source"].cat.codes.to_numpy(), cells["order"].to_numpy()
    several = [code for code in np.unique(source) if len(np.unique(order[source == code])) > 1]
    return np.isin(source, several)


def _effects(frame: Frame, alike: list[str]) -> Frame:
    """CELL, unit, order, replicate, effect: mean deviations from what several dialogues did alike, each persona's."""
    code = groups(frame, alike).code
    n = np.bincount(code)
    value = frame["value"].to_numpy(np.float64)
    mean = np.bincount(code, value) / n if len(n) else n.astype(np.float64)
    several = n[code] > 1
    effect = (value - mean[code])[several]
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
    variance, df = _column_part(squares, alone, df, (several, count))
    scale = np.sqrt(np.divide(variance, squares, out=np.zeros(cell.size), where=squares > 0))
    cluster = each["order"].to_numpy(np.int64) * 2**31 + each["replicate"].to_numpy()
    frame = each[CELL].take(cell.first).assign(variance=variance, df=df, dialogues=count)
    scaled = pd.DataFrame({"cell": cell.code, "cluster": cluster, "effect": centred * scale[cell.code]})
    return _kept(Shared(frame, scaled), np.flatnonzero(~np.isnan(variance)))


def _column_part(squares: Floats, alone: Floats, df: Floats, sizes: tuple[Floats, Integers]) -> tuple[Floats, Floats]:
    """Variance and df from the squares of dialogues' means and what is left of single personas; NaN with df 0."""
    personas, count = sizes
    usable, crossed = df > 0, personas > 1
    whole = np.divide(squares, df * count, out=np.full(len(df), np.nan), where=usable)
    left = df * (personas - 1)
    below = left * personas * count
    less = np.divide(alone, below, out=np.zeros(len(df)), where=usable & crossed & (below > 0))
    less = np.where(whole > less, less, 0.0)
    found = added([np.where(usable, whole, 0.0), -less], [df, np.where(less > 0, left, np.nan)])
    shared = np.where(crossed & (less == 0) & (alone > 0), 0.0, whole)
    return np.where(usable, np.where(less > 0, found.variance, shared), np.nan), np.where(less > 0, found.df, df)


def _between_orders(cells: Frame) -> Shared:
    """Between the mean gaps of orders, which leaves out what an order's questions do to both sides, and has the persona
    dialogues' share of 1 / personas in it on top."""
    keys = [*_ITEM, "order"]
    return _orders(against_baseline(collapse(cells, keys), keys))


def _of_orders(cells: Frame) -> Shared:
    """Between the baseline's means under orders; what an order's questions do to it is in there too."""
    return _orders(cells[cells["speaker"] == "baseline"])


def _orders(frame: Frame) -> Shared:
    orders = collapse(collapse(frame[frame["value"].notna()], [*PLACE, "order"]), [*CELL, "order"])
    effects = orders[[*CELL, "order"]].assign(unit=0, replicate=0, effect=orders["value"])
    return _variance(effects, [])


def _first(one: Shared, other: Shared) -> Shared:
    """What `one` has, and what only `other` has."""
    known, _ = matches(other.cells, one.cells, _UNSPOKEN)
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


def _aligned(found: Shared, wanted: Frame) -> Shared:
    """The variances at the wanted cells: of their own setting, else of the setting without its version."""
    exact, there = matches(wanted, found.cells, _UNSPOKEN)
    plain, then = matches(wanted.assign(setting=without_version(wanted["setting"])), found.cells, _UNSPOKEN)
    fresh = ~np.isin(plain, exact)
    rows, source = np.concatenate([exact, plain[fresh]]), np.concatenate([there, then[fresh]])
    values: dict[str, Floats] = {name: found.cells[name].to_numpy()[source] for name in ("variance", "df", "dialogues")}
    cells = wanted[CELL].take(rows).assign(**values)
    parts = [found.effects[found.effects["cell"] == old].assign(cell=new) for new, old in enumerate(source)]
    return Shared(cells, pd.concat(parts, ignore_index=True) if parts else found.effects.iloc[:0])
