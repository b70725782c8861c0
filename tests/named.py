"""Estimates found by words, as exports of 0.2.0 had them; quantities by their names."""

from collections.abc import Iterable
from typing import Any

from longplay.exchange.format_1 import names
from longplay.judging.quantities import by_name
from longplay.records import Contrast, Estimate, Place, Quantity, Setting
from longplay.report import title
from longplay.specs import TRAITS

LABELS = ("safe", "unsafe")
QUANTITIES = by_name(LABELS, TRAITS)
WORDS = frozenset(("metric", "model", "script", "condition"))


def quantity(name: str) -> Quantity:
    """The quantity of a name in files; a name that is none stands for a count of its own."""
    return QUANTITIES.get(name) or Quantity(name)


def at_place(model: str = "model", script: str = "talk", speaker: str = "persona", **setting: str) -> Place:
    """A place, its setting said by what differs from the plain one."""
    return Place(model, script, speaker, Setting(**setting))  # pyright: ignore[reportArgumentType]


def gap(model: str = "model", script: str = "talk", **setting: str) -> Contrast:
    """Persona minus baseline."""
    return Contrast(at_place(model, script, "persona", **setting), at_place(model, script, "baseline", **setting))


def word(e: Estimate, field: str) -> Any:
    """A field of an estimate, or one of its words."""
    if field == "title":
        return title(e)
    return getattr(names(e) if field in WORDS else e, field)


def metric(e: Estimate) -> str:
    """The name that its quantity has in files."""
    return names(e).metric


def condition(e: Estimate) -> str:
    """Who spoke, in words."""
    return names(e).condition


def having(estimates: Iterable[Estimate], **wanted: object) -> list[Estimate]:
    """Those whose fields and words are as wanted."""
    fields = sorted(wanted.items(), key=lambda field: field[0] in WORDS or field[0] == "title")
    return [e for e in estimates if all(word(e, name) == value for name, value in fields)]
