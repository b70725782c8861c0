"""How often is a prefix computed twice? A study of the paper's shape on a simulated server with a prefix cache: prefill
tokens computed over the least possible, in virtual time, with the paper's own order beside it.

python bench/prefix.py: a line a figure with its bar; exit 1 when a bar is missed. See README.md.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec

from longplay.inference.sim.clock import run_virtually
from longplay.inference.sim.engine import Counts, Machine
from longplay.inference.sim.server import SimServer
from longplay.pipeline import Ready, run_study
from longplay.specs import LongplayError, ModelSpec
from paper_shape import TAIL_TOKENS, Shape, World, by_dataset, clock, longest_tokens, words

Order = Literal["longplay", "unsized", "paper"]  # unsized: longplay's, the study silent about the cache's size
SCALES = (0.05, 1.0)
BARS = {"every live dialogue": 1.05, "two dialogues": 1.15}
TO_LEARN = "two dialogues"  # the cache that is also measured without its size being said
SMALL = Shape(scale=0.02, rounds=12, checkpoints=3, personas=2, slots=16)
PACE = 400.0  # seconds of the simulated machine in one second of the HTTP run
HTTP_BAR = 1.05


class Job(msgspec.Struct, frozen=True):
    """One simulation: a study, a cache, an order."""

    shape: Shape
    cache: str
    cache_tokens: int
    order: Order


class Told(msgspec.Struct, frozen=True):
    """What it took."""

    job: Job
    counts: Counts
    makespan_s: float

    @property
    def ratio(self) -> float:
        """Prefill tokens computed over the least possible."""
        return self.counts.computed / self.counts.least


def simulate(job: Job) -> Told:
    """Run one study in virtual time."""
    gc.set_threshold(100_000)  # what is made here lives until the end
    world = World(Machine(job.shape.slots, job.cache_tokens))
    experiment = job.shape.experiment(cache_tokens=job.cache_tokens if job.order == "longplay" else None)

    async def play() -> float:
        for part in by_dataset(experiment) if job.order == "paper" else (experiment,):
            await world.run(part)
        return asyncio.get_running_loop().time()

    makespan_s = run_virtually(play())
    return Told(job, world.engine.counts, makespan_s)


def jobs(shape: Shape, scales: Sequence[float]) -> list[Job]:
    """Every scale with both caches in both orders, the long ones first; the size of the small one also left unsaid.

    A cache holds whole dialogues of the greatest length beside what the slots are working on.
    """
    longest, room = longest_tokens(shape), shape.slots * TAIL_TOKENS
    dialogues = sum(1 for _ in shape.experiment().dialogues())
    caches = {"every live dialogue": dialogues * longest + room, "two dialogues": 2 * longest + room}
    orders: tuple[Order, ...] = ("paper", "unsized", "longplay")
    return [
        Job(msgspec.structs.replace(shape, scale=scale), name, tokens, order)
        for scale in sorted(scales, reverse=True)
        for order in orders
        for name, tokens in caches.items()
        if order != "unsized" or name == TO_LEARN
    ]


def over_http(shape: Shape) -> float:
    """The ratio of a small study with the real client, real store and real time."""
    with SimServer(Machine(shape.slots), PACE, words=words) as server, tempfile.TemporaryDirectory() as folder:
        spec = ModelSpec("openai/simulated", base_url=server.url, concurrency=shape.slots)
        outcome = run_study(Ready(shape.experiment(spec), "# made by bench/prefix.py\n"), Path(folder), linger_s=0.001)
        if outcome.status != "complete":
            raise LongplayError(f"the study over HTTP stopped: {outcome.why}")
        return server.counts.computed / server.counts.least


def lines(told: Sequence[Told]) -> Iterator[tuple[str, bool]]:
    """A line a figure, and whether its bar is met."""
    found = {(one.job.shape.scale, one.job.cache, one.job.order): one for one in told}
    for scale in sorted({one.job.shape.scale for one in told}):
        for cache, bar in BARS.items():
            ours, paper = found[scale, cache, "longplay"], found[scale, cache, "paper"]
            unsized = found.get((scale, cache, "unsized"))
            unsaid = f"size not said {unsized.ratio:.3f} x;  " if unsized is not None else ""
            met = ours.ratio <= bar
            yield (
                f"{scale:4.0%} of the items, cache of {cache:<19}  {ours.ratio:6.3f} x the least "
                f"({ours.counts.least / 1e6:.2f} M tokens), makespan {clock(ours.makespan_s)};  "
                f"{unsaid}paper's order {paper.ratio:6.2f} x, {clock(paper.makespan_s)}   "
                f"bar {bar}: {'met' if met else 'MISSED'}",
                met,
            )


def confirm() -> tuple[str, bool]:
    """The same small study in virtual time and over HTTP."""
    virtual, real = simulate(Job(SMALL, "", 10**9, "longplay")).ratio, over_http(SMALL)
    met = real <= HTTP_BAR
    line = f"over HTTP, real store and clock: {real:.3f} x the least, the same study in virtual time {virtual:.3f} x"
    return f"{line}   bar {HTTP_BAR}: {'met' if met else 'MISSED'}", met


def main() -> int:
    """0: every bar met, 1: one missed, 2: no figures."""
    parser = argparse.ArgumentParser(description="Prefill tokens computed over the least possible.")
    parser.add_argument("--scale", type=float, nargs="+", default=SCALES, help="shares of the paper's items")
    parser.add_argument("--small", action="store_true", help=argparse.SUPPRESS)  # tests see what is printed
    asked = parser.parse_args()
    begun_s = time.monotonic()
    shape = SMALL if asked.small else Shape()
    try:
        with ProcessPoolExecutor(os.cpu_count() or 1, multiprocessing.get_context("spawn")) as processes:
            told = list(processes.map(simulate, jobs(shape, asked.scale)))
        figures = [*lines(told), confirm()]
    except LongplayError as error:
        print(f"prefix: {error}", file=sys.stderr)
        return 2
    dialogues = sum(1 for _ in shape.experiment().dialogues())
    print(
        f"{dialogues} simulated dialogues of {shape.rounds} rounds, {shape.slots} slots: prefill tokens computed over "
        f"the trie of all prompts in whole blocks; {time.monotonic() - begun_s:.0f} s"
    )
    print(*(line for line, _ in figures), sep="\n")
    return 0 if all(met for _, met in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
