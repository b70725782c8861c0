"""The main flow: play every dialogue, ask every probe at every checkpoint, judge everything; resumes from the store.

Knows the order of the stages and nothing of providers, drawing or what the numbers mean.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from longplay.inference.endpoint import Endpoint
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.calls import BudgetReached, Calls
from longplay.pipeline.experiment import Experiment
from longplay.pipeline.playing import Opening
from longplay.pipeline.progress import Progress
from longplay.schedule import Schedule
from longplay.store import Store

MAX_UNSTORED = 2048  # pieces that may wait for their commit at once
GRACE_S = 10.0  # how long calls in flight may still take after a stop


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended; `why` says what stopped it where it is not complete."""

    status: Literal["complete", "stopped"]
    why: str = ""


class Control:
    """What others see of a run and may do to it: its progress, its spending, and stopping it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.spending = progress.spending
        self.why: str | None = None
        self.patient = True
        self._wake: Callable[[], object] = lambda: None

    def stop(self, why: str) -> None:
        """End cleanly: no new call is begun, those in flight may end. May be called from any thread."""
        self.why = self.why or why
        self._wake()

    def interrupt(self) -> None:
        """What Ctrl-C means: the first time end cleanly, the second time do not wait for the calls in flight."""
        if self.why is not None:
            self.patient = False
        self.stop("interrupted")

    def attach(self, wake: Callable[[], object]) -> None:
        """The run says how to wake it."""
        loop = asyncio.get_running_loop()

        def wake_loop() -> None:
            with contextlib.suppress(RuntimeError):  # the run is over and its loop closed: nothing is left to stop
                loop.call_soon_threadsafe(wake)

        self._wake = wake_loop


class _Slots:
    """Free slots of each lane and the jobs under way. The first fault ends the run; what is under way may still end."""

    def __init__(self, bench: Bench, calls: Calls, control: Control) -> None:
        self.bench = bench
        self.calls = calls
        self.control = control
        self.free = {lane: endpoint.spec.concurrency for lane, endpoint in calls.endpoints.items()}
        self.fault: BaseException | None = None
        self._changed = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()

    async def drain(self) -> None:
        """Give every free slot the best next piece of work, until nothing is ready and nothing is under way."""
        self.control.attach(self._changed.set)
        self._fill()
        while self._jobs and self.control.why is None and self.fault is None:
            await self._changed.wait()
            self._changed.clear()
            self._fill()
        await self._let_end()
        if self.fault is not None:
            raise self.fault

    async def _let_end(self) -> None:
        """Calls in flight are paid for: wait a while for their replies."""
        until = asyncio.get_running_loop().time() + GRACE_S
        while self._jobs and self.control.patient and asyncio.get_running_loop().time() < until:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout=0.2)
            self._changed.clear()
        late = list(self._jobs)
        for job in late:
            job.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _fill(self) -> None:
        pulled = True
        while pulled:  # work pulled for one lane may make work ready for another
            pulled = False
            for lane in self.free:
                while self.free[lane] > 0 and self._may_begin():
                    job = self.bench.schedule.next(lane)
                    if job is None:
                        break
                    pulled = True
                    self.free[lane] -= 1
                    task = asyncio.create_task(self._perform(lane, job))
                    self._jobs.add(task)
                    task.add_done_callback(self._ended)

    def _may_begin(self) -> bool:
        return self.fault is None and self.control.why is None and len(self._jobs) < MAX_UNSTORED

    async def _perform(self, lane: str, job: AnyJob) -> None:
        try:
            result, keys = await self.calls.drive(lane, job.steps())
        finally:  # the slot is free as soon as the wire is, not when the disk is
            self.free[lane] += 1
            self._changed.set()
        await job.settle(result, keys)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        self._changed.set()
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, BudgetReached):
            self.control.stop(str(fault))
        else:
            self.fault = self.fault or fault


async def run(experiment: Experiment, store: Store, endpoints: Mapping[str, Endpoint], control: Control) -> Outcome:
    """Play every dialogue, ask every probe at every checkpoint, judge everything. `endpoints`: by lane.

    Ends early, with everything kept, when `control` or the budget says so. Raises the first InferenceError (going on
    is pointless) or StoreError (nothing can be kept) after the calls in flight have ended.
    """
    calls = Calls(store, endpoints, control.spending)
    schedule: Schedule[AnyJob] = Schedule()
    bench = Bench(experiment, store, schedule, control.progress)
    for model in experiment.models.values():
        keys = [(number, key) for number, key in enumerate(experiment.dialogues()) if key.model == model.title]
        Opening(bench, model.title, keys, alive=max(1, model.concurrency // 4)).begin()
    await _Slots(bench, calls, control).drain()
    return Outcome("complete" if control.why is None else "stopped", control.why or "")
