"""Which places of a study are repeated, so that its noise is known: three checkpoints, few items. Knows no stores."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

from longplay.specs import Study

T = TypeVar("T")


def repeated_checkpoints(study: Study) -> tuple[int, ...]:
    """The first, middle and last checkpoint, each once."""
    points = study.checkpoints
    return tuple(dict.fromkeys((points[0], points[len(points) // 2], points[-1])))


def repeated_rounds(study: Study) -> frozenset[int]:
    """The rounds whose replies are judged twice: those that end at the repeated checkpoints, and the first."""
    return frozenset(max(1, checkpoint) for checkpoint in repeated_checkpoints(study))


def spread(items: Sequence[T], count: int) -> list[T]:
    """`count` items spread evenly, the first among them; all where there are no more."""
    count = min(count, len(items))
    return [items[place * len(items) // count] for place in range(count)]


def is_sampled(share: float, persona: str | None, probe: str, item: str) -> bool:
    """Whether an item is in a persona's sample of this share. A larger study has what a smaller one had, and more;
    personas have other items, so that together they repeat every probe."""
    drawn = hashlib.blake2b("\0".join((persona or "", probe, item)).encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") < share * 2**64
