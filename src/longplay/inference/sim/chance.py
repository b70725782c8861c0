"""Numbers drawn from what is asked, so that equal requests meet equal fates; and the marker that carries a state.

Knows neither speakers nor judges.
"""

import hashlib
import re
import struct
from collections.abc import Mapping, Sequence

from longplay.records import Message, Request, Usage, call_key
from longplay.specs import ModelSpec

_UNITS = struct.Struct("<8Q")
_MARKER = re.compile(r"⟦sim ([^⟦⟧\n]{1,200})⟧")


def seed_of(spec: ModelSpec) -> int:
    """The seed of a simulated model: its sampling seed, 0 where none is given."""
    return spec.sampling.seed or 0


def digest(seed: int, key: bytes, purpose: str) -> bytes:
    """64 bytes that depend on all three."""
    return hashlib.blake2b(f"{seed}\0{purpose}".encode() + key).digest()


def units(seed: int, key: bytes, purpose: str) -> tuple[float, ...]:
    """Eight independent numbers in [0, 1)."""
    return tuple((n >> 11) * 2.0**-53 for n in _UNITS.unpack(digest(seed, key, purpose)))


def pick(names: Sequence[str], chances: Sequence[float], chance: float) -> str:
    """The name on which a number in [0, 1) falls, where `chances` are the names' shares."""
    for name, share in zip(names, chances, strict=True):
        chance -= share
        if chance < 0:
            return name
    return max(zip(chances, names, strict=True))[1]


def request_key(spec: ModelSpec, request: Request) -> bytes:
    """What tells requests apart: everything that is sent, and the draw."""
    return call_key(spec.identity, request)


def usage(request: Request, text: str) -> Usage:
    """Tokens at four characters each; the whole prefix counts as read from a cache."""
    tail = sum(len(message.content) for message in request.tail)
    cached = request.prefix.chars // 4
    return Usage(prompt=(request.prefix.chars + tail) // 4, cached=cached, completion=len(text) // 4)


def last_text(tail: tuple[Message, ...]) -> str:
    """What was said last."""
    return tail[-1].content if tail else ""


def without_marker(text: str) -> str:
    """A reply as it would read without what was planted in it."""
    return _MARKER.sub("", text).rstrip()


def write_marker(state: Mapping[str, str]) -> str:
    """`⟦sim style=4 refusal=none ...⟧`"""
    return f"⟦sim {' '.join(f'{name}={value}' for name, value in state.items())}⟧"


def read_marker(text: str) -> dict[str, str]:
    """The state in the last marker of a text; empty where there is none."""
    found = _MARKER.findall(text)
    pairs = (word.partition("=") for word in found[-1].split()) if found else ()
    return {name: value for name, _, value in pairs}
