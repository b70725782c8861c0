"""Character cards as JSON (V1, V2, V3, Pygmalion): what of them makes a persona, and what is left. Opens nothing."""

from collections.abc import Mapping
from typing import cast

import msgspec

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
_PYGMALION = {"char_name": "name", "char_persona": "description", "world_scenario": "scenario"}
_SHOWN = 40


class Card(msgspec.Struct, frozen=True):
    """What a card says of a persona. `description`: description, personality and scenario, a paragraph each; `unused`:
    the card's other parts that hold anything."""

    name: object
    description: object
    unused: tuple[str, ...]

    def keys(self) -> dict[str, object]:
        """The keys of a persona; what the card lacks is left out."""
        found = {"name": self.name, "description": self.description}
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
    others = [key for key, value in data.items() if key not in ("name", *_TEXTS) and value not in (None, "", [], {})]
    return Card(data.get("name"), described, tuple(_in_words(others)))


def _in_words(keys: list[str]) -> list[str]:
    shown = [key if key.isidentifier() and len(key) < 60 else ascii(key)[:60] for key in keys[:_SHOWN]]
    return [*shown, f"and {len(keys) - _SHOWN} more"] if len(keys) > _SHOWN else shown
