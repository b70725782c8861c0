"""Item means or pairs -> mean over units with its interval, a cell at a time; bands over cells. Makes no estimates."""

import msgspec
import numpy as np

from longplay.analysis.frames import Frame, groups, matches
from longplay.analysis.items import PLACE, VALUES, collapse
from longplay.analysis.scores import KEYS
from longplay.stats import (
    FEWEST_CLUSTERS,
    MANY_CLUSTERS,
    Intervals,
    added,
    half_widths,
    max_t,
    sidak_t,
    t_intervals,
)
from longplay.stats.intervals import Floats, Integers

CELL = [*KEYS, "position"]


class Shared(msgspec.Struct, frozen=True, eq=False):
    """Variance that all units of a cell have in common: `cells` (CELL, variance, df, dialogues), one row a cell that
    has such; `effects` (code of the cell in `cells`, cluster, effect), whose squares sum to the variance."""

    cells: Frame
    effects: Frame


class Measured(msgspec.Struct, frozen=True, eq=False):
    """Numbers of cells. `units`: a row a unit of a cell, `code` its cell; `cells`: a row a cell, sorted; `found`:
    intervals in their order. `targets`, `notes`: words for each cell, where they differ. `critical`: of the joint band
    at each cell, NaN = none; `drawn`: where it came from a seeded simulation. `bounds`: of the worst cases over units;
    `among`: of the value, from the spread among units alone."""

    units: Frame
    code: Integers
    cells: Frame
    found: Intervals
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    critical: Floats | None = None
    drawn: np.ndarray | None = None
    bounds: tuple[Intervals, Intervals] | None = None
    among: Intervals | None = None


def measure(items: Frame, level: float) -> Measured:
    """Mean over items within each unit, then mean and t interval over units, for each cell (KEYS and position).

    items: as `item_means` or `pair` give them; position -1 stands for contrasts over the dialogue. Every unit counts
    alike, however many items it has left.
    """
    units = collapse(items, PLACE)
    code = groups(units, CELL).code
    cells = collapse(units, CELL)
    value, low, high = (t_intervals(units[name].to_numpy(np.float64), code, len(cells), level) for name in VALUES)
    return Measured(units, code, cells, value, bounds=(low, high), among=value)


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


def widened(measured: Measured, shared: Shared, level: float) -> Measured:
    """The same with the shared variance in every interval: both variances added, df by Welch and Satterthwaite."""
    found, rows, there = measured.found, *matches(measured.cells, shared.cells, CELL)
    parts, dfs = np.zeros((2, len(found.mean))), np.full((2, len(found.mean)), np.nan)
    parts[0], dfs[0] = found.error**2, found.df
    parts[1, rows] = shared.cells["variance"].to_numpy()[there]
    dfs[1, rows] = shared.cells["df"].to_numpy()[there]
    return with_variance(measured, *_both(parts, dfs), level)


def _both(parts: Floats, dfs: Floats) -> tuple[Floats, Floats]:
    """The sum of two variances and its df; without spread among units, and none shared, the units' own df."""
    whole = added(np.where(np.isnan(parts), 0.0, parts), dfs)
    known = ~np.isnan(parts[0])
    return np.where(known, whole.variance, np.nan), np.where(known, whole.df, np.nan)


def with_variance(
    measured: Measured, variance: Floats, df: Floats, level: float, fewest: int = FEWEST_CLUSTERS
) -> Measured:
    """The same means with intervals from these variances; none for cells with fewer than `fewest` units."""
    found = measured.found
    error = np.sqrt(variance)
    half = np.where(found.n >= fewest, half_widths(error, df, level), np.nan)
    intervals = Intervals(found.mean, found.mean - half, found.mean + half, found.n, found.missing, error, df)
    return msgspec.structs.replace(measured, found=intervals)


def banded(measured: Measured, level: float, seed: int, shared: Shared | None = None) -> Measured:
    """The same with critical values of a band over all positions of each curve that have an interval.

    Under MANY_CLUSTERS units Sidak's, which needs no correlation; from there on max-t (stats/multiplicity).
    """
    curve = groups(measured.cells, KEYS).code
    found = measured.found
    df = np.where(np.isnan(found.high), np.nan, found.df)
    critical, drawn = np.full(len(df), np.nan), np.zeros(len(df), dtype=bool)
    order = np.argsort(curve, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(curve[order])) + 1) if len(order) else ():
        used = places[~np.isnan(df[places])]
        if len(used) and found.n[used].min() >= MANY_CLUSTERS:
            blocks = [_deviations(measured, used), *([_shared(measured, used, shared)] if shared else [])]
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
