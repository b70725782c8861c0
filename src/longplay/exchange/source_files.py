"""Foreign files by name: which of a folder are read, what the others are. Knows no format and no JSON.

Links inside a folder are not followed; folders in it are entered.
"""

import hashlib
import os
import re
from pathlib import Path

import msgspec

from longplay.specs import LongplayError, kind_of, plain

MOST_FILES = 100_000
SUFFIXES = (".json", ".jsonl", ".ndjson")
_CHUNK = 1 << 20
_HEAD = 4096
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")


class ImportFault(LongplayError):
    """A foreign file or part of one that cannot be taken in; the message names the place and the fault."""


class Skipped(msgspec.Struct, frozen=True):
    """Something of a source that was not taken in, and why."""

    what: str
    why: str


def shown(path: Path) -> str:
    """A path as text that can be written down: names of files need not be valid Unicode."""
    return str(path).encode(errors="backslashreplace").decode()


def named_files(source: Path) -> tuple[list[Path], list[Skipped]]:
    """The files with JSON in a folder and in the folders in it, by name, or the one file named; and what else is there.

    Raises ImportFault where nothing can be read.
    """
    if not source.is_dir():
        return [source], []
    found: list[Path] = []
    others: list[Skipped] = []
    for path in _inside(source, others):
        why = _why_not(path)
        if why:
            others.append(Skipped(shown(path.relative_to(source)), why))
        else:
            found.append(path)
    if not found:
        there = "; ".join(f"{plain(one.what, 60)} is {one.why}" for one in others[:3]) or "it is empty"
        raise ImportFault(f"{shown(source)}: holds no {' or '.join(SUFFIXES)} file ({there}). Name one, or its folder.")
    return found, others


def _inside(source: Path, others: list[Skipped]) -> list[Path]:
    """Files and links in a folder and the folders in it, by name. Raises ImportFault."""

    def cannot(error: OSError) -> None:
        others.append(Skipped(shown(Path(error.filename)), f"a folder that cannot be read ({error.strerror})"))

    found: list[Path] = []
    for folder, folders, names in os.walk(source, onerror=cannot):
        found += [Path(folder, name) for name in folders if Path(folder, name).is_symlink()]
        found += [Path(folder, name) for name in names]
        if len(found) > MOST_FILES:
            raise ImportFault(f"{shown(source)}: holds more than {MOST_FILES:,} files; name a folder in it.")
    return sorted(found)


def _why_not(path: Path) -> str:
    if path.is_symlink():
        return "a link"
    if not path.is_file():
        return "no regular file"
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(SUFFIXES):
        return ""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        return f"a file that cannot be read ({error.strerror})"
    if name.endswith(".txt") and _BEGINS.match(head):
        return ""
    return kind_of(head) or f"neither {' nor '.join(SUFFIXES)}"


def sha256(path: Path) -> str:
    """`sha256 ` and the digest of a file's bytes. Raises ImportFault."""
    state = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                state.update(chunk)
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    return f"sha256 {state.hexdigest()}"


def unreadable(path: Path, error: Exception) -> ImportFault:
    """What to say of a file that the system does not give."""
    return ImportFault(f"{shown(path)}: cannot be read ({plain(getattr(error, 'strerror', None) or str(error))}).")
