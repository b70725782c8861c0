"""What every probe looks like. Knows no particular set."""

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec
from msgspec import UNSET

from longplay.records import Item
from longplay.specs import LongplayError


class ProbeError(LongplayError):
    """An evaluation set that cannot be read; the message says which file to put where."""


class Probe(msgspec.Struct, frozen=True):
    """A named evaluation set: where its items come from and which metrics score their answers.

    `files`: what the items are read from, by place in the data directory.
    """

    name: str
    title: str
    metrics: tuple[str, ...]
    items: Callable[[], Sequence[Item]]
    files: tuple[str, ...] = ()


def limited(items: Sequence[Item], limit: int | None) -> tuple[Item, ...]:
    """The first `limit` items, of each group that must be represented: personas, labels, tags and dimensions; where
    some are for one kind of personas, so many for each kind.

    Items that stand in for others when the baseline is asked come with those. Raises ProbeError where one lacks.
    """
    standing_in = {item.baseline_item for item in items if item.baseline_item is not None}
    lacking = standing_in - {item.id for item in items}
    if lacking:
        raise ProbeError(f"no item {min(lacking)!r}, which an item names as its baseline_item; give the probe one.")
    asked = [item for item in items if item.id not in standing_in]
    kinds = {item.for_kind for item in asked} - {UNSET} or {UNSET}
    seen = [_first([item for item in asked if item.for_kind in (UNSET, kind)], limit) for kind in kinds]
    taken = {item.id for items_of_kind in seen for item in items_of_kind}
    chosen = [item for item in asked if item.id in taken]
    wanted = {item.baseline_item for item in chosen}
    return (*chosen, *(item for item in items if item.id in wanted))


def _first(items: Sequence[Item], limit: int | None) -> tuple[Item, ...]:
    if limit is None:
        return tuple(items)
    groups = sorted({_group(item) for item in items})
    personal = any(item.persona for item in items)
    share = limit if personal else -(-limit // max(len(groups), 1))
    taken: Counter[str] = Counter()
    chosen: list[Item] = []
    for item in items:
        group = _group(item)
        taken[group] += 1
        if taken[group] <= share:
            chosen.append(item)
    return tuple(chosen if personal else chosen[:limit])


def _group(item: Item) -> str:
    return item.persona or item.label or item.dimension or (item.tags[0] if item.tags else "")
