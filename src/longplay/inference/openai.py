"""Any OpenAI-compatible chat/completions server, by hand on aiohttp. Knows the wire, not what replies are for."""

import asyncio
import time
from collections.abc import Mapping

import aiohttp
import msgspec
from aiohttp.abc import AbstractStreamWriter
from yarl import URL

from longplay.inference.encoding import Encoder
from longplay.inference.endpoint import InferenceError
from longplay.inference.hosts import DEFAULT_BASE_URL
from longplay.inference.keys import Secret, read_key
from longplay.inference.replies import read_completion
from longplay.inference.retry import Again, Outcome, Pauses, Stop, retry_after_s
from longplay.inference.server_errors import read_error
from longplay.records import Reply, Request
from longplay.specs import ModelSpec

MAX_REPLY_BYTES = 16_000_000
_MAX_ERROR_BYTES = 64_000
_CONNECT_S = 30.0
_DNS_CACHE_S = 300


def open_openai(spec: ModelSpec, environment: Mapping[str, str], pauses: Pauses | None = None) -> "OpenAIEndpoint":
    """The endpoint of a model; reads its key now, connects with the first request."""
    return OpenAIEndpoint(spec, read_key(spec, environment), pauses)


class _Body(aiohttp.Payload):
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


class OpenAIEndpoint:
    """One model behind one address. At most `spec.concurrency` requests are on the wire at a time."""

    def __init__(self, spec: ModelSpec, secret: Secret, pauses: Pauses | None = None) -> None:
        self.spec = spec
        self._secret = secret
        self._pauses = pauses or Pauses()
        self._encoder = Encoder(spec)
        self._url = URL((spec.base_url or DEFAULT_BASE_URL).rstrip("/") + "/chat/completions")
        self._slots = asyncio.Semaphore(spec.concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def reply(self, request: Request) -> Reply:
        """Send one request, up to `spec.attempts` times. Raises InferenceError only for faults every request meets."""
        chunks = self._encoder.chunks(request)
        attempt = 0
        while True:
            attempt += 1
            async with self._slots:
                began = time.perf_counter()
                outcome = await self._attempt(chunks)
                latency_s = time.perf_counter() - began
            if isinstance(outcome, Stop):
                raise InferenceError(self._explain(outcome))
            if isinstance(outcome, Reply):
                return self._clean(outcome, attempt, latency_s)
            if attempt == self.spec.attempts:
                return self._clean(Reply("missing", reason="failed", detail=outcome.detail), attempt, latency_s)
            await self._pauses.wait(attempt, outcome.wait_s, self.spec.timeout_s)

    async def close(self) -> None:
        """Give back connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt(self, chunks: list[bytes]) -> Outcome:
        try:
            async with self._connected().post(self._url, data=_Body(chunks), allow_redirects=False) as response:
                return await _read(response)
        except aiohttp.ClientConnectorCertificateError as error:
            return Stop("the server's certificate is not trusted; check base_url", str(error))
        except TimeoutError as error:
            return Again(str(error) or f"no reply within {self.spec.timeout_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Again(f"{type(error).__name__}: {error}")

    def _connected(self) -> aiohttp.ClientSession:
        """The one session, opened within the running loop. Takes nothing from the environment, keeps no cookies."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.spec.concurrency, ttl_dns_cache=_DNS_CACHE_S),
                # Uncompressed replies cannot be bombs, and they are small.
                headers={**self._secret.headers(), "Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=self.spec.timeout_s, sock_connect=_CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _clean(self, reply: Reply, attempts: int, latency_s: float) -> Reply:
        """The reply as it may be stored: without the key, whoever put it there."""
        secret = self._secret
        return msgspec.structs.replace(
            reply,
            text=None if reply.text is None else secret.hide(reply.text),
            reasoning=secret.hide(reply.reasoning),
            detail=secret.line(reply.detail),
            raw=None if reply.raw is None else secret.hide_bytes(reply.raw),
            attempts=attempts,
            latency_s=latency_s,
        )

    def _explain(self, stop: Stop) -> str:
        said = f" ({self._secret.line(stop.detail)})" if stop.detail else ""
        return f"{self.spec.name} at {self._url.host}: {stop.line}{said}."


async def _read(response: aiohttp.ClientResponse) -> Outcome:
    """A response as an outcome. What is larger than its limit is not read to its end."""
    good = 200 <= response.status < 300
    limit = MAX_REPLY_BYTES if good else _MAX_ERROR_BYTES
    chunks, size = list[bytes](), 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            response.close()
            break
    body = b"".join(chunks)[:limit]
    if not good:
        return read_error(response.status, body, retry_after_s(response.headers.get("Retry-After")))
    if size > limit:
        detail = f"the reply is larger than {MAX_REPLY_BYTES:,} bytes and was not read to its end"
        return Reply("missing", reason="undecodable", detail=detail)
    return read_completion(body)
