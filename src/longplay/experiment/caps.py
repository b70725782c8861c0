"""The caps that a study gives, held against amounts: what a run has spent, or what a plan estimates. Counts nothing."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from longplay.specs import Caps


class Cap(msgspec.Struct, frozen=True):
    """A cap that a study gives. `of`: whose it is, as a file names it (`budget`, `budget.roles.user`). `spent`: so far,
    or as it is estimated; None where replies without token counts hide it."""

    of: str
    what: Literal["cost", "requests", "tokens"]
    spent: float | None
    most: float


def held_against(of: str, caps: Caps, cost: float | None, requests: int, tokens: int | None) -> Iterator[Cap]:
    """The caps that are given, with these amounts."""
    if caps.cost is not None:
        yield Cap(of, "cost", cost, caps.cost)
    if caps.requests is not None:
        yield Cap(of, "requests", requests, caps.requests)
    if caps.tokens is not None:
        yield Cap(of, "tokens", tokens, caps.tokens)
