"""Foreign JSON and JSON Lines as plain values, read with limits, every fault with its place. Knows no format."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, TypeGuard, cast

from longplay.exchange.source_files import ImportFault, Skipped, shown, unreadable
from longplay.specs import FileFault, check_file, decoded, file_bytes, json_value, kind_of, wide_mark

MAX_FILE_BYTES = 256_000_000
MAX_LINE_BYTES = 64_000_000
_HEAD = 4096


class Value(NamedTuple):
    """A parsed value, where it stood, and the line that it is; None where it is all of its file."""

    where: str
    value: object
    line: int | None = None


def read_json(path: Path, most: int = MAX_FILE_BYTES) -> object:
    """The value of a JSON file. Raises ImportFault: too large, not UTF-8, no JSON, nested too deeply."""
    try:
        return json_value(decoded(file_bytes(path, most)))
    except FileFault as fault:
        raise ImportFault(f"{shown(path)}: {fault}") from None


def read_values(path: Path) -> Iterator[Value | Skipped]:
    """The values of a file one at a time. Its content says whether it is JSON or JSON Lines, not its name.

    A line that cannot be read is Skipped with the reason, and so is a file of which nothing can be read.
    """
    where = shown(path)
    numbered = path.suffix.lower() in (".jsonl", ".ndjson")
    try:
        with _opened(path) as file:
            yield from _values(file, where, numbered)
    except FileFault as fault:
        yield Skipped(where, f"{where}: {fault}")
    except (OSError, ValueError) as error:
        yield Skipped(where, str(unreadable(path, error)))


def _opened(path: Path) -> IO[bytes]:
    """A file's bytes in UTF-8. Raises FileFault where they are no text."""
    check_file(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if kind_of(head) or wide_mark(head):
        return io.BytesIO(decoded(file_bytes(path, MAX_FILE_BYTES)).encode())
    return path.open("rb")


def encoding_of(path: Path) -> str:
    """The encoding that a file's byte order mark names, where it is another than UTF-8; else empty."""
    with contextlib.suppress(OSError, ValueError), path.open("rb") as file:
        return wide_mark(file.read(_HEAD)).upper()
    return ""


def _values(file: IO[bytes], where: str, numbered: bool) -> Iterator[Value | Skipped]:
    lines = _lines(file)
    first = next(lines, None)
    if first is None:
        raise FileFault("is empty.")
    more = next(lines, None) is not None
    file.seek(0)
    if not (more and _is_whole(first[1])):
        try:
            raw = file.read(MAX_FILE_BYTES + 1)
            if len(raw) > MAX_FILE_BYTES and not more:
                raise FileFault(f"has more than {MAX_FILE_BYTES:,} bytes on one line; split it into several files.")
            yield Value(where, json_value(decoded(raw)), 1 if numbered else None)
            return
        except FileFault:
            file.seek(0)
            if not any(_stands_alone(line) for _, line in _lines(file)):
                raise
        file.seek(0)
    for number, line in _lines(file):
        yield _of_line(line, f"{where}, line {number:,}", number)


def _of_line(line: bytes | None, where: str, number: int) -> Value | Skipped:
    if line is None:
        return Skipped(where, f"{where}: is longer than {MAX_LINE_BYTES:,} bytes.")
    try:
        return Value(where, json_value(decoded(line)), number)
    except FileFault as fault:
        return Skipped(where, f"{where}: {fault}")


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines with something on them by number, line ends of any system taken off; None for one that is too long."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            number += 1
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE_BYTES)
            yield number, None
            continue
        for part in line.rstrip(b"\r\n").split(b"\r"):
            number += 1
            if part.strip():
                yield number, part


def _is_whole(line: bytes | None) -> bool:
    return line is not None and isinstance(_of_line(line, "", 0), Value)


def _stands_alone(line: bytes | None) -> bool:
    """Whether a line is an object or a list by itself; inside of a value written over several lines it is indented."""
    return line is not None and line.startswith((b"{", b"[")) and _is_whole(line)


def dumped(value: object) -> str:
    """A parsed value as JSON in ASCII, so that every text survives. Raises ImportFault."""
    try:
        return json.dumps(value, ensure_ascii=True)
    except RecursionError:
        raise ImportFault("a value is nested too deeply to be kept.") from None


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
