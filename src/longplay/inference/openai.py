"""Any OpenAI-compatible chat/completions server, by hand on aiohttp. Knows the wire, not what replies are for."""

import asyncio
from collections.abc import Mapping
from functools import partial

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from longplay.inference.attempts import Attempts
from longplay.inference.encoding import Encoder
from longplay.inference.endings import Asked, admitted
from longplay.inference.hosts import address_of
from longplay.inference.keys import Secret, read_key
from longplay.inference.rate_headers import asked_s, read_room
from longplay.inference.replies import read_completion
from longplay.inference.retry import Again, Outcome, Pauses, Stop
from longplay.inference.server_errors import read_error
from longplay.inference.server_facts import ServerFacts
from longplay.inference.tries import Tries
from longplay.inference.windows import Sizes, Span, TokenGauge, overflow
from longplay.inference.wire import Answer, Limits, Wire
from longplay.records import Reply, Request
from longplay.specs import ModelSpec

MAX_REPLY_BYTES = 16_000_000
_LIMITS = Limits(good=MAX_REPLY_BYTES, other=64_000)
_DNS_CACHE_S = 300


def open_openai(spec: ModelSpec, environment: Mapping[str, str], pauses: Pauses | None = None) -> "OpenAIEndpoint":
    """The endpoint of a model; reads its key now, connects with the first request."""
    return OpenAIEndpoint(spec, read_key(spec, environment), pauses)


class OpenAIEndpoint:
    """One model behind one address. At most `width` attempts are on the wire at a time."""

    def __init__(self, spec: ModelSpec, secret: Secret, pauses: Pauses | None = None) -> None:
        self.spec = spec
        self._secret = secret
        self._encoder = Encoder(spec)
        self._endings = admitted(spec)
        self._url = URL(address_of(spec).url + "/chat/completions")
        self._attempts = Attempts(spec, secret, pauses or Pauses(), address_of(spec).host)
        self._gauge = TokenGauge()
        self._facts = ServerFacts(spec, self._connected)
        self._session: aiohttp.ClientSession | None = None
        self._wire: Wire | None = None

    @property
    def width(self) -> int:
        """How many requests it takes at once just now."""
        return self._attempts.width

    async def reply(self, request: Request) -> Reply:
        """Send one request, up to `spec.attempts` times. Raises InferenceError only for faults every request meets.

        A prompt that cannot fit into the context window is not sent: its reply has 0 attempts and reason `overflow`.
        """
        chunks = self._encoder.chunks(request)
        sizes = Sizes(len(chunks[1]), len(chunks[2]))
        if not self._facts.window_settled or self._facts.window is not None:
            too_long = await self._too_long(request, sizes, chunks)
            if too_long is not None:
                return Reply("missing", reason="overflow", detail=too_long, attempts=0)
        prompt, most = (sizes.prefix + sizes.tail) * self._gauge.per_byte, request.sampling.max_tokens
        asked = Asked(most, prompt, self._endings, request.likeliest > 0)
        reply = await self._attempts.settle(partial(self._attempt, chunks, asked), prompt + most)
        if reply.usage.prompt is not None:
            self._gauge.learn(request.prefix, sizes, reply.usage.prompt)
        return reply

    def count_tries(self, tries: Tries) -> None:
        """Count every try there, and send none that it refuses."""
        self._attempts.tries = tries

    async def window(self) -> int | None:
        """Tokens that fit, as the study or the server says; None where nobody does."""
        return self._facts.window if self._facts.window_settled else await self._facts.find_window()

    async def close(self) -> None:
        """Give back connections."""
        if self._session is not None:
            await self._session.close()
            self._session = self._wire = None

    async def _too_long(self, request: Request, sizes: Sizes, chunks: list[bytes]) -> str | None:
        """Why a prompt cannot fit, or None. Within the margin of the estimate the server is asked to count it."""
        window = await self.window()
        if window is None:
            return None
        max_tokens = request.sampling.max_tokens
        span = self._gauge.estimate(request.prefix, sizes)
        if span.high + max_tokens <= window:
            return None
        counted = await self._facts.count([b"[", chunks[1], chunks[2][:-1]])
        if counted is not None:
            self._gauge.learn(request.prefix, sizes, counted)
            span = Span(counted, counted)
        return overflow(span, max_tokens, window)

    async def _attempt(self, chunks: list[bytes], asked: Asked) -> Outcome:
        try:
            async with asyncio.timeout(self.spec.timeout_s):
                answer = await self._posting().post(chunks, _LIMITS)
        except aiohttp.ClientConnectorCertificateError as error:
            return Stop("the server's certificate is not trusted; check base_url", str(error))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Again(f"{type(error).__name__}: {error}", kind="unreachable")
        except TimeoutError as error:
            return Again(str(error) or f"no reply within {self.spec.timeout_s:g} s", kind="timeout")
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            return Again(f"{type(error).__name__}: {error}")
        if asked_s(answer.headers) is None:  # a time to come again is the better word
            self._attempts.gate.heed(read_room(answer.headers), self.spec.timeout_s)
        return _outcome(answer, asked)

    def _posting(self) -> Wire:
        """The wire to chat/completions, over the session's connections."""
        if self._wire is None:
            connector = self._connected().connector
            if connector is None:
                raise RuntimeError("a session was closed that is still in use: a defect")
            # Uncompressed replies cannot be bombs, and they are small.
            headers = {**self._secret.headers(), "Accept-Encoding": "identity"}
            self._wire = Wire(connector, self._url, headers)
        return self._wire

    def _connected(self) -> aiohttp.ClientSession:
        """The one session, opened within the running loop. Takes nothing from the environment, keeps no cookies."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.spec.concurrency, ttl_dns_cache=_DNS_CACHE_S),
                headers={**self._secret.headers(), "Accept-Encoding": "identity"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _outcome(answer: Answer, asked: Asked) -> Outcome:
    """What an answer says."""
    if not answer.good:
        return read_error(answer.status, answer.body, asked_s(answer.headers), asked)
    if not answer.whole:
        detail = f"the reply is larger than {MAX_REPLY_BYTES:,} bytes and was not read to its end"
        return Reply("missing", reason="undecodable", detail=detail)
    return read_completion(answer.body, asked)
