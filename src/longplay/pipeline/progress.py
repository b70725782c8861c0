"""How far a run is: counts that a display may read at any time. Draws nothing."""

import time
from collections import Counter

from longplay.pipeline.calls import Spending

KINDS = ("rounds", "answers", "verdicts")


class Progress:
    """Done and expected by kind, missing by reason, what was spent, how fast."""

    def __init__(self, expected: dict[str, int], spending: Spending) -> None:
        self.expected = dict(expected)
        self.done: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.found = 0  # done by earlier runs
        self.spending = spending
        self._cost_before = spending.cost
        self._started_s = time.monotonic()

    def settle(self, kind: str, reason: str | None = None, *, found: bool = False) -> None:
        """Count one round, answer or verdict; `reason` where it is missing, `found` where an earlier run has it."""
        self.done[kind] += 1
        self.found += found
        if reason is not None:
            self.missing[reason] += 1

    def waive(self, kind: str, count: int) -> None:
        """Expect fewer: what is missing cannot be judged."""
        self.expected[kind] -= count

    @property
    def whole(self) -> bool:
        """Whether every expected piece is settled, obtained or missing."""
        return all(self.done[kind] == count for kind, count in self.expected.items())

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began."""
        return time.monotonic() - self._started_s

    @property
    def rate(self) -> float:
        """Pieces settled a second by this run."""
        return (self.done.total() - self.found) / max(self.elapsed_s, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate; None before there is one."""
        return self._left / self.rate if self.rate > 0 else None

    @property
    def cost_left(self) -> float | None:
        """Cost of what is left if it costs what this run's pieces did; None where no price is known."""
        fresh = self.done.total() - self.found
        if not self.spending.priced or fresh <= 0:
            return None
        return (self.spending.cost - self._cost_before) / fresh * self._left

    @property
    def _left(self) -> int:
        return max(sum(self.expected.values()) - self.done.total(), 0)
