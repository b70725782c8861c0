"""What benchmarks print: a figure with the bar it is held to, and whether all of them are met. Measures nothing."""

import argparse
import math
import time
from collections.abc import Callable, Iterable, Sequence

import msgspec

SEEDS = (1, 2, 3)
QUICK = 8  # a quick look counts one study where a full one counts so many
ROOM = 3  # standard errors of counting that a bar gives way by


class Figure(msgspec.Struct, frozen=True):
    """One number. `value` None: it could not be measured, which misses any bar. `low`, `high`: its bar, None where that
    side has none; without both it is shown for comparison. `of`: how many independent studies a share was counted in,
    whose bar then gives way by ROOM standard errors; `error`: the standard error of what is no share. `digits` after
    the point, of what is no count; `note`: what it rests on."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""
    digits: int = 3
    of: int = 0
    error: float = 0.0

    @property
    def met(self) -> bool:
        """Whether the value lies within its bar, ends included; what has no bar meets it."""
        if self.low is None and self.high is None:
            return True
        if self.value is None:
            return False
        low_met = self.low is None or self.value >= self.low - self._room(self.low)
        return low_met and (self.high is None or self.value <= self.high + self._room(self.high))

    def __str__(self) -> str:
        form = "," if isinstance(self.value, int) else f",.{self.digits}f"
        shown = "not measured" if self.value is None else f"{self.value:{form}}{self.unit}"
        bar = f"   bar {self._bar}{self.unit}: {'met' if self.met else 'MISSED'}" if self._bar else ""
        counted = f"of {self.of:,}" if self.of else ""
        note = "; ".join(part for part in (counted, self.note) if part)
        return f"{self.name:<58} {shown:>12}{bar}{f'   {note}' if note else ''}"

    def _room(self, bar: float) -> float:
        """How far counting alone can put a figure past a bar that truly holds."""
        if not self.of:
            return ROOM * self.error
        whole = 100.0 if self.unit.strip() == "%" else 1.0
        share = min(max(bar / whole, 0.0), 1.0)
        return ROOM * whole * math.sqrt(share * (1 - share) / self.of)

    @property
    def _bar(self) -> str:
        if self.low is None:
            return "" if self.high is None else f"at most {self.high:,g}"
        if self.high is None:
            return f"at least {self.low:,g}"
        return f"{self.low:,g}" if self.low == self.high else f"{self.low:,.4g}-{self.high:,.4g}"


def pooled(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The figures of several seeds as one list: shares over all their studies, other values averaged."""
    named: dict[str, list[Figure]] = {}
    for figure in (figure for run in runs for figure in run):
        named.setdefault(figure.name, []).append(figure)
    return [_pooled(figures) for figures in named.values()]


def _pooled(figures: Sequence[Figure]) -> Figure:
    known = [(figure, figure.value) for figure in figures if figure.value is not None]
    if len(known) < len(figures) or len(figures) == 1:
        return next((figure for figure in figures if figure.value is None), figures[0])
    studies = sum(figure.of for figure in figures)
    value = sum(each * (figure.of or 1) for figure, each in known) / (studies or len(figures))
    error = math.sqrt(sum(figure.error**2 for figure in figures)) / len(figures)
    return msgspec.structs.replace(figures[0], value=value, of=studies, error=error)


def show(figures: Iterable[Figure]) -> bool:
    """Print figures as they are measured; whether all bars are met."""
    met = True
    for figure in figures:
        print(figure, flush=True)
        met = met and figure.met
    return met


def seeded(
    figures: Callable[[int, int], Iterable[Figure]], about: str, studies: int, least: int, quick: int | None = None
) -> int:
    """The command line of a benchmark that counts studies: `figures(seed, studies)` of every seed, pooled.

    `quick`: how many studies a quick look counts, else the QUICK-th part. 0: every bar met, 1: one missed; a number of
    studies under `least` ends it with 2.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seed", type=int, action="append", help=f"one seed or several; left out, {SEEDS}, pooled")
    parser.add_argument("--studies", type=int, help=f"how many of each seed, at least {least}; left out, {studies}")
    parser.add_argument("--quick", action="store_true", help="few studies; bars give way by what that leaves open")
    asked = parser.parse_args()
    few = max(least, studies // QUICK) if quick is None else quick
    many = asked.studies if asked.studies is not None else few if asked.quick else studies
    if many < least:
        parser.error(f"--studies must be at least {least}")
    runs: list[list[Figure]] = []
    for seed in asked.seed or SEEDS:
        began_s = time.monotonic()
        runs.append(list(figures(seed, many)))
        print(f"seed {seed}: {many} studies, {time.monotonic() - began_s:.0f} s", flush=True)
    return 0 if show(pooled(runs)) else 1
