"""Words to the terminal: data to stdout, talk to stderr, foreign text made harmless. Knows no study and no run."""

import json
import shlex
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_REMOVED = frozenset(("Cc", "Cf", "Cs"))  # control characters, bidi overrides and invisible ones, lone surrogates
_WIDE = 10_000


def clean(text: str) -> str:
    """A text without what could move the cursor, change colours, reorder or hide; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _REMOVED)


def line(text: str) -> str:
    """The same as one line."""
    return " ".join(clean(" ".join(text.split())).split())


def talk(text: str) -> None:
    """One line to stderr: progress, advice, questions."""
    _print(Text(line(text)))


def error(text: str) -> None:
    """One line to stderr: what is wrong and what to do."""
    _print(Text.assemble(("error: ", "bold red"), line(text)))


def data(text: str) -> None:
    """What a command was asked for, to stdout; may have several lines."""
    print(clean(text))  # not through rich, which turns tabs into spaces


def json_data(value: object) -> None:
    """A value as JSON to stdout, in ASCII: no text in it can reach the terminal unescaped."""
    data(json.dumps(msgspec.to_builtins(value), indent=2))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """A table to stdout; the first `left` columns hold words, the others numbers."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        shown.add_column(line(column), justify="left" if place < left else "right", no_wrap=True)
    for row in rows:
        shown.add_row(*(Text(line(cell)) for cell in row))
    Console(width=_WIDE, highlight=False).print(shown, crop=False)


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


def _print(text: Text) -> None:
    Console(stderr=True, highlight=False).print(text, soft_wrap=True)
