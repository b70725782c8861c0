"""Texts scored by a program instead of a judge. Knows no particular program."""

from collections.abc import Callable
from typing import ClassVar

from longplay.judging.metric import Heard, Metric, Rubric
from longplay.records import Steps, Subject
from longplay.specs import ModelSpec


class Program(Rubric, frozen=True):
    """`check` scores one subject, by a choice of the scale or a number on it; raises JudgingError where it cannot.

    `edition`: of the program; change it whenever any text could be scored differently.
    """

    edition: str
    check: Callable[[Metric, Subject], Heard]
    calls: ClassVar[int] = 0

    def version(self, metric: Metric) -> str:
        """The program's."""
        del metric
        return self.edition

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """Asks nobody."""
        del judge
        yield from ()
        return self.check(metric, subject)
