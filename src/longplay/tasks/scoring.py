"""One score by a task's own scorer, as steps: what the scorer asks a model is yielded, never sent by itself.

The scorer runs on a thread with a loop of its own; while it computes, whoever drives the steps waits.
"""

import queue
import threading
from collections.abc import Generator, Mapping
from contextvars import copy_context
from math import isnan
from typing import Any, cast

import msgspec

from longplay.plugged.table import FAULTS
from longplay.specs import plain
from longplay.tasks import grader
from longplay.tasks.line import LINE, Asked, Question, Unanswered
from longplay.tasks.loaded import LoadedTask, failed, run
from longplay.tasks.named import TaskError

MOST_S = 120.0
"""So long a scorer may compute between two questions."""


class Scored(msgspec.Struct, frozen=True):
    """A score as a number; None where the scorer gave none. `words`: its explanation."""

    value: float | None
    words: str = ""


def scored(task: LoadedTask, sample: str, scorer: str, answer: str) -> Generator[Question, str | None, Scored]:
    """Score an answer to a sample. Raises TaskError where the scorer fails or takes too long."""
    line: queue.SimpleQueue[object] = queue.SimpleQueue()
    waiting: list[Asked] = []
    asked = 0

    def work() -> None:
        LINE.set(line)
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
            if isinstance(came, Asked):
                waiting.append(came)
                asked += 1
                said = yield came.question
                waiting.pop().answer.put(said)
            elif isinstance(came, Scored):
                return came
            elif isinstance(came, Unanswered):
                return Scored(None, "the grader gave no reply")
            elif isinstance(came, TaskError) and (not asked or came.final):
                raise came
            elif isinstance(came, FAULTS) and asked:  # it could not read what its grader said
                return Scored(None, str(came))
            elif isinstance(came, FAULTS):
                raise failed(task.found, "failed", came)
    finally:
        for one in waiting:  # the steps were given up: the thread shall end
            one.answer.put(None)


def asks_a_model(task: LoadedTask, scorer: str) -> bool:
    """Whether a scorer asks a model about an answer to the first sample: the target itself, or other words.

    Raises TaskError where it cannot score one.
    """
    return any(_asks(task, scorer, said) for said in (task.words_of_target(task.first), "I cannot say."))


def _asks(task: LoadedTask, scorer: str, answer: str) -> bool:
    steps = scored(task, task.first, scorer, answer)
    try:
        next(steps)
    except StopIteration:
        return False
    steps.close()
    return True


async def _score(task: LoadedTask, sample: str, scorer: str, answer: str) -> Scored:
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.model._model import init_active_model, init_model_roles
    from inspect_ai.scorer import value_to_float

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
    if isinstance(value, dict):
        value = _picked(task, scorer, cast("Mapping[str, Any]", value))
    elif isinstance(value, list | tuple):
        raise TaskError(f"{task.found.what}: its scorer {scorer!r} gives a list, and one number is wanted.")
    number = float(value) if isinstance(value, bool | int | float) else value_to_float()(value)
    return Scored(None if isnan(number) else number, words)  # a grader whose reply names no grade gives NaN


def _picked(task: LoadedTask, scorer: str, values: Mapping[str, Any]) -> Any:
    """The number that the study names, of a score that holds several."""
    if task.value not in values:
        known = ", ".join(repr(plain(str(name), 60)) for name in values)
        raise TaskError(
            f"{task.found.what}: its scorer {scorer!r} gives several numbers at once; say which one counts, such as "
            f"value = {next(iter(values))!r}. Known: {known}."
        )
    return values[task.value]
