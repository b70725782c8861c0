"""What a file is by its first bytes, in words that say what to do with it. Opens nothing."""

import re
from collections.abc import Callable

_CARD = "export the card as JSON from the program that holds it, and give that file"
_WRITE = "write what you need as JSON or TOML text"
_ROWS = "write its rows as JSON Lines, one object a line"

# First bytes, where they stand, and what such a file is.
_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1f\x8b", "a gzip file: unpack it with `gunzip`"),
    (0, b"BZh", "a bzip2 file: unpack it with `bunzip2`"),
    (0, b"\xfd7zXZ\0", "an xz file: unpack it with `unxz`"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file: unpack it with `unzstd`"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it, and name what lies in it"),
    (0, b"Rar!\x1a\x07", "a RAR archive: unpack it, and name what lies in it"),
    (257, b"ustar", "a tar archive: unpack it with `tar -xf`, and name what lies in it"),
    (0, b"PAR1", f"a Parquet table: {_ROWS}"),
    (0, b"ARROW1", f"an Arrow table: {_ROWS}"),
    (0, b"SQLite format 3\0", f"an SQLite database: {_ROWS}"),
    (0, b"%PDF-", f"a PDF document: {_WRITE}"),
    (0, b"{\\rtf", f"an RTF document: {_WRITE}"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"an old Office document: {_WRITE}"),
    (0, b"\xff\xd8\xff", f"a JPEG image: {_WRITE}"),
    (0, b"GIF8", f"a GIF image: {_WRITE}"),
    (8, b"WEBP", f"a WebP image: {_WRITE}"),
    (0, b"\x7fELF", "a program, no text"),
)
# What lies in a zip archive, by a name inside it.
_ZIPPED = (
    (b"card.json", f"a character card in an archive (CHARX): {_CARD}"),
    (b"word/document.xml", f"a Word document (docx): {_WRITE}"),
    (b"xl/workbook.xml", f"a spreadsheet (xlsx): {_ROWS}"),
    (b"ppt/presentation.xml", f"a presentation (pptx): {_WRITE}"),
    (b"mimetypeapplication/vnd.oasis", f"an OpenDocument file: {_WRITE}"),
    (b"_journal/", "a log of Inspect (.eval): write the messages of its samples as JSON Lines with role and content"),
    (b"header.json", "a log of Inspect (.eval): write the messages of its samples as JSON Lines with role and content"),
)
_TEXTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE), "an HTML page: save the export itself, as JSON"),
    (re.compile(r"<\?xml\b|<[A-Za-z][\w:-]*[\s>]"), "XML, which is not read"),
    (re.compile(r"""(?:---(?:\s|$)|%YAML\b|-\s+\S|["']?[A-Za-z_][\w -]*["']?:(?:\s|$))"""), "YAML, which is not read"),
)
_PNG = b"\x89PNG\r\n\x1a\n"
_SEEN = 1 << 20


def kind_of(raw: bytes) -> str:
    """What a file that is no plain text is, and what to do with it; empty where nothing is recognised."""
    head = raw[:_SEEN]
    found: tuple[tuple[bytes, Callable[[bytes, bytes], str]], ...] = ((_PNG, _png), (b"PK\x03\x04", _zip))
    for sign, tell in found:
        if head.startswith(sign):
            return tell(head, raw[-_SEEN:])
    if head.startswith((b"PK\x05\x06", b"PK\x07\x08")):
        return "an empty zip archive"
    if len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5 and b"\n" not in head[:2]:
        return "a Python pickle, which is never opened: it could run anything"
    return next((what for at, sign, what in _SIGNS if head[at : at + len(sign)] == sign), "")


def _png(head: bytes, tail: bytes) -> str:
    del tail
    carries = any(b"tEXt" + key in head or b"iTXt" + key in head for key in (b"chara\0", b"ccv3\0"))
    return f"a character card in a PNG image: {_CARD}" if carries else f"a PNG image without a card: {_WRITE}"


def _zip(head: bytes, tail: bytes) -> str:
    """By the names of its files, which stand before each of them and again at its end."""
    plain = "a zip archive: unpack it with `unzip`, and name what lies in it"
    return next((what for name, what in _ZIPPED if name in head or name in tail), plain)


def text_kind(text: str) -> str:
    """What a text that is neither JSON nor TOML looks like; empty where it looks like nothing known."""
    lines = (line for line in text[:_SEEN].splitlines() if line.strip() and not line.lstrip().startswith("#"))
    first = next(lines, "").strip()
    return next((what for sign, what in _TEXTS if sign.match(first)), "")
