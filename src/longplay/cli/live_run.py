"""One run seen from the terminal: its display, its interrupts, its last words and its exit code. Knows no stages."""

import signal
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from longplay.cli.display import Display, spent
from longplay.cli.exit_codes import DONE, INCOMPLETE
from longplay.cli.host_approval import approval
from longplay.cli.terminal import data, error, talk
from longplay.folder import Outcome, stand
from longplay.folder.costs import taken
from longplay.folder.outcome import INTERRUPTED
from longplay.folder.study_file import DATABASE
from longplay.folder.warning_signs import signs
from longplay.pipeline import Control, Progress, Ready, run_study
from longplay.specs import LongplayError
from longplay.store import Reader
from longplay.study.status_lines import Told, sign_lines, standing_lines, taken_lines, unfinished, verdict_on
from longplay.study.text_format import command, count, counted, duration

SIMULATED = "SIMULATED: this study asks simulated models; its numbers say nothing about any real model."


def perform(
    ready: Ready,
    into: Path,
    *,
    again: str,
    extend: bool = False,
    allowed: Collection[str] = (),
    cache: bool = True,
    go_on: bool = False,
    page_follows: bool = False,
) -> int:
    """Run a study with everything that a person at a terminal sees and can do. `again`: the command that resumes it.
    `cache`: whether replies of earlier runs may be used. `go_on`: whatever the first replies say. `page_follows`: the
    caller makes the page of a run that is done, so that nobody is told to.

    Returns an exit code. Raises LongplayError where nothing was started.
    """
    if ready.experiment.study.simulated:
        talk(SIMULATED)
    for mark in ready.experiment.marks:
        talk(f"NOTE: {mark}.")
    display = Display()
    with _interruptible(display), display:
        try:
            outcome = run_study(
                ready,
                into,
                extend=extend,
                approve=approval(allowed),
                watch=display.begin,
                cache=cache,
                go_on=go_on,
            )
        except LongplayError as fault:
            if display.control is None:
                raise
            display.end()
            for note in display.control.notes:
                talk(note)
            error(str(fault))
            if (into / DATABASE).exists():
                talk(f"Everything obtained is kept. To go on: {again}")
            return INCOMPLETE
    code = _last_words(outcome, display.control, ready, into, again)
    if outcome.status == "complete":
        talk("Making the page." if page_follows and code == DONE else f"Next: {command('longplay', 'report', into)}")
    return code


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


def _last_words(outcome: Outcome, control: Control | None, ready: Ready, into: Path, again: str) -> int:
    if control is None:
        raise AssertionError("a run ended that never began")
    with Reader.open(into) as reader:
        standing, found = stand(reader, ready.experiment), signs(reader, ready.experiment)
        roles = taken(reader, ready.experiment.study)
    stopped = outcome.status != "complete"
    left = counted(standing.left, "piece")
    data(f"Stopped ({outcome.why}): {left} still to do." if stopped else f"{verdict_on(standing)}.")
    standing_said = map(Told.indented, standing_lines(standing))
    for said in (*standing_said, *sign_lines(found), *taken_lines(roles), _used(control.progress)):
        data(said)
    for note in control.notes:
        talk(note)
    if stopped:
        first = "To go on" if outcome.why == INTERRUPTED else "Once the cause is mended, to go on"
        talk(f"Everything obtained is kept. {first}: {again}")
        return INCOMPLETE
    if standing.failed:
        talk(f"{count(standing.failed)} could not be obtained for now. To try these again: {again}")
    return INCOMPLETE if unfinished(standing) else DONE


def _used(progress: Progress) -> str:
    spending = progress.spending
    reused = f", {counted(spending.reused, 'reply', 'replies')} of earlier runs, not paid" if spending.reused else ""
    found = f"; {counted(progress.found, 'piece')} there already" if progress.found else ""
    cost = f"; cost {spent(spending)}" if spending.priced else ""
    return f"Used: {counted(spending.sent, 'request')}{reused}{cost}; {duration(progress.elapsed_s)}{found}."
