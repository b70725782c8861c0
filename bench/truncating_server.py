"""The made-up servers of `truncating.py` behind real HTTP on loopback, in a thread. They say that 8,192 tokens fit."""

import asyncio
import json
import threading
from types import TracebackType
from typing import Any

from aiohttp import web

from truncating import Answered, Message, Serving

SAID = 8192


class TruncatingServer:
    """Serves while it is entered; `url` is a base_url. `whole`: whether all of a prompt was seen, by the roles of
    its first message and the words of its last."""

    def __init__(self, serving: Serving, said: int | None = SAID, refuses: bool = False) -> None:
        self.serving = serving
        self.url = ""
        self.whole: dict[tuple[str, str], bool] = {}
        self._said = said
        self._refuses = refuses
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="truncating server", daemon=True)

    def __enter__(self) -> "TruncatingServer":
        self._thread.start()
        if not self._up.wait(10):
            raise RuntimeError("the truncating server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        app = web.Application(client_max_size=64_000_000)
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._models)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._up.set()
        await self._over.wait()
        await runner.cleanup()

    async def _models(self, request: web.Request) -> web.Response:
        del request
        served: dict[str, Any] = {"id": "m", "object": "model"}
        return web.json_response({"data": [served | ({"max_model_len": self._said} if self._said else {})]})

    async def _complete(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        got = [Message(one["role"], one["content"], one.get("reasoning", "")) for one in asked["messages"]]
        most = asked.get("max_tokens", 256)
        if self._refuses and self._said and self.serving.length(got) + most > self._said:
            error = {"code": "context_length_exceeded", "message": f"the prompt does not fit into {self._said} tokens"}
            return web.json_response({"error": error}, status=400)
        said = self.serving.answer(got, most)
        self.whole[got[0].role, got[-1].content] = said.whole
        return web.json_response(_completion(said))


def _completion(said: Answered) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": said.text}
    if said.reasoning:
        message["reasoning_content"] = said.reasoning
    found: dict[str, Any] = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "model": "m"}
    if said.by:
        found["system_fingerprint"] = said.by
    if said.prompt is not None:
        usage: dict[str, Any] = {"prompt_tokens": said.prompt, "completion_tokens": said.completion}
        if said.cached is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": said.cached}
        found["usage"] = usage
    return found
