"""Item means or pairs -> mean over units with its interval, a cell at a time; bands over cells. Makes no estimates."""

import msgspec
import numpy as np

from longplay.analysis.frames import Frame, groups, matches
from longplay.analysis.items import BEFORE, PLACE, collapse
from longplay.analysis.quantities import scale_of
from longplay.analysis.scores import KEYS
from longplay.stats import (
    FEWEST_CLUSTERS,
    MANY_CLUSTERS,
    Intervals,
    added,
    half_widths,
    korn_graubard,
    level_of,
    max_t,
    new_unit,
    of_any_units,
    sidak_t,
    t_intervals,
)
from longplay.stats.bounded import ALIKE
from longplay.stats.intervals import Flags, Floats, Integers

CELL = [*KEYS, "position"]
UNSPOKEN = [key for key in CELL if key != "speaker"]  # a gap and its baseline are of the same place


class Shared(msgspec.Struct, frozen=True, eq=False):
    """Variance that all units of a cell share: `cells` (CELL, variance, df), one row a cell that has such, NaN
    where it is not known, with a column `answered` where answering an item again has a part in it: that part;
    `effects` (code of the cell in `cells`, cluster, effect), squares sum to the variance."""

    cells: Frame
    effects: Frame


class Range(msgspec.Struct, frozen=True, eq=False):
    """The values that each cell can have: `least` to `most`. `level`: means of scores, on the scale itself, not
    differences. `span`: the length of the scale. `taken`: of differences, the standard error of what was taken away."""

    least: Floats
    most: Floats
    span: Floats
    level: bool
    taken: Floats


class Spread(msgspec.Struct, frozen=True, eq=False):
    """Standard deviation and skewness of the units of each cell; NaN with fewer than two."""

    sd: Floats
    skew: Floats


class Measured(msgspec.Struct, frozen=True, eq=False):
    """Numbers of cells. `units`: a row a unit of a cell, `code` its cell; `cells`: a row a cell, sorted; `found`:
    intervals in their order; `within`: what they can be; `spread`: of their units. `targets`, `notes`, `cluster`: words
    for each cell, where they differ. `critical`: of the joint band at each cell, NaN = none; `drawn`: where it came
    from a seeded simulation. `bounds`: of the worst cases over units; `among`: of the value, from their spread alone.
    `empty`: differences without interval, as theirs would be wider than the scale."""

    units: Frame
    code: Integers
    cells: Frame
    found: Intervals
    within: Range
    spread: Spread
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cluster: tuple[str, ...] = ()
    critical: Floats | None = None
    drawn: Flags | None = None
    bounds: tuple[Intervals, Intervals] | None = None
    among: Intervals | None = None
    empty: Flags | None = None


def measure(items: Frame, level: float) -> Measured:
    """Mean over items within each unit, then mean and interval over units, for each cell (KEYS and position).

    items: as `item_means` or `pair` give them; position -1 stands for contrasts over the dialogue. Every unit counts
    alike, however many items it has left. Intervals: see `ends`.
    """
    units = collapse(items, PLACE)
    of = groups(units, CELL)
    code, cells = of.code, collapse(units, CELL, found=of)
    values, size = units["value"].to_numpy(np.float64), len(cells)
    found = t_intervals(values, code, size, level)
    taken = t_intervals(units[BEFORE].to_numpy(np.float64), code, size, level).error if BEFORE in units else None
    within, spread = _range(cells, found.mean, taken), _spread(values, code, found)
    low, high = (t_intervals(units[name].to_numpy(np.float64), code, size, level) for name in ("lowest", "highest"))
    plain = Measured(units, code, cells, found, within, spread, bounds=(low, high), among=found)
    return _with_ends(plain, np.full(size, level), FEWEST_CLUSTERS)


def bound_errors(measured: Measured) -> tuple[Floats, Floats, Floats]:
    """Standard errors of the worst cases and their degrees of freedom: from their spread among units, and from whatever
    else varies the value (baseline dialogues, items) than that; NaN where the value has no error."""
    nothing = np.full(len(measured.found.mean), np.nan)
    if measured.bounds is None or measured.among is None:
        return nothing, nothing, nothing
    found, (low, high) = measured.found, measured.bounds
    besides = np.fmax(found.error**2 - np.nan_to_num(measured.among.error**2), 0.0)
    df = np.fmin(low.df, found.df)
    known = ~np.isnan(found.error) & ~np.isnan(df)
    low_error, high_error = (np.sqrt(np.nan_to_num(end.error**2) + besides) for end in (low, high))
    return np.where(known, low_error, np.nan), np.where(known, high_error, np.nan), np.where(known, df, np.nan)


