"""One reading of a server's address, for checking a study and for sending to it. Knows no network and no key."""

import ipaddress
import re
from urllib.parse import urlsplit

import msgspec

EXAMPLE = "http://127.0.0.1:8000/v1"
_PORTS = {"https": 443, "http": 80}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")  # the underscore stands in names of containers
_PORT = re.compile(r"[0-9]{1,5}\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")
_MAX_HOST_CHARS = 253


class AddressError(ValueError):
    """What is wrong with an address, as the end of a sentence that begins with it."""


class Address(msgspec.Struct, frozen=True):
    """Where a server is. `host`: in lower case, without a last dot, an IPv6 address without its brackets; `path` begins
    with a slash or is empty, and does not end in one."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def loopback(self) -> bool:
        """Whether the host can only mean this machine."""
        return is_loopback(self.host)

    @property
    def plain(self) -> bool:
        """Whether what is sent can be read and changed on the way to another machine."""
        return self.scheme == "http" and not self.loopback

    @property
    def url(self) -> str:
        """The address as it is called: every part as it was checked."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def read_address(text: str) -> Address:
    """The address in a URL such as https://example.org/v1. Raises AddressError for all that is not plainly one."""
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise AddressError("holds a space, a backslash, or another character that no URL has")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise AddressError("has brackets that hold no IPv6 address") from None
    if parts.scheme not in _PORTS or not parts.netloc:
        raise AddressError("is not an http(s) URL")
    if "@" in parts.netloc:
        raise AddressError("holds credentials; put the key into an environment variable and name it in api_key_env")
    if "?" in text or "#" in text:
        raise AddressError("must not hold a query or a fragment")
    host, port = _split(parts.netloc.lower())
    return Address(parts.scheme, _host(host), _PORTS[parts.scheme] if port is None else _port(port), _path(parts.path))


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(netloc: str) -> tuple[str, str | None]:
    """Host and port as they are written; None where there is no colon for a port."""
    if netloc.startswith("["):
        host, bracket, rest = netloc.partition("]")
        if rest and not rest.startswith(":"):
            raise AddressError("has something between the bracket of its IPv6 address and the port")
        return host + bracket, rest[1:] if rest else None
    host, colon, port = netloc.partition(":")
    return host, port if colon else None


def _port(text: str) -> int:
    if _PORT.match(text) is None or not 1 <= int(text) <= 65_535:
        raise AddressError(f"has the port {text[:20]!r}; a port is a number from 1 to 65535")
    return int(text)


def _path(path: str) -> str:
    return path.rstrip("/")


def _host(host: str) -> str:
    """The host as it is compared. Raises AddressError where programs may read it differently, or not at all."""
    if host.startswith("["):
        return _ipv6(host[1:-1])
    name = host.removesuffix(".")
    if not name:
        raise AddressError("names no host")
    labels = name.split(".")
    if all(map(_NUMBER.match, labels)):
        return _ipv4(name)
    if len(name) > _MAX_HOST_CHARS:
        raise AddressError(f"has a host of {len(name):,} characters; a host has at most {_MAX_HOST_CHARS}")
    for label in labels:
        _check_label(label)
    if _NUMBER.match(labels[-1]):
        raise AddressError("has a host that ends in a number and is no IPv4 address")
    return name


def _check_label(label: str) -> None:
    if not label:
        raise AddressError("has a host with two dots beside each other, or a dot at its start")
    if len(label) > 63:
        raise AddressError(f"has a host with a part of {len(label):,} characters; a part has at most 63")
    if _LABEL.match(label) is None:
        raise AddressError("has a host with a character that no host has; accepted are letters, digits, dots, hyphens")
    if label.startswith("xn--"):
        try:
            label.encode().decode("idna")
        except UnicodeError:
            raise AddressError(f"has a host with {label[:40]!r}, which stands for no name (punycode)") from None


def _ipv4(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise AddressError("has a number for a host; an IPv4 address is four numbers from 0 to 255") from None


def _ipv6(text: str) -> str:
    try:
        found = ipaddress.IPv6Address(text)
    except ValueError:
        raise AddressError("has brackets that hold no IPv6 address") from None
    if found.scope_id is not None:
        raise AddressError("has an IPv6 address with a zone (%), which is not accepted")
    return str(found.ipv4_mapped or found)
