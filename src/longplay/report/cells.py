"""Estimates as a CSV table that a spreadsheet may open without running anything. Knows estimates only."""

import csv
import io
from collections.abc import Sequence

import msgspec

from longplay.records import Estimate
from longplay.report.words import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(estimates: Sequence[Estimate]) -> str:
    """One line an estimate, all its fields; None is an empty cell, numbers keep full precision."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    names = [field.name for field in msgspec.structs.fields(Estimate)]
    table.writerow(names)
    for estimate in estimates:
        table.writerow([cell(getattr(estimate, name)) for name in names])
    return out.getvalue()


def cell(value: str | float | int | bool | None) -> str | float | int | bool | None:
    """A value for a CSV cell: text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.lstrip(" ").startswith(_FORMULA) else shown
