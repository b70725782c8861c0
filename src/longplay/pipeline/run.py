"""The main flow: play every dialogue, ask every probe at every checkpoint, judge everything; resumes from the store.

Knows the order of the stages and nothing of providers, drawing or what the numbers mean.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from longplay.experiment.experiment import Experiment
from longplay.experiment.window_fit import misfits
from longplay.experiment.workload import expected
from longplay.folder.outcome import INTERRUPTED, Outcome
from longplay.inference.endpoint import EndpointDown, Windowed
from longplay.pipeline.alarms import Alarms, Heard
from longplay.pipeline.calls import BudgetReached, Calls
from longplay.pipeline.closing import cut_notes
from longplay.pipeline.progress import Progress
from longplay.pipeline.reusing import Reuse
from longplay.pipeline.slots import Line, Servers, Slots, Switchboard, lane_of
from longplay.pipeline.stage import Shared, Stage
from longplay.pipeline.workbench import AnyJob, Workbench
from longplay.records import DialogueKey
from longplay.schedule import Pace, Schedule
from longplay.store import Store

UNSTORED_SHARE = 2  # pieces that may wait for their commit, for each slot of all servers together
GRACE_S = 10.0  # how long calls in flight may still take after a stop


class Control:
    """What others see of a run and may do to it: its progress, its spending, and stopping it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.spending = progress.spending
        self.why: str | None = None
        self.patient = True
        self.notes: list[str] = []  # what should be said once the run has ended
        self.heard: Heard | None = Heard()  # of whom earlier runs have something; None = no first replies end the run
        self.hear: Callable[[str], object] = self.notes.append  # is told at once what should be known before the end
        self._wake: Callable[[], object] = lambda: None

    def stop(self, why: str) -> None:
        """End cleanly: no new call is begun, those in flight may end. May be called from any thread."""
        self.why = self.why or why
        self._wake()

    def interrupt(self) -> None:
        """What Ctrl-C means: the first time end cleanly, the second time do not wait for the calls in flight."""
        if self.why is not None:
            self.patient = False
        self.stop(INTERRUPTED)

    def attach(self, wake: Callable[[], object]) -> None:
        """The run says how to wake it."""
        loop = asyncio.get_running_loop()

        def wake_loop() -> None:
            with contextlib.suppress(RuntimeError):  # the run is over and its loop closed: nothing is left to stop
                loop.call_soon_threadsafe(wake)

        self._wake = wake_loop


class _Workplace:
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

    def _fill(self) -> None:
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
                    task = asyncio.create_task(self._perform(Line(self._board, slots), job))
                    self._jobs.add(task)
                    task.add_done_callback(self._ended)
        if self._active >= self.most:  # what is paid for and not on the disk would be lost by a kill: asking waits
            self.bench.store.hurry()

    @property
    def _active(self) -> int:
        """Jobs that have a slot or wait for their commit."""
        return len(self._jobs) - self._board.waiting

    async def _perform(self, line: Line, job: AnyJob) -> None:
        try:
            result, keys = await self.calls.drive(line, job.steps())
        except EndpointDown:
            if not self._moved(line.held or line.home):
                raise
            job.give_back()
            return
        finally:  # the slot is free as soon as the wire is, not when the disk is
            line.leave()
        await job.settle(result, keys)

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


async def _windows(servers: Servers) -> dict[str, int]:
    """The least window of each model's servers, where one is known."""
    found: dict[str, int] = {}
    for role, endpoints in servers.items():
        for endpoint in endpoints if role.kind == "model" else ():
            known = await endpoint.window() if isinstance(endpoint, Windowed) else endpoint.spec.context_window
            if known is not None:
                found[role.name] = min(known, found.get(role.name, known))
    return found


async def run(
    experiment: Experiment, store: Store, servers: Servers, control: Control, reuse: Reuse | None = None
) -> Outcome:
    """Play every dialogue, ask every probe at every checkpoint, judge everything.

    Ends early, with everything kept, when `control` or the budget says so. Raises the first InferenceError (going on
    is pointless) or StoreError (nothing can be kept) after the calls in flight have ended.
    """
    for misfit in misfits(experiment, await _windows(servers)):
        control.hear(f"WARNING: {misfit}")
    schedule: Schedule[AnyJob] = Schedule()
    alarms = None if control.heard is None else Alarms(control.stop, control.notes.append, control.heard)
    bench = Workbench(experiment, store, schedule, control.progress, alarms)
    try:
        await _Workplace(bench, Calls(store, control.spending, reuse, alarms), control, servers).drain()
    finally:
        control.notes += cut_notes(control.progress)
    if control.why is not None:
        return Outcome("stopped", control.why)
    if not control.progress.whole:
        raise RuntimeError(f"ended with {dict(control.progress.done)} of {control.progress.expected}: a defect")
    return Outcome("complete")