def _range(cells: Frame, mean: Floats, taken: Floats | None) -> Range:
    """A level can be anywhere on its scale; a difference there, less what was taken away."""
    place = cells["quantity"].cat.codes.to_numpy()
    ends = np.array([scale_of(one).ends for one in cells["quantity"].cat.categories]).reshape(-1, 2)[place]
    low, high = ends[:, 0], ends[:, 1]
    span = high - low
    if taken is None:
        return Range(low, high, span, level=True, taken=np.zeros(len(span)))
    before = cells[BEFORE].to_numpy(np.float64)
    free = np.isnan(before)
    least = np.where(free, -span, np.fmin(low - before, mean))
    most = np.where(free, span, np.fmax(high - before, mean))
    return Range(least, most, span, level=False, taken=taken)


def _spread(values: Floats, code: Integers, found: Intervals) -> Spread:
    known = ~np.isnan(values)
    apart, where = values[known] - found.mean[code[known]], code[known]
    second, third = (np.bincount(where, apart**power, len(found.mean)) for power in (2, 3))
    n = np.maximum(found.n, 1)
    skew = np.divide(third / n, (second / n) ** 1.5, out=np.zeros(len(n)), where=second > 0)
    return Spread(found.error * np.sqrt(n), skew)


def _with_ends(measured: Measured, level: Floats, fewest: int) -> Measured:
    """The same with the intervals that `ends` gives at the level of each cell."""
    low, high = ends(measured, level, fewest)
    return msgspec.structs.replace(measured, found=msgspec.structs.replace(measured.found, low=low, high=high))


def ends(measured: Measured, level: Floats, fewest: int = FEWEST_CLUSTERS) -> tuple[Floats, Floats]:
    """Low and high ends of each cell's interval at its level, none with fewer than `fewest` units.

    Of means of scores Korn and Graubard's, which knows the ends of the scale and what alike units can hide; of
    differences Student's t, cut where they could not be (see `_reach`). What has no width is no interval.
    """
    found, within = measured.found, measured.within
    if within.level:
        share, error = (found.mean - within.least) / within.span, found.error / within.span
        low, high = korn_graubard(share, error, found.df, found.n, measured.spread.skew, level)
        low, high = (within.least + within.span * end for end in (low, high))
    else:
        half = half_widths(found.error, found.df, level)
        half = np.where(half > ALIKE * within.span, half, np.nan)
        least, most = _reach(measured, half, level)
        low, high = np.maximum(found.mean - half, least), np.minimum(found.mean + half, most)
    enough = found.n >= max(fewest, 1)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)


def _reach(measured: Measured, half: Floats, level: Floats) -> tuple[Floats, Floats]:
    """How far the interval of a difference may go: as far as its values, from what was taken away as it was measured.

    After a clear change up to an end of the scale that start matters itself: the difference may lie as much further as
    the start does, joined with the distance from that end as in Zou and Donner 2008 (Statistics in Medicine 27:1693).
    """
    mean, within = measured.found.mean, measured.within
    start = np.nan_to_num(half_widths(within.taken, measured.found.n.astype(np.float64) - 1, level))
    down, up = np.hypot(mean - within.least, start), np.hypot(within.most - mean, start)
    least = np.where(mean + half < 0, np.maximum(mean - down, -within.span), within.least)
    most = np.where(mean - half > 0, np.minimum(mean + up, within.span), within.most)
    return least, most


def joint_ends(measured: Measured) -> tuple[Floats, Floats]:
    """The ends of the joint band; NaN where there is none."""
    if measured.critical is None:
        nothing = np.full(len(measured.cells), np.nan)
        return nothing, nothing
    low, high = ends(measured, level_of(measured.critical, measured.found.df))
    return np.where(np.isnan(measured.critical), np.nan, low), np.where(np.isnan(measured.critical), np.nan, high)


def new_unit_ends(measured: Measured, level: float) -> tuple[Floats, Floats]:
    """Ends of the interval of one further unit, on the scale; of a difference anywhere that the scale allows."""
    found, within = measured.found, measured.within
    low, high = new_unit(found.mean, measured.spread.sd, found.error, found.n, level)
    least, most = (within.least, within.most) if within.level else (-within.span, within.span)
    return np.maximum(low, least), np.minimum(high, most)


def any_units_ends(measured: Measured, level: float) -> tuple[Floats, Floats]:
    """Ends of the interval of the mean however units vary on the scale, those that were not drawn too; what else varies
    the value (baseline dialogues, items) joins as in Zou and Donner 2008. None where the value has no interval."""
    found, within = measured.found, measured.within
    values = measured.units["value"].to_numpy(np.float64)
    low, high = of_any_units(values, measured.code, within.least, within.most, level)
    among = np.zeros(len(found.mean)) if measured.among is None else np.nan_to_num(measured.among.error)
    besides = np.sqrt(np.fmax(np.nan_to_num(found.error) ** 2 - among**2, 0.0))
    half = half_widths(besides, np.where(np.isnan(found.df), 1.0, found.df), level)
    low, high = found.mean - np.hypot(found.mean - low, half), found.mean + np.hypot(high - found.mean, half)
    told = ~np.isnan(found.low)
    low, high = (np.where(told, np.clip(end, within.least, within.most), np.nan) for end in (low, high))
    return low, high


