"""Persona files of users: TOML, JSON and character cards. Foreign text stays text: nothing in it is evaluated."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from longplay.battery.cards import card_of, in_words
from longplay.battery.files import BatteryError, converted, file_bytes, value_of
from longplay.battery.lore_books import Lore, lore_of
from longplay.specs import (
    TRAITS,
    LoreEntry,
    Persona,
    PersonaKind,
    WrittenPersona,
    count_macros,
    fill_macros,
    plain,
    printable,
)

FORMS = (
    'Give [[persona]] tables in TOML, or in JSON {"name": "Ada", "description": "You are Ada."}, a list of such '
    'objects, or {"Ada": "You are Ada.", "Bo": "You are Bo."}.'
)
NOBODY_IDS = frozenset(("baseline", "none", "null", "nobody"))  # what is said of no persona
# No persona is called so, nor by words put together as in programs: an object with such a key is one persona, or none.
_FIELDS = frozenset(
    (
        *("id", "name", "description", "kind", "traits", "message", "persona", "personality", "scenario", "prompt"),
        *("system", "role", "bio", "backstory", "background", "title", "text", "content", "desc", "spec", "data"),
        *("greeting", "char", "character", "instruction", "instructions", "profile", "about", "context", "memory"),
        *(
            "key",
            "value",
            "label",
            "speaker",
            "agent",
            "actor",
            "nickname",
            "user",
            "model",
            "age",
            "gender",
            "pronouns",
        ),
        *("occupation", "job", "species", "appearance", "goal", "goals", "notes", "note", "author", "version", "type"),
        *(
            "tags",
            "avatar",
            "image",
            "language",
            "source",
            "url",
            "date",
            "created",
            "example",
            "examples",
            "definition",
        ),
        *("lore", "world", "history", "info", "summary", "tone", "voice", "style", "likes", "dislikes", "motivation"),
        *("first name", "last name", "full name", "body", "attributes", "question", "questions", "answer", "opening"),
    )
)
_PUT_TOGETHER = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]*)+")
_SHOWN = 20
_FEW = 8


class Cast(msgspec.Struct, frozen=True):
    """The personas of a file, and what a reader of it must be told: what was left out, a sentence each."""

    personas: tuple[Persona, ...]
    notes: tuple[str, ...] = ()


def slug(name: str) -> str:
    """A short id made from a name: lower-case ASCII letters, digits and hyphens; `persona` where nothing is left."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:60].strip("-") or "persona"


def id_of(name: str) -> str:
    """The id of a persona that is given none: its slug, where that means somebody."""
    made = slug(name)
    return f"{made}-persona" if made in NOBODY_IDS else made


def distinct(personas: Iterable[Persona]) -> tuple[Persona, ...]:
    """The personas, an id of its own for each whose name makes the id of an earlier one.

    The addition is a digest of the name, so that it stays when others come or go. Ids that were given stay, equal or
    not.
    """
    found: dict[str, Persona] = {}
    kept: list[Persona] = []
    for one in personas:
        other = found.setdefault(one.id, one)
        if other.name != one.name and one.id == id_of(one.name):
            digest = hashlib.blake2b(one.name.encode(), digest_size=3).hexdigest()
            one = msgspec.structs.replace(one, id=f"{one.id}-{digest}")
            found[one.id] = one
        kept.append(one)
    return tuple(kept)


def read_cast(path: Path, only: str | None = None) -> Cast:
    """The personas of a file: TOML ([[persona]] tables or one persona's keys), or JSON (one persona, a list of them,
    {name: description}, or a character card).

    `only` picks one by name or id. Empty descriptions in {name: description} (a baseline in some published files) are
    left out, and said. Raises BatteryError.
    """
    data = value_of(file_bytes(path), path, FORMS)
    found = _cast(data.value, str(path), by_name=data.json)
    chosen = tuple(p for p in found.personas if only is None or only in (p.name, p.id))
    if not chosen:
        known = ", ".join(plain(p.name, 60) for p in found.personas[:_SHOWN]) or "none"
        sought = "persona with a description" if only is None else f"persona {plain(only, 60)!r}"
        raise BatteryError(f"{path}: holds no {sought}. Known: {known}.")
    return msgspec.structs.replace(found, personas=chosen)


def read_personas(path: Path, only: str | None = None) -> tuple[Persona, ...]:
    """The personas of a file alone, see `read_cast`."""
    return read_cast(path, only).personas


def personas_from(data: object, where: str) -> tuple[Persona, ...]:
    """Personas from parsed TOML: [[persona]] tables or the keys of one persona; ids are made where they lack."""
    return _cast(data, where).personas


def _cast(data: object, where: str, *, by_name: bool = False) -> Cast:
    """`by_name`: whether it may be {name: description}."""
    if isinstance(data, list):
        return _several(cast("list[object]", data), where)
    if not isinstance(data, dict) or not data:
        raise BatteryError(f"{where}: holds no persona. {FORMS}")
    table = cast("dict[str, object]", data)
    if "persona" in table and isinstance(table["persona"], list):
        if len(table) > 1:
            raise BatteryError(f"{where}: holds keys beside [[persona]]; known: [[persona]] tables alone.")
        return _several(cast("list[object]", table["persona"]), where)
    if by_name and card_of(table) is None and not any(map(_is_field, table)):
        return _described(table, where)
    return _several([table], where)


def _is_field(key: str) -> bool:
    return key.strip().lower() in _FIELDS or _PUT_TOGETHER.fullmatch(key.strip()) is not None


