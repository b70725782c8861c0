"""Values as cells of a table that a spreadsheet may open without running anything, and patterns as such a table."""

import csv
import io
from collections.abc import Sequence

import msgspec

from longplay.records import Setting
from longplay.records.word_patterns import WordPattern
from longplay.report.words import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def patterns_text(patterns: Sequence[WordPattern]) -> str:
    """One line a pattern; None is an empty cell, numbers keep full precision."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    names = [field.name for field in msgspec.structs.fields(WordPattern) if field.name != "setting"]
    table.writerow([*names, *Setting.__struct_fields__])
    for one in patterns:
        row = [*(getattr(one, name) for name in names), *msgspec.structs.astuple(one.setting)]
        table.writerow([cell(value) for value in row])
    return out.getvalue()


def cell(value: str | float | int | bool | None) -> str | float | int | bool | None:
    """A value for a CSV cell: text that a spreadsheet would take for a formula gets an apostrophe in front."""
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if value.lstrip(" ").startswith(_FORMULA) else shown
