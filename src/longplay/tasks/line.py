"""What stands between a scorer that asks a model and whoever drives its score: a line with one question at a time."""

import queue
from contextvars import ContextVar

import msgspec

from longplay.tasks.named import TaskError

Message = tuple[str, str]


class Question(msgspec.Struct, frozen=True):
    """What a scorer asks its grader: (role, text) of each message."""

    messages: tuple[Message, ...]


class Asked(msgspec.Struct, frozen=True):
    """A question on its way, and where its answer goes; None = nothing was obtained."""

    question: Question
    answer: "queue.SimpleQueue[str | None]"


class Unanswered(Exception):
    """The grader gave no reply."""


LINE: ContextVar["queue.SimpleQueue[object] | None"] = ContextVar("longplay-grader", default=None)


def ask(question: Question) -> str:
    """Put a question to whoever drives this score, and wait. Raises Unanswered where nothing was obtained."""
    line = LINE.get()
    if line is None:
        raise TaskError("the grader of a task is asked outside of a score.")
    answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    line.put(Asked(question, answers))
    said = answers.get()
    if said is None:
        raise Unanswered
    return said


def is_scoring() -> bool:
    """Whether this code runs inside a score."""
    return LINE.get() is not None
