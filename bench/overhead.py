"""What one request of a long dialogue costs: CPU, memory, disk, storing included, beside a bare aiohttp loop and beside
two peers. Plays a real study against a server on loopback. Knows no real model.

python bench/overhead.py [--no-peers]: a line a figure with its bar; exit 1 when a bar is missed or was not measured.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from sqlite3 import connect
from typing import Any

import aiohttp
import msgspec

from bars import Figure, show
from longplay.pipeline import load_text, run_study
from longplay.plugged import allowing
from longplay.probes import PROBES, Probe
from longplay.records import Item
from longplay.specs import LongplayError
from loopback import loopback
from peers import PINS, Peers, PeersMissing

SLOTS, ROUNDS, MESSAGES, ITEMS = 16, 102, 206, 50
REPEATS = 7
BARE_BAR, INSPECT_BAR, SDK_BAR = 1.5, 100.0, 30.0
RSS_BAR_MB, BYTES_BAR = 50.0, 300.0
INSPECT_SAMPLES, SDK_REQUESTS = 32, 64

STUDY = f"""\
seed = 1
[[models]]
name = "openai/m"
base_url = "URL"
concurrency = {SLOTS}
[models.sampling]
max_tokens = 556
[models.probe_sampling]
max_tokens = 200
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver"]
baseline = false
scripts = ["script.json"]
rounds = {ROUNDS}
draws = DIALOGUES
[conditioning]
repeats = 0
noise_share = 0
checkpoints = [{ROUNDS}]
draws = DRAWS
[judging]
rounds = []
PROBES
"""
PROBE = """\
[[probes]]
name = "overhead"
limit = LIMIT
"""


def _items() -> tuple[Item, ...]:
    words = "Thinking back over all that we have spoken of, what would you say to somebody who asked you about number"
    return tuple(Item(f"item-{i}", f"{words} {i}, and why would you say just that?") for i in range(ITEMS))


# No metric: what is measured is asking and storing, not scoring.
PROBES["overhead"] = Probe("overhead", "Overhead", (), _items)


class Prepared(msgspec.Struct, frozen=True):
    """A folder with a run whose dialogues have all their rounds; each measurement goes on with a copy. `probes`: as the
    study file has them, with LIMIT in them; `items`: how many they ask in all, `before`: and with a limit of 1."""

    url: str
    folder: Path
    dialogues: int
    probes: str = PROBE
    items: int = ITEMS
    before: int = 1

    def run(self, into: Path, draws: int) -> float:
        """Go on with the study: `draws` times every item after the last round. CPU seconds. Raises LongplayError."""
        return self._run(into, draws, self.items, linger_s=0.05)

    def play(self) -> None:
        """Play every round, and ask one item. Raises LongplayError."""
        self._run(self.folder / "run", draws=1, limit=1, linger_s=0.001)

    def _run(self, into: Path, draws: int, limit: int, linger_s: float) -> float:
        text = STUDY.replace("PROBES", self.probes).replace("URL", self.url).replace("DIALOGUES", str(self.dialogues))
        text = text.replace("DRAWS", str(draws)).replace("LIMIT", str(limit))
        with allowing():
            ready = load_text(text, self.folder)
            began_s = time.process_time()
            outcome = run_study(ready, into, extend=True, linger_s=linger_s)
            took_s = time.process_time() - began_s
        if outcome.status != "complete":
            raise LongplayError(f"a study ended early ({outcome.why}). Run it again.")
        return took_s

    def copy(self, name: str) -> Path:
        """A run with all rounds and one answer a dialogue."""
        return Path(shutil.copytree(self.folder / "run", self.folder / name))


def prepare(url: str, folder: Path, dialogues: int, **more: Any) -> Prepared:
    """Play every round. `more`: fields of `Prepared`."""
    folder.mkdir(exist_ok=True)
    questions = [
        f"Question {i}. {'What do you remember of that, and who was there? ' * 4}"[:190] for i in range(ROUNDS)
    ]
    (folder / "script.json").write_text(json.dumps({"questions": questions}))
    prepared = Prepared(url, folder, dialogues, **more)
    prepared.play()
    return prepared


class Cost(msgspec.Struct, frozen=True):
    """CPU of a request in seconds, all threads: longplay's whole way, and the bare loop right before it."""

    longplay_s: float
    bare_s: float


def costs(prepared: Prepared, requests: int) -> tuple[list[Cost], list[bytes]]:
    """Repeated measurements in turns, and some of the bodies that were sent. Raises LongplayError."""
    items = prepared.items
    draws = -(-requests // items)
    prepared.run(prepared.copy("warm"), draws)
    bodies = sent_bodies(prepared.url)
    found: list[Cost] = []
    for number in range(REPEATS):
        began_s = time.process_time()
        asyncio.run(bare(prepared.url, bodies, draws * items))
        bare_s = (time.process_time() - began_s) / (draws * items)
        longplay_s = prepared.run(prepared.copy(f"run-{number}"), draws) / (draws * items - prepared.before)
        found.append(Cost(longplay_s, bare_s))
    return found, bodies


def sent_bodies(url: str) -> list[bytes]:
    """Bodies as the server saw them, those of the full length. Raises LongplayError where there are none."""
    with urllib.request.urlopen(f"{url}/bodies") as response:
        bodies = [body for body in response.read().split(b"\n") if len(json.loads(body)["messages"]) == MESSAGES]
    if not bodies:
        raise LongplayError(f"no request had {MESSAGES} messages. See what the policy sends.")
    return bodies


async def bare(url: str, bodies: Sequence[bytes], requests: int) -> None:
    """Ready bytes out, JSON in, as many at a time as longplay has."""
    todo = iter(range(requests))

    async def work(session: aiohttp.ClientSession) -> None:
        for number in todo:
            body, headers = bodies[number % len(bodies)], {"Content-Type": "application/json"}
            async with session.post(f"{url}/chat/completions", data=body, headers=headers) as response:
                await response.json()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=SLOTS)) as session:
        await asyncio.gather(*(work(session) for _ in range(SLOTS)))


