"""Patterns that users write, searched for with a time limit; must not know what they are for."""

import re
from functools import lru_cache

import regex

SECONDS = 2.0
MOST_REPEATS = 50_000
"""What a pattern asks to be repeated is written out as often in memory."""
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?P<least>\d*)(?:,(?P<most>\d*))?\}|.", re.DOTALL)
_TRIED_SECONDS, _TRIED = 0.5, 4_000


class PatternError(ValueError):
    """A pattern that cannot be used; says why."""


class Pattern:
    """One pattern of a user. Raises PatternError where it is no pattern."""

    def __init__(self, pattern: str, *, whole: bool, case: bool) -> None:
        """`whole`: the text must be all of it."""
        repeats = _repeats(pattern)
        if repeats > MOST_REPEATS:
            raise PatternError(f"repeats its parts more than {MOST_REPEATS:,} times; make it simpler")
        try:
            flags = regex.VERSION0 | (0 if case else regex.IGNORECASE)
            self._compiled = regex.compile(pattern, flags)
        except (regex.error, ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise PatternError(f"is no pattern: {error}") from None
        self._pattern, self._whole = pattern, whole

    def found(self, text: str, seconds: float = SECONDS) -> bool | None:
        """Whether it is found in the text; None where that cannot be told in time."""
        search = self._compiled.fullmatch if self._whole else self._compiled.search
        try:
            return search(text, timeout=seconds) is not None
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


def _repeats(pattern: str) -> int:
    """How many parts the pattern has with all that it counts written out, as `(a{1000}){1000}` has a million."""
    groups, last = [0], 0  # parts of each open group, and of the last part
    for token in _TOKEN.finditer(pattern):
        found = token[0]
        if found == "(":
            groups.append(0)
            last = 0
            continue
        if found == ")" and len(groups) > 1:
            last = groups.pop()
        elif len(found) > 2 and found[0] == "{":
            counts = [min(int(count[:9]), MOST_REPEATS + 1) for count in (token["least"], token["most"]) if count]
            groups[-1] -= last
            last *= max([1, *counts])
        else:
            last = 1
        groups[-1] += last
        if groups[-1] > MOST_REPEATS:
            break
    return groups[-1]


@lru_cache(maxsize=256)
def pattern_of(pattern: str, *, whole: bool, case: bool) -> Pattern:
    """The same pattern, compiled once."""
    return Pattern(pattern, whole=whole, case=case)
