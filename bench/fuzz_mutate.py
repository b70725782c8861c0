"""Damage to texts of files: of their bytes, their words and their JSON values, by a seed. Reads and writes nothing."""

import gzip
import json
import random
from typing import Any

NAUGHTY = (
    *(
        "\0",
        "\r",
        "\n",
        "\r\n",
        "\t",
        '"',
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "=",
        "#",
        "\\",
        "\\u",
        "\\ud83d",
        "\\udc00",
    ),
    *("NaN", "Infinity", "-1", "0", "1e999", "9" * 5_000, "9" * 25, "null", "true", "{{char}}", "{{x::y}}", "<USER>"),
    *("\ufeff", "\u202e", "\u2028", "\u200d", "\x1b[31m", "é", "漢", "\U0001f600", "..", "../../x", "/etc/passwd", "~"),
    *("%s", "{0}", "{persona}", "a" * 400, "[" * 3_000, '{"a":' * 3_000, "baseline", "None", "sim/speaker", "//", "/*"),
    *("name", "description", "messages", "role", "content", "id", "persona", "questions", "personas", ".json", "#"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, 1e308, "", " ", "x", "\ud83d", "\x00", "\u202e", "a" * 300, "b" * 10_001),
    *([], {}, [[]], [None], [1], ["x"], {"": ""}, {"a": {"b": {}}}, "{{char}}", "../x", "baseline", "\n", [{}], "漢"),
)
CODES = ("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "cp1252", "shift-jis")
HEADS = (b"\x1f\x8b", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"PAR1", b"---\n")


def damaged(text: str, rng: random.Random, form: str) -> bytes:
    """The text with one to four kinds of damage; now and then as it is, or in another encoding."""
    if form == "json" and rng.random() < 0.4:
        text = _other_value(text, rng)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        text = rng.choice(_OF_TEXT)(text, rng)
    draw = rng.random()
    if draw < 0.08:
        return text.encode(rng.choice(CODES), errors="replace")
    raw = text.encode("utf-8", "surrogatepass")
    for _ in range(rng.choice((0, 0, 1, 3))):
        raw = rng.choice(_OF_BYTES)(raw, rng)
    return gzip.compress(raw, 1) if 0.08 <= draw < 0.1 else raw


def _other_value(text: str, rng: random.Random) -> str:
    """A JSON text with one of its values, or one of its keys, put in the place of another."""
    try:
        whole = json.loads(text)
    except ValueError:
        return text
    places = list(_places(whole))
    if not places:
        return text
    within, key = rng.choice(places)
    if isinstance(within, dict) and rng.random() < 0.3:
        within[rng.choice(("", "x", "name", "id", "\ud83d", "a" * 300, "role", "from", "content"))] = within.pop(key)
    elif rng.random() < 0.2:
        within[key] = whole if rng.random() < 0.02 else [json.loads(json.dumps(within[key]))] * rng.choice((1, 2, 50))
    else:
        within[key] = rng.choice(VALUES)
    try:
        return json.dumps(whole, indent=rng.choice((None, None, 1)), ensure_ascii=rng.random() < 0.7)
    except ValueError:  # it holds itself
        return text


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        found += [(one, key) for key in keys]
        waiting += [one[key] for key in keys]
    return found


def _put(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(NAUGHTY) + text[at:]


def _instead(text: str, rng: random.Random) -> str:
    start, end = _span(len(text), rng)
    return text[:start] + rng.choice(NAUGHTY) + text[end:]


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _without(text: str, rng: random.Random) -> str:
    start, end = _span(len(text), rng)
    return text[:start] + text[end:]


def _twice(text: str, rng: random.Random) -> str:
    start, end = _span(len(text), rng)
    return text[:end] + text[start:end] * rng.choice((1, 1, 3)) + text[end:]


def _lines(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    rng.shuffle(lines)
    return "".join(lines)


def _ends(text: str, rng: random.Random) -> str:
    return text.replace("\n", rng.choice(("\r", "\r\n", "\n\n", "")))


def _span(length: int, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(length + 1)
    return start, min(length, start + rng.choice((1, 1, 3, 20, 200)))


def _flip(raw: bytes, rng: random.Random) -> bytes:
    if not raw:
        return raw
    at = rng.randrange(len(raw))
    return raw[:at] + bytes((raw[at] ^ 1 << rng.randrange(8),)) + raw[at + 1 :]


def _noise(raw: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(raw) + 1)
    return raw[:at] + rng.randbytes(rng.choice((1, 2, 8))) + raw[at:]


def _head(raw: bytes, rng: random.Random) -> bytes:
    return rng.choice(HEADS) + raw


_OF_TEXT = (_put, _put, _instead, _instead, _cut, _without, _twice, _lines, _ends)
_OF_BYTES = (_flip, _flip, _noise, _head)
