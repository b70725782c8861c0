"""Estimates as rows of plain values: what they are of in columns of their own, pairs in two. Makes no words."""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec

from longplay.judging.quantities import spelled
from longplay.records import Estimate, Place

Value: TypeAlias = str | int | float | bool | None
Kind = Literal["text", "integer", "number", "flag"]
Title: TypeAlias = Callable[[Estimate], str]

KINDS: Mapping[type, Kind] = {str: "text", int: "integer", float: "number", bool: "flag"}
# fields of an estimate that hold two numbers
_PAIRS = {
    "span": ("first_position", "last_position"),
    "scale": ("scale_low", "scale_high"),
    "reach": ("reach_low", "reach_high"),
}
_PLACE = ("model", "script", "condition", "play_policy", "ask_policy", "asked_as", "version")
_OF = ("analysis", "title", "quantity", "metric", "form", "label", "type", "focus", "measure", "weighed_by", "against")
_WHERE = ("source", "judge", *_PLACE, *(f"minus_{name}" for name in _PLACE), "side", "repeated")
_TOLD = frozenset(("analysis", "quantity", "against", "source", "judge", "of", "side", "repeated"))
_REST = [field for field in msgspec.structs.fields(Estimate) if field.name not in _TOLD]


def columns() -> list[tuple[str, Kind]]:
    """Names and kinds of the columns, in order. `condition` is who spoke: `persona`, `baseline` or `anyone`; of a
    difference the columns `minus_...` say what was taken away, else they are empty."""
    of: list[tuple[str, Kind]] = [(name, "text") for name in (*_OF, *_WHERE)]
    rest: list[tuple[str, Kind]] = [
        (name, _kind_of(field.type)) for field in _REST for name in _PAIRS.get(field.name, (field.name,))
    ]
    return [*of, *rest]


def row(e: Estimate, title: Title) -> list[Value]:
    """One estimate, by `columns`. `title`: the words for it."""
    part, against = e.quantity.part, "" if e.against is None else spelled(e.against)
    weighed = "items" if part.by_item else ""
    of = [e.analysis, title(e), spelled(e.quantity), e.quantity.metric, e.quantity.form, part.label, part.kind]
    of += [part.focus, part.measure, weighed, against, e.source, e.judge]
    found: list[Value] = [*of, *_place(e.of.left), *_place(e.of.right), e.side, e.repeated]
    for field in _REST:
        value = getattr(e, field.name)
        if field.name in _PAIRS:
            found += value or (None, None)
        elif field.name == "reasons":
            found.append("; ".join(f"{name} {count}" for name, count in sorted(e.reasons.items())))
        else:
            found.append(value)
    return found


def _place(place: Place | None) -> tuple[str, ...]:
    if place is None:
        return ("",) * len(_PLACE)
    how = place.setting
    asked = how.play_policy, how.ask_policy, how.asked_as, how.version
    return place.model, place.script, place.speaker, *asked


def _kind_of(annotation: Any) -> Kind:
    """What the values of a field are, or the numbers of a pair; text where they are neither numbers nor flags."""
    inside: list[Kind] = [_kind_of(one) for one in get_args(annotation) if one not in (NoneType, ...)]
    same = get_origin(annotation) in (tuple, Union, UnionType) and len(set(inside)) == 1
    return inside[0] if same else KINDS.get(annotation, "text")
