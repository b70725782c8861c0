"""Persona, script and item files of users, read strictly. Foreign text stays text: nothing in it is evaluated."""

import json
import re
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TypeVar, cast

import msgspec

from longplay.records import Item, Script
from longplay.specs import LongplayError, Persona

MAX_FILE_BYTES = 32_000_000
T = TypeVar("T")


class BatteryError(LongplayError):
    """A persona, script or item file that cannot be used; names the file, the place and the fault."""


class _RemarkedScript(msgspec.Struct, forbid_unknown_fields=True):
    """The form of the paper's published script files; `{role}` stands for the persona's name."""

    questions: list[str]
    introductory_remark: str | None = None
    concluding_remark: str | None = None
    prompt: str | None = None


def slug(name: str) -> str:
    """A short id made from a name: lower-case ASCII letters, digits and hyphens; `persona` where nothing is left."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:60].strip("-") or "persona"


def read_personas(path: Path, only: str | None = None) -> tuple[Persona, ...]:
    """Personas of a TOML file ([[persona]] tables, or one persona's keys) or of a JSON file {name: description}.

    `only` picks one by name or id. Empty descriptions (a baseline in some published files) are left out.
    """
    data = _load(path)
    if path.suffix == ".json":
        described = _convert(data, dict[str, str], str(path))
        personas = tuple(
            Persona(id=slug(name), name=name, description=text) for name, text in described.items() if text.strip()
        )
    else:
        personas = personas_from(data, str(path))
    chosen = tuple(p for p in personas if only is None or only in (p.name, p.id))
    if not chosen:
        known = ", ".join(p.name for p in personas[:20]) or "none"
        raise BatteryError(f"{path}: holds no persona {only!r}. Known: {known}.")
    return chosen


def personas_from(data: object, where: str) -> tuple[Persona, ...]:
    """Personas from parsed TOML: [[persona]] tables or the keys of one persona; ids are made where they lack."""
    tables: list[object] = [data]
    keys = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    if "persona" in keys:
        if len(keys) > 1 or not isinstance(keys["persona"], list):
            raise BatteryError(f"{where}: holds keys beside [[persona]]; known: [[persona]] tables alone.")
        tables = cast("list[object]", keys["persona"])
    return tuple(_persona(table, f"{where}: persona {i + 1}") for i, table in enumerate(tables))


def _persona(table: object, where: str) -> Persona:
    keys = cast("dict[str, object]", table) if isinstance(table, dict) else {}
    name = keys.get("name")
    if isinstance(name, str) and "id" not in keys:
        return _convert({**keys, "id": slug(name)}, Persona, where)
    return _convert(cast("object", table), Persona, where)


def read_script(path: Path) -> Script:
    """A script from TOML (kind, questions, opening, closing, ...) or JSON (questions and remarks with `{role}`)."""
    data = _load(path)
    if path.suffix != ".json":
        return script_from(data, path.stem, str(path))
    return remarked_script(data, path.stem, str(path))


def remarked_script(data: object, name: str, where: str) -> Script:
    """A script from parsed JSON in the form of the paper's published files."""
    read = _convert(data, _RemarkedScript, where)
    opening, closing = read.introductory_remark, read.concluding_remark
    kind = "goal-oriented" if opening is None and closing is None else "persona-directed"
    return _checked(
        Script(
            name=name,
            kind=kind,
            questions=tuple(read.questions),
            opening=opening.replace("{role}", "{persona}") if opening else None,
            closing=closing.replace("{role}", "{persona}") if closing else None,
        ),
        where,
    )


def script_from(data: object, name: str, where: str) -> Script:
    """A script from parsed TOML; its name is the file's."""
    if isinstance(data, dict):
        data = {"name": name, **cast("dict[str, object]", data)}
    return _checked(_convert(data, Script, where), where)


def _checked(script: Script, where: str) -> Script:
    if not script.questions or any(not question.strip() for question in script.questions):
        raise BatteryError(f"{where}: a script needs questions, none of them blank.")
    return script


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
            raise BatteryError(f"{where}: line {number}: {_printable(str(error))}") from None
        if item.id in seen:
            raise BatteryError(f"{where}: line {number}: the id {item.id!r} stands there twice.")
        seen.add(item.id)
        items.append(item if item.place is not None else msgspec.structs.replace(item, place=places[item.persona]))
        places[item.persona] += 1
    if not items:
        raise BatteryError(f"{where}: holds no items.")
    return tuple(items)


def file_bytes(path: Path) -> bytes:
    """A file's bytes, up to a size that no such file has. Raises BatteryError."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BatteryError(f"{path}: larger than {MAX_FILE_BYTES:,} bytes.")
        return path.read_bytes()
    except FileNotFoundError:
        raise BatteryError(f"{path}: no such file.") from None
    except (OSError, ValueError) as error:
        raise BatteryError(f"{path}: cannot be read ({_printable(str(error))}).") from None


def _load(path: Path) -> object:
    raw = file_bytes(path)
    try:
        text = raw.decode()
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except UnicodeDecodeError:
        raise BatteryError(f"{path}: is not UTF-8 text; save it as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise BatteryError(f"{path}: cannot be parsed: {_printable(str(error))}") from None


def _convert(data: object, kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise BatteryError(f"{where}: {_printable(str(error))}") from None


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:300]
