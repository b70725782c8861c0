"""What varies in cells when the personas are kept: variance of means over items, orders, draws. Makes no estimates."""

import msgspec
import numpy as np

from longplay.analysis.baseline_dialogues import several_orders
from longplay.analysis.baselines import against_baseline, aligned
from longplay.analysis.frames import Frame, groups, matches
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.measuring import CELL
from longplay.stats import Cells, Crossed, Variance, added, crossed
from longplay.stats.intervals import Flags, Floats, Integers

THESE, THIS, NOBODY = "these personas", "this persona", "this baseline"
_ITEM = [*PLACE, "item"]
_MOST_FLAGS = 20_000_000
_SIDES = ("persona ", "baseline ")


class Levels(msgspec.Struct, frozen=True, eq=False):
    """One row a cell (CELL in `cells`): its components, and how many `orders` and `replicates` it has. `blind`: a
    baseline that no judge held against a persona. `units`: personas."""

    cells: Frame
    parts: Crossed
    orders: Integers
    replicates: Integers
    blind: Flags
    units: Integers


class Varying(msgspec.Struct, frozen=True, eq=False):
    """Variances of the numbers in `cells`; `targets`: what varies and what is fixed; `clusters`: the fewest units of a
    level that varies; `cluster`: what one of them is."""

    cells: Frame
    variance: Variance
    targets: tuple[str, ...]
    notes: tuple[str, ...]
    clusters: Integers
    cluster: tuple[str, ...]


def levels(cells: Frame) -> Levels:
    """Components of each cell's mean over personas. cells: PLACE, item, order, replicate, value.

    Personas are fixed, so values are taken as deviations from their persona's mean, then averaged over personas at
    each item and dialogue: what a dialogue with one persona does shrinks with their number, what an order does to all
    does not. Columns are orders where there are several, else the replicates of the one order.
    """
    known = cells[cells["value"].notna()]
    of = groups(known, CELL)
    table, size = of.code, of.size
    unit, item, order = (known[name].to_numpy(np.int64) for name in ("unit", "item", "order"))
    unit = np.maximum(unit, -1)
    value = _deviations(known["value"].to_numpy(np.float64), _packed(table, unit))
    orders = _distinct(table, order, size)
    replicates = _distinct(table, known["replicate"].to_numpy(np.int64), size)
    column = np.where(orders[table] > 1, order, known["replicate"].to_numpy(np.int64))
    row = _packed(table, item)
    place = _packed(row, column)
    first = np.zeros(int(place.max()) + 1 if len(place) else 0, dtype=np.int64)
    first[place] = np.arange(len(place))
    means = np.bincount(place, value) / np.bincount(place) if len(place) else value
    units = _distinct(table, unit, size)
    own = _distinct(table, _packed(unit, item), size) == _distinct(table, item, size)
    columns = _packed(table, column)
    strata = np.where(own & (units > 1), units, 1)
    parts = crossed(Cells(means, table[first], row[first], columns[first], strata))
    blind = np.bincount(table, unit < 0, size) > 0
    return Levels(known[CELL].take(of.first), parts, orders, replicates, blind, units)


def of_levels(cells: Frame) -> Varying:
    """What the mean of each cell varies by."""
    found = levels(cells)
    return _varying(found, found.parts.of_mean(), [_dialogues(found)], found.blind)


def of_gaps(cells: Frame) -> Varying:
    """What the gap of persona and baseline varies by.

    Paired by item and order where both sides have the same orders, several of them. Else items are paired, and the
    dialogues of each side add what they alone vary.
    """
    once = cells.assign(unit=cells["unit"].where(cells["unit"] >= 0, -1))
    by_item = levels(against_baseline(collapse(once, _ITEM)).assign(order=0, replicate=0))
    sides = [_at(by_item.cells, levels(once[once["speaker"] == one])) for one in ("persona", "baseline")]
    parts = [(np.nan_to_num(by_item.parts.by_rows), by_item.parts.row_df)]
    for side in sides:
        parts += [(one.variance, one.df) for one in side.parts.of_columns()]
    variance = added([part for part, _ in parts], [df for _, df in parts])
    still = np.isnan(by_item.parts.by_rows) & np.all([np.isnan(side.parts.by_columns) for side in sides], axis=0)
    variance = Variance(np.where(still, np.nan, variance.variance), np.where(still, np.nan, variance.df))
    nobody = np.zeros(len(by_item.cells), dtype=bool)
    apart = _varying(
        by_item, variance, [_dialogues(side, who) for side, who in zip(sides, _SIDES, strict=True)], nobody
    )
    return _by_order(apart, once)


