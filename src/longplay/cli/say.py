"""Words to the terminal: data to stdout, talk to stderr, foreign text made harmless. Knows no study and no run."""

import io
import json
import os
import shlex
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

_KEPT = frozenset("\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
# control characters, bidi overrides and invisible ones, lone surrogates, separators that some take for line breaks
_REMOVED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
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
    _write(f"{clean(text)}\n")  # not through rich, which turns tabs into spaces


def json_data(value: object) -> None:
    """A value as JSON to stdout, in ASCII: no text in it can reach the terminal unescaped."""
    data(json.dumps(msgspec.to_builtins(value), indent=2))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, *, note: bool = False) -> None:
    """A table to stdout; the first `left` columns hold words, and the last where it is a note, the others numbers."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        words = place < left or (note and place == len(columns) - 1)
        shown.add_column(line(column), justify="left" if words else "right", no_wrap=True)
    for row in rows:
        shown.add_row(*(Text(line(cell)) for cell in row))
    Console(file=STDOUT, width=_WIDE, highlight=False).print(shown, crop=False)


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


def ready_streams() -> None:
    """Let no stream of this process end a command: one that was closed leads nowhere, and what a terminal cannot show
    is replaced."""
    _lost.clear()
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:  # else the next file that is opened would take its place
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def unread() -> str | None:
    """What became of output that nobody got: a line to say, "" where its reader went away, None where all was got."""
    _write("")
    return _lost[0] if _lost else None


class Stdout(io.TextIOBase):
    """Where commands write what they were asked for. Where that fails they go on, and `unread` says so in the end."""

    name = "stdout"

    def write(self, text: str, /) -> int:
        """All of a text, or nothing that anybody gets."""
        stream = getattr(sys, self.name)
        try:
            stream.write(text)
            stream.flush()
        except OSError as error:
            self.failed(error)
            with suppress(OSError, ValueError):  # what waits in the stream goes nowhere
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return len(text)

    def failed(self, error: OSError) -> None:
        """Keep it for the end."""
        gone = isinstance(error, BrokenPipeError)  # such as `head`: no fault
        _lost.append("" if gone else f"the output could not be written to stdout ({error.strerror}); the rest is done.")

    def isatty(self) -> bool:
        """Whether a person looks at it."""
        return bool(getattr(sys, self.name).isatty())

    def fileno(self) -> int:
        """The stream's own."""
        return int(getattr(sys, self.name).fileno())


class Stderr(Stdout):
    """The same for what is said beside; nobody can be told where that fails."""

    name = "stderr"

    def failed(self, error: OSError) -> None:
        """Nothing to be done."""
        del error


STDOUT, STDERR = cast("IO[str]", Stdout()), cast("IO[str]", Stderr())
_lost: list[str] = []


def _write(text: str) -> None:
    STDOUT.write(text)


def _print(text: Text) -> None:
    Console(file=STDERR, highlight=False).print(text, soft_wrap=True)
