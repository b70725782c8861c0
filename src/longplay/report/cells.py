"""Estimates as a CSV table that a spreadsheet may open without running anything. Knows estimates only."""

import csv
import io
from collections.abc import Sequence

import msgspec

from longplay.records import Estimate
from longplay.records.wording import WordPattern
from longplay.report.words import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(estimates: Sequence[Estimate]) -> str:
    """One line an estimate, all its fields; None is an empty cell, numbers keep full precision."""
    return _table(Estimate, estimates)


def patterns_text(patterns: Sequence[WordPattern]) -> str:
    """One line a pattern, likewise."""
    return _table(WordPattern, patterns)


def _table(shape: type[msgspec.Struct], rows: Sequence[msgspec.Struct]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    names = [field.name for field in msgspec.structs.fields(shape)]
    table.writerow(names)
    for row in rows:
        table.writerow([cell(getattr(row, name)) for name in names])
    return out.getvalue()


def cell(value: str | float | int | bool | None) -> str | float | int | bool | None:
    """A value for a CSV cell: text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.lstrip(" ").startswith(_FORMULA) else shown
