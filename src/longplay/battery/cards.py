"""Character cards as JSON (V1, V2, V3, Pygmalion): what of them makes a persona, and what is left. Opens nothing."""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from longplay.battery.lore_books import NAME

_ONE_OF = frozenset(
    (
        *(
            "personality",
            "scenario",
            "first_mes",
            "mes_example",
            "creator_notes",
            "system_prompt",
            "alternate_greetings",
        ),
        *("post_history_instructions", "character_book", "character_version", "creatorcomment", "talkativeness"),
    )
)
_TEXTS = ("description", "personality", "scenario")
_CARRIED = {"first_mes": "greeting", "post_history_instructions": "after_history"}
_PYGMALION = {
    "char_name": "name",
    "char_persona": "description",
    "world_scenario": "scenario",
    "char_greeting": "first_mes",
}
_SHOWN = 40


class Card(msgspec.Struct, frozen=True):
    """What a card says of a persona. `description`: description, personality and scenario, a paragraph each; `carried`:
    by the persona's key; `book`: the lore book, None where there is none; `unused`: the card's other parts that hold
    anything, in words."""

    name: object
    description: object
    carried: dict[str, object]
    book: object
    unused: tuple[str, ...]

    def keys(self) -> dict[str, object]:
        """The keys of a persona; what the card lacks is left out."""
        found = {"name": self.name, "description": self.description, **self.carried}
        return {key: value for key, value in found.items() if value is not None}


def card_of(table: Mapping[str, object]) -> Card | None:
    """The card that a JSON object is; None where it is none."""
    data = table.get("data")
    spec = table.get("spec")
    if isinstance(spec, str) and spec.startswith("chara_card") and isinstance(data, dict):
        return _card(cast("dict[str, object]", data))
    if "char_name" in table:
        return _card({_PYGMALION.get(key, key): value for key, value in table.items()})
    return _card(table) if {"name", "description"} <= table.keys() and _ONE_OF & table.keys() else None


def _card(data: Mapping[str, object]) -> Card:
    texts = [data[key] for key in _TEXTS if data.get(key) not in (None, "")]
    described: object = None
    if all(isinstance(text, str) for text in texts):
        described = "\n\n".join(text for text in cast("list[str]", texts) if text.strip()) or None
    elif texts:
        described = next(text for text in texts if not isinstance(text, str))
    carried = {name: data[key] for key, name in _CARRIED.items() if not _blank(data.get(key))}
    used = ("name", *_TEXTS, *_CARRIED, NAME)
    others = [key for key, value in data.items() if key not in used and not _blank(value)]
    return Card(data.get("name"), described, carried, data.get(NAME) or None, tuple(others))


def _blank(value: object) -> bool:
    return value in (None, "", [], {}) or (isinstance(value, str) and not value.strip())


def in_words(parts: Sequence[str]) -> str:
    """Parts of a card as a list in a sentence; foreign keys are cut, and what does not print is written out."""
    shown = [part if part.isascii() and part.isprintable() and len(part) < 80 else ascii(part)[:80] for part in parts]
    return ", ".join([*shown[:_SHOWN], *([f"and {len(parts) - _SHOWN} more"] if len(parts) > _SHOWN else [])])
