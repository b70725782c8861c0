"""Tidy tables as files, one CSV and one Parquet file each. Knows no run and no models.

Texts are foreign: for CSV every word passes the caller's `cell`, which disarms formulas; in both kinds of file what
UTF-8 cannot say is written as an escape.
"""

import csv
import io
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import fastparquet
import msgspec
import pandas as pd

from longplay.exchange import estimate_rows
from longplay.exchange.estimate_rows import Title, Value
from longplay.exchange.stored import CHUNK
from longplay.exchange.tidy import DTYPES, Column, Tidy, sayable
from longplay.files import SHARED, advice_on, drafts, write_whole
from longplay.records import Estimate
from longplay.specs import LongplayError

_parquet: Any = fastparquet  # its annotations are narrower than what it takes


class ExportError(LongplayError):
    """Tables that cannot be written; the message says what to do."""


class Written(msgspec.Struct, frozen=True):
    """How many rows stand in which files."""

    name: str
    rows: int
    files: tuple[Path, ...]


def write_csv(estimates: Sequence[Estimate], title: Title, path: Path, cell: Callable[[Value], Value]) -> None:
    """Write estimates alone, as CSV. Raises ExportError where that cannot be."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow([name for name, _ in estimate_rows.columns()])
    lines.writerows([cell(value) for value in estimate_rows.row(e, title)] for e in estimates)
    try:
        write_whole(path, out.getvalue())
    except OSError as error:
        raise _unwritable(path, error) from None


def write(table: Tidy, folder: Path, cell: Callable[[Value], Value]) -> Written:
    """Write FOLDER/NAME.csv and FOLDER/NAME.parquet; old files are replaced only when both are whole.

    Raises ExportError where the folder cannot be written.
    """
    ends = [folder / f"{table.name}.{kind}" for kind in ("csv", "parquet")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with drafts(*ends, mode=SHARED) as (text, binary):
            count = _write(table, text, binary, cell)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return Written(table.name, count, tuple(ends))


def _unwritable(folder: Path, error: OSError) -> ExportError:
    return ExportError(f"{folder}: cannot be written ({error.strerror}). {advice_on(error)}.")


def _write(table: Tidy, text: Path, binary: Path, cell: Callable[[Value], Value]) -> int:
    rows, count, names = iter(table.rows), 0, [column.name for column in table.columns]
    with ExitStack() as stack:
        out = stack.enter_context(text.open("w", encoding="utf-8", newline="\n", errors="backslashreplace"))
        lines = csv.writer(out, lineterminator="\n")
        lines.writerow(names)
        while chunk := list(islice(rows, CHUNK)):
            lines.writerows([cell(value) for value in row] for row in chunk)
            _append(binary, table.columns, chunk, first=count == 0)
            count += len(chunk)
        if not count:
            _append(binary, table.columns, [], first=True)
    return count


def _append(path: Path, columns: Sequence[Column], rows: Sequence[Sequence[Value]], *, first: bool) -> None:
    by_column: list[tuple[Value, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    frame: Any = pd.DataFrame(
        {
            column.name: pd.array([sayable(value) for value in values], dtype=DTYPES[column.kind])
            if column.kind != "text"
            else pd.Series([sayable(value) for value in values], dtype="object")
            for column, values in zip(columns, by_column, strict=True)
        }
    )
    encoding = {column.name: "utf8" for column in columns if column.kind == "text"}
    _parquet.write(str(path), frame, append=not first, object_encoding=encoding, compression="SNAPPY", stats=False)
