"""One run seen from the terminal: its display, its interrupts, its last words and its exit code. Knows no stages."""

import signal
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from longplay.cli.app import DONE, INCOMPLETE
from longplay.cli.approving import approval
from longplay.cli.display import Display
from longplay.cli.say import command, count, data, duration, error, money, talk
from longplay.pipeline import Control, Outcome, Progress, Ready, run_study
from longplay.specs import LongplayError

SIMULATED = "SIMULATED: this study asks simulated models; its numbers say nothing about any real model."


def perform(
    ready: Ready, into: Path, *, again: str, extend: bool = False, allowed: Collection[str] = (), cache: bool = True
) -> int:
    """Run a study with everything that a person at a terminal sees and can do. `again`: the command that resumes it.
    `cache`: whether replies of earlier runs may be used.

    Returns an exit code. Raises LongplayError where nothing was started.
    """
    if ready.experiment.study.simulated:
        talk(SIMULATED)
    for mark in ready.experiment.marks:
        talk(f"NOTE: {mark}.")
    display = Display()
    with _interruptible(display), display:
        try:
            outcome = run_study(ready, into, extend=extend, approve=approval(allowed), watch=display.begin, cache=cache)
        except LongplayError as fault:
            if display.control is None:
                raise
            display.end()
            _notes(display.control)
            error(str(fault))
            talk(f"Everything obtained is kept. To go on: {again}")
            return INCOMPLETE
    return _last_words(outcome, display.control, into, again)


@contextmanager
def _interruptible(display: Display) -> Generator[None, None, None]:
    """Ctrl-C and SIGTERM end the run cleanly once it has begun; before that there is nothing to lose."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if display.control is None:
            signal.default_int_handler(number, frame)
        else:
            with suppress(RuntimeError):  # the run has just ended by itself: its loop is closed
                display.control.interrupt()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _last_words(outcome: Outcome, control: Control | None, into: Path, again: str) -> int:
    if control is None:
        raise AssertionError("a run ended that never began")
    _notes(control)
    progress = control.progress
    failed = progress.missing["failed"]
    if outcome.status != "complete":
        data(f"Stopped ({outcome.why}): {_summary(progress)}")
        talk(f"Everything obtained is kept. To go on: {again}")
        return INCOMPLETE
    data(f"Complete: {_summary(progress)}")
    if failed:
        talk(f"{count(failed)} could not be obtained for now. To try these again: {again}")
    talk(f"Next: {command('longplay', 'report', into)}")
    return INCOMPLETE if failed else DONE


def _notes(control: Control) -> None:
    for note in control.notes:
        talk(note)


def _summary(progress: Progress) -> str:
    done = ", ".join(f"{count(progress.done[kind])} {kind}" for kind in progress.expected)
    reasons = ", ".join(f"{reason} {count(number)}" for reason, number in sorted(progress.missing.items()))
    missing = f"{count(progress.missing.total())} missing" + (f" ({reasons})" if reasons else "")
    cost = f"; cost {money(progress.spending.cost)}" if progress.spending.priced else ""
    reused = progress.spending.reused
    found = f", {count(reused)} replies of earlier runs, not paid" if reused else ""
    took = duration(progress.elapsed_s)
    return f"{done}; {missing}; {count(progress.spending.requests)} requests{found}{cost}; {took}."
