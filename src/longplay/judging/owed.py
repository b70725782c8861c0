"""Which verdicts a text is owed: the one place that says so, for those who give them, count them and analyse them.

Knows no store and no study.
"""

from collections.abc import Iterable, Iterator

import msgspec

from longplay.judging.metric import Metric
from longplay.specs import ModelSpec

BLIND = (None,)


class Text(msgspec.Struct, frozen=True):
    """All that decides which verdicts a text is owed; texts with equal values are owed the same.

    `speaker`: the persona of the dialogue; `asked`: the one that was asked; `own`: the one whose item it answers;
    `stands_for`: those whose items that item stands in for, None where it stands in for none. `first`: an answer at
    the first checkpoint, which no earlier one can be compared with. `twice`: it is judged twice, for the noise sample.
    `another`: a persona that is not its own, as whom it is judged once more. `lags`: at which distances a round is held
    against an earlier one.
    """

    source: str
    speaker: str | None
    asked: str | None
    own: str | None = None
    stands_for: tuple[str, ...] | None = None
    first: bool = False
    twice: bool = False
    another: str | None = None
    lags: tuple[int, ...] = ()


class Panel(msgspec.Struct, frozen=True):
    """Who judges, as which personas a text of nobody's is judged, and how often each judge judges a text."""

    judges: tuple[ModelSpec, ...]
    personas: tuple[str, ...]
    repeats: int = 1


class Scoring(msgspec.Struct, frozen=True):
    """The verdicts of one metric that a text is owed: of each judge, as each persona, so often. A program has the first
    judge's place and needs no repeats."""

    metric: Metric
    judges: tuple[ModelSpec, ...]
    judged_as: tuple[str | None, ...]
    repeats: int


class Due(msgspec.Struct, frozen=True):
    """One verdict that a text is owed."""

    metric: Metric
    by: ModelSpec
    judged_as: str | None
    repeat: int

    @property
    def judge(self) -> str:
        """The name under which it is stored."""
        return self.metric.judge_title(self.by)


def scorings(metrics: Iterable[Metric], text: Text, panel: Panel) -> Iterator[Scoring]:
    """Every verdict that a text is owed by these metrics."""
    repeats = 2 if text.twice else panel.repeats
    for metric in metrics:
        if (metric.against != "item" and text.first) or (metric.lag and metric.lag not in text.lags):
            continue
        judges, times = (panel.judges[:1], 1) if metric.verified else (panel.judges, repeats)
        yield Scoring(metric, judges, judged_as(metric, text, panel.personas), times)
        if text.another is not None and metric.judged_as == "persona" and metric.against == "item":
            yield Scoring(metric, judges, (text.another,), 1)


def each(found: Iterable[Scoring], by: ModelSpec | None = None) -> Iterator[Due]:
    """The same one by one; `by`: by one judge of the panel alone."""
    for one in found:
        for judge in (judge for judge in one.judges if by in (None, judge)):
            for seen in one.judged_as:
                for repeat in range(one.repeats):
                    yield Due(one.metric, judge, seen, repeat)


def judged_as(metric: Metric, text: Text, personas: tuple[str, ...]) -> tuple[str | None, ...]:
    """Whose descriptions the judge sees, one verdict each: the baseline's texts are judged once per persona.

    The answer to an item that stands in for personas' own is judged as those personas alone.
    """
    seen = metric.judged_as
    if seen == "blind" or (seen == "own" and text.asked is None):
        return BLIND
    if seen == "item" and text.own is not None:
        return (text.own,)
    persona = text.speaker if text.asked is None else text.asked
    if persona is not None:
        return (persona,)
    return personas if text.stands_for is None else text.stands_for
