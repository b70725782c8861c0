"""Do real engines answer alike through longplay? One model with random weights on llama-server, vLLM and transformers:
identical greedy replies to the same long prompts, and what prefix caches find of what they could. Opt-in: vLLM takes an
environment of its own, 3.5 GB.

python bench/engines.py [--no-vllm]: a line a figure with its bar; exit 1 when a bar is missed or was not measured.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

sys.path.append(str(Path(__file__).parents[1] / "tests"))  # its llama-server and model

from engine_environment import Environment, EnvironmentMissing
from llama_server import LlamaServer
from longplay.inference import open_endpoint
from longplay.records import EMPTY, Message, Reply, Request
from longplay.specs import ModelSpec, Sampling
from tiny_model import WORDS, write_tiny_model

DIALOGUES, QUESTIONS = 2, 4
ROUNDS = 19  # each of about 200 tokens: prompts of 3,700 and some
MAX_TOKENS = 32
WINDOW = 8_192
BLOCK = 32  # tokens; vLLM's cache keeps whole blocks, on a CPU of no fewer
NO_END = 1e-9  # replies of full length, so that there is something to differ
CACHED_BAR = 0.98
READY_S = 300.0
GREEDY = Sampling(temperature=0.0, max_tokens=MAX_TOKENS)


@dataclass(frozen=True)
class Answered:
    """What an engine said to one chat: tokens of the prompt, those found in its cache (None = unsaid), the reply."""

    tokens: int
    cached: int | None
    text: str


class Expected(msgspec.Struct, frozen=True):
    """What transformers said to it; `shared`: tokens that stand at the head of an earlier prompt too."""

    tokens: int
    shared: int
    text: str


def requests() -> list[Request]:
    """Each dialogue with several questions after it, one dialogue after the other."""
    rng, words, found = random.Random(5), WORDS.split(), list[Request]()

    def said(role: str, count: int) -> Message:
        return Message(role, " " + " ".join(rng.choice(words) for _ in range(count)))

    for _ in range(DIALOGUES):
        # about one token a word, and 7 to 12 around a message
        rounds = [said(role, 84) for _ in range(ROUNDS) for role in ("user", "assistant")]
        prefix = EMPTY.extend(said("system", 84), *rounds)
        found.extend(Request(prefix, (said("user", 40),), GREEDY) for _ in range(QUESTIONS))
    return found


def chats(asked: Sequence[Request]) -> list[list[dict[str, str]]]:
    """The messages as every engine gets them."""
    return [
        [{"role": message.role, "content": message.content} for message in (*request.prefix.messages(), *request.tail)]
        for request in asked
    ]


def ask(url: str, asked: Sequence[Request]) -> list[Answered]:
    """The replies of a server, one after the other, through longplay's provider."""

    async def ask_all() -> list[Reply]:
        endpoint = open_endpoint(ModelSpec("openai/tiny", base_url=url), {})
        try:
            return [await endpoint.reply(request) for request in asked]
        finally:
            await endpoint.close()

    found: list[Answered] = []
    for reply in asyncio.run(ask_all()):
        if reply.text is None or reply.usage.prompt is None:
            raise EnvironmentMissing(f"a reply is missing ({reply.reason}: {reply.detail})")
        found.append(Answered(reply.usage.prompt, reply.usage.cached, reply.text))
    return found


@contextlib.contextmanager
def vllm(environment: Environment, checkpoint: Path, log: Path) -> Iterator[str]:
    """A vLLM server's base_url, for as long as the context is entered. Raises EnvironmentMissing."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [environment.python, "-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1"]
    command += [
        "--port",
        str(port),
        "--model",
        checkpoint,
        "--served-model-name",
        "tiny",
        "--max-model-len",
        str(WINDOW),
    ]
    command += ["--block-size", str(BLOCK), "--enforce-eager", "--dtype", "float32", "--enable-prompt-tokens-details"]
    settings = {"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    with log.open("w") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out, env=environment.variables | settings)
    try:
        _wait_until_ready(child, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        child.terminate()  # it ends its own children
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_until_ready(child: subprocess.Popen[bytes], health: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + READY_S
    while time.monotonic() < until and child.poll() is None:
        try:
            opener.open(health, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise EnvironmentMissing(f"vLLM did not start within {READY_S:g} s: {last}")


def alike(name: str, found: Sequence[Answered], reference: Sequence[Expected]) -> bool:
    """Print how many replies are those of the reference; True where all are."""
    pairs = list(zip(found, reference, strict=True))
    same = sum((one.tokens, one.text) == (other.tokens, other.text) for one, other in pairs)
    tokens = sorted(one.tokens for one in found)
    note = f"prompts of {tokens[0]:,} to {tokens[-1]:,} tokens, replies of {MAX_TOKENS}"
    print(f"{name:<44} {same} of {len(pairs)}   bar all: {_word(same == len(pairs))}   {note}", flush=True)
    return same == len(pairs)


def hits(name: str, found: Sequence[Answered], reference: Sequence[Expected], block: int) -> bool:
    """Print cached tokens over cacheable, which are the whole blocks that an earlier prompt began with too."""
    cached = sum(answered.cached or 0 for answered in found)
    cacheable = sum(expected.shared // block * block for expected in reference)
    share = cached / cacheable
    note = f"{cached:,} of {cacheable:,} tokens"
    print(f"{name:<44} {share:.4f}   bar at least {CACHED_BAR}: {_word(share >= CACHED_BAR)}   {note}", flush=True)
    return share >= CACHED_BAR


def _word(met: bool) -> str:
    return "met" if met else "MISSED"


def measure(folder: Path, environment: Environment, *, with_vllm: bool) -> bool:
    """Print every figure; True where all bars are met. Raises EnvironmentMissing."""
    asked = requests()
    write_tiny_model(folder / "tiny.gguf", end=NO_END)
    (folder / "chats.json").write_text(json.dumps(chats(asked)))
    environment.run("checkpoint", folder / "tiny.gguf", folder / "checkpoint")
    line = environment.run("generate", folder / "checkpoint", folder / "chats.json", MAX_TOKENS)
    reference = msgspec.json.decode(line, type=list[Expected])
    with LlamaServer(folder / "tiny.gguf", folder / "llama.log") as server:
        found = ask(server.url, asked)
    met = alike("replies: llama-server as transformers", found, reference)
    met &= hits("cached / cacheable: llama-server", found, reference, 1)
    if not with_vllm:
        return met
    with vllm(environment, folder / "checkpoint", folder / "vllm.log") as url:
        found = ask(url, asked)
        again = ask(url, asked)
    met &= alike("replies: vLLM as transformers", found, reference)
    met &= alike("replies: vLLM as transformers, all cached", again, reference)
    return hits("cached / cacheable: vLLM", found, reference, BLOCK) and met


def main() -> int:
    """0: every bar met, 1: one missed or not measured."""
    parser = argparse.ArgumentParser(description="Do real engines answer alike through longplay?")
    parser.add_argument("--no-vllm", action="store_true", help="llama-server and transformers alone")
    given = parser.parse_args()
    began_s = time.monotonic()
    os.environ.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory() as folder:
        try:
            environment = Environment.installed(with_vllm=not given.no_vllm)
            met = measure(Path(folder), environment, with_vllm=not given.no_vllm)
        except EnvironmentMissing as missing:
            print(f"engines: not measured: {missing}", file=sys.stderr)
            return 1
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