def _by_order(apart: Varying, cells: Frame) -> Varying:
    """The same, paired by order where several are shared."""
    keys = [*_ITEM, "order"]
    cells = cells[several_orders(cells)]
    if cells.empty:
        return apart
    found = levels(against_baseline(collapse(cells, keys), keys).assign(replicate=0))
    several = np.flatnonzero(found.orders > 1)
    if not len(several):
        return apart
    paired = _varying(found, found.parts.of_mean(), [_dialogues(found)], found.blind)
    rows, there = matches(apart.cells, found.cells.take(several), CELL)
    there = several[there]
    variance, df = apart.variance.variance.copy(), apart.variance.df.copy()
    clusters, cluster = apart.clusters.copy(), list(apart.cluster)
    targets, notes = list(apart.targets), list(apart.notes)
    variance[rows], df[rows] = paired.variance.variance[there], paired.variance.df[there]
    clusters[rows] = paired.clusters[there]
    for row, one in zip(rows, there, strict=True):
        targets[row], notes[row], cluster[row] = paired.targets[one], paired.notes[one], paired.cluster[one]
    return Varying(apart.cells, Variance(variance, df), tuple(targets), tuple(notes), clusters, tuple(cluster))


def _at(wanted: Frame, found: Levels) -> Levels:
    """One side's levels at the cells of gaps: of the same setting, else of that without its version."""
    where = aligned(wanted, found.cells)
    parts = {name: _taken(getattr(found.parts, name), where) for name in found.parts.__struct_fields__}
    return Levels(
        wanted,
        Crossed(**parts),
        *(_taken(part, where) for part in (found.orders, found.replicates, found.blind, found.units)),
    )


def _taken(values: np.ndarray, where: Integers) -> np.ndarray:
    if not len(values):
        return np.full(len(where), np.nan if values.dtype.kind == "f" else 0).astype(values.dtype)
    missing = np.nan if values.dtype.kind == "f" else 0
    return np.where(where >= 0, values[where], missing).astype(values.dtype)


def _dialogues(found: Levels, who: str = "") -> list[tuple[int, str, str]]:
    """Of each cell: how many columns it has, what to call one of them if they vary, and if there is one."""
    words: list[tuple[int, str, str]] = []
    positions = found.cells["position"].to_numpy()
    for position, orders, replicates in zip(positions, found.orders, found.replicates, strict=True):
        if position == 0:
            words.append((int(replicates), f"{who}answer", ""))
        elif orders > 1:
            words.append((int(orders), f"{who}order", ""))
        else:
            order = "this order" if who != _SIDES[1] else ""
            one = f"this {who}dialogue draw" if replicates == 1 else ""
            words.append((int(replicates), f"{who}dialogue draw", " and ".join(part for part in (order, one) if part)))
    return words


def _varying(found: Levels, variance: Variance, columns: list[list[tuple[int, str, str]]], nobody: Flags) -> Varying:
    items = np.where(np.isnan(found.parts.by_rows), 0, found.parts.rows)
    of_items = found.cells["position"].to_numpy() >= 0
    targets, notes, cluster = list[str](), list[str](), list[str]()
    clusters = np.zeros(len(items), dtype=np.int64)
    for i, rows in enumerate(items):
        several = [(int(rows), "item")] if rows > 1 else []
        several += [(count, name) for count, name, _ in (side[i] for side in columns) if count > 1]
        fixed = [one for *_, one in (side[i] for side in columns) if one]
        if of_items[i] and found.parts.rows[i] == 1:
            fixed.append("this item")
        start = NOBODY if nobody[i] else THIS if found.units[i] == 1 else THESE
        targets.append(
            start + _listed("; ", several, " like these") + (f"; for {' and '.join(fixed)}" if fixed else "")
        )
        counted = ", ".join(f"{count} {name}s" for count, name in several)
        notes.append(f"rests on {counted}" if counted else "one item and one dialogue: nothing that could vary")
        least = min(several, key=lambda one: one[0], default=(0, "item"))
        clusters[i] = least[0]
        cluster.append(least[1])
    return Varying(found.cells, variance, tuple(targets), tuple(notes), clusters, tuple(cluster))


def _listed(before: str, several: list[tuple[int, str]], after: str) -> str:
    return before + ", ".join(f"{name}s" for _, name in several) + after if several else ""


def _deviations(value: Floats, group: Integers) -> Floats:
    return value - (np.bincount(group, value) / np.maximum(np.bincount(group), 1))[group] if len(value) else value


def _packed(one: Integers, other: Integers) -> Integers:
    """A code for each pair, from 0 on."""
    if not len(one):
        return one
    shifted = other - other.min()
    return _dense((one - one.min()) * (shifted.max() + 1) + shifted)[0]


def _distinct(table: Integers, value: Integers, size: int) -> Integers:
    """How many different values each table has."""
    if not len(table):
        return np.zeros(size, dtype=np.int64)
    shifted = value - value.min()
    most = int(shifted.max()) + 1
    return np.bincount(_dense(table * most + shifted)[1] // most, minlength=size)


def _dense(key: Integers) -> tuple[Integers, Integers]:
    """Codes from 0 on in the order of the keys, and the key of each code. No sorting where keys are small."""
    if int(key.max()) > _MOST_FLAGS:
        keys, code = np.unique(key, return_inverse=True)
        return code.astype(np.int64), keys
    there = np.zeros(int(key.max()) + 1, dtype=bool)
    there[key] = True
    return (np.cumsum(there) - 1)[key], np.flatnonzero(there)
