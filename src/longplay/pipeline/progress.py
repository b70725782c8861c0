"""How far a run is: counts that a display may read at any time. Draws nothing."""

import time
from collections import Counter
from collections.abc import Callable

from longplay.pipeline.spending import Spending

LATELY_S = 60.0


class Progress:
    """Done and expected by kind, missing by reason, what was spent, how fast."""

    def __init__(
        self, expected: dict[str, int], spending: Spending, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.expected = dict(expected)
        self.due = dict(expected)  # in full: also what is not expected any more, because its text is missing
        self.obtained: Counter[str] = Counter()
        self.judged: Counter[str] = Counter()  # verdicts that were obtained, by judge
        self.done: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.cut: Counter[tuple[str, str]] = Counter()  # dialogues, rounds, answers that servers cut, by model
        self.found = 0  # done by earlier runs
        self.spending = spending
        self._cost_before = spending.cost
        self._clock = clock
        self._started_s = clock()
        self._marks = [(self._started_s, 0)]  # of the last minute: when, and how many pieces this run had settled

    def settle(self, kind: str, reason: str | None = None, *, found: bool = False, judge: str | None = None) -> None:
        """Count one round, answer or verdict; `reason` where it is missing, `found` where an earlier run has it, and
        the `judge` of a verdict."""
        self.done[kind] += 1
        self.found += found
        if reason is None:
            self.obtained[kind] += 1
            if judge is not None:
                self.judged[judge] += 1
        else:
            self.missing[reason] += 1
        now = self._clock()
        if now - self._marks[-1][0] >= 1:  # a new list, since a display reads it on another thread
            self._marks = [*(mark for mark in self._marks if now - mark[0] <= LATELY_S), (now, self._fresh)]

    def take_back(self, kind: str, reason: str | None) -> None:
        """A settled piece is not settled any more; `reason` as it was settled with."""
        self.done[kind] -= 1
        if reason is None:
            self.obtained[kind] -= 1
        else:
            self.missing[reason] -= 1
            self.missing += Counter()  # without what is none any more

    def waive(self, kind: str, count: int) -> None:
        """Expect fewer: what is missing cannot be judged."""
        self.expected[kind] -= count

    def release(self, kind: str, count: int) -> None:
        """Fewer are due: the study has decided so."""
        self.expected[kind] -= count
        self.due[kind] -= count

    @property
    def whole(self) -> bool:
        """Whether every expected piece is settled, obtained or missing."""
        return all(self.done[kind] == count for kind, count in self.expected.items())

    @property
    def elapsed_s(self) -> float:
        """Seconds since this run began."""
        return self._clock() - self._started_s

    @property
    def rate(self) -> float:
        """Pieces a second that this run has settled by calls, lately: replies that were found take no time."""
        now, marks = self._clock(), self._marks
        since_s, before = next((mark for mark in marks if now - mark[0] <= LATELY_S), marks[-1])
        return max(self._fresh - before, 0) / max(now - since_s, 1e-9)

    @property
    def a_minute(self) -> float:
        """The same in a minute."""
        return 60 * self.rate

    @property
    def left_s(self) -> float | None:
        """Seconds left at this rate; None before there is one."""
        rate = self.rate
        return self._left / rate if rate > 0 else None

    @property
    def cost_left(self) -> float | None:
        """Cost of what is left if it costs what this run's pieces did; None where no price is known."""
        fresh = self._fresh
        if not self.spending.priced or not fresh:
            return None
        return (self.spending.cost - self._cost_before) / fresh * self._left

    @property
    def _fresh(self) -> int:
        """Pieces that this run has settled and paid for, about: replies of earlier runs cost neither time nor money."""
        return max(self.done.total() - self.found - self.spending.reused, 0)

    @property
    def _left(self) -> int:
        return max(sum(self.expected.values()) - self.done.total(), 0)
