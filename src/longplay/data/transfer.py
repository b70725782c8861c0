"""One file over HTTP, resumed where it broke off and checked. Follows no redirect it was not told of.

Only https, plain http to this machine alone. Proxy and netrc variables are not looked at.
"""

import hashlib
import http.client
import os
import ssl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import msgspec

from longplay.battery import DataError
from longplay.specs.addresses import is_loopback

_CHUNK = 1 << 16
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_TRIES = 3


class Unreachable(DataError):
    """Nobody answers, or not in time."""


class NotGiven(DataError):
    """The server answers and does not give the file, such as 404."""


class BrokenOff(DataError):
    """The connection ended before the file did; what has arrived is kept."""


class Refused(DataError):
    """What was sent, or where it led to, is not taken. Nothing of it is kept."""


class Times(msgspec.Struct, frozen=True):
    """How long to wait: for a connection, for the next bytes, for a whole file. Seconds."""

    connect_s: float = 20.0
    silence_s: float = 60.0
    whole_s: float = 1800.0


class Wanted(msgspec.Struct, frozen=True):
    """A file to get. `sha256` None: not known. `redirects`: hosts beside its own, `*.name` for all below a name."""

    url: str
    sha256: str | None
    most_bytes: int
    redirects: tuple[str, ...] = ()


def download(wanted: Wanted, part: Path, times: Times) -> str:
    """Get a file into `part`, going on with what is there; the SHA-256 of what `part` then holds, as wanted.

    Raises Unreachable, NotGiven, BrokenOff (`part` is kept, call again to go on), Refused (`part` is removed), and
    OSError where `part` cannot be written.
    """
    arrived = _size(part)
    for left in reversed(range(_TRIES)):
        try:
            resumed = _attempt(wanted, part, times)
        except BrokenOff:
            if not left or _size(part) <= arrived:
                raise
            arrived = _size(part)
            continue
        except Refused:
            discard(part)
            raise
        sha256 = _hash(part)
        if wanted.sha256 is None or sha256 == wanted.sha256:
            _tag_file(part).unlink(missing_ok=True)
            return sha256
        discard(part)
        if not resumed:
            raise Refused(f"what {wanted.url} sends has the sha256 {sha256}, not {wanted.sha256}; it was removed")
        arrived = 0
    raise Refused(f"{wanted.url} could not be put together from its pieces, which were removed; run it again")


def discard(part: Path) -> None:
    """Forget a download that was begun."""
    part.unlink(missing_ok=True)
    _tag_file(part).unlink(missing_ok=True)


def _attempt(wanted: Wanted, part: Path, times: Times) -> bool:
    """One request and its answer into `part`; whether it went on with what was there."""
    offset, tag = _resumable(wanted, part)
    if offset and _hash(part) == wanted.sha256:
        return True
    headers = {"User-Agent": "longplay", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if tag:
            headers["If-Range"] = tag
    ends = time.monotonic() + times.whole_s
    with _answer(wanted, headers, times) as answer:
        if not (offset and answer.status == 416):
            resumed = _goes_on(wanted, answer, offset)
            _store(wanted, answer, part, offset if resumed else 0, ends)
            return resumed
    discard(part)  # the server says that what is there is no beginning of this file
    return _attempt(wanted, part, times)


def _resumable(wanted: Wanted, part: Path) -> tuple[int, str]:
    """How many bytes are there to go on with, and the tag that says whether the file is still the same."""
    offset = _size(part)
    try:
        url, tag = _tag_file(part).read_text("utf-8").splitlines()
    except (OSError, ValueError):
        url, tag = wanted.url, ""
    known = bool(tag) or wanted.sha256 is not None
    if known and url == wanted.url and 0 < offset <= wanted.most_bytes:
        return offset, tag
    discard(part)
    return 0, ""


@contextmanager
def _answer(wanted: Wanted, headers: dict[str, str], times: Times) -> Generator[http.client.HTTPResponse]:
    """The answer after allowed redirects, whatever its status."""
    url = wanted.url
    for _ in range(_MOST_REDIRECTS + 1):
        with _ask(_allowed(wanted, url), headers, times) as answer:
            if answer.status not in _REDIRECTS:
                yield answer
                return
            try:
                url = urljoin(url, answer.headers.get("Location", ""))
            except ValueError:
                raise Refused(f"{wanted.url} is redirected to something that is no URL") from None
    raise Refused(f"{wanted.url} is redirected more than {_MOST_REDIRECTS} times")


def _allowed(wanted: Wanted, url: str) -> SplitResult:
    """A URL that may be asked: the wanted one, its host again, or a host that was named."""
    try:
        first, parts = urlsplit(wanted.url), urlsplit(url)
        place, own = _place(parts), _place(first)
    except ValueError:
        raise Refused(f"{wanted.url} is redirected to something that is no URL") from None
    if not (url.isascii() and url.isprintable()) or parts.username is not None:
        raise Refused(f"{wanted.url} is redirected to a URL of a form that is not followed")
    if parts.scheme != "https" and not (parts.scheme == "http" == first.scheme and is_loopback(parts.hostname or "")):
        raise Refused(f"{place} is not asked without https")
    if place != own and not any(_matches(place, name) for name in wanted.redirects):
        raise Refused(f"{wanted.url} is redirected to {place}, which is not one of its hosts")
    return parts


def _place(parts: SplitResult) -> str:
    """Host and port; the port is left out where it is the usual one."""
    host = parts.hostname or ""
    return host if parts.port in (None, 443) else f"{host}:{parts.port}"


def _matches(place: str, name: str) -> bool:
    return place.endswith(name[1:]) if name.startswith("*.") else place == name


@contextmanager
def _ask(parts: SplitResult, headers: dict[str, str], times: Times) -> Generator[http.client.HTTPResponse]:
    """The answer to one request."""
    connection = _connection(parts, times)
    try:
        try:
            connection.connect()
            connection.sock.settimeout(times.silence_s)
            connection.request(
                "GET", parts._replace(scheme="", netloc="", fragment="").geturl() or "/", headers=headers
            )
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{_place(parts)} cannot be reached ({_reason(error)})") from None
        with answer:
            yield answer
    finally:
        connection.close()


def _connection(parts: SplitResult, times: Times) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=times.connect_s, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=times.connect_s)


