"""Two peers, and what they take for the requests that longplay sends: the typed OpenAI SDK and an Inspect evaluation.
They are installed into an environment of their own. Run by that environment's Python this file is the measurement, so
it imports nothing of longplay.

python peers.py inspect|sdk URL BODIES REQUESTS: prints one line of JSON, CPU seconds a request and a note.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PINS = ("inspect-ai==0.3.285", "openai==3.54.0")
SLOTS = 16
WARMING = 4
BOUND_S = 240.0


class PeersMissing(Exception):
    """The peers cannot be installed or do not run here; the message says why."""


@dataclass(frozen=True)
class PeerCost:
    """CPU seconds of one request, all threads."""

    cpu_s: float
    note: str


@dataclass(frozen=True)
class Peers:
    """An environment in which the peers are installed."""

    python: Path

    @classmethod
    def installed(cls) -> "Peers":
        """The environment in the user's cache folder, made where it is not there. Raises PeersMissing."""
        named = os.environ.get("XDG_CACHE_HOME", "")
        cache = Path(named) if named else Path.home() / ".cache"
        folder = cache / "longplay" / "-".join(pin.replace("==", "-") for pin in PINS)
        python = folder / "bin" / "python"
        if (folder / "complete").exists():
            return cls(python)
        # Pins of longplay's own environment are not theirs.
        environment = {name: value for name, value in os.environ.items() if "CONSTRAINT" not in name}
        for command in ([sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", "--quiet", *PINS]):
            ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            if ran.returncode:
                raise PeersMissing(f"could not install {', '.join(PINS)} into {folder}: is there a package index?")
        (folder / "complete").touch()
        return cls(python)

    def cost(self, peer: str, url: str, bodies: Sequence[bytes], requests: int) -> PeerCost:
        """Send `requests` of the bodies, over and over, through "inspect" or "sdk". Raises PeersMissing."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bodies"
            path.write_bytes(b"\n".join(bodies))
            command = [self.python, __file__, peer, url, path, str(requests)]
            try:
                ran = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, cwd=folder, check=False)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise PeersMissing(f"{peer} did not run ({type(error).__name__})") from None
        if ran.returncode:
            raise PeersMissing(f"{peer} did not run: {ran.stderr.strip().splitlines()[-1:]}")
        return PeerCost(**json.loads(ran.stdout.splitlines()[-1]))


def sdk(url: str, bodies: Sequence[dict], requests: int) -> PeerCost:
    """The typed client, the messages as plain dicts, which is what it takes fastest."""
    from openai import AsyncOpenAI

    async def work(client: AsyncOpenAI, todo: Iterator[int]) -> None:
        for number in todo:
            await client.chat.completions.create(**bodies[number % len(bodies)])

    async def measure() -> float:
        async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
            await work(client, iter(range(WARMING)))
            todo, began_s = iter(range(requests)), time.process_time()
            await asyncio.gather(*(work(client, todo) for _ in range(SLOTS)))
            return (time.process_time() - began_s) / requests

    return PeerCost(asyncio.run(measure()), "")


def inspect(url: str, bodies: Sequence[dict], requests: int) -> PeerCost:
    """An evaluation without scorer; what it takes to start and end one is subtracted."""
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser, get_model
    from inspect_ai.solver import generate

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    model = get_model("openai-api/loopback/m", base_url=url, api_key="none")

    def evaluate(samples: int, folder: Path) -> tuple[float, int]:
        dataset = [
            Sample(input=[kinds[m["role"]](content=m["content"]) for m in bodies[i % len(bodies)]["messages"]])
            for i in range(samples)
        ]
        began_s = time.process_time()
        logs = eval(
            Task(dataset=dataset, solver=generate()),
            model=model,
            display="none",
            log_dir=str(folder),
            max_connections=SLOTS,
            max_tokens=200,
        )
        took_s = time.process_time() - began_s
        assert logs[0].status == "success", logs[0].error
        return took_s, sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())

    evaluate(WARMING, Path("warm"))
    few, many = evaluate(WARMING, Path("few")), evaluate(WARMING + requests, Path("many"))
    cpu_s, log_bytes = ((b - a) / requests for a, b in zip(few, many, strict=True))
    return PeerCost(cpu_s, f", {log_bytes / 1e3:.0f} KB of log a sample")


if __name__ == "__main__":
    measured, address, lines, count = sys.argv[1:]
    asked = [json.loads(line) for line in Path(lines).read_bytes().split(b"\n")]
    cost = {"sdk": sdk, "inspect": inspect}[measured](address, asked, int(count))
    print(json.dumps({"cpu_s": cost.cpu_s, "note": cost.note}))
