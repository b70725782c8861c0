"""A run's documents as values: study, personas, scripts, items. Knows what they are called, not what they are for."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from longplay.records import DialogueKey, Item
from longplay.store.errors import StoreError

T = TypeVar("T")
JUDGING, JUDGED_LATE = "judging", "late"  # the document of a run whose early texts are judged again among the last
ENDED_BY_USER = "ended-by-user"  # the kind of document that a dialogue has which its user has ended


class EndedByUser(msgspec.Struct, frozen=True):
    """That document: after how many rounds."""

    dialogue: DialogueKey
    rounds: int


class Documents(Protocol):
    """What is asked of a store."""

    def documents(self, kind: str) -> Mapping[str, str]: ...


def documents(reader: Documents, kind: str, shape: type[T]) -> dict[str, T]:
    """The documents of one kind, by name, sorted. Raises StoreError where one is of another shape."""
    try:
        return {name: msgspec.json.decode(body, type=shape) for name, body in sorted(reader.documents(kind).items())}
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise StoreError(
            f"a {kind} document of the run cannot be read: {error}. Open it with the version that made the run."
        ) from None


def item_name(probe: str, item: str) -> str:
    """What the document of an item is called."""
    return f"{probe}/{item}"


def items(reader: Documents) -> dict[tuple[str, str], Item]:
    """Items by probe and id. Raises StoreError where one is of another shape, or of no probe of the run."""
    probes, found = sorted(reader.documents("probe")), dict[tuple[str, str], Item]()
    for name, item in documents(reader, "item", Item).items():
        probe = next((probe for probe in probes if item_name(probe, item.id) == name), None)
        if probe is None:
            raise StoreError(f"the item {name!r} of the run is of no probe that the run knows; its store is damaged.")
        found[probe, item.id] = item
    return found
