"""A part of a whole that failed: it is lost, it is said, and the rest goes on. Knows no part."""

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import msgspec

from longplay.specs.errors import DEFECTS

T = TypeVar("T")
_MOST_CHARS = 200


class Failure(msgspec.Struct, frozen=True):
    """What failed, such as `the analysis drift`, the error with its type, and what can be done."""

    what: str
    error: str
    advice: str = "This is a defect of longplay: please report it."

    def __str__(self) -> str:
        """One line for a person."""
        return f"{self.what} failed and is left out ({self.error}). {self.advice} The rest is not affected."


Tell: TypeAlias = Callable[[Failure], None]


def part(what: str, make: Callable[[], T], instead: T, tell: Tell | None) -> T:
    """What `make` returns; where it fails, `instead`, and `tell` hears of it. Without `tell` the error goes on."""
    if tell is None:
        return make()
    try:
        return make()
    except DEFECTS as error:
        words = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
        tell(Failure(what, words if len(words) <= _MOST_CHARS else words[: _MOST_CHARS - 3] + "..."))
        return instead
