"""A run's progress while it goes on: a picture on a terminal, a plain line now and then elsewhere. Changes nothing."""

import threading
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from longplay.cli.terminal import STDERR, talk
from longplay.pipeline import Control, Progress, Spending
from longplay.pipeline.spending import caps_of
from longplay.study.status_lines import of_cap
from longplay.study.text_format import count, counted, duration, line, money

LINE_EVERY_S = 10.0
PICTURES_A_SECOND = 4


class Display:
    """Shows a run from `begin` to `end`, on a thread of its own. `control` is the run's, None before it began."""

    def __init__(self) -> None:
        self.control: Control | None = None
        self._live: Live | None = None
        self._ended = threading.Event()
        self._lines: threading.Thread | None = None

    def __enter__(self) -> "Display":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, control: Control) -> None:
        """Show this run."""
        self.control = control
        control.hear = self._say
        console = Console(file=STDERR, highlight=False)
        if console.is_terminal:
            self._live = Live(
                get_renderable=lambda: picture(control),
                console=console,
                refresh_per_second=PICTURES_A_SECOND,
                transient=True,
                redirect_stdout=False,  # STDERR writes to whatever stands at sys.stderr: never this picture itself
                redirect_stderr=False,
            )
            self._live.start()
        else:
            self._lines = threading.Thread(
                target=self._say_lines, args=(control,), name="longplay-display", daemon=True
            )
            self._lines.start()

    def end(self) -> None:
        """Show nothing more; may be called twice."""
        self._ended.set()
        if self._live is not None:
            self._live.stop()
        if self._lines is not None:
            self._lines.join()

    def _say(self, said: str) -> None:
        """Say one line while the run goes on."""
        if self._live is None:
            talk(said)
        else:
            self._live.console.print(Text(line(said)))

    def _say_lines(self, control: Control) -> None:
        while not self._ended.wait(LINE_EVERY_S):
            talk(f"{amounts(control.progress)} · {pace(control)}")


def amounts(progress: Progress) -> str:
    """Obtained and due of each kind."""
    return ", ".join(f"{kind} {count(progress.obtained[kind])}/{count(n)}" for kind, n in progress.due.items())


def pace(control: Control) -> str:
    """Rate, missing, cost so far, what was spent of each cap, time and cost left, as far as they are known."""
    progress = control.progress
    parts = [f"{progress.a_minute:,.0f}/min", f"{count(progress.missing.total())} missing"]
    if progress.found:
        parts.append(f"{count(progress.found)} there already")
    if progress.spending.priced:
        parts.append(f"cost {spent(progress.spending)}")
    parts += map(of_cap, caps_of(progress.spending))
    if control.why is not None:
        return " · ".join([*parts, f"ending ({line(control.why)}); Ctrl-C again leaves the calls under way"])
    if progress.left_s is not None:
        parts.append(f"{duration(progress.left_s)} left")
    if progress.cost_left is not None and not progress.spending.uncounted:
        parts.append(f"cost left {money(progress.cost_left)}")
    return " · ".join(parts)


def spent(spending: Spending) -> str:
    """The cost so far; where replies came without token counts it is not known."""
    if spending.uncounted:
        return f"not known ({counted(spending.uncounted, 'reply', 'replies')} without token counts)"
    return money(spending.cost)


def picture(control: Control) -> RenderableType:
    """A bar a kind, and the pace."""
    bars = Table.grid(padding=(0, 1))
    for kind, total in control.progress.due.items():
        done = control.progress.obtained[kind]
        bar = ProgressBar(total=max(total, 1), completed=done, width=30)
        bars.add_row(Text(kind), bar, Text(f"{count(done)}/{count(total)}", justify="right"))
    judged = dict(control.progress.judged)  # a copy: the run counts on
    for judge, done in judged.items() if len(judged) > 1 else ():
        bars.add_row(Text(""), Text(f"by {line(judge)}"), Text(count(done), justify="right"))
    return Group(bars, Text(pace(control)))
