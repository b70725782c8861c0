"""Patterns that users write, searched for with a time limit; must not know what they are for."""

from functools import lru_cache

import regex

MOST_CHARACTERS = 100_000
"""So much of a text is looked at."""
SECONDS = 2.0
_TRIED_SECONDS, _TRIED = 0.5, 4_000


class PatternError(ValueError):
    """A pattern that cannot be used; says why."""


class Pattern:
    """One pattern of a user. Raises PatternError where it is no pattern."""

    def __init__(self, pattern: str, *, whole: bool, case: bool) -> None:
        """`whole`: the text must be all of it."""
        try:
            flags = regex.VERSION0 | (0 if case else regex.IGNORECASE)
            self._compiled = regex.compile(pattern, flags)
        except (regex.error, ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise PatternError(f"is no pattern: {error}") from None
        self._pattern, self._whole = pattern, whole

    def found(self, text: str, seconds: float = SECONDS) -> bool | None:
        """Whether it is found in the text's first MOST_CHARACTERS; None where that cannot be told in time."""
        search = self._compiled.fullmatch if self._whole else self._compiled.search
        try:
            return search(text[:MOST_CHARACTERS], timeout=seconds) is not None
        except (TimeoutError, MemoryError):
            return None

    def check(self) -> None:
        """Raises PatternError where a text of a few thousand characters already takes too long."""
        own = "".join(dict.fromkeys(c for c in self._pattern if c.isalnum())) or "a"
        for piece in {"a", " ", "0", "ab ", "\n", own, *own[:20]}:
            for end in ("", "!", "\x00"):
                text = (piece * (_TRIED // len(piece)))[:_TRIED] + end
                if self.found(text, _TRIED_SECONDS) is None:
                    raise PatternError(f"takes more than {_TRIED_SECONDS} s on {_TRIED:,} characters; make it simpler")


@lru_cache(maxsize=256)
def pattern_of(pattern: str, *, whole: bool, case: bool) -> Pattern:
    """The same pattern, compiled once."""
    return Pattern(pattern, whole=whole, case=case)
