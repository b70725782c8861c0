"""What every piece of work has at hand, and what a piece of work looks like. Does nothing itself."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from longplay.experiment.experiment import Experiment
from longplay.pipeline.alarms import Alarms
from longplay.pipeline.comparisons import Answered
from longplay.pipeline.progress import Progress
from longplay.records import Steps
from longplay.schedule import Schedule
from longplay.store import Store

T = TypeVar("T")


class Workbench:
    """The run's parts, handed to every source and job."""

    def __init__(
        self,
        experiment: Experiment,
        store: Store,
        schedule: "Schedule[AnyJob]",
        progress: Progress,
        alarms: Alarms | None = None,
    ) -> None:
        self.experiment = experiment
        self.store = store
        self.schedule = schedule
        self.progress = progress
        self.alarms = alarms
        self.answered = Answered(experiment)
        self._judgings = 0

    def judging_rank(self) -> tuple[int, ...]:
        """Judging goes in the order in which its texts came."""
        self._judgings += 1
        return (0, self._judgings)


class Job(Protocol[T]):
    """One piece of work for one slot: the steps to drive, then what to do with their result."""

    def steps(self) -> Steps[T]:
        """The calls to make, and the result."""
        ...

    async def settle(self, result: T, keys: Sequence[bytes]) -> None:
        """Store the result with the keys of its calls, count it, offer the work that it makes possible."""
        ...

    def give_back(self) -> None:
        """The server is gone before the calls were made: the piece is ready again, for another server."""
        ...


AnyJob: TypeAlias = Job[Any]
