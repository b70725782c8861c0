"""Foreign files, read with limits: JSON and JSON Lines as plain values, every fault with its file and place.

Knows no format. Only files that were named are opened; links inside a folder are not followed.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeGuard, cast

import msgspec

from longplay.specs import LongplayError

MAX_FILE_BYTES = 256_000_000
MAX_LINE_BYTES = 64_000_000
_CHUNK = 1 << 20


class ImportFault(LongplayError):
    """A foreign file or part of one that cannot be taken in; the message names the place and the fault."""


class Skipped(msgspec.Struct, frozen=True):
    """Something of a source that was not taken in, and why."""

    what: str
    why: str


class Value(NamedTuple):
    """A parsed value and where it stood."""

    where: str
    value: object


def named_files(source: Path) -> tuple[list[Path], list[Skipped]]:
    """The JSON and JSONL files of a folder by name, or the one file named; and what else lies there.

    Raises ImportFault where nothing can be read.
    """
    if not source.is_dir():
        return [source], []
    found: list[Path] = []
    others: list[Skipped] = []
    try:
        inside = sorted(source.iterdir())
    except OSError as error:
        raise ImportFault(f"{source}: cannot be read ({error.strerror}).") from None
    for path in inside:
        why = _why_not(path)
        if why:
            others.append(Skipped(path.name, why))
        else:
            found.append(path)
    if not found:
        raise ImportFault(f"{source}: holds no .json or .jsonl file; name a file, or a folder that holds some.")
    return found, others


def _why_not(path: Path) -> str:
    if path.is_symlink():
        return "a link"
    if not path.is_file():
        return "a folder; name it by itself"
    return "" if path.suffix in (".json", ".jsonl") else "neither .json nor .jsonl"


def sha256(path: Path) -> str:
    """`sha256 ` and the digest of a file's bytes. Raises ImportFault."""
    state = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                state.update(chunk)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    return f"sha256 {state.hexdigest()}"


def read_json(path: Path, most: int = MAX_FILE_BYTES) -> object:
    """The value of a JSON file. Raises ImportFault: too large, not UTF-8, no JSON, nested too deeply."""
    try:
        size = path.stat().st_size
        if size > most:
            raise ImportFault(f"{path}: has {size:,} bytes; at most {most:,} are read. Split it into several files.")
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    return parse(raw, str(path))


def read_values(path: Path) -> Iterator[Value]:
    """The values of a JSON Lines file one at a time, or the one value of a JSON file. Raises ImportFault."""
    if path.suffix != ".jsonl":
        yield Value(str(path), read_json(path))
        return
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE_BYTES + 1):
                number += 1
                where = f"{path}, line {number:,}"
                if len(line) > MAX_LINE_BYTES:
                    raise ImportFault(f"{where}: is longer than {MAX_LINE_BYTES:,} bytes.")
                if line.strip():
                    yield Value(where, parse(line, where))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None


def parse(raw: bytes, where: str) -> object:
    """A JSON value as it stands, lone surrogates too. Raises ImportFault with the place of the fault.

    A key that stands twice is refused: one of its values would be lost.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ImportFault(f"{where}: is not UTF-8 at byte {error.start:,} (line {line:,}); save it as UTF-8.") from None
    try:
        return cast("object", json.loads(text, object_pairs_hook=_once, parse_constant=_no_number))
    except json.JSONDecodeError as error:
        raise ImportFault(f"{where}: no JSON: {error.msg} at line {error.lineno:,}, column {error.colno:,}.") from None
    except ValueError as error:
        raise ImportFault(f"{where}: {printable(str(error))}.") from None
    except RecursionError:
        raise ImportFault(f"{where}: is nested too deeply to be a transcript.") from None


def dumped(value: object) -> str:
    """A parsed value as JSON in ASCII, so that every text survives. Raises ImportFault."""
    try:
        return json.dumps(value, ensure_ascii=True)
    except RecursionError:
        raise ImportFault("a value is nested too deeply to be kept.") from None


def printable(text: str) -> str:
    """A foreign text as part of an error: one short line."""
    return "".join(c if c.isprintable() else " " for c in text)[:200]


def mapping(value: object, where: str) -> dict[str, object]:
    """The value as a JSON object. Raises ImportFault."""
    if not isinstance(value, dict):
        raise ImportFault(f"{where}: holds {_kind(value)} where an object should be.")
    return cast("dict[str, object]", value)


def array(value: object, where: str) -> list[object]:
    """The value as a JSON array. Raises ImportFault."""
    if not isinstance(value, list):
        raise ImportFault(f"{where}: holds {_kind(value)} where a list should be.")
    return cast("list[object]", value)


def is_array(value: object) -> TypeGuard[list[object]]:
    """Whether the value is a JSON array."""
    return isinstance(value, list)


def text(value: object, where: str) -> str:
    """The value as a text. Raises ImportFault."""
    if not isinstance(value, str):
        raise ImportFault(f"{where}: holds {_kind(value)} where a text should be.")
    return value


def _kind(value: object) -> str:
    if value is None:
        return "null"
    words: tuple[tuple[type, str], ...] = (
        (dict, "an object"),
        (list, "a list"),
        (str, "a text"),
        (bool, "true or false"),
    )
    return next((word for kind, word in words if isinstance(value, kind)), "a number")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _unreadable(path: Path, error: Exception) -> ImportFault:
    return ImportFault(f"{path}: cannot be read ({printable(getattr(error, 'strerror', None) or str(error))}).")
