"""Gives every free slot the best next job, and ends a run cleanly. Knows no kind of job."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import expected
from longplay.inference.endpoint import EndpointDown
from longplay.pipeline.calls import BudgetReached, Calls
from longplay.pipeline.control import Control
from longplay.pipeline.slots import Line, Servers, Slots, Switchboard, lane_of
from longplay.pipeline.stage import Shared, Stage
from longplay.pipeline.workbench import Job, Life, Workbench
from longplay.records import DialogueKey, Steps
from longplay.schedule import Pace

T = TypeVar("T")
UNSTORED_SHARE = 2  # jobs that may wait for their commit, for each slot of all servers together
GRACE_S = 10.0  # how long calls in flight may still take after a stop


class _MovedError(Exception):
    """A job's server is gone, and its work has gone to the model's other servers."""


class Dispatcher:
    """All servers and the jobs under way. The first fault ends the run; what is under way may still end."""

    def __init__(self, bench: Workbench, calls: Calls, control: Control, servers: Servers) -> None:
        self.bench = bench
        self.calls = calls
        self.control = control
        self.stages: dict[str, Stage] = {}  # of the servers of models under test, by lane
        slots = list(self._slots(servers))
        self.most = (1 + UNSTORED_SHARE) * sum(one.endpoint.spec.concurrency for one in slots)
        self.fault: BaseException | None = None
        self._changed = asyncio.Event()
        self._board = Switchboard(slots, self._changed.set)
        self._jobs: set[asyncio.Task[None]] = set()

    def _slots(self, servers: Servers) -> Iterator[Slots]:
        """Every server's slots, judges' first; those of a model under test have its dialogues."""
        for role, endpoints in sorted(servers.items(), key=lambda one: one[0].kind == "model"):
            if role.kind != "model":
                yield from (Slots(role, endpoint, lane_of(role)) for endpoint in endpoints)
                continue
            counts = expected(self.bench.experiment, role.name)
            dialogues = _dialogues_of(self.bench.experiment, role.name)
            shared = Shared(dialogues, Pace(counts["rounds"], counts["answers"]))
            for place, endpoint in enumerate(endpoints):
                lane = lane_of(role, place)
                self.stages[lane] = Stage(self.bench, lane, endpoint, shared)
                yield Slots(role, endpoint, lane)

    async def drain(self, life: Life, release: Callable[[], bool]) -> None:
        """Give every free slot the best next job, until nothing is ready and nothing is under way. `life`: how each
        kind is done; `release`: offers what waited for that moment, False where nothing did.

        Raises the first fault of a job.
        """
        self.control.attach(self._changed.set)
        self._fill(life)
        while self.control.why is None and self.fault is None:
            if self._jobs:
                await self._changed.wait()
                self._changed.clear()
            elif not release():
                break
            self._fill(life)
        await self._let_end()
        if self.fault is not None:
            raise self.fault

    async def _let_end(self) -> None:
        """Calls in flight are paid for: wait a while for their replies. Who waits for a slot has none."""
        self._board.close()
        until = asyncio.get_running_loop().time() + GRACE_S
        while self._jobs and self.control.patient and asyncio.get_running_loop().time() < until:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), timeout=0.2)
            self._changed.clear()
        late = list(self._jobs)
        for job in late:
            job.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _fill(self, life: Life) -> None:
        if self.fault is not None or self.control.why is not None:
            return
        self._board.serve()
        schedule, offers = self.bench.schedule, -1
        while offers != schedule.offers:  # looking for one server's work may make another's ready
            offers = schedule.offers
            for slots in self._board.slots:
                for _ in range(min(slots.free, slots.patience, self.most - self._active)):
                    job = schedule.next(slots.lane)
                    if job is None:
                        break
                    slots.in_flight += 1
                    task = asyncio.create_task(self._do(life, job, Line(self._board, slots)))
                    self._jobs.add(task)
                    task.add_done_callback(self._ended)
        if self._active >= self.most:  # what is paid for and not on the disk would be lost by a kill: asking waits
            self.bench.store.hurry()

    @property
    def _active(self) -> int:
        """Jobs that have a slot or wait for their commit."""
        return len(self._jobs) - self._board.waiting

    async def _do(self, life: Life, job: Job, line: Line) -> None:
        async def send(steps: Steps[T]) -> tuple[T, list[bytes]]:
            try:
                return await self.calls.drive(line, steps)
            except EndpointDown as down:
                if self._moved(line.held or line.home):
                    raise _MovedError from down
                raise
            finally:  # the slot is free as soon as the wire is, not when the disk is
                line.leave()

        try:
            await life[type(job)](job, send)
        except _MovedError:
            job.give_back()

    def _moved(self, gone: Slots) -> bool:
        """Move the work of a server that is gone to the model's other servers; False where there is none."""
        others = self._board.others(gone)
        if others and gone in self._board.slots:
            self._board.remove(gone)
            if gone.lane in self.stages:
                self.stages.pop(gone.lane).close([self.stages[slots.lane] for slots in others])
        return bool(others)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        self._changed.set()
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, BudgetReached):
            self.control.stop(str(fault))
        else:
            self.fault = self.fault or fault


def _dialogues_of(experiment: Experiment, title: str) -> Iterator[tuple[int, DialogueKey]]:
    """A model's dialogues, numbered in the order of the whole study; shared by the model's servers."""
    yield from ((number, key) for number, key in enumerate(experiment.dialogues()) if key.model == title)
