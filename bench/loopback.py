"""A server on loopback that answers every chat/completions request at once, for measuring what a client costs. Runs in
a process of its own and ends when its standard input does. Knows nothing of longplay.

Replies are random-looking text, a function of the request's first and last bytes, about four characters a token of its
max_tokens. GET /bodies gives the longest bodies seen lately, a line each.
"""

import asyncio
import hashlib
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

KEPT = 64
EDGE_BYTES = 600  # a body's draw stands at its beginning, its question at its end
SPREAD = 0.2  # replies are up to this share longer or shorter
MOST_BYTES = 64_000_000
_MAX_TOKENS = re.compile(rb'"max_(?:completion_)?tokens": ?(\d+)')


class Answers:
    """What the server says, and the bodies it keeps."""

    def __init__(self) -> None:
        self.longest = 0
        self.kept: deque[bytes] = deque(maxlen=KEPT)

    async def completion(self, request: web.Request) -> web.Response:
        """Answer one request."""
        body = await request.read()
        if len(body) > 0.97 * self.longest:
            self.longest = max(self.longest, len(body))
            self.kept.append(body)
        asked = _MAX_TOKENS.search(body) or _MAX_TOKENS.search(b'"max_tokens":200')
        assert asked is not None
        text = _text(body, 4 * int(asked[1]))
        reply = (
            f'{{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":'
            f'{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":'
            f'{len(body) // 4},"completion_tokens":{len(text) // 4},"total_tokens":{(len(body) + len(text)) // 4},'
            f'"prompt_tokens_details":{{"cached_tokens":{len(body) // 5}}}}}}}'
        )
        return web.Response(body=reply.encode(), content_type="application/json")

    async def bodies(self, request: web.Request) -> web.Response:
        """The kept bodies, as long as the longest."""
        del request
        return web.Response(body=b"\n".join(body for body in self.kept if len(body) > 0.97 * self.longest))


def _text(body: bytes, chars: int) -> str:
    seed = hashlib.blake2b(body[:EDGE_BYTES] + body[-EDGE_BYTES:], digest_size=16).digest()
    length = int(chars * (1 + SPREAD * (seed[0] / 127.5 - 1)))
    return hashlib.shake_128(seed).hexdigest(length // 2)


async def serve() -> None:
    """Print the base_url, then serve until standard input ends."""
    answers, ended = Answers(), asyncio.Event()
    app = web.Application(client_max_size=MOST_BYTES)
    app.router.add_post("/v1/chat/completions", answers.completion)
    app.router.add_get("/v1/bodies", answers.bodies)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
    loop = asyncio.get_running_loop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    await ended.wait()
    await runner.cleanup()


@contextmanager
def loopback() -> Iterator[str]:
    """The base_url of a server in a child process, which ends with the block."""
    process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        yield process.stdout.readline().strip()
        process.stdin.close()


if __name__ == "__main__":
    asyncio.run(serve())