def widened(measured: Measured, shared: Shared, level: float) -> Measured:
    """The same with the shared variance in every interval: both variances added, df by Welch and Satterthwaite."""
    found, rows, there = measured.found, *matches(measured.cells, shared.cells, CELL)
    parts, dfs = np.zeros((2, len(found.mean))), np.full((2, len(found.mean)), np.nan)
    parts[0], dfs[0] = found.error**2, found.df
    parts[1, rows] = shared.cells["variance"].to_numpy()[there]
    dfs[1, rows] = shared.cells["df"].to_numpy()[there]
    return with_variance(measured, *_both(parts, dfs), level)


def _both(parts: Floats, dfs: Floats) -> tuple[Floats, Floats]:
    """The sum of two variances and its df; without spread among units, and none shared, the units' own df. NaN where
    one of them is not known."""
    whole = added(np.where(np.isnan(parts), 0.0, parts), dfs)
    known = ~np.isnan(parts).any(axis=0)
    return np.where(known, whole.variance, np.nan), np.where(known, whole.df, np.nan)


def with_variance(
    measured: Measured, variance: Floats, df: Floats, level: float, fewest: int = FEWEST_CLUSTERS
) -> Measured:
    """The same means with intervals from these variances; none for cells with fewer than `fewest` units."""
    found = msgspec.structs.replace(measured.found, error=np.sqrt(variance), df=df)
    return _with_ends(msgspec.structs.replace(measured, found=found), np.full(len(measured.cells), level), fewest)


def without_empty(measured: Measured, level: float) -> Measured:
    """The same without intervals and standard errors of differences that say nothing: their intervals would reach as
    far as the scale is long to either side, were they not cut at its ends. `empty` tells which. That of a level is made
    on the scale and is not cut."""
    if measured.within.level:
        return measured
    half = half_widths(measured.found.error, measured.found.df, level)
    empty = (half >= measured.within.span) & ~np.isnan(measured.found.low)
    columns = {name: np.where(empty, np.nan, getattr(measured.found, name)) for name in ("low", "high", "error", "df")}
    found = msgspec.structs.replace(measured.found, **columns)
    return msgspec.structs.replace(measured, found=found, empty=_either(measured.empty, empty))


def _either(before: Flags | None, now: Flags) -> Flags:
    return now if before is None else before | now


def banded(
    measured: Measured, level: float, seed: int, shared: Shared | None = None, items: Floats | None = None
) -> Measured:
    """The same with critical values of a band over all positions of each curve that have an interval.

    Under MANY_CLUSTERS units Sidak's, which needs no correlation; from there on max-t (stats/multiplicity) over what
    varies: units, `shared`, and `items` (items, cells), see `over_items.item_effects`.
    """
    measured = without_empty(measured, level)
    curve = groups(measured.cells, KEYS).code
    found = measured.found
    df = np.where(np.isnan(found.high), np.nan, found.df)
    critical, drawn = np.full(len(df), np.nan), np.zeros(len(df), dtype=bool)
    order = np.argsort(curve, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(curve[order])) + 1) if len(order) else ():
        used = places[~np.isnan(df[places])]
        if len(used) and found.n[used].min() >= MANY_CLUSTERS:
            blocks = [_deviations(measured, used), *([_shared(measured, used, shared)] if shared else [])]
            blocks += [items[:, used]] if items is not None else []
            critical[used] = max_t(blocks, float(df[used].min()), seed, level)
            drawn[used] = ~np.isnan(critical[used])
        elif len(used):
            critical[used] = sidak_t(df[used], level)
    return msgspec.structs.replace(measured, critical=critical, drawn=drawn)


def _deviations(measured: Measured, cells: Integers) -> Floats:
    """(units, cells): deviations from the mean of each cell, scaled so that their squares sum to its variance."""
    rows = np.flatnonzero(np.isin(measured.code, cells) & measured.units["value"].notna().to_numpy())
    names, unit = np.unique(measured.units["unit"].to_numpy()[rows], return_inverse=True)
    code, n = measured.code[rows], measured.found.n
    value = measured.units["value"].to_numpy()[rows] - measured.found.mean[code]
    found = np.zeros((len(names), len(cells)))
    found[unit, _places(cells, code)] = value / np.sqrt(n[code] * (n[code] - 1.0))
    return found


def _shared(measured: Measured, cells: Integers, shared: Shared) -> Floats:
    """(clusters, cells): the same of what all units share."""
    here, there = matches(measured.cells.take(cells), shared.cells, CELL)
    effects = shared.effects[shared.effects["cell"].isin(there)]
    names, cluster = np.unique(effects["cluster"].to_numpy(), return_inverse=True)
    place = np.full(len(shared.cells), -1)
    place[there] = here
    found = np.zeros((len(names), len(cells)))
    found[cluster, place[effects["cell"].to_numpy()]] = effects["effect"].to_numpy()
    return found


def _places(cells: Integers, code: Integers) -> Integers:
    order = np.argsort(cells)
    return order[np.searchsorted(cells[order], code)]
