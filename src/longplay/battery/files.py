"""Files of users, read strictly: their bytes, texts and values, and items. Nothing in them is evaluated."""

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from longplay.records import Item
from longplay.specs import (
    FileFault,
    LongplayError,
    decoded,
    explained,
    half_character,
    json_value,
    plain,
    toml_value,
)
from longplay.specs import file_bytes as bytes_of

MAX_FILE_BYTES = 32_000_000
T = TypeVar("T", bound=msgspec.Struct)


class BatteryError(LongplayError):
    """A persona, script or item file that cannot be used; names the file, the place and the fault."""


def read_items(path: Path) -> tuple[Item, ...]:
    """Items from JSONL, one object a line with at least `id` and `text`."""
    return items_from(file_bytes(path), str(path))


def items_from(raw: bytes, where: str) -> tuple[Item, ...]:
    """Items from JSONL bytes; ids must be unique. Places are counted where a line gives none."""
    items: list[Item] = []
    seen: set[str] = set()
    places: Counter[str | None] = Counter()
    for number, line in enumerate(raw.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            item = msgspec.json.decode(line, type=Item)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BatteryError(f"{where}: line {number}: {_explained(str(error), Item)}") from None
        if item.id in seen:
            raise BatteryError(f"{where}: line {number}: the id {plain(item.id, 60)!r} stands there twice.")
        seen.add(item.id)
        items.append(item if item.place is not None else msgspec.structs.replace(item, place=places[item.persona]))
        places[item.persona] += 1
    if not items:
        raise BatteryError(f"{where}: holds no items.")
    return tuple(items)


def file_bytes(path: Path) -> bytes:
    """A file's bytes, up to a size that no such file has. Raises BatteryError."""
    try:
        return bytes_of(path, MAX_FILE_BYTES)
    except FileFault as fault:
        raise BatteryError(f"{path}: {fault}") from None


class Parsed(NamedTuple):
    """The value of a file, and whether it was JSON; else TOML."""

    value: object
    json: bool


def value_of(raw: bytes, path: Path, forms: str) -> Parsed:
    """The value of a JSON or TOML file; the text decides which it is where the name does not say.

    `forms`: what such a file may look like, for the error. Raises BatteryError.
    """
    try:
        text = decoded(raw)
        if not text.strip():
            raise FileFault("is empty.")
        is_json = _is_json(text, path.suffix.lower())
        value = json_value(text) if is_json else toml_value(text)
    except FileFault as fault:
        raise BatteryError(f"{path}: {fault} {forms}") from None
    half = half_character(value)
    if half:
        raise BatteryError(f"{path}: holds half of a character ({half}); write the character itself, or remove it.")
    return Parsed(value, is_json)


def _is_json(text: str, suffix: str) -> bool:
    """A bracket also begins a table of TOML."""
    start = text.lstrip()
    if suffix == ".json":
        return not re.match(r"\[\[?\s*[\w-]+\s*\]", start)
    return start.startswith("{") or re.match(r"\[\s*[\[{\"]\s*[{\"\[]", start) is not None or start[:2] == "[{"


def converted(data: object, kind: type[T], what: str) -> T:
    """The value as a Struct. Raises BatteryError that names the unknown key and the known ones."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise BatteryError(f"{what}: {_explained(str(error), kind)}") from None


def _explained(message: str, kind: type[msgspec.Struct]) -> str:
    fault = explained(message, kind)
    where = f"{plain(fault.place, 60)}: " if fault.place else ""
    if fault.unknown is None:
        return f"{where}{fault.said}"
    return f"{where}unknown key {plain(fault.unknown, 60)!r}. Known keys: {', '.join(fault.known)}."
