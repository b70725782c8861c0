"""One POST and its answer, over aiohttp's connections and its parser of responses. Not over its sessions, which make
objects for each request that nobody looks at. Knows no format and no retries."""

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence

import aiohttp
import msgspec
from aiohttp.connector import Connection
from yarl import URL

from longplay.inference.bodies import read_bounded

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30.0)
_WRITEV = getattr(os, "writev", None)
_OWN = ("content-length", "transfer-encoding")  # headers of one request, not of all


class Answer(msgspec.Struct, frozen=True):
    """A response. `whole`: whether `body` is all of it; what is longer than its limit is not read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool

    @property
    def good(self) -> bool:
        """Whether the server did as it was asked."""
        return 200 <= self.status < 300


class Limits(msgspec.Struct, frozen=True):
    """The most bytes of a good answer and of another."""

    good: int
    other: int


class Wire:
    """Posts JSON to one address. Follows no redirect, keeps no cookie, asks no proxy. Made within the running loop."""

    def __init__(self, connector: aiohttp.BaseConnector, url: URL, headers: Mapping[str, str]) -> None:
        self._connector = connector
        # Never sent: it names the connection to use, and has the headers that all requests share.
        headers = {**headers, "Content-Type": "application/json"}
        self._place = aiohttp.ClientRequest("POST", url, headers=headers, loop=asyncio.get_running_loop())
        shared = [f"{name}: {value}" for name, value in self._place.headers.items() if name.lower() not in _OWN]
        if not all(map(str.isprintable, shared)):
            raise ValueError("a header has a line break or another control character")
        self._head = "\r\n".join((f"POST {url.raw_path_qs} HTTP/1.1", *shared, "Content-Length: ")).encode()

    async def post(self, chunks: Sequence[bytes], most: Limits) -> Answer:
        """Send a body in pieces that need no joining, and read what comes back.

        Raises ConnectionTimeoutError where no connection comes about in time; beyond that what aiohttp raises:
        ClientError, OSError, and HttpProcessingError where the answer is no HTTP.
        """
        try:
            connection = await self._connector.connect(self._place, [], _TIMEOUT)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"no connection to {self._place.url.host} in time") from error
        try:
            answer = await self._exchange(connection, chunks, most)
        except BaseException:
            connection.close()
            raise
        # An answer may come before all of the request has gone out.
        if answer.whole and connection.transport is not None and not connection.transport.get_write_buffer_size():
            connection.release()
        else:
            connection.close()
        return answer

    async def _exchange(self, connection: Connection, chunks: Sequence[bytes], most: Limits) -> Answer:
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            raise aiohttp.ClientConnectionError("the connection was closed")
        protocol.set_response_params(read_until_eof=True)
        _send(transport, [b"%b%d\r\n\r\n%b" % (self._head, sum(map(len, chunks)), chunks[0]), *chunks[1:]])
        message, content = await protocol.read()
        while 100 <= message.code < 200 and message.code != 101:  # word that the answer is on its way
            message, content = await protocol.read()
        limit = most.good if 200 <= message.code < 300 else most.other
        body, whole = await read_bounded(content, limit)
        return Answer(message.code, message.headers, body, whole)


def _send(transport: asyncio.Transport, chunks: Sequence[bytes]) -> None:
    """Hand the chunks over in one call to the system, where it has such a call and nothing encrypts them."""
    sent = 0
    if _WRITEV is not None and transport.get_extra_info("sslcontext") is None and not transport.get_write_buffer_size():
        with contextlib.suppress(OSError):  # a connection that is gone says so below
            sent = _WRITEV(transport.get_extra_info("socket").fileno(), chunks)
    for chunk in chunks:
        if sent < len(chunk):
            transport.write(memoryview(chunk)[sent:] if sent else chunk)
        sent = max(sent - len(chunk), 0)
