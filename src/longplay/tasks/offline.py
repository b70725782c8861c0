"""Code that is not to fetch anything: an attempt to reach another machine ends it at once."""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

# what libraries of datasets go by: they then look at what they have and say what is not there
_OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE")


class Reaching(BaseException):
    """Somebody tried to reach another machine. No `Exception`, so that nobody tries again and again."""


@contextmanager
def offline() -> Generator[None]:
    """Within it nothing in this process opens a connection, save to a local socket of a file's name."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def refused(one: socket.socket, address: Any) -> None:
        if one.family == socket.AF_UNIX:
            connect(one, address)
            return
        raise Reaching(f"it connects to {address[0]}")

    def unresolved(host: object, *_: object, **__: object) -> Any:
        raise Reaching(f"it looks up {host}")

    os.environ.update(dict.fromkeys(_OFFLINE, "1"))
    socket.socket.connect, socket.getaddrinfo = refused, unresolved
    try:
        yield
    finally:
        socket.socket.connect, socket.getaddrinfo = connect, resolve
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
