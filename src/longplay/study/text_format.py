"""Words of the command line and of pages: foreign text made harmless, numbers, amounts. Knows no study and no run."""

import shlex
import unicodedata
import warnings
from pathlib import Path

_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
# control characters, bidi overrides and invisible ones, lone surrogates, separators that some take for line breaks
_REMOVED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def clean(text: str) -> str:
    """A text without what could move the cursor, change colours, reorder or hide; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _REMOVED)


def line(text: str) -> str:
    """The same as one line."""
    return " ".join(clean(" ".join(text.split())).split())


def command(*words: str | Path) -> str:
    """A command as one can paste it into a shell."""
    return shlex.join(str(word) for word in words)


def count(number: int) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: `1 reply`, `2 replies`; the plural is with an s where it is not given."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def money(cost: float | None) -> str:
    """A cost in the study's currency; a dash where no price is known."""
    if cost is None:
        return "-"
    if cost >= 1 or cost == 0:
        return f"{cost:,.2f}"
    return "less than 0.0001" if cost < 0.0001 else f"{cost:.4f}".rstrip("0")


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"


def warned(text: str) -> None:
    """A line that Python's users hear of as a warning; the command line says it on stderr."""
    warnings.warn(line(text), stacklevel=3)
