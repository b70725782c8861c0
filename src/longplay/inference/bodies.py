"""Bytes to and from the wire: a body in pieces that need no joining, and a response read up to a limit. Knows no
format."""

import aiohttp
from aiohttp.abc import AbstractStreamWriter

_ENCODED, _CHUNKED = "Content-Encoding", "Transfer-Encoding"


class Body(aiohttp.Payload):
    """Chunks handed to the socket one after the other, under one Content-Length."""

    _value: list[bytes]

    def __init__(self, chunks: list[bytes]) -> None:
        super().__init__(chunks, content_type="application/json")
        self._size = sum(map(len, chunks))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return b"".join(self._value).decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        for chunk in self._value:
            await writer.write(chunk)


async def read_bounded(response: aiohttp.ClientResponse, most: int) -> tuple[bytes, bool]:
    """At most `most` bytes of a response, and whether that is all of it. What is longer is not read to its end."""
    length, headers = response.content_length, response.headers
    if length is not None and length <= most and not (_ENCODED in headers or _CHUNKED in headers):
        return await response.read(), True  # no more than it says can come
    chunks, size = list[bytes](), 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            response.close()
            return b"".join(chunks)[:most], False
    return b"".join(chunks), True
