"""What others see of a run and may do to it: its progress, its spending, and stopping it. Sends nothing."""

import asyncio
import contextlib
from collections.abc import Callable

from longplay.folder.outcome import INTERRUPTED, Outcome
from longplay.pipeline.alarms import Alarms, Heard
from longplay.pipeline.progress import Progress


class Control:
    """A run's handle, for displays, tests and whoever stops it."""

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

    def alarms(self) -> Alarms | None:
        """What listens to the first replies and stops the run where they say that going on is pointless."""
        return None if self.heard is None else Alarms(self.stop, self.notes.append, self.heard)

    def outcome(self) -> Outcome:
        """How the run has ended. Raises RuntimeError where nothing stopped it and pieces are left: a defect."""
        if self.why is not None:
            return Outcome("stopped", self.why)
        if not self.progress.whole:
            raise RuntimeError(f"ended with {dict(self.progress.done)} of {self.progress.expected}: a defect")
        return Outcome("complete")