def _several(tables: Sequence[object], where: str) -> Cast:
    if not tables:
        raise BatteryError(f"{where}: holds no persona. {FORMS}")
    personas: list[Persona] = []
    notes: list[str] = []
    for number, table in enumerate(tables, start=1):
        if not isinstance(table, dict):
            raise BatteryError(f"{where}: entry {number} is no persona. {FORMS}")
        keys = cast("dict[str, object]", table)
        card = card_of(keys)
        named = keys.get("name") if card is None else card.name
        called = f" {plain(named, 60)!r}" if isinstance(named, str) else f" {number}"
        place = f"{where}: persona{called}"
        if card is None:
            personas.append(_persona(keys, place))
            continue
        lore = lore_of(card.book, place) if card.book is not None else Lore()
        personas.append(_persona({**card.keys(), "lore": lore.entries}, place))
        if unused := (*card.unused, *lore.unused):
            notes.append(f"{where}: of the card{called} these parts are not used: {in_words(unused)}")
    return Cast(distinct(personas), tuple(notes))


def _described(table: Mapping[str, object], where: str) -> Cast:
    """{name: description}."""
    for name, text in table.items():
        if not isinstance(text, str):
            raise BatteryError(f"{where}: the description of {plain(name, 60)!r} is no text. {FORMS}")
    blank = {name: None for name, text in table.items() if not cast("str", text).strip()}
    kept = [{"name": name, "description": text} for name, text in table.items() if name not in blank]
    personas = tuple(_persona(one, f"{where}: persona {plain(str(one['name']), 60)!r}") for one in kept)
    shown = ", ".join(repr(plain(name, 60)) for name in list(blank)[:_SHOWN])
    notes = (f"{where}: left out, as there is no description: {shown}",) if blank else ()
    return Cast(distinct(personas), notes)


def _persona(keys: Mapping[str, object], where: str) -> Persona:
    if "name" not in keys:
        there = ", ".join(repr(plain(key, 60)) for key in list(keys)[:_FEW]) or "nothing"
        raise BatteryError(
            f"{where}: has no 'name', but {there}. Known keys: {', '.join(WrittenPersona.__struct_fields__)}. {FORMS}"
        )
    name = keys["name"]
    if isinstance(name, str):
        check_name(name, f"{where}: name")
    return persona_of(converted(keys, WrittenPersona, where), where)


def persona_of(written: WrittenPersona, where: str) -> Persona:
    """The persona that is written, with names in the places of its macros. Raises BatteryError where its name or id
    cannot be one, nothing describes it, or a part of it is blank."""
    check_name(written.name, f"{where}: name")
    persona = Persona(
        id=id_of(written.name) if written.id is None else written.id,
        name=written.name,
        description=written.description,
        kind=PersonaKind(written.kind),
        traits=written.traits,
        message=written.message,
        greeting=written.greeting,
        lore=written.lore,
        after_history=written.after_history,
    )
    _check(persona, where)
    filled = _filled(persona)
    converted(msgspec.to_builtins(filled), Persona, where)  # a name may be longer than the macro in whose place it is
    return filled


def _check(persona: Persona, where: str) -> None:
    check_name(persona.id, f"{where}: id")
    if persona.id.lower() in NOBODY_IDS:
        raise BatteryError(f"{where}: the id {persona.id!r} stands for no persona; give another id.")
    if not persona.description.strip():
        raise BatteryError(f"{where}: the description is blank.")
    if count_macros(persona.name):
        raise BatteryError(f"{where}: name: {plain(persona.name, 60)!r} holds a macro; write the name itself.")
    other = next((name for name in persona.traits if name not in TRAITS), None)
    if other is not None:
        raise BatteryError(f"{where}: traits: {plain(other, 60)!r} is not known. Known: {', '.join(TRAITS)}.")
    for key in ("greeting", "after_history"):
        if (text := getattr(persona, key)) and not text.strip():
            raise BatteryError(f"{where}: the {key} is blank; write it, or leave the key out.")
    for number, entry in enumerate(persona.lore, start=1):
        _check_lore(entry, f"{where}: lore entry {number}")


def _check_lore(entry: LoreEntry, where: str) -> None:
    if not entry.content.strip():
        raise BatteryError(f"{where}: the content is blank; write it, or remove the entry.")
    if not all(key.strip() for key in (*entry.keys, *entry.secondary_keys)):
        raise BatteryError(f"{where}: a key is blank; remove it.")
    if not entry.keys and not entry.always:
        raise BatteryError(f"{where}: has no keys, so nothing calls it up; give keys, or always = true.")


def _filled(persona: Persona) -> Persona:
    def said(text: str) -> str:
        return fill_macros(text, persona.name)

    texts = {key: said(getattr(persona, key)) for key in ("description", "message", "greeting", "after_history")}
    lore = tuple(
        msgspec.structs.replace(
            one,
            keys=tuple(map(said, one.keys)),
            content=said(one.content),
            secondary_keys=tuple(map(said, one.secondary_keys)),
        )
        for one in persona.lore
    )
    return msgspec.structs.replace(persona, **texts, lore=lore)


def check_name(name: str, what: str) -> None:
    """Raises BatteryError where a name is blank, or holds what does not print: line breaks, control and bidi marks."""
    if not printable(name):
        raise BatteryError(f"{what}: must be printable text on one line, not {plain(ascii(name), 60)}.")
