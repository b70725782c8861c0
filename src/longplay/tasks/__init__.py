"""Tasks of Inspect as sets of questions with a scorer: asked by us, scored by them. Needs the extra `inspect`.

Task files are code: nothing here imports one that the user has not allowed.
"""

from longplay.tasks.line import Question
from longplay.tasks.loaded import LoadedTask, Sampled, load
from longplay.tasks.named import PREFIX, TaskError, check_allowed, found_task, task_name
from longplay.tasks.scoring import Scored, asks_a_model, scored

__all__ = [
    "PREFIX",
    "LoadedTask",
    "Question",
    "Sampled",
    "Scored",
    "TaskError",
    "asks_a_model",
    "check_allowed",
    "found_task",
    "load",
    "scored",
    "task_name",
]
