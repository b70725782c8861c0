"""One score by a task's own scorer, as steps: what the scorer asks a model is yielded, never sent by itself.

The scorer runs on a thread with a loop of its own; while it computes, whoever drives the steps waits.
"""

import queue
import threading
from collections.abc import Generator
from contextvars import ContextVar, copy_context
from typing import Any

import msgspec

from longplay.plugged.table import FAULTS
from longplay.tasks.loaded import LoadedTask, failed, run
from longplay.tasks.named import TaskError

MOST_S = 120.0
"""So long a scorer may compute between two questions."""
Message = tuple[str, str]


class Question(msgspec.Struct, frozen=True):
    """What a scorer asks its grader: (role, text) of each message."""

    messages: tuple[Message, ...]


class Scored(msgspec.Struct, frozen=True):
    """A score as a number; None where the scorer gave none. `words`: its explanation."""

    value: float | None
    words: str = ""


class _Ask(msgspec.Struct, frozen=True):
    question: Question
    answer: "queue.SimpleQueue[str | None]"


class Unanswered(Exception):
    """The grader gave no reply."""


_LINE: ContextVar["queue.SimpleQueue[object] | None"] = ContextVar("longplay-grader", default=None)


def ask(question: Question) -> str:
    """Put a question to whoever drives this score, and wait. Raises Unanswered where nothing was obtained."""
    line = _LINE.get()
    if line is None:
        raise TaskError("the grader of a task is asked outside of a score.")
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    line.put(_Ask(question, answers))
    said = answers.get()
    if said is None:
        raise Unanswered
    return said


def is_scoring() -> bool:
    """Whether this code runs inside a score."""
    return _LINE.get() is not None


def scored(task: LoadedTask, sample: str, scorer: str, answer: str) -> Generator[Question, str | None, Scored]:
    """Score an answer to a sample. Raises TaskError where the scorer fails or takes too long."""
    line: queue.SimpleQueue[object] = queue.SimpleQueue()
    waiting: list[_Ask] = []

    def work() -> None:
        _LINE.set(line)
        try:
            line.put(run(task.found, lambda: _score(task, sample, scorer, answer)))
        except BaseException as error:  # noqa: BLE001 - it is raised where the steps are driven
            line.put(error)

    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    try:
        while True:
            try:
                came = line.get(timeout=MOST_S)
            except queue.Empty:
                raise TaskError(f"{task.found.what}: its scorer {scorer!r} took longer than {MOST_S:g} s.") from None
            if isinstance(came, _Ask):
                waiting.append(came)
                said = yield came.question
                waiting.pop().answer.put(said)
            elif isinstance(came, Scored):
                return came
            elif isinstance(came, Unanswered):
                return Scored(None, "the grader gave no reply")
            elif isinstance(came, TaskError):
                raise came
            elif isinstance(came, FAULTS):
                raise failed(task.found, "failed", came)
    finally:
        for one in waiting:  # the steps were given up: the thread shall end
            one.answer.put(None)


async def _score(task: LoadedTask, sample: str, scorer: str, answer: str) -> Scored:
    from inspect_ai.model import get_model
    from inspect_ai.model._model import init_active_model, init_model_roles
    from inspect_ai.model import GenerateConfig
    from inspect_ai.scorer import value_to_float

    from longplay.tasks import grader

    grader.install()
    model = get_model(grader.NAME, memoize=False)
    init_active_model(model, GenerateConfig())
    init_model_roles({"grader": model})
    state = await task.answered(sample, answer)
    given = await task.scorers[scorer](state, task.target(sample))
    if given is None:
        return Scored(None, "the scorer gave no score")
    value: Any = given.value
    words = str(given.explanation or given.answer or "")
    if isinstance(value, dict | list | tuple):
        raise TaskError(f"{task.found.what}: its scorer {scorer!r} gives several numbers at once; only one is taken.")
    number = float(value) if isinstance(value, bool | int | float) else value_to_float()(value)
    return Scored(number, words)
