"""The wire: what goes over a connection byte by byte, and when a connection may be used again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import pytest
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from longplay.inference.wire import Answer, Limits, Wire

T = TypeVar("T")
LIMITS = Limits(good=1_000_000, other=1_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Server:
    """A server that reads a request and sends the next of the given bytes; it then closes the connection where they
    speak of that, or are none."""

    def __init__(self, *says: bytes, reads: bool = True) -> None:
        self.says = list(says)
        self.reads = reads
        self.connections = 0
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            while self.says:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                if self.reads:
                    size = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
                    self.bodies.append(await reader.readexactly(size))
                said = self.says.pop(0)
                writer.write(said)
                if not said or b"close" in said:
                    return
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def with_wire(server: Server, use: Callable[[Wire], Awaitable[T]]) -> T:
    """Use a wire to the server."""

    async def story() -> T:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with listening, aiohttp.TCPConnector(limit=2) as connector:
            return await use(Wire(connector, URL(f"http://127.0.0.1:{port}/v1/chat"), {"Authorization": "Bearer abc"}))

    return asyncio.run(story())


async def twice(wire: Wire) -> list[Answer]:
    return [await wire.post([b"[", b"1", b"]"], LIMITS) for _ in range(2)]


def test_a_request_has_its_headers_and_its_pieces_and_the_connection_serves_the_next() -> None:
    server = Server(OK, OK)
    first, second = with_wire(server, twice)
    assert (first.status, first.body, first.whole, first.good) == (200, b"{}", True, True)
    assert (second.body, server.connections, server.bodies) == (b"{}", 1, [b"[1]", b"[1]"])
    lines = server.heads[0].decode().splitlines()
    assert lines[0] == "POST /v1/chat HTTP/1.1"
    assert {"Authorization: Bearer abc", "Content-Type: application/json", "Content-Length: 3"} <= set(lines)
    assert sum(line.lower().startswith(("host:", "content-length:", "transfer-encoding:")) for line in lines) == 2
    assert server.heads[0] == server.heads[1]


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + OK,
    ],
    ids=["chunked", "until-close", "http-1.0", "after-interim-words"],
)
def test_an_answer_may_come_in_any_form_of_http(said: bytes) -> None:
    for answer in with_wire(Server(said, said), twice):
        assert (answer.status, answer.body, answer.whole) == (200, b"{}", True)


def test_a_body_larger_than_any_buffer_arrives_whole() -> None:
    server = Server(OK, OK)
    pieces = [b"[" * 9, bytes(range(256)) * 40_000, b"]"]

    async def large(wire: Wire) -> Answer:
        await wire.post(pieces, LIMITS)
        return await wire.post([b"{}"], LIMITS)

    assert with_wire(server, large).body == b"{}"
    assert hashlib.sha256(server.bodies[0]).digest() == hashlib.sha256(b"".join(pieces)).digest()


def test_a_connection_whose_answer_was_not_read_to_its_end_is_not_used_again() -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 2_000_000
    server = Server(long, OK)
    first, second = with_wire(server, twice)
    assert (len(first.body), first.whole) == (LIMITS.good, False)
    assert (second.body, server.connections) == (b"{}", 2)


def test_an_answer_that_comes_before_the_request_has_gone_out_ends_the_connection() -> None:
    refused = b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n{}"
    server = Server(refused, refused, reads=False)

    async def large(wire: Wire) -> list[Answer]:
        return [await wire.post([b"[", b"1" * 30_000_000, b"]"], LIMITS) for _ in range(2)]

    assert [answer.status for answer in with_wire(server, large)] == [413, 413]
    assert server.connections == 2


def test_what_is_no_http_and_what_breaks_off_are_told_apart() -> None:
    with pytest.raises(HttpProcessingError):
        with_wire(Server(b"SSH-2.0-OpenSSH close\r\n\r\n"), twice)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        with_wire(Server(b"", b""), twice)
    with pytest.raises(aiohttp.ClientPayloadError):
        with_wire(Server(b"HTTP/1.1 200 close\r\nContent-Length: 9\r\n\r\n{}"), twice)


def test_a_header_cannot_smuggle_in_another() -> None:
    async def smuggle(wire: Wire) -> None:
        del wire
        async with aiohttp.TCPConnector() as connector:
            Wire(connector, URL("http://127.0.0.1/v1"), {"Authorization": "a\r\nX-Other: b"})

    with pytest.raises(ValueError, match="header"):
        with_wire(Server(), smuggle)
