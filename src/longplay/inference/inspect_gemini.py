"""One connection pool for a Gemini model of inspect-ai, which makes a client for each request. Knows google-genai."""

from collections.abc import Callable
from typing import Protocol, cast

import aiohttp
from google.genai import Client
from google.genai.types import HttpOptions, HttpRetryOptions
from inspect_ai.model import Model

from longplay.specs import ModelSpec

_CONNECT_S = 30.0
_Make = Callable[[HttpOptions | None], Client]


class _MakesClients(Protocol):
    """The part of inspect-ai's Google provider that is put through a `Session`."""

    model_client: _Make


def share_session(spec: ModelSpec, model: Model) -> "Session":
    """Let all requests of a model use one session; to be closed when the model is."""
    api = cast(_MakesClients, model.api)
    session = Session(spec, api.model_client)
    api.model_client = session.client
    return session


class Session:
    """Connections that outlive a request: not closed by google-genai, nothing from the environment, no redirects."""

    def __init__(self, spec: ModelSpec, make: _Make) -> None:
        self._spec = spec
        self._make = make
        self._session: aiohttp.ClientSession | None = None

    def client(self, http_options: HttpOptions | None = None) -> Client:
        """inspect-ai's client for one request, on the shared pool and without attempts of its own."""
        options = http_options or HttpOptions(base_url=self._spec.base_url)
        options.aiohttp_client = self._connected()
        options.async_client_args = {**(options.async_client_args or {}), "allow_redirects": False}
        options.retry_options = HttpRetryOptions(attempts=1)
        return self._make(options)

    async def close(self) -> None:
        """Give back connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._spec.concurrency),
                headers={"Accept-Encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=self._spec.timeout_s, sock_connect=_CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session
