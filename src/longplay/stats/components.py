"""Variance components of items crossed with dialogues, many tables at a time. Knows arrays only, not what they hold.

For targets with fixed personas: what varies is items (rows), and orders or draws of dialogues (columns).
"""

import msgspec
import numpy as np

from longplay.stats.intervals import Floats, Integers
from longplay.stats.satterthwaite import Variance, added


class Crossed(msgspec.Struct, frozen=True, eq=False):
    """Each table's parts of the variance of its mean; arrays of one length, one entry a table.

    `by_rows`, `by_columns`: the variance of the mean if only rows (only columns) were drawn, residual included; NaN
    with one row (column), or where cells are not crossed. `residual`: what is in both. `row_df`, `column_df`,
    `residual_df`: of each. `rows`, `columns`: how many there are.
    """

    by_rows: Floats
    by_columns: Floats
    residual: Floats
    row_df: Floats
    column_df: Floats
    residual_df: Floats
    rows: Integers
    columns: Integers

    def of_mean(self) -> Variance:
        """The variance of each table's mean with Satterthwaite's df, over every level that has more than one unit.

        rows + columns - residual; a component below 0 counts as 0, so that the variance is never under the residual's.
        """
        rows, columns, both = (np.nan_to_num(part) for part in (self.by_rows, self.by_columns, self.residual))
        has_rows, has_columns = ~np.isnan(self.by_rows), ~np.isnan(self.by_columns)
        crossed = has_rows & has_columns
        more_rows, more_columns = crossed & (rows > both), crossed & (columns > both)
        use_rows = (has_rows & ~crossed) | more_rows
        use_columns = (has_columns & ~crossed) | more_columns
        use_both = crossed & (more_rows == more_columns)
        sign = np.where(more_rows & more_columns, -1.0, 1.0)
        parts = np.array([use_rows * rows, use_columns * columns, use_both * sign * both])
        dfs = np.array([self.row_df, self.column_df, self.residual_df])
        dfs[~np.array([use_rows, use_columns, use_both])] = np.nan
        found = added(parts, dfs)
        nothing = ~has_rows & ~has_columns
        return Variance(np.where(nothing, np.nan, found.variance), np.where(nothing, np.nan, found.df))

    def of_columns(self) -> tuple[Variance, Variance]:
        """What columns alone add to the variance of the mean: their part and the residual to take from it.

        Where the difference is not above 0 both are 0.
        """
        more = np.nan_to_num(self.by_columns) > np.nan_to_num(self.residual)
        part = np.where(more, np.nan_to_num(self.by_columns), 0.0)
        less = np.where(more, -np.nan_to_num(self.residual), 0.0)
        return Variance(part, self.column_df), Variance(less, self.residual_df)


class Cells(msgspec.Struct, frozen=True, eq=False):
    """Values of many tables in one go: (k,) each. `table`, `row`, `column`: codes from 0 on, no cell twice.

    Rows and columns are numbered over all tables: a row belongs to one table. `strata`: how many groups the rows of
    each table fall into (values are then deviations from the group's mean); 1 where they are all comparable.
    """

    value: Floats
    table: Integers
    row: Integers
    column: Integers
    strata: Integers


def crossed(cells: Cells) -> Crossed:
    """Components by the method of moments from sums of squares of unbalanced tables (Henderson 1953, Biometrics 9:226,
    method 1), which is the two-way analysis of variance where no cell is missing. NaN values are left out."""
    known = ~np.isnan(cells.value)
    value, table, row, column = cells.value[known], cells.table[known], cells.row[known], cells.column[known]
    strata, size = cells.strata.astype(np.float64), len(cells.strata)
    n = np.bincount(table, minlength=size).astype(np.float64)
    centred = value - _ratio(_sums(table, value, size), n)[table]
    rows, columns = _side(centred, table, row, size), _side(centred, table, column, size)
    whole = _sums(table, centred**2, size)
    row_df, column_df = rows.count - strata, columns.count - 1
    found = _solved(n, whole, rows, columns, strata)
    residual_df = n - rows.count - columns.count + 1
    by_rows = np.where(row_df > 0, found[0] * _ratio(rows.squares, n**2) + _ratio(found[2], n), np.nan)
    by_columns = np.where(column_df > 0, found[1] * _ratio(columns.squares, n**2) + _ratio(found[2], n), np.nan)
    # Without two cells in any row, a row's own part and the residual are one: columns of their own rows.
    nested = (column_df > 0) & (n <= rows.count)
    alone = (column_df <= 0) & (row_df > 0)
    by_rows = np.where(alone, _ratio(rows.between, row_df * n), np.where(nested, np.nan, by_rows))
    only_columns = nested | ((row_df <= 0) & (column_df > 0))
    by_columns = np.where(only_columns, _ratio(columns.between, column_df * n), by_columns)
    return Crossed(
        by_rows=np.where(np.isnan(by_rows), np.nan, np.maximum(by_rows, 0.0)),
        by_columns=np.where(np.isnan(by_columns), np.nan, np.maximum(by_columns, 0.0)),
        residual=np.where(alone | only_columns, 0.0, _ratio(found[2], n)),
        row_df=row_df,
        column_df=column_df,
        residual_df=np.maximum(residual_df, 1.0),
        rows=rows.count.astype(np.int64),
        columns=columns.count.astype(np.int64),
    )


class _Side(msgspec.Struct, frozen=True, eq=False):
    """Of each table's rows (or columns): how many, the squares of their sizes summed, the sum of squares between."""

    count: Floats
    squares: Floats
    between: Floats


def _side(value: Floats, table: Integers, unit: Integers, size: int) -> _Side:
    every, sums = np.bincount(unit).astype(np.float64), np.bincount(unit, value)
    of = np.zeros(len(every), dtype=np.int64)
    of[unit] = table
    used = every > 0
    of, n, sums = of[used], every[used], sums[used]
    return _Side(
        np.bincount(of, minlength=size).astype(np.float64),
        _sums(of, n**2, size),
        _sums(of, sums**2 / n, size),
    )


def _solved(n: Floats, whole: Floats, rows: _Side, columns: _Side, strata: Floats) -> Floats:
    """(3, tables): components of rows, columns and residual from the three sums of squares; 0 where not above 0."""
    per_row, per_column = _ratio(rows.squares * strata, n), _ratio(columns.squares, n)
    equations = np.empty((len(n), 3, 3))
    equations[:, 0] = np.stack([n - per_row, rows.count - per_column, rows.count - strata], axis=1)
    equations[:, 1] = np.stack([columns.count - per_row / strata, n - per_column, columns.count - 1], axis=1)
    equations[:, 2] = np.stack([n - per_row, n - per_column, n - strata], axis=1)
    sums = np.stack([rows.between, columns.between, whole], axis=1)
    regular = np.abs(np.linalg.det(equations / np.maximum(n, 1)[:, None, None])) > 1e-9
    found = np.zeros((len(n), 3))
    if regular.any():
        found[regular] = np.linalg.solve(equations[regular], sums[regular][..., None])[..., 0]
    return np.maximum(found, 0.0).T


def _sums(group: Integers, value: Floats, size: int) -> Floats:
    return np.bincount(group, value, size).astype(np.float64)  # integers where nothing is given


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above, dtype=np.float64), where=below > 0)
