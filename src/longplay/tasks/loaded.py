"""A task of Inspect once its code is imported: its samples as it would ask them, its scorers. Needs inspect-ai."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from longplay.plugged import Found
from longplay.plugged.table import FAULTS
from longplay.specs import plain
from longplay.tasks.named import ScorerFailed, TaskError
from longplay.tasks.offline import Reaching, offline

T = TypeVar("T")
_OFFLINE_WORDS = ("offline", "localentrynotfound", "outgoing traffic")  # of libraries that were told not to fetch
_TURNS = "asks the model more than once, and only tasks of one turn are asked after a dialogue"
_TOOLS = "gives the model tools, which nobody has in a dialogue"


class Sampled(msgspec.Struct, frozen=True):
    """One sample as its task asks it: `before` are (role, text) of messages before the last, which is `text`."""

    id: str
    text: str
    before: tuple[tuple[str, str], ...]
    target: str


class LoadedTask:
    """A task. Its code runs here: nothing in it is trusted to return, so every fault is one line that names it."""

    def __init__(self, found: Found, task: Any, value: str = "") -> None:
        """Use `load`."""
        self.found = found
        self.value = value
        self._task = task
        self._samples = {str(sample.id): sample for sample in _with_ids(task.dataset)}
        self.scorers: dict[str, Any] = _scorers(found, task)

    def sampled(self) -> tuple[Sampled, ...]:
        """Every sample. Raises TaskError where the task has none, asks more than once, or needs tools or a sandbox."""
        if self._task.sandbox is not None:
            raise TaskError(f"{self.found.what} needs a sandbox, which nobody has in a dialogue.")
        if not self._samples:
            raise TaskError(f"{self.found.what} has no samples.")
        return tuple(run(self.found, lambda one=sample: self._asked(one)) for sample in self._samples.values())

    @property
    def first(self) -> str:
        """The id of its first sample."""
        return next(iter(self._samples))

    def words_of_target(self, sample_id: str) -> str:
        """The target of a sample as text."""
        return target_of(self._samples[sample_id])

    async def _asked(self, sample: Any) -> Sampled:
        seen: list[Sequence[Any]] = []
        await self.answered(str(sample.id), "", seen.append)
        if len(seen) != 1:
            raise TaskError(f"{self.found.what} {_TURNS if seen else 'asks the model nothing'}.")
        messages = [(str(one.role), str(one.text)) for one in seen[0]]
        if not messages or messages[-1][0] != "user":
            raise TaskError(f"{self.found.what}: sample {plain(str(sample.id), 60)!r} does not end with a user's turn.")
        told = "\n\n".join(text for role, text in messages[:-1] if role == "system")
        before = tuple((role, text) for role, text in messages[:-1] if role != "system")
        if any(role not in ("user", "assistant") for role, _ in before):
            raise TaskError(f"{self.found.what} {_TOOLS}.")
        # a system message would stand in the persona's place, so its words lead the question
        text = f"{told}\n\n{messages[-1][1]}" if told else messages[-1][1]
        return Sampled(str(sample.id), text, before, target_of(sample))

    async def answered(self, sample_id: str, answer: str, seen: Callable[[Sequence[Any]], None] | None = None) -> Any:
        """The state of a sample after its solvers, where the model has given `answer`. `seen`: is told the messages of
        each request."""
        from inspect_ai.model import ChatMessageAssistant, ChatMessageUser, ModelOutput
        from inspect_ai.solver import TaskState, chain

        sample = self._samples[sample_id]
        given = sample.input
        messages: list[Any] = [ChatMessageUser(content=given)] if isinstance(given, str) else list(given)
        model: Any = "longplay/model"
        state = TaskState(
            model=model,
            sample_id=sample.id,
            epoch=1,
            input=given,
            messages=messages,
            target=_target(sample),
            choices=sample.choices,
            metadata=dict(sample.metadata or {}),
            store=None,
        )

        async def generate(asked: Any, *_: object, **__: object) -> Any:
            if asked.tools:
                raise TaskError(f"{self.found.what} {_TOOLS}.")
            if seen is not None:
                seen(list(asked.messages))
            asked.output = ModelOutput.from_content("longplay/model", answer)
            asked.messages.append(ChatMessageAssistant(content=answer))
            return asked

        solvers = [*([self._task.setup] if self._task.setup else []), self._task.solver]
        return await chain(*solvers)(state, cast("Any", generate))

    def target(self, sample_id: str) -> Any:
        """The target of a sample, as its scorers take it."""
        return _target(self._samples[sample_id])


def load(found: Found, file: str, args: Mapping[str, object], value: str = "") -> LoadedTask:
    """Import a task's code and make the task. `value`: which number counts of a score that holds several.

    Raises TaskError; the code must have been allowed.
    """
    try:
        from inspect_ai._eval.loader import load_file_tasks
        from inspect_ai._eval.registry import task_create
    except ImportError as missing:
        raise TaskError(
            f"{found.what} needs {missing.name}, which is not installed; install it in longplay's source folder with: "
            "pip install '.[inspect]'"
        ) from None

    def made() -> Any:
        if file:
            path = Path(file)
            load_file_tasks(path)
            return task_create(found.value, **args)
        from importlib import import_module

        import_module(found.place and found.name.split("/")[1])
        return task_create(f"{found.name.split('/')[1]}/{found.value}", **args)

    try:
        with offline():
            return LoadedTask(found, made(), value)
    except TaskError:
        raise
    except Reaching as error:
        raise _downloads(found, str(error)) from None
    except FAULTS as error:
        if any(word in f"{type(error).__name__} {error}".lower() for word in _OFFLINE_WORDS):
            raise _downloads(found, type(error).__name__) from None
        raise failed(found, "cannot be made", error) from error


def _downloads(found: Found, why: str) -> TaskError:
    return TaskError(
        f"{found.what} wants to download its data ({plain(why)}). Nothing is fetched here: hand the task a local file, "
        "or fetch its data with Inspect first."
    )


def failed(found: Found, how: str, error: BaseException) -> ScorerFailed:
    """What is said of an error in a task's code."""
    first = str(error).strip().split("\n", 1)[0]
    return ScorerFailed(f"{found.what} {how} ({plain(f'{type(error).__name__}: {first}')}).")


def run(found: Found, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What a task's code gives, on a loop of its own; whatever it raises is one line that names it."""
    try:
        return asyncio.run(work())
    except TaskError:
        raise
    except FAULTS as error:
        raise failed(found, "failed", error) from error


def target_of(sample: Any) -> str:
    """The target as text, several with commas."""
    return sample.target if isinstance(sample.target, str) else ", ".join(map(str, sample.target))


def _target(sample: Any) -> Any:
    from inspect_ai.scorer import Target

    return Target(sample.target)


def _with_ids(dataset: Any) -> list[Any]:
    found = list(dataset)
    return [
        sample if sample.id is not None else sample.model_copy(update={"id": number})
        for number, sample in enumerate(found, start=1)
    ]


def _scorers(found: Found, task: Any) -> dict[str, Any]:
    from inspect_ai._util.registry import registry_info

    scorers: list[Any] = task.scorer or []
    if not scorers:
        raise TaskError(f"{found.what} has no scorer.")
    names = [registry_info(one).name.rpartition("/")[2] for one in scorers]
    if len(set(names)) < len(names):
        names = [f"{name}-{number}" for number, name in enumerate(names, start=1)]
    return dict(zip(names, scorers, strict=True))
