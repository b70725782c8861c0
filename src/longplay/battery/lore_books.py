"""Lore books of character cards (V2, V3): the entries that a persona carries, and what of them is left. Opens nothing.

Cards: https://github.com/malfoyslastname/character-card-spec-v2 (V2), https://github.com/kwaroran/character-card-spec-v3.
"""

from collections import Counter
from collections.abc import Mapping
from operator import itemgetter
from typing import NamedTuple, cast

import msgspec

from longplay.battery.files import BatteryError, converted
from longplay.specs import LoreEntry

NAME = "character_book"
_LABELS = ("id", "name", "comment")  # for whoever edits the book
_DECORATOR = "@@"  # begins a line of V3 that says how an entry is used


class _Book(msgspec.Struct, frozen=True):
    entries: tuple[object, ...] = ()


class _Entry(msgspec.Struct, frozen=True):
    """One entry as cards have it. `selective`: `secondary_keys` count."""

    keys: tuple[str, ...] = ()
    content: str = ""
    secondary_keys: tuple[str, ...] | None = None
    selective: bool | None = None
    constant: bool | None = None
    enabled: bool | None = None
    use_regex: bool | None = None
    insertion_order: float | None = None


class Lore(NamedTuple):
    """Entries by their `insertion_order`, and the book's other parts that hold anything, in words."""

    entries: tuple[LoreEntry, ...] = ()
    unused: tuple[str, ...] = ()


def lore_of(book: object, where: str) -> Lore:
    """What a persona carries of a card's `character_book`. Entries that are switched off, that nothing calls up or that
    say nothing are left out, and so are those whose keys are patterns or that begin with decorators; all are counted in
    `unused`. Raises BatteryError where it is no lore book.
    """
    if not isinstance(book, dict):
        raise BatteryError(f"{where}: {NAME}: Expected a table.")
    place, table = f"{where}: {NAME}", cast("Mapping[str, object]", book)
    entries = converted(table, _Book, place).entries
    kept: list[tuple[float, LoreEntry]] = []
    left_out = Counter[str]()
    parts = dict.fromkeys(f"{NAME}.{key}" for key in _left(table, _Book))
    for number, one in enumerate(entries, start=1):
        entry = converted(one, _Entry, f"{place}: entry {number}")
        parts |= dict.fromkeys(f"{NAME}.entries.{key}" for key in _left(one, _Entry))
        if why := _why_not(entry):
            left_out[why] += 1
        else:
            kept.append((entry.insertion_order or 0, _carried(entry, f"{place}: entry {number}")))
    kept.sort(key=itemgetter(0))
    counted = (f"{count} of {len(entries)} entries of {NAME} ({why})" for why, count in left_out.items())
    return Lore(tuple(entry for _, entry in kept), (*parts, *counted))


def _why_not(entry: _Entry) -> str:
    if entry.enabled is False:
        return "switched off"
    if entry.use_regex:
        return "keys are patterns"
    if entry.content.lstrip().startswith(_DECORATOR):
        return "begin with decorators"
    if not entry.content.strip():
        return "say nothing"
    return "" if entry.constant or _words(entry.keys) else "no keys"


def _carried(entry: _Entry, where: str) -> LoreEntry:
    given = {
        "keys": _words(entry.keys),
        "content": entry.content,
        "always": bool(entry.constant),
        "secondary_keys": _words(entry.secondary_keys or ()) if entry.selective else (),
    }
    return converted(given, LoreEntry, where)


def _words(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key.strip() for key in keys if key.strip())


def _left(given: object, shape: type[msgspec.Struct]) -> list[str]:
    """Keys of a table that nothing reads and that hold anything."""
    known, table = (*shape.__struct_fields__, *_LABELS), cast("Mapping[str, object]", given)
    return [key for key, value in table.items() if key not in known and value not in (None, "", [], {}, False)]
