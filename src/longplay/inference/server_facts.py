"""What a server says of itself beside its replies: how much fits, and how many tokens a prompt has. Asked of servers
that people run themselves, never of the well-known services. Knows no model by name."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeAlias

import aiohttp
import msgspec
from msgspec import Meta

from longplay.inference.bodies import read_bounded
from longplay.inference.hosts import WELL_KNOWN, address_of
from longplay.specs import ModelSpec

_SAYS_S = 10.0  # time for what a server says of itself
_COUNTS_S = 60.0  # time for counting a long prompt
_MAX_BYTES = 1_000_000
_MAX_COUNT_BYTES = 16_000_000  # a count may come with every token
_NOT_READY = {502, 503, 504}

_Tokens = Annotated[int, Meta(ge=1, le=10**15)]
_Ask: TypeAlias = Callable[[str, bytes], Awaitable[bytes]]  # path and body of a POST -> the body of a 2xx, else b""
_Count: TypeAlias = Callable[[_Ask, bytes, str], Awaitable[int | None]]


class _Served(msgspec.Struct):
    id: str = ""
    max_model_len: _Tokens | None = None


class _Models(msgspec.Struct):
    data: list[_Served] = []


class _Generation(msgspec.Struct, frozen=True):
    n_ctx: _Tokens | None = None


class _Props(msgspec.Struct):
    default_generation_settings: _Generation = _Generation()


class _Counted(msgspec.Struct):
    count: _Tokens


class _Rendered(msgspec.Struct):
    prompt: str


class _Listed(msgspec.Struct):
    tokens: Annotated[list[int], Meta(min_length=1)]


class _Content(msgspec.Struct):
    content: str
    add_special: bool = True
    parse_special: bool = True


def _models_window(body: bytes, model: str) -> int | None:
    served = msgspec.json.decode(body, type=_Models).data
    named = [one for one in served if one.id == model] or (served if len(served) == 1 else [])
    return named[0].max_model_len if named else None


def _props_window(body: bytes, model: str) -> int | None:
    del model  # one server, one model
    return msgspec.json.decode(body, type=_Props).default_generation_settings.n_ctx


async def _count_vllm(ask: _Ask, messages: bytes, model: str) -> int | None:
    body = b'{"model":' + msgspec.json.encode(model) + b',"messages":' + messages + b"}"
    return msgspec.json.decode(await ask("/tokenize", body), type=_Counted).count


async def _count_llama(ask: _Ask, messages: bytes, model: str) -> int | None:
    del model
    rendered = msgspec.json.decode(await ask("/apply-template", b'{"messages":' + messages + b"}"), type=_Rendered)
    listed = await ask("/tokenize", msgspec.json.encode(_Content(rendered.prompt)))
    return len(msgspec.json.decode(listed, type=_Listed).tokens)


# Where kinds of server say how much fits: the path after the address without /v1, and how it is read.
WINDOWS: dict[str, tuple[str, Callable[[bytes, str], int | None]]] = {
    "vLLM, SGLang": ("/v1/models", _models_window),
    "llama-server": ("/props", _props_window),
}
# How kinds of server count the tokens of messages, as they would be prompted with. One that cannot do it says nothing.
COUNTERS: dict[str, _Count] = {"vLLM": _count_vllm, "llama-server": _count_llama}
_SMALL = b'[{"role":"user","content":"a"}]'


class ServerFacts:
    """The facts of one endpoint's server, each found out once, when it is first wanted."""

    def __init__(self, spec: ModelSpec, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._spec = spec
        self._session = session
        self._root = address_of(spec).url.removesuffix("/v1")
        self._learning = asyncio.Lock()
        self._window = spec.context_window
        self._counter: _Count | None = None
        service = address_of(spec).host in WELL_KNOWN
        self._window_settled = service or spec.context_window is not None
        self._counter_settled = service

    @property
    def window_settled(self) -> bool:
        """Whether `window` is what it will stay."""
        return self._window_settled

    @property
    def window(self) -> int | None:
        """Tokens that fit, prompt and reply together; None = unknown, so far or for good."""
        return self._window

    async def find_window(self) -> int | None:
        """Ask the server how much fits, once. A server that cannot be reached or is still loading is asked again."""
        async with self._learning:
            if not self._window_settled:
                with contextlib.suppress(_Later):
                    self._window = await self._said_window()
                    self._window_settled = True
        return self._window

    async def count(self, messages: Sequence[bytes]) -> int | None:
        """Tokens of encoded messages (a JSON list in pieces), counted by the server; None where it has no way."""
        with contextlib.suppress(_Later):
            async with self._learning:
                if not self._counter_settled:
                    self._counter = await self._find_counter()
                    self._counter_settled = True
            if self._counter is not None:
                return await self._counted(self._counter, b"".join(messages))
        return None

    async def _said_window(self) -> int | None:
        for path, read in WINDOWS.values():
            window = _read(read, await self._fetch("GET", path), self._spec.model)
            if window is not None:
                return window
        return None

    async def _find_counter(self) -> _Count | None:
        for counter in COUNTERS.values():
            if await self._counted(counter, _SMALL) is not None:
                return counter
        return None

    async def _counted(self, counter: _Count, messages: bytes) -> int | None:
        try:
            return await counter(self._post, messages, self._spec.model)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    async def _post(self, path: str, body: bytes) -> bytes:
        return await self._fetch("POST", path, body)

    async def _fetch(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The body of a 2xx response, else nothing. Raises _Later where the server may say more another time."""
        most_s, most_bytes = (_COUNTS_S, _MAX_COUNT_BYTES) if body else (_SAYS_S, _MAX_BYTES)
        timeout = aiohttp.ClientTimeout(total=min(most_s, self._spec.timeout_s))
        headers = {"Content-Type": "application/json"} if body else {}
        try:
            async with self._session().request(
                method, self._root + path, data=body or None, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if response.status in _NOT_READY:
                    raise _Later
                if not 200 <= response.status < 300:
                    return b""
                body, whole = await read_bounded(response.content, most_bytes)
                return body if whole else b""
        except aiohttp.ClientConnectorError as error:
            raise _Later from error
        except (TimeoutError, aiohttp.ClientError, OSError):
            return b""


class _Later(Exception):
    """The server could not be reached, or is not ready."""


def _read(read: Callable[[bytes, str], int | None], said: bytes, model: str) -> int | None:
    try:
        return read(said, model)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
