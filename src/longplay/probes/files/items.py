"""Rows as items: which column is what, and what each must be. Text in is text out. Knows no file."""

import math
from collections import Counter
from difflib import get_close_matches
from typing import cast

import msgspec

from longplay.probes.files.rows import Row, Rows, Wanted
from longplay.records import Item
from longplay.specs import FileFault, explained, half_character, json_value, plain, printable

KNOWN = Item.__struct_fields__
# With `fields`, columns of these names are something else until the study says otherwise.
_SPECIAL = {
    "place",
    "label",
    "kind",
    "pair",
    "focus",
    "dimension",
    "key",
    "tags",
    "passing",
    "failing",
    "baseline_item",
}
_NUMBERS = {"id", "reference"}  # texts that sets often have as numbers
_SPOKEN = {"text", "text_baseline", "id", "persona", "choices", "turns", "shots"}  # may not be blank
_LISTS = {"turns", "shots", "choices", "tags", "constraints", "place"}
_MOST_ID = 200
_EXACT = 2**53  # above it a float is not one whole number
_ABSENT = object()


def items_of(rows: Rows, wanted: Wanted) -> tuple[Item, ...]:
    """The items of the rows. Raises FileFault: the place, the column and what is accepted."""
    columns = _columns(rows, wanted.fields)
    items: list[Item] = []
    seen: dict[str, str] = {}
    places: Counter[str | None] = Counter()
    for row in rows.rows:
        item = _item(row, rows, columns, wanted)
        if item.id in seen:
            raise FileFault(f"{row.place}: the id {plain(item.id, 60)!r} stands there twice, first at {seen[item.id]}.")
        seen[item.id] = row.place
        items.append(item if item.place is not None else msgspec.structs.replace(item, place=places[item.persona]))
        places[item.persona] += 1
    return tuple(items)


def _columns(rows: Rows, fields: dict[str, str] | None) -> dict[str, str]:
    """By longplay's name, the column that is read. Raises FileFault where names do not fit the file."""
    there = dict.fromkeys(name for row in rows.rows for name in row.values)
    for name, column in (fields or {}).items():
        if name not in KNOWN:
            near = get_close_matches(name, KNOWN, 1)
            meant = f" (do you mean {near[0]}?)" if near else ""
            raise FileFault(f"`fields` names {plain(name, 60)!r}, which no item has{meant}. Known: {', '.join(KNOWN)}.")
        if all(_cell(row.values, column) is _ABSENT for row in rows.rows):
            raise FileFault(f"has no column {plain(column, 60)!r}, which `fields` gives as {name}; {_list(there)}.")
    taken = set((fields or {}).values())
    found = dict(fields or {})
    for name in KNOWN:
        if name in there and name not in found and name not in taken and (fields is None or name not in _SPECIAL):
            found[name] = name
    if "text" not in found and "turns" not in found:
        first = next(iter(there), "question")
        raise FileFault(f"has no column 'text'; {_list(there)}. Say fields = {{ text = {plain(first, 60)!r} }}.")
    if fields is None:
        _check_known(rows)
    return found


def _check_known(rows: Rows) -> None:
    """Without `fields` every column is one of longplay's; another may be a wrong spelling."""
    for row in rows.rows:
        for name in row.values:
            if name not in KNOWN:
                others = "columns that nothing reads are left out where `fields` says which are read"
                raise FileFault(
                    f"{row.place}: unknown column {plain(name, 60)!r}. Known: {', '.join(KNOWN)}; {others}, "
                    'such as fields = { text = "text" }.'
                )


def _list(there: dict[str, None]) -> str:
    names = [plain(name, 60) for name in list(there)[:50]]
    return f"columns: {', '.join(names)}" if names else "it has none"


def _cell(values: dict[str, object], column: str) -> object:
    """The value of a column; of `a.b`, what stands under `b` in `a`, and of `a.0` the first in a list."""
    if column in values:
        return values[column]
    found = cast("object", values)
    for part in column.split("."):
        match found:
            case dict():
                inside = cast("dict[str, object]", found)
            case list():
                inside = {str(at): one for at, one in enumerate(cast("list[object]", found))}
            case _:
                inside = {}
        if part not in inside:
            return _ABSENT
        found = inside[part]
    return found


def _item(row: Row, rows: Rows, columns: dict[str, str], wanted: Wanted) -> Item:
    values: dict[str, object] = {}
    for name, column in columns.items():
        value = _cell(row.values, column)
        if value is _ABSENT or value is None or (rows.cells and value == "" and name != "text"):
            continue
        try:
            values[name] = _value(name, value)
        except FileFault as fault:
            raise FileFault(f"{row.place}: column {plain(column, 60)!r}: {fault}") from None
    values.setdefault("id", f"row-{row.number}")
    if wanted.persona is not None and values.setdefault("persona", wanted.persona) != wanted.persona:
        whose = plain(str(values["persona"]), 60)
        raise FileFault(f"{row.place}: is an item of {whose!r}, and the study says persona = {wanted.persona!r}.")
    turns = values.get("turns")
    if "text" not in values and isinstance(turns, list) and turns:
        *values["turns"], values["text"] = cast("list[object]", turns)
    if "text" not in values:
        missing = columns.get("text", columns.get("turns", "text"))
        raise FileFault(f"{row.place}: has no {plain(missing, 60)!r}. Known fields: {', '.join(KNOWN)}.")
    if not values.get("turns"):
        values.pop("turns", None)
    item = _converted(values, row, columns)
    return item if item.examples or not wanted.shots else msgspec.structs.replace(item, shots=wanted.shots)


def _value(name: str, value: object) -> object:
    half = half_character(value)
    if half:
        raise FileFault(f"holds half of a character ({half}); write the character itself, or remove it.")
    if name in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        value = _digits(value)
    if name in _LISTS and isinstance(value, str):
        try:
            value = json_value(value)
        except FileFault as fault:
            raise FileFault(f"holds no list in JSON ({fault})") from None
    if name in _SPOKEN and _blank(value):
        raise FileFault("is blank; give it words, or leave the item out.")
    if name == "id" and isinstance(value, str) and (not printable(value) or len(value) > _MOST_ID):
        raise FileFault(f"an id is one line of at most {_MOST_ID} characters that print; got {plain(value, 60)!r}.")
    return value


def _digits(value: float) -> str:
    """A number as people write it. Tables make 42 into 42.0 where a cell of the column is empty."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise FileFault("holds a number that is too large; write it as a text.")
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _blank(value: object) -> bool:
    """Whether a text says nothing, or one of a list of texts or messages does."""
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    said = (cast("dict[str, object]", part).get("content") if isinstance(part, dict) else part for part in parts)
    return any(isinstance(text, str) and not text.strip() for text in said)


def _converted(values: dict[str, object], row: Row, columns: dict[str, str]) -> Item:
    try:
        item = msgspec.convert(values, Item)
    except msgspec.ValidationError as error:
        fault = explained(str(error), Item)
        name, *inside = fault.place.split(".")
        column = columns.get(name.partition("[")[0], name)
        at = "".join((name[len(name.partition("[")[0]) :], *(f".{part}" for part in inside)))
        said = fault.said if fault.unknown is None else f"unknown key {plain(fault.unknown, 60)!r}"
        raise FileFault(f"{row.place}: column {plain(column + at, 80)!r}: {said}") from None
    wrong = item.wrong_shots()
    if wrong:
        raise FileFault(f"{row.place}: column {plain(columns.get('shots', 'shots'), 60)!r}: {wrong}")
    return item
