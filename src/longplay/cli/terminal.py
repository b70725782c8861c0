"""Words to the terminal: data to stdout, talk to stderr, foreign text made harmless. Knows no study and no run."""

import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, cast

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from longplay.study.text_format import clean, line

_WIDE = 10_000


def talk(text: str) -> None:
    """One line to stderr: progress, advice, questions."""
    _print(Text(line(text)))


def error(text: str) -> None:
    """One line to stderr: what is wrong and what to do."""
    _print(Text.assemble(("error: ", "bold red"), line(text)))


def agreed(question: str) -> bool:
    """Whether a person at a terminal says yes to this; where there is none, nobody is asked, and nobody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    talk(question)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


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
