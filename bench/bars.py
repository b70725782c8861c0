"""What benchmarks print: a figure with the bar it is held to, and whether all of them are met. Measures nothing."""

import argparse
import time
from collections.abc import Callable, Iterable

import msgspec
import numpy as np

SEEDS = (1, 2, 3)


class Figure(msgspec.Struct, frozen=True):
    """One number. `value` None: it could not be measured, which misses any bar. `low`, `high`: its bar, None where that
    side has none; without both it is shown for comparison. `digits` after the point, of what is no count; `note`: what
    it rests on."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    note: str = ""
    digits: int = 3

    @property
    def met(self) -> bool:
        """Whether the value lies within its bar, ends included; what has no bar meets it."""
        if self.low is None and self.high is None:
            return True
        if self.value is None:
            return False
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)

    def __str__(self) -> str:
        form = "," if isinstance(self.value, int) else f",.{self.digits}f"
        shown = "not measured" if self.value is None else f"{self.value:{form}}{self.unit}"
        bar = f"   bar {self._bar}{self.unit}: {'met' if self.met else 'MISSED'}" if self._bar else ""
        note = f"   {self.note}" if self.note else ""
        return f"{self.name:<58} {shown:>12}{bar}{note}"

    @property
    def _bar(self) -> str:
        if self.low is None:
            return "" if self.high is None else f"at most {self.high:,g}"
        if self.high is None:
            return f"at least {self.low:,g}"
        return f"{self.low:,g}" if self.low == self.high else f"{self.low:,.4g}-{self.high:,.4g}"


def allowed(per_cent: float, studies: int, side: int) -> float:
    """A bar with three Monte Carlo standard errors of so many studies allowed, below (side -1) or above it (1)."""
    error = float(np.sqrt(per_cent * (100 - per_cent) / max(studies, 1)))
    return float(np.clip(per_cent + side * 3 * error, 0, 100))


def show(figures: Iterable[Figure]) -> bool:
    """Print figures as they are measured; whether all bars are met."""
    met = True
    for figure in figures:
        print(figure, flush=True)
        met = met and figure.met
    return met


def seeded(figures: Callable[[int, int], Iterable[Figure]], about: str, studies: int, least: int) -> int:
    """The command line of a benchmark that counts studies: `figures(seed, studies)` of every seed.

    0: every bar met, 1: one missed; a number of studies under `least` ends it with 2.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--seed", type=int, action="append", help=f"one seed or several; left out, {SEEDS} in turn")
    parser.add_argument("--studies", type=int, default=studies, help=f"how many, at least {least}")
    asked = parser.parse_args()
    if asked.studies < least:
        parser.error(f"--studies must be at least {least}")
    met = True
    for seed in asked.seed or SEEDS:
        began_s = time.monotonic()
        print(f"seed {seed}: {asked.studies} studies")
        met &= show(figures(seed, asked.studies))
        print(f"{time.monotonic() - began_s:.0f} s")
    return 0 if met else 1
