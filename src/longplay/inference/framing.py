"""What stands around the JSON of a response, and what a response is that is no JSON. Knows no network, no format of
completions."""

import codecs
import re
from typing import cast

import msgspec

_PAGE = re.compile(
    rb"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,20})?<(?:!doctype\s+html|html|head|body|title|h1|center)\b", re.IGNORECASE
)
_TITLE = re.compile(rb"<(title|h1)[^>]{0,200}>([^<]{0,200})", re.IGNORECASE)
_EVENT = (b"data:", b"event:", b"id:", b"retry:", b":")
_DONE = b"[DONE]"
_HEAD = 60  # characters of a text that are shown


def unwrapped(body: bytes) -> bytes:
    """The bytes without a byte order mark, and without the frame of an event where one event is all there is."""
    if body.startswith(codecs.BOM_UTF8):
        body = body[len(codecs.BOM_UTF8) :]
    elif body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = _recoded(body)
    events = _events(body)
    if len(events) == 1:
        return events[0]
    return next((event for event in events if _is_error(event)), _after_comments(body))


def _after_comments(body: bytes) -> bytes:
    """The JSON that follows comment lines of a stream, which keep a slow answer's connection open."""
    lines = body.lstrip().split(b"\n")
    kept = [line for line in lines if not line.startswith(b":")]
    rest = b"\n".join(kept).lstrip()
    return rest if len(kept) < len(lines) and rest.startswith((b"{", b"[")) else body


def _recoded(body: bytes) -> bytes:
    """UTF-16 as UTF-8; the bytes as they are where they only begin like it."""
    try:
        text = body.decode("utf-16")
    except UnicodeDecodeError:
        return body
    return text.encode(errors="replace") if text.lstrip()[:1] in ("{", "[") else body


def web_page(body: bytes) -> str | None:
    """A web page in words, with its title; None where the bytes are none."""
    if not _PAGE.match(body):
        return None
    title = _TITLE.search(body)
    named = " ".join(title[2].decode(errors="replace").split()) if title else ""
    return f'a web page (HTML, "{named}")' if named else "a web page (HTML)"


def what_it_is(body: bytes) -> str:
    """Bytes that are no JSON document, in words."""
    if not body.strip():
        return "the reply is empty"
    page = web_page(body)
    if page is not None:
        return f"the server answered with {page}, not with a completion; check base_url (it usually ends in /v1)"
    events = _events(body)
    if events:
        return f"the server answered with a stream of {len(events):,} events, although stream = false was asked for"
    text = body.decode(errors="replace").strip()
    if text[0] not in "{[":
        return f"the reply is no JSON; it begins with {text[:_HEAD]!r}"
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(_is_json(line.encode(errors="replace")) for line in lines[:2]):
        return "the server answered with several JSON documents, a line each (a stream), although one was asked for"
    return "the reply is not whole JSON"


def _events(body: bytes) -> list[bytes]:
    """The data of server-sent events; none where the bytes are no such stream."""
    if not body[:200].lstrip().startswith(_EVENT):
        return []
    data = (line[5:].strip() for line in body.splitlines() if line.startswith(b"data:"))
    return [one for one in data if one and one != _DONE]


def _is_error(event: bytes) -> bool:
    try:
        found: object = msgspec.json.decode(event)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and bool(cast("dict[str, object]", found).get("error"))


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return True
