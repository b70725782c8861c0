"""Rows of text files: JSON Lines, a JSON list, TOML or CSV, told apart by what stands in them. Evaluates nothing."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import cast

from longplay.probes.files.rows import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Row, Rows
from longplay.specs import FileFault, decoded, json_value, plain, text_kind, toml_value

_TABLE = re.compile(r"\[\[?\s*[\w.\"' -]+\s*\]\]?\s*(#.*)?")  # a line of TOML, and no list of JSON texts
_SETS = re.compile(r"[\w.-]+\s*=(?!=)")
_TOLD = re.compile(r"sep=([,;\t|])\r?\n")  # the separator, as spreadsheets write it
_SEPARATORS = ",;\t|"
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_FORMS = "Items stand one JSON object a line, in a JSON list, in TOML as [[items]], or in CSV under a header."


def text_rows(raw: bytes) -> Rows:
    """The rows of a text. Raises FileFault with the line."""
    text = decoded(raw)
    start = text.lstrip()
    if not start:
        raise FileFault("is empty.")
    if start[0] == "{":
        return Rows(list(_of_objects(text)))
    if _TOLD.match(start) is not None:
        return Rows(list(_of_table(text)), cells=True)
    first = next((line.strip() for line in text.splitlines() if line.strip() and line.strip()[0] != "#"), "")
    if _TABLE.fullmatch(first) or (_SETS.match(first) and _SETS.match(start.splitlines()[0])):
        return Rows(_numbered(_listed(toml_value(text), "items")))
    if start[0] == "[":
        return Rows(_numbered(_objects(json_value(text))))
    looks = text_kind(text)
    if looks and not any(separator in first for separator in _SEPARATORS):
        raise FileFault(f"looks like {looks}. {_FORMS}")
    return Rows(list(_of_table(text)), cells=True)


def _of_objects(text: str) -> Iterator[Row]:
    """One object a line; or the whole text one object that holds the list `items`."""
    number = 0
    for at, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not line.strip():
            continue
        try:
            value = json_value(line)
        except FileFault as fault:
            if number == 0 and _is_whole(text):
                yield from _numbered(_listed(json_value(text), "items"))
                return
            raise FileFault(f"line {at:,}: {str(fault).replace('line 1, ', '')}") from None
        if not isinstance(value, dict):
            raise FileFault(f"line {at:,}: is no JSON object. {_FORMS}")
        held = cast("dict[str, object]", value)
        if number == 0 and held.keys() == {"items"} and text.strip() == line.strip():
            yield from _numbered(_listed(held, "items"))
            return
        number = _counted(number)
        yield Row(f"line {at:,}", number, held)


def _is_whole(text: str) -> bool:
    try:
        json_value(text)
    except FileFault:
        return False
    return True


def _listed(value: object, key: str) -> list[dict[str, object]]:
    """The list in an object that holds nothing else."""
    held = cast("dict[str, object]", value)
    if key not in held:
        raise FileFault(f"has no {key!r}, but {', '.join(plain(name, 60) for name in held) or 'nothing'}. {_FORMS}")
    others = [plain(name, 60) for name in held if name != key]
    if others:
        raise FileFault(f"holds {', '.join(others)} beside {key!r}, which nothing reads; remove it.")
    return _objects(held[key])


def _objects(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list):
        raise FileFault(f"holds no list of items. {_FORMS}")
    found = cast("list[object]", value)
    for number, one in enumerate(found, start=1):
        if not isinstance(one, dict):
            raise FileFault(f"item {number:,}: is no object with names and values. {_FORMS}")
    return cast("list[dict[str, object]]", found)


def _numbered(values: list[dict[str, object]]) -> list[Row]:
    _counted(len(values) - 1)
    return [Row(f"item {number:,}", number, one) for number, one in enumerate(values, start=1)]


def _counted(before: int) -> int:
    """One row more. Raises FileFault where these are too many."""
    if before >= MOST_ROWS:
        raise FileFault(f"holds more than {MOST_ROWS:,} items, which is the most that is read; write a smaller file.")
    return before + 1


def _of_table(text: str) -> Iterator[Row]:
    """CSV: a header, then as many cells in every row. Quotes are closed, and nothing follows them in a cell."""
    body = text.lstrip("\r\n")
    skipped = text[: len(text) - len(body)].count("\n")
    told = _TOLD.match(body)
    if told is not None:
        body, skipped = body[told.end() :], skipped + 1
    separator = told[1] if told is not None else _separator(body)
    header: list[str] | None = None
    number = 0
    for at, cells in _cells(body, separator, skipped):
        if header is None:
            header = _header(cells)
        elif len(cells) != len(header):
            split = f"with {_NAMES[separator]} between them"
            raise FileFault(
                f"line {at:,}: has {len(cells)} cells {split}, and the header has {len(header)}; put a cell that holds "
                "the separator or a line break in double quotes."
            )
        else:
            number = _counted(number)
            yield Row(f"line {at:,}", number, dict(zip(header, cells, strict=True)))


def _cells(text: str, separator: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold something, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = csv.field_size_limit(MOST_BYTES)  # of all readers; the file itself is small enough
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins + skipped, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise FileFault(f"line {begins + skipped:,}: no CSV: {plain(str(error))}.") from None
    finally:
        csv.field_size_limit(before)


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise FileFault(f"line 1: the header has {len(names):,} columns; at most {MOST_COLUMNS:,} are read.")
    twice = next((name for name, n in Counter(names).items() if n > 1), None)
    if "" in names or twice is not None:
        fault = "a column without a name" if twice in (None, "") else f"two columns {plain(twice, 60)!r}"
        raise FileFault(f"line 1: the header has {fault}; a CSV file begins with the names of its columns.")
    return names


def _separator(text: str) -> str:
    """What stands between cells: the header says, or else the one by which all rows have as many cells.

    Raises FileFault where several do.
    """
    first, *_ = re.split(r"[\r\n]", re.sub(r'"[^"]*"', "", text).lstrip("\r\n"))  # what stands in quotes is no sign
    found = [one for one in _SEPARATORS if one in first]
    if len(found) <= 1:
        return found[0] if found else ","
    even = [one for one in found if _is_even(text, one)]
    if len(even) != 1:
        named = " or ".join(_NAMES[one] for one in (even or found))
        raise FileFault(f"cannot tell whether {named} stands between its cells; write `sep=,` as its first line.")
    return even[0]


def _is_even(text: str, separator: str) -> bool:
    try:
        lengths = {len(cells) for _, cells in _cells(text, separator, 0)}
    except FileFault:
        return False
    return len(lengths) == 1
