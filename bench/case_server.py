"""A server on loopback that answers chat/completions as a script says, for many cases at once, each under a path of its
own. Knows the tiny study that cases run, and the forms that replies have; nothing of what must become of them.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from aiohttp import web

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from app_server import AppServer

MOST_REQUESTS = 3000  # of one case: what asks for more without an end is refused its key
TURN = "Turn {}: what do you see?"
GOOD = "Turn {} is seen from the lantern room of the lighthouse."
ITEM = "The item is answered from the lantern room after {} rounds."
_TURN = re.compile(r"Turn (\d+): what do you see\?")
JSON = MappingProxyType({"Content-Type": "application/json"})

Who = Literal["model", "judge"]


class Asked(msgspec.Struct, frozen=True):
    """A request as it came. `place`: `round 2`, or `item 2`, the item after so many rounds; of a judge what it judges,
    where that can be told. `attempt` counts requests with these bytes, from 1; `number` those of this case."""

    who: Who
    place: str
    attempt: int
    number: int
    messages: tuple[dict[str, Any], ...]
    body: dict[str, Any]

    @property
    def good(self) -> str:
        """What an honest model or judge would say."""
        if self.who == "model":
            kind, _, number = self.place.partition(" ")
            return (GOOD if kind == "round" else ITEM).format(number)
        text = json.dumps(self.messages)
        choices = {"A, B or tie": "A", "full, partial or none": "none"}
        return "It is in keeping.\nResult: " + next((one for asked, one in choices.items() if asked in text), "4")

    @property
    def tokens(self) -> int:
        """The prompt's tokens, as an honest server counts them."""
        return sum(3 + len(str(message.get("content", ""))) // 4 for message in self.messages)


class Answer(msgspec.Struct, frozen=True):
    """A response. `headers` beside the content type."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = JSON


Says = Answer | Callable[[Asked], Answer]


class On(msgspec.Struct, frozen=True):
    """Where a fault stands: whose calls, at which place ("" = any), for how many attempts of each call (0 = all), from
    which request of the case on."""

    says: Says
    who: Who = "model"
    place: str = ""
    attempts: int = 0
    since: int = 0

    def meets(self, asked: Asked) -> bool:
        """Whether a request meets it."""
        here = asked.who == self.who and asked.place.startswith(self.place) and asked.number > self.since
        return here and (not self.attempts or asked.attempt <= self.attempts)


def completion(
    asked: Asked,
    content: object = None,
    finish: object = "stop",
    usage: object = msgspec.UNSET,
    *,
    message: dict[str, object] | None = None,
    choice: dict[str, object] | None = None,
    beside: dict[str, object] | None = None,
) -> dict[str, Any]:
    """A chat completion as an object: `content` None = what is good here; `usage` left out = honest counts. The rest is
    put into (or over) the message, the choice and the whole."""
    text = asked.good if content is None else content
    said = len(text) // 4 + 1 if isinstance(text, str) and text else 0
    honest = {"prompt_tokens": asked.tokens, "completion_tokens": said, "total_tokens": asked.tokens + said}
    body = {"id": "x", "object": "chat.completion", "model": asked.body["model"]}
    body["choices"] = [
        {
            "index": 0,
            "message": {"role": "assistant", "content": text, **(message or {})},
            "finish_reason": finish,
            **(choice or {}),
        }
    ]
    if usage is msgspec.UNSET:
        body["usage"] = honest
    elif usage is not None:
        body["usage"] = {**honest, **usage} if isinstance(usage, dict) else usage
    return {**body, **(beside or {})}


def says(*given: Any, **named: Any) -> Callable[[Asked], Answer]:
    """Answers with `completion` of the request and these."""
    return lambda asked: Answer(json.dumps(completion(asked, *given, **named)).encode())


def refuses(status: int, body: object, **headers: str) -> Answer:
    """A refusal; `body` as JSON, or bytes as they are. Names of headers with `_` for `-`."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(raw, status, {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}})


class Line(msgspec.Struct):
    """One case's part of the server: what it meets, and what came."""

    ons: Sequence[On]
    asked: list[Asked]
    seen: Counter[bytes]


class CaseServer(AppServer):
    """Serves while it is entered. `.open(ons)` gives the base_url of a new case; `.line(url)` what came to it."""

    def __init__(self) -> None:
        super().__init__("case server")
        self._lines: list[Line] = []

    def open(self, ons: Sequence[On]) -> str:
        """The base_url of a case that meets the first of `ons` that fits a request, and good replies else."""
        with self.lock:
            self._lines.append(Line(ons, [], Counter()))
            return f"{self.url}/{len(self._lines) - 1}/v1"

    def line(self, url: str) -> Line:
        """The case behind a base_url."""
        return self._lines[int(url.split("/")[3])]

    def routes(self, router: web.UrlDispatcher) -> None:
        """Chat completions; everything else is not found."""
        router.add_post("/{case}/v1/chat/completions", self._complete)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        try:
            raw = await request.read()
        except ConnectionError:  # whoever asked was killed
            return web.Response()
        line = self._lines[int(request.match_info["case"])]
        with self.lock:
            line.seen[raw] += 1
            asked = read_request(raw, line.seen[raw], len(line.asked) + 1)
            line.asked.append(asked)
        if asked.number > MOST_REQUESTS:
            return _response(refuses(401, {"error": {"message": "too many requests for a case", "code": 401}}))
        met = next((on.says for on in line.ons if on.meets(asked)), None)
        if met is None:
            return _response(says()(asked))
        return _response(met if isinstance(met, Answer) else met(asked))


def _response(answer: Answer) -> web.Response:
    return web.Response(body=answer.body, status=answer.status, headers=answer.headers)


def read_request(raw: bytes, attempt: int, number: int) -> Asked:
    """What a body asks for."""
    body = json.loads(raw)
    messages = tuple(body["messages"])
    last = str(messages[-1].get("content", ""))
    turns = _TURN.findall(last)
    if body["model"] == "j":
        return Asked("judge", f"round {turns[-1]}" if turns else "item", attempt, number, messages, body)
    rounds = sum(len(_TURN.findall(str(one.get("content", "")))) for one in messages if one.get("role") == "user")
    return Asked("model", f"round {turns[-1]}" if turns else f"item {rounds}", attempt, number, messages, body)
