"""What the tables of built texts share: words to build with, ways to draw, and what a builder returns."""

import random
from collections.abc import Callable
from typing import NamedTuple, Protocol

from hypothesis import strategies as st

Given = dict[str, int | float | str | list[str]]

WORDS = ["apple", "bread", "cloud", "drums", "field", "grape", "hotel", "inbox", "jolly", "kayak", "lemon", "mango"]
"""Five letters each, no two with the same first one, none of them a stop word."""


class Built(NamedTuple):
    """Arguments of a constraint, a text built to satisfy it, and the same text broken in one place."""

    args: Given
    keeps: str
    breaks: str


class Drawing(Protocol):
    """What a builder draws with."""

    def number(self, low: int, high: int) -> int: ...

    def one(self, options: list[str]) -> str: ...

    def words(self, low: int, high: int) -> list[str]:
        """Some words, repeats allowed."""
        ...

    def distinct(self, low: int, high: int, options: list[str] = WORDS) -> list[str]:
        """Some of the options in any order, each once."""
        ...

    def shuffled(self, things: list[str]) -> list[str]: ...


Builder = Callable[[Drawing], Built]


class Searching:
    """Draws what Hypothesis wants to see."""

    def __init__(self, data: st.DataObject) -> None:
        self._draw = data.draw

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def one(self, options: list[str]) -> str:
        return self._draw(st.sampled_from(options))

    def words(self, low: int, high: int) -> list[str]:
        return self._draw(st.lists(st.sampled_from(WORDS), min_size=low, max_size=high))

    def distinct(self, low: int, high: int, options: list[str] = WORDS) -> list[str]:
        return self._draw(st.lists(st.sampled_from(options), min_size=low, max_size=high, unique=True))

    def shuffled(self, things: list[str]) -> list[str]:
        return self._draw(st.permutations(things))


class Seeded:
    """Draws the same each time."""

    def __init__(self) -> None:
        self._random = random.Random(7)

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def one(self, options: list[str]) -> str:
        return self._random.choice(options)

    def words(self, low: int, high: int) -> list[str]:
        return self._random.choices(WORDS, k=self.number(low, high))

    def distinct(self, low: int, high: int, options: list[str] = WORDS) -> list[str]:
        return self._random.sample(options, self.number(low, min(high, len(options))))

    def shuffled(self, things: list[str]) -> list[str]:
        return self._random.sample(things, len(things))


def sentence(words: list[str], end: str = ".") -> str:
    """The words as one sentence."""
    return " ".join(words).capitalize() + end
