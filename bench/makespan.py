"""Does a study end when it could? Virtual seconds over the longest of critical path and total work / throughput, for 36
dialogues of the paper's shape on 64 simulated slots, judged on 64 slots of the judge's own; phase by phase beside it.

python bench/makespan.py: a line a figure with its bar; exit 1 when a bar is missed. See README.md.
"""

import argparse
import asyncio
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec

from longplay.experiment import Experiment
from longplay.inference.sim.clock import run_virtually
from longplay.inference.sim.engine import Engine, Machine
from longplay.records import DialogueKey, Reply
from longplay.specs import LongplayError
from paper_shape import TAIL_TOKENS, Shape, World, clock, limited, longest_tokens

SCALES = (0.01, 0.05, 0.25)
BAR = 1.10
SMALL = Shape(scale=0.02, rounds=12, checkpoints=3, personas=2, slots=16, judged=True)


class Job(msgspec.Struct, frozen=True):
    """One simulation. `phased`: play all, then ask all, then judge all."""

    shape: Shape
    cache_tokens: int
    phased: bool


class Told(msgspec.Struct, frozen=True):
    """Virtual seconds: how long it took, the critical path, and the work over what the slots can do."""

    job: Job
    makespan_s: float
    path_s: float
    work_s: float

    @property
    def least_s(self) -> float:
        """No schedule could end earlier."""
        return max(self.path_s, self.work_s)


def simulate(job: Job) -> Told:
    """Run one study in virtual time."""
    gc.set_threshold(100_000)  # what is made here lives until the end
    world = World(Machine(job.shape.slots, job.cache_tokens))

    async def play() -> float:
        if job.phased:
            unjudged = msgspec.structs.replace(job.shape, judged=False).experiment()
            await world.run(limited(unjudged, ()))
            await world.run(unjudged)
        await world.run(job.shape.experiment())
        return asyncio.get_running_loop().time()

    makespan_s = run_virtually(play())
    path_s = critical_path_s(world, job.shape.experiment())
    return Told(job, makespan_s, path_s, max(map(work_s, (world.engine, world.judge))))


def work_s(engine: Engine) -> float:
    """Seconds that a server needs for all its requests if neither its slots nor its prefill ever wait."""
    machine, counts = engine.machine, engine.counts
    return max(counts.busy_s / machine.slots, counts.least / machine.prefill_tokens_s)


def critical_path_s(world: World, experiment: Experiment) -> float:
    """The round latencies of the longest dialogue, its last fan-out, and the judging of that."""
    return max(_dialogue_s(world, experiment, key) for key in experiment.dialogues())


def _dialogue_s(world: World, experiment: Experiment, key: DialogueKey) -> float:
    machine, seconds, before = world.engine.machine, 0.0, 0
    for stored in world.store.rounds(key):
        usage = stored.reply.usage if stored.reply is not None else None
        prompt, completion = (usage.prompt or 0, usage.completion or 0) if usage is not None else (0, 0)
        seconds += machine.alone_s(prompt - before // machine.block * machine.block, completion)
        before = prompt + completion
    if key.order not in experiment.study.conditioning.orders:
        return seconds
    place = (key, experiment.study.dialogues.rounds, key.persona, "plain")
    answers = [stored.reply for stored in world.store.answers(*place) if stored.reply is not None]
    verdicts = world.store.judged_by(*place)
    return seconds + _fan_out_s(world.engine, answers) + _fan_out_s(world.judge, verdicts)


def _fan_out_s(engine: Engine, replies: Iterable[Reply]) -> float:
    """Seconds for calls that may all run at once, the prompt's cached part aside."""
    alone = [engine.machine.alone_s(0, reply.usage.completion or 0) for reply in replies]
    return max(sum(alone) / engine.machine.slots, max(alone, default=0.0))


def jobs(shape: Shape, scales: Sequence[float]) -> list[Job]:
    """Every scale in both ways, the long ones first, with a cache that holds every dialogue."""
    dialogues = sum(1 for _ in shape.experiment().dialogues())
    cache_tokens = dialogues * longest_tokens(msgspec.structs.replace(shape, judged=False)) + shape.slots * TAIL_TOKENS
    return [
        Job(msgspec.structs.replace(shape, scale=scale), cache_tokens, phased)
        for scale in sorted(scales, reverse=True)
        for phased in (False, True)
    ]


def line(ours: Told, phased: Told) -> str:
    """One figure with its bar."""
    ratio = ours.makespan_s / ours.least_s
    return (
        f"{ours.job.shape.scale:4.0%} of the items  {ratio:5.3f} x the least of {clock(ours.least_s)} (critical path "
        f"{clock(ours.path_s)}, work {clock(ours.work_s)}): {clock(ours.makespan_s)};  phase by phase "
        f"{phased.makespan_s / ours.least_s:5.3f} x, {clock(phased.makespan_s)}   "
        f"bar {BAR}: {'met' if ratio <= BAR else 'MISSED'}"
    )


def main() -> int:
    """0: every bar met, 1: one missed, 2: no figures."""
    parser = argparse.ArgumentParser(description="Time to finish over the least possible.")
    parser.add_argument("--scale", type=float, nargs="+", default=SCALES, help="shares of the paper's items")
    parser.add_argument("--small", action="store_true", help=argparse.SUPPRESS)  # tests see what is printed
    asked = parser.parse_args()
    begun_s = time.monotonic()
    shape = SMALL if asked.small else Shape(judged=True)
    try:
        with ProcessPoolExecutor(os.cpu_count() or 1, multiprocessing.get_context("spawn")) as processes:
            told = list(processes.map(simulate, jobs(shape, asked.scale)))
    except LongplayError as error:
        print(f"makespan: {error}", file=sys.stderr)
        return 2
    pairs = list(zip(told[::2], told[1::2], strict=True))[::-1]
    dialogues = sum(1 for _ in shape.experiment().dialogues())
    print(
        f"{dialogues} simulated dialogues of {shape.rounds} rounds, {shape.slots} slots and as many of the judge: "
        f"virtual time to finish over the least possible; {time.monotonic() - begun_s:.0f} s"
    )
    print(*(line(ours, phased) for ours, phased in pairs), sep="\n")
    return 0 if all(ours.makespan_s <= BAR * ours.least_s for ours, _ in pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