def _goes_on(wanted: Wanted, answer: http.client.HTTPResponse, offset: int) -> bool:
    """Whether an answer is the rest of a file rather than all of it; anything else is an error."""
    if answer.status not in (200, 206):
        raise NotGiven(f"{wanted.url} is not given (status {answer.status})")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(f"{wanted.url} is sent in an encoding that was not asked for")
    if answer.status == 200:
        return False
    if not offset or not answer.headers.get("Content-Range", "").startswith(f"bytes {offset}-"):
        raise Refused(f"{wanted.url} is sent in another piece than the one asked for; run it again")
    return True


def _store(wanted: Wanted, answer: http.client.HTTPResponse, part: Path, offset: int, ends: float) -> None:
    """Write an answer to `part` from `offset` on, as far as it arrives."""
    length = answer.length
    if length is not None and offset + length > wanted.most_bytes:
        raise Refused(f"{wanted.url} is larger than {wanted.most_bytes:,} bytes")
    if length is None and not answer.chunked and wanted.sha256 is None:
        raise Refused(f"{wanted.url}: the server does not say how long the file is, and no hash is known")
    _keep_tag(wanted, answer, part, offset)
    size = offset
    with part.open("ab" if offset else "wb") as file:
        while piece := _read(wanted, answer):
            size += len(piece)
            if size > wanted.most_bytes:
                raise Refused(f"{wanted.url} is larger than {wanted.most_bytes:,} bytes")
            file.write(piece)
            if time.monotonic() > ends:
                raise Unreachable(f"{_place(urlsplit(wanted.url))} is too slow; run it again to go on")
        file.flush()
        os.fsync(file.fileno())
    if length is not None and size - offset < length:
        raise BrokenOff(f"{wanted.url} broke off after {size:,} bytes, which are kept; run it again to go on")


def _read(wanted: Wanted, answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise BrokenOff(f"{wanted.url} broke off ({_reason(error)}); run it again to go on") from None


def _keep_tag(wanted: Wanted, answer: http.client.HTTPResponse, part: Path, offset: int) -> None:
    """Remember the strong tag of a file that begins to arrive."""
    tag = answer.headers.get("ETag", "")
    if offset:
        return
    if tag.startswith('"') and tag.isascii() and tag.isprintable():
        _tag_file(part).write_text(f"{wanted.url}\n{tag}\n", "utf-8")
    else:
        _tag_file(part).unlink(missing_ok=True)


def _tag_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.etag")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = getattr(error, "strerror", None) or type(error).__name__
    return "".join(c if c.isprintable() else " " for c in str(text))[:200]
