"""Loopback servers that speak Anthropic's Messages and Gemini's generateContent; they know nothing of longplay.

A server runs in a thread of the test process on a real port. What it answers depends on the number of the request.
"""

import asyncio
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Answer:
    """One response; `hangs` never comes."""

    body: object
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


def claude(
    text: str | None = "I keep the light.", stop: str = "end_turn", thinking: str = "", **usage: int | None
) -> Answer:
    """A message of Anthropic's; `usage` over 5 tokens in, 7 out, none cached."""
    content: list[dict[str, object]] = []
    if thinking:
        content.append({"type": "thinking", "thinking": thinking, "signature": "c2lnbmF0dXJl"})
    if text is not None:
        content.append({"type": "text", "text": text})
    counts = {"input_tokens": 5, "output_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    return Answer(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-4-5",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": counts | usage | {"output_tokens_details": {"thinking_tokens": 0}},
        }
    )


def claude_error(status: int, kind: str, message: str, **headers: str) -> Answer:
    """A refusal of Anthropic's."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer({"type": "error", "error": {"type": kind, "message": message}}, status, named)


def gemini(*texts: str, finish: str = "STOP", thoughts: str = "", **usage: int) -> Answer:
    """A reply of Gemini's; `usage` over 100 tokens in, 7 out."""
    parts = [{"text": thoughts, "thought": True}] if thoughts else []
    parts += [{"text": text} for text in texts]
    counts = {"promptTokenCount": 100, "candidatesTokenCount": 7, "totalTokenCount": 107}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
    return Answer({"candidates": [candidate], "usageMetadata": counts | usage, "modelVersion": "gemini-2.5-flash"})


def gemini_error(status: int, kind: str, message: str) -> Answer:
    """A refusal of Gemini's."""
    return Answer({"error": {"code": status, "message": message, "status": kind}}, status)


class Stub:
    """Serves while it is entered: the answers in turn, the last one from then on. `.url` is a base_url."""

    def __init__(self, *answers: Answer) -> None:
        self.url = ""
        self._answers: Sequence[Answer] = answers
        self._seen: list[Seen] = []
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="provider-stub", daemon=True)
        self._started = threading.Event()
        self._ended: asyncio.Event

    def __enter__(self) -> "Stub":
        self._thread.start()
        assert self._started.wait(10), "the stub did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the stub did not end"

    @property
    def requests(self) -> list[Seen]:
        """All requests so far; a copy."""
        with self._lock:
            return list(self._seen)

    @property
    def body(self) -> Any:
        """The body of the only request."""
        (seen,) = self.requests
        return seen.body

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._ended = asyncio.Event()
        app = web.Application(client_max_size=256_000_000)
        app.router.add_post("/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._started.set()
        await self._ended.wait()
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        with self._lock:
            number = len(self._seen)
            self._seen.append(Seen(request.path, {k.lower(): v for k, v in request.headers.items()}, body))
        answer = self._answers[min(number, len(self._answers) - 1)]
        if answer.hangs:
            await self._ended.wait()
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)
