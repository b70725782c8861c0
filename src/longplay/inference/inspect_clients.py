"""inspect-ai's models, opened as longplay uses them: silent, one attempt a call, as little as can be from the
environment, no redirects. Knows client libraries, not what is asked of them."""

import logging
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from inspect_ai._util.error import PrerequisiteError
from inspect_ai.model import GenerateConfig, Model, get_model

from longplay.inference.endpoint import InferenceError
from longplay.specs import ModelSpec

# inspect-ai's own pool is shared by all that ask one model under one key, so it must never be the narrower one.
_WIDEST = 1024
_CONNECT_S = 30.0
_LOGGERS = ("inspect_ai", "anthropic", "google_genai", "httpx", "httpx2")
_MARKUP = re.compile(r"\[/?[a-z ]+\]")


async def _nothing() -> None:
    pass


class Opened:
    """A model of inspect-ai, and how to give back what was opened beside it."""

    def __init__(self, model: Model, also: Callable[[], Awaitable[None]] = _nothing) -> None:
        self.model = model
        self._also = also

    async def close(self) -> None:
        """Give back connections."""
        await self.model.api.aclose()
        await self._also()


def open_model(spec: ModelSpec, key: str | None) -> Opened:
    """The model named after `inspect/`. `key`: handed to its client library; None leaves finding one to the library.

    Raises InferenceError, one line, where inspect-ai does not know it or the library for it is not installed.
    """
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    hook = sys.excepthook  # inspect-ai puts one of its own in its place
    try:
        match spec.model.partition("/")[0]:
            case "anthropic":
                return _anthropic(spec, key)
            case "google":
                return _google(spec, key)
            case _:
                return Opened(_model(spec, key))
    except (PrerequisiteError, ImportError, ValueError, RuntimeError) as error:
        said = " ".join(_MARKUP.sub("", str(getattr(error, "message", error))).split())
        raise InferenceError(f"{spec.name}: {said}") from error
    finally:
        sys.excepthook = hook


def _model(spec: ModelSpec, key: str | None, **arguments: Any) -> Model:
    config = GenerateConfig(max_retries=0, max_connections=_WIDEST)
    return get_model(spec.model, config=config, base_url=spec.base_url, api_key=key, memoize=False, **arguments)


def _anthropic(spec: ModelSpec, key: str | None) -> Opened:
    import httpx2  # what Anthropic's library is built on

    client = httpx2.AsyncClient(
        headers={"Accept-Encoding": "identity"},  # uncompressed replies cannot be bombs
        limits=httpx2.Limits(max_connections=spec.concurrency),
        follow_redirects=False,
        trust_env=False,
    )
    timeout = httpx2.Timeout(spec.timeout_s, connect=min(spec.timeout_s, _CONNECT_S))
    return Opened(_model(spec, key, max_retries=0, timeout=timeout, http_client=client))


def _google(spec: ModelSpec, key: str | None) -> Opened:
    from longplay.inference.inspect_gemini import share_session

    model = _model(spec, key)
    return Opened(model, share_session(spec, model).close)