class Kept(msgspec.Struct, frozen=True):
    """What many answers leave behind: bytes of memory and, an answer, of disk beside its text."""

    requests: int
    rss: int
    an_answer: float


def kept(prepared: Prepared, requests: int) -> Kept:
    """Ask many items, in a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        return processes.submit(_kept, prepared, requests).result()


def _kept(prepared: Prepared, requests: int) -> Kept:
    prepared.run(prepared.copy("warm"), 2)
    into = prepared.copy("many")
    database = into / "run.sqlite"
    rss, (size, texts, answers) = _rss(), (database.stat().st_size, *_texts(database))
    prepared.run(into, -(-requests // (prepared.items * prepared.dialogues)))
    more_texts, more_answers = _texts(database)
    new = more_answers - answers
    return Kept(new, _rss(most=True) - rss, (database.stat().st_size - size - more_texts + texts) / new)


def _texts(database: Path) -> tuple[int, int]:
    """Bytes of all replies and the number of answers. The file was closed, so no log stands beside it."""
    with contextlib.closing(connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        sql = "SELECT (SELECT sum(length(CAST(text AS BLOB))) FROM calls), (SELECT count(*) FROM answers)"
        return connection.execute(sql).fetchone()


def _rss(*, most: bool = False) -> int:
    """Bytes of memory now, or the most so far; where the system does not say the first, always the most."""
    with contextlib.suppress(OSError):
        # Not ru_maxrss: on Linux a process inherits that from the one that started it.
        found = re.search(rf"{'VmHWM' if most else 'VmRSS'}:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if found is not None:
            return 1024 * int(found[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def peer_figures(url: str, bodies: Sequence[bytes], longplay_s: float) -> Iterator[Figure]:
    """How many times the CPU of longplay the peers take for the same requests."""
    asked = (("an Inspect evaluation", "inspect", INSPECT_SAMPLES, INSPECT_BAR),
             ("the typed OpenAI SDK", "sdk", SDK_REQUESTS, SDK_BAR))  # fmt: skip
    for name, peer, requests, bar in asked:
        value, note = None, ""
        try:
            found = Peers.installed().cost(peer, url, bodies, requests)
            value, note = found.cpu_s / longplay_s, f"{1e3 * found.cpu_s:.1f} ms{found.note}"
        except PeersMissing as missing:
            note = str(missing)
        yield Figure(f"CPU a request: {name} / longplay", value, low=bar, note=note, digits=2)


def figures(url: str, folder: Path, requests: int, *, peers: bool) -> Iterator[Figure]:
    """Everything that has a bar, as it is measured. Raises LongplayError."""
    found, bodies = costs(prepare(url, folder / "one", 1), max(requests // 4, ITEMS))
    longplay_s, bare_s = (statistics.median(getattr(cost, name) for cost in found) for name in ("longplay_s", "bare_s"))
    ratios = sorted(cost.longplay_s / cost.bare_s for cost in found)
    size = statistics.fmean(map(len, bodies))
    note = f"{1e3 * longplay_s:.3f} ms / {1e3 * bare_s:.3f} ms, {ratios[0]:.2f} to {ratios[-1]:.2f}; {size:,.0f} bytes"
    yield Figure(
        "CPU a request: longplay / bare aiohttp", statistics.median(ratios), high=BARE_BAR, note=note, digits=2
    )
    if peers:
        yield from peer_figures(url, bodies, longplay_s)
    left = kept(prepare(url, folder / "many", 10), requests)
    note = f"over {left.requests:,} requests"
    yield Figure("memory growth, MB", left.rss / 1e6, high=RSS_BAR_MB, note=note, digits=2)
    note = f"over {left.requests:,} answers"
    yield Figure("disk an answer beside its text, bytes", left.an_answer, high=BYTES_BAR, note=note, digits=2)


def main() -> int:
    """0: every bar met, 1: one missed or not measured, 2: no figures."""
    parser = argparse.ArgumentParser(description="What does one request of a long dialogue cost?")
    parser.add_argument("--requests", type=int, default=20_000, help="for memory and disk; a quarter for CPU")
    parser.add_argument("--no-peers", action="store_true", help=f"leave out the peers ({', '.join(PINS)})")
    asked = parser.parse_args()
    if asked.requests < 10 * ITEMS:
        parser.error(f"--requests must be at least {10 * ITEMS}")
    began_s = time.monotonic()
    print(
        f"{MESSAGES} messages a request, {SLOTS} at a time, everything stored; CPU: median of {REPEATS} turns",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder, loopback() as url:
        os.environ["XDG_CACHE_HOME"] = folder if asked.no_peers else os.environ.get("XDG_CACHE_HOME", "")
        try:
            met = show(figures(url, Path(folder), asked.requests, peers=not asked.no_peers))
        except LongplayError as error:
            print(f"overhead: {error}", file=sys.stderr)
            return 2
    print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
