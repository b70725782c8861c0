"""Sheets for people who label: CSV out, and back in, strictly. Knows no models, no conditions and no judge's score.

A line's id is a digest of its own words, so that a sheet that comes back with other words is seen, and equal words have
one line.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from longplay.specs import FileFault, LongplayError, decoded, file_bytes

Value: TypeAlias = str | int | float | bool | None
SHOWN = ("metric", "question", "persona", "user", "answer")
COLUMNS = ("id", *SHOWN, "label")
_MOST_FIELD = 2**24
_MOST_FILE = 2**30
_SEPARATORS = (",", ";", "\t")


class SheetError(LongplayError):
    """A sheet that cannot be written or read; the message names file, line and what to do."""


class SheetLine(msgspec.Struct, frozen=True):
    """What a labeller sees of one text; `persona` is empty where nobody shall know it."""

    metric: str
    question: str
    persona: str
    user: str
    answer: str


def line_id(line: SheetLine, cell: Callable[[Value], Value]) -> str:
    """The id under which a line stands in every sheet. `cell` disarms what a spreadsheet would run."""
    return _digest([str(cell(getattr(line, name))) for name in SHOWN])


def write_sheet(path: Path, lines: Sequence[SheetLine], cell: Callable[[Value], Value]) -> None:
    """Write a sheet in the order of the lines. Raises SheetError where the file exists (it may hold labels)."""
    try:
        with path.open("x", encoding="utf-8-sig", newline="", errors="backslashreplace") as out:
            table = csv.writer(out, lineterminator="\r\n")
            table.writerow(COLUMNS)
            for line in lines:
                table.writerow([line_id(line, cell), *(cell(getattr(line, name)) for name in SHOWN), ""])
    except FileExistsError:
        raise SheetError(f"{path}: exists, and may hold labels. Name another file.") from None
    except OSError as error:
        raise SheetError(f"{path}: cannot be written ({error.strerror}). Name another place.") from None


def read_sheet(path: Path, choices: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The labels by line id, empty ones left out. `choices`: what may be said of each line.

    Raises SheetError with file and line at the first fault: an unknown id, changed words, a line twice, a label that is
    not on the scale, something that is no sheet.
    """
    labels: dict[str, str] = {}
    seen: dict[str, int] = {}
    for number, row in _rows(path):
        line, said = row["id"].strip(), row["label"].strip().lower()
        if line not in choices:
            raise SheetError(f"{path}, line {number}: no line {line[:40]!r} was drawn in this run. Is it its sheet?")
        if line in seen:
            raise SheetError(f"{path}, line {number}: {line} stands in line {seen[line]} already. Remove one of them.")
        seen[line] = number
        if _digest([row[name] for name in SHOWN]) != line:
            raise SheetError(f"{path}, line {number}: its words differ from those that were drawn. Undo the change.")
        if said:
            labels[line] = _choice(said, choices[line], f"{path}, line {number}")
    return labels


def _choice(said: str, choices: Sequence[str], where: str) -> str:
    for choice in choices:
        if said in (choice, f"{choice}.0"):  # spreadsheets write whole numbers as they like
            return choice
    raise SheetError(f"{where}: the label {said[:40]!r} is not on the scale. Give one of: {', '.join(choices)}.")


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with the line of the file on which each begins."""
    try:
        text = decoded(file_bytes(path, _MOST_FILE))
    except FileFault as fault:
        raise SheetError(f"{path}: {fault}") from None
    csv.field_size_limit(_MOST_FIELD)
    head = text.partition("\n")[0]
    table = csv.reader(io.StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=head.count), strict=True)
    begins = 1
    try:
        columns = next(table, list[str]())
        lacking = [name for name in COLUMNS if columns.count(name) != 1]
        if lacking:
            raise SheetError(f"{path}, line 1: needs each of the columns {', '.join(COLUMNS)} once; see {lacking[0]}.")
        begins = table.line_num + 1
        for row in table:
            if len(row) not in (0, len(columns)):
                raise SheetError(f"{path}, line {begins}: has {len(row)} cells, and there are {len(columns)} columns.")
            if any(row):
                yield begins, dict(zip(columns, row, strict=True))
            begins = table.line_num + 1
    except csv.Error as error:
        raise SheetError(f"{path}, line {begins}: is no CSV ({error}). Save the sheet as CSV in UTF-8.") from None


def _digest(cells: Sequence[str]) -> str:
    """Of the words of a line; line ends, outer spaces and a disarming apostrophe do not count. Begins with a letter,
    so that no spreadsheet takes it for a number."""
    digest = hashlib.blake2b(digest_size=10)
    for cell in cells:
        words = cell.replace("\r\n", "\n").replace("\r", "\n").strip().removeprefix("'").strip()
        digest.update(words.encode(errors="backslashreplace") + b"\0")
    return f"r{digest.hexdigest()}"
