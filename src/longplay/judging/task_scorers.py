"""Scorers of Inspect's tasks as metrics. What a scorer asks a model, the study's judge is asked. Knows no network."""

from typing import ClassVar, Literal

import msgspec

from longplay.judging.metric import Heard, JudgingError, Metric, Rubric, Scale
from longplay.records import EMPTY, Message, Occasion, Request, Role, Steps, Subject
from longplay.records.requests import REASK_DRAW
from longplay.specs import ModelSpec, fingerprint
from longplay.tasks import LoadedTask, Question, asks_a_model, scored

_WHY = 400


class TaskScorer(Rubric, frozen=True):
    """A task's scorer that asks nobody."""

    task: LoadedTask
    scorer: str
    calls: ClassVar[int] = 0

    def version(self, metric: Metric) -> str:
        """Of the task's code."""
        found = self.task.found
        return fingerprint(
            [found.name, found.package, found.version, self.scorer, sorted(metric.rubric.scale.scores.values())]
        )

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """The scorer's questions to its grader, if it has any, then its score."""
        if subject.item is None:
            raise JudgingError(f"metric {metric.name!r} scores answers to its task's samples, and this is none.")
        steps = scored(self.task, subject.item.id, self.scorer, subject.answer)
        try:
            question, step = next(steps), 0
            while True:
                reply = yield _request(metric, judge, subject, question, step)
                question, step = steps.send(reply.text), step + 1
        except StopIteration as ended:
            if ended.value.value is None:
                return Heard("missing", reason="unparsable", why=ended.value.words[:_WHY])
            return Heard("ok", score=ended.value.value, why=ended.value.words[:_WHY])
        finally:
            steps.close()


class GradedByTask(TaskScorer, frozen=True):
    """A task's scorer that asks a model."""

    calls: ClassVar[int] = 1


class KeptScorer(msgspec.Struct, frozen=True):
    """What a run keeps of a task's scorer, so that its scores are estimated where the task is not here."""

    title: str
    least: float
    most: float
    graded: bool

    def metric(self, name: str) -> Metric:
        """A metric that estimates and cannot judge."""
        kind = _NotHereGraded if self.graded else _NotHere
        return _metric(name, self.title, kind(_scale(self.least, self.most)))


class _NotHere(Rubric, frozen=True):
    calls: ClassVar[int] = 0

    def version(self, metric: Metric) -> str:
        """None: the task's code is not here."""
        del metric
        return ""

    def hear(self, metric: Metric, judge: ModelSpec, subject: Subject) -> Steps[Heard]:
        """Raises JudgingError."""
        del judge, subject
        yield from ()
        raise JudgingError(f"metric {metric.name!r} needs its task of Inspect; go on with the study that names it.")


class _NotHereGraded(_NotHere, frozen=True):
    calls: ClassVar[int] = 1


def kept(metric: Metric) -> KeptScorer | None:
    """What is kept of a metric; None where it is no task's."""
    if not isinstance(metric.rubric, TaskScorer | _NotHere):
        return None
    return KeptScorer(metric.title, metric.lowest, metric.highest, metric.calls > 0)


def task_metric(task: LoadedTask, scorer: str, name: str, scale: tuple[float, float]) -> Metric:
    """The metric that a task's scorer makes. Raises TaskError where it cannot score an answer to the first sample."""
    kind = GradedByTask if asks_a_model(task, scorer) else TaskScorer
    return _metric(name, f"{task.found.value}: {scorer}", kind(_scale(*scale), task, scorer))


def _metric(name: str, title: str, rubric: Rubric) -> Metric:
    return Metric(
        base=name,
        title=title,
        rubric=rubric,
        judged_as="blind",
        better="higher",
        about=f"As the Inspect task's own scorer scores it ({title}).",
        scores=("answers",),
    )


def _scale(least: float, most: float) -> Scale:
    return Scale({"least": least, "most": most})


def _request(metric: Metric, judge: ModelSpec, subject: Subject, question: Question, step: int) -> Request:
    *before, last = (Message(_role(role), text) for role, text in question.messages)
    return Request(
        EMPTY.extend(*before),
        (last,),
        judge.sampling,
        subject.repeat + step * REASK_DRAW,
        cell=Occasion(
            ref=subject.ref, item=subject.item, metric=metric.name, judged_as=metric.seen(subject),
            repeat=subject.repeat, step=step,
        ),
        to=Role("judge", judge.title),
    )  # fmt: skip


def _role(word: str) -> Literal["system", "user", "assistant"]:
    if word == "system":
        return "system"
    return "assistant" if word == "assistant" else "user"
