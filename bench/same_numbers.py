"""Whether this longplay estimates of a run what longplay 0.2.0 did, row by row: `python bench/same_numbers.py RUN CSV`.

CSV: the estimates.csv that `longplay export RUN` of 0.2.0 wrote. Names are mapped as `export --format 1` does; parts of
a note may stand in another order. Numbers must be equal to the last digit. Exits 1 where a row differs, is gone or new.
"""

import csv
import sys
from collections import Counter
from pathlib import Path

from longplay.analysis import analyse_data, prepare, read_tables
from longplay.exchange.format_1 import columns, row
from longplay.report import cell, title
from longplay.store import Reader

SHOWN = 10


def compare(run: Path, earlier: Path) -> int:
    """How many rows differ; without any row nothing is shown, which counts as one."""
    with Reader.open(run) as reader:
        # what rules say of refusals, which need the texts, was not exported then
        estimates = analyse_data(prepare(read_tables(reader), changed_after_data=False))
    names = [name for name, _ in columns()]
    with earlier.open(encoding="utf-8", newline="") as file:
        before = Counter(_line(line, names) for line in csv.DictReader(file))
    now = Counter(_line(dict(zip(names, map(_written, row(e, title)), strict=True)), names) for e in estimates)
    gone, new = before - now, now - before
    print(f"{run}: {before.total():,} rows before, {now.total():,} now, {(before & now).total():,} equal")
    for what, rows in (("only before", gone), ("only now", new)):
        for line in list(rows)[:SHOWN]:
            print(f"  {what}: {', '.join(line)}")
    return max(gone.total(), new.total()) if before else 1


def _written(value: object) -> str:
    """A value as a CSV file has it."""
    shown = cell(value) if isinstance(value, str | int | float | bool | None) else value
    return "" if shown is None else str(shown)


def _line(line: dict[str, str], names: list[str]) -> tuple[str, ...]:
    return tuple("; ".join(sorted(line[name].split("; "))) if name == "note" else line[name] for name in names)


if __name__ == "__main__":
    sys.exit(1 if compare(Path(sys.argv[1]), Path(sys.argv[2])) else 0)
