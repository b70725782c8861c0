"""Files of users as text, JSON and TOML, read with limits; every fault in words, without the file's name.

Byte order marks are read (UTF-8, UTF-16, UTF-32); nothing else is guessed. Knows no other room.
"""

import codecs
import json
import re
import stat
import tomllib
from pathlib import Path
from typing import NoReturn, cast

from longplay.specs.errors import LongplayError
from longplay.specs.file_kinds import kind_of, text_kind

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_PRINTED = re.compile(r"[\ud800-\udfff]")
DEEP = "is nested too deeply"
_LONG = "holds a number of too many digits; write it as a text"


class FileFault(LongplayError):
    """What is wrong with a file, to be put behind its name."""


def plain(text: str, most: int = 200) -> str:
    """A foreign text as part of an error: one short line without control characters."""
    line = "".join(c if c.isprintable() else " " for c in text[: most + 1])
    return line if len(line) <= most else line[: most - 3] + "..."


def printable(text: str) -> bool:
    """Whether a name is not blank and holds nothing that does not print: line breaks, control and bidi marks."""
    joined = text.replace("\N{ZERO WIDTH JOINER}", "").replace("\N{ZERO WIDTH NON-JOINER}", "")
    return bool(joined.strip()) and joined.isprintable()


def check_file(path: Path, most: int | None = None) -> None:
    """Raises FileFault where there is no regular file, or one larger than `most` bytes."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise FileFault(_no_file(found.st_mode))
        if most is not None and found.st_size > most:
            raise FileFault(f"has {found.st_size:,} bytes; at most {most:,} are read.")
    except (OSError, ValueError) as error:
        raise _unread(error) from None


def file_bytes(path: Path, most: int) -> bytes:
    """A regular file's bytes. Raises FileFault: not there, not a file, larger than `most` bytes, not readable."""
    check_file(path, most)
    try:
        with path.open("rb") as file:
            return file.read(most)
    except (OSError, ValueError) as error:
        raise _unread(error) from None


def _unread(error: OSError | ValueError) -> FileFault:
    if isinstance(error, FileNotFoundError):
        return FileFault("no such file.")
    return FileFault(f"cannot be read ({plain(getattr(error, 'strerror', None) or str(error))}).")


def _no_file(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "is a folder; name a file in it."
    return "is no regular file but a pipe, a socket or a device; write what it gives into a file, and name that."


def wide_mark(raw: bytes) -> str:
    """The encoding that a byte order mark of UTF-16 or UTF-32 names; empty without one."""
    return next((name for mark, name in _MARKS if raw.startswith(mark)), "")


def decoded(raw: bytes) -> str:
    """The text of a file, its byte order mark read and taken off. Raises FileFault: no text, or not UTF-8."""
    kind = kind_of(raw)
    if kind:
        raise FileFault(f"is {kind}.")
    wide = wide_mark(raw)
    try:
        text = raw.decode(wide or "utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFault(_undecoded(raw, error, wide)) from None
    zero = text.find("\0")
    if zero >= 0:
        raise FileFault(_with_zeros(raw, zero))
    return text


def _undecoded(raw: bytes, error: UnicodeDecodeError, wide: str) -> str:
    if wide:
        return f"begins as {wide.upper()} and is none at byte {error.start:,}; save it as UTF-8."
    if _looks_wide(raw):
        return "looks like UTF-16 without a byte order mark; save it as UTF-8."
    line = raw.count(b"\n", 0, error.start) + 1
    return f"is not UTF-8 at byte {error.start:,} (line {line:,}); save it as UTF-8."


def _with_zeros(raw: bytes, place: int) -> str:
    if _looks_wide(raw):
        return "looks like UTF-16 without a byte order mark; save it as UTF-8."
    return f"is no text: the character at {place:,} is a zero byte."


def _looks_wide(raw: bytes) -> bool:
    """Whether every other byte is mostly zero, and its neighbours are not."""
    even, odd = (raw[start:200:2].count(0) for start in (0, 1))
    return len(raw) > 3 and max(even, odd) * 4 > min(len(raw), 200) and min(even, odd) * 4 < max(even, odd)


def json_value(text: str) -> object:
    """The value of a JSON text, lone surrogates kept. Raises FileFault with the line.

    A key that stands twice in an object is refused: one of its values would be lost. So are NaN and Infinity.
    """
    try:
        return cast("object", json.loads(text, object_pairs_hook=_once, parse_constant=_no_number))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno:,}, column {error.colno:,}"
        said = error.msg.removesuffix(" at")
        raise FileFault(f"no JSON: {said} at {where}{_why_no_json(text, error.pos)}.") from None
    except ValueError as error:
        raise FileFault(f"{_LONG if str(error).startswith('Exceeds') else plain(str(error))}.") from None
    except RecursionError:
        raise FileFault(f"{DEEP}.") from None


def _why_no_json(text: str, at: int) -> str:
    before = text[max(at - 200, 0) : at].rstrip()
    if text[at : at + 1] in ("]", "}") and before.endswith(","):
        return "; remove the comma before the closing bracket"
    if before.endswith(",") and text[at:].lstrip()[:1] in ("]", "}"):
        return "; remove the comma before the closing bracket"
    if text[at : at + 1] == "," and text[at + 1 :].lstrip()[:1] in ("]", "}"):
        return "; remove the comma before the closing bracket"
    if text[at : at + 1] == "'":
        return "; JSON texts stand in double quotes"
    looks = "" if text[:at].strip() else text_kind(text)
    return f"; it looks like {looks}" if looks else ""


def toml_value(text: str) -> dict[str, object]:
    """The tables of a TOML text, old Mac line ends read too. Raises FileFault with the line."""
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        looks = _no_toml(text)
        raise FileFault(f"not valid TOML: {plain(str(error))}{f'; it looks like {looks}' if looks else ''}") from None
    except ValueError as error:  # a number or a date that Python cannot hold
        raise FileFault(f"not valid TOML: {plain(str(error))}") from None
    except RecursionError:
        raise FileFault(f"{DEEP}.") from None


def _no_toml(text: str) -> str:
    return "JSON" if text.lstrip()[:1] == "{" or re.match(r"\s*\[\s*[{\"]", text) else text_kind(text)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def half_character(value: object) -> str:
    """The first text of a parsed value that holds half a character (a lone surrogate), as its escape; else empty."""
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            found = _NOT_PRINTED.search(one)
            if found:
                return f"\\u{ord(found[0]):04x}"
        elif isinstance(one, dict):
            waiting += [part for pair in cast("dict[str, object]", one).items() for part in pair]
        elif isinstance(one, list):
            waiting += cast("list[object]", one)
    return ""
