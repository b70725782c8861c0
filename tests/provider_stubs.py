"""Loopback servers that speak Anthropic's Messages and Gemini's generateContent; they know nothing of longplay.

A server runs in a thread of the test process on a real port. What it answers depends on the number of the request.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from app_server import AppServer


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


class Stub(AppServer):
    """Serves while it is entered: the answers in turn, the last one from then on. `.url` is a base_url."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__("provider stub")
        self._answers: Sequence[Answer] = answers
        self._seen: list[Seen] = []

    @property
    def requests(self) -> list[Seen]:
        """All requests so far; a copy."""
        with self.lock:
            return list(self._seen)

    @property
    def body(self) -> Any:
        """The body of the only request."""
        (seen,) = self.requests
        return seen.body

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/{path:.*}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        with self.lock:
            number = len(self._seen)
            self._seen.append(Seen(request.path, {k.lower(): v for k, v in request.headers.items()}, body))
        answer = self._answers[min(number, len(self._answers) - 1)]
        if answer.hangs:
            await self.hang()
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)
