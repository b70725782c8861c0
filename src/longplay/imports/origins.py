"""What a run knows of an imported dialogue beside its rounds: where it is from, and the place of every message."""

import json
from typing import cast

import msgspec

from longplay.records import DialogueKey
from longplay.records.transcripts import Part
from longplay.store import Reader

TRANSCRIPT = "transcript"  # the kind of document


class Origin(msgspec.Struct, frozen=True):
    """`source`: file and place; `about`: what else the source says, as JSON; `parts`: its messages, see `Part`."""

    source: str
    about: str
    parts: tuple[Part, ...]


def dialogue_name(key: DialogueKey) -> str:
    """The name of a dialogue's document."""
    return json.dumps(msgspec.to_builtins(key), sort_keys=True)


def origin_of(reader: Reader, key: DialogueKey) -> Origin | None:
    """What is kept of a dialogue; None where it was not imported. Raises StoreError."""
    body = reader.documents(TRANSCRIPT).get(dialogue_name(key))
    if body is None:
        return None
    source, about, parts = cast("tuple[str, str, list[list[str | int]]]", json.loads(body))
    names = Part.__struct_fields__
    return Origin(source, about, tuple(msgspec.convert(dict(zip(names, part, strict=True)), Part) for part in parts))


def origin_text(kept: Origin) -> str:
    """As JSON in ASCII: a source may hold texts that are no valid Unicode."""
    parts = [list(msgspec.structs.astuple(part)) for part in kept.parts]
    return json.dumps([kept.source, kept.about, parts], ensure_ascii=True)
