"""What every piece of work has at hand, and what a piece of work (a job) looks like. Does nothing itself."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from longplay.experiment.experiment import Experiment
from longplay.pipeline.alarms import Alarms
from longplay.pipeline.comparisons import Answered
from longplay.pipeline.progress import Progress
from longplay.pipeline.stretches import Stretch
from longplay.records import DialogueKey, Steps
from longplay.schedule import Schedule
from longplay.store import Store

T = TypeVar("T")
Whose: TypeAlias = tuple[DialogueKey, str | None]


class Workbench:
    """The run's parts, handed to every source and job."""

    def __init__(
        self,
        experiment: Experiment,
        store: Store,
        schedule: "Schedule[Job]",
        progress: Progress,
        alarms: Alarms | None = None,
    ) -> None:
        self.experiment = experiment
        self.store = store
        self.schedule = schedule
        self.progress = progress
        self.alarms = alarms
        self.answered = Answered(experiment)
        self.waiting: list[Stretch] = []  # texts that are judged in random order once all are there
        self.late: dict[Whose, Stretch] = {}  # early texts of which some wait to be judged again
        self.across: dict[DialogueKey, Stretch] = {}  # rounds that are held against those of another dialogue
        self.ended: set[Whose] = set()  # whose last texts are in
        self._judgings = 0

    def judging_rank(self) -> tuple[int, ...]:
        """Judging goes in the order in which its texts came."""
        self._judgings += 1
        return (0, self._judgings)


class Job(Protocol):
    """One piece of work for one slot; `run.LIFE` says how each kind is done."""

    def give_back(self) -> None:
        """The server is gone before the calls were made: the piece is ready again, for another server."""
        ...


class Send(Protocol):
    """Sends each request of the steps to whom it is for and hands each reply back; then the job's slot is free. Gives
    the steps' result, and the keys of the calls, which are on their way to the disk."""

    async def __call__(self, steps: Steps[T]) -> tuple[T, list[bytes]]:
        """Raises EndpointDown, BudgetReached, InferenceError, StoreError."""
        ...


class Chore(Job, Protocol[T]):
    """A job whose result is stored in one way of its own."""

    def steps(self) -> Steps[T]:
        """The calls to make, and the result."""
        ...

    async def settle(self, result: T, keys: Sequence[bytes]) -> None:
        """Store the result with the keys of its calls, count it, offer the work that it makes possible."""
        ...


Life: TypeAlias = dict[type[Job], Callable[[Any, Send], Awaitable[None]]]
"""How each kind of job is done: its requests are sent, its result is stored, what it makes possible is offered."""
