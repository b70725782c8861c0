"""The model that a task's scorer asks: it hands each question to the run, which counts, stores and resumes it.

A scorer that asks another model by name would pay beside the run's book, and is stopped.
"""

import asyncio
from contextvars import copy_context
from functools import cache
from typing import Any

from longplay.tasks.line import Question, ask, is_scoring
from longplay.tasks.named import TaskError

PROVIDER = "longplay"
NAME = f"{PROVIDER}/judge"


@cache
def install() -> None:
    """Make NAME a model of Inspect, and stop any other one inside a score."""
    from inspect_ai.model import GenerateConfig, ModelAPI, ModelOutput, modelapi
    from inspect_ai.model._model import Model

    class Grader(ModelAPI):
        async def generate(self, input: list[Any], tools: list[Any], tool_choice: Any, config: GenerateConfig) -> Any:
            del tool_choice, config
            if tools:
                raise TaskError("the scorer gives its grader tools, which no judge has here.")
            question = Question(tuple((str(one.role), str(one.text)) for one in input))
            here = copy_context()
            said = await asyncio.get_running_loop().run_in_executor(None, lambda: here.run(ask, question))
            return ModelOutput.from_content(NAME, said)

    modelapi(PROVIDER)(Grader)
    as_it_was: Any = Model.generate

    async def generate(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_scoring():
            return await as_it_was(self, *args, **kwargs)
        if not isinstance(self.api, Grader):
            raise TaskError(
                f"the scorer asks the model {str(self)!r} by itself; hand the task {NAME!r} in its place, such as "
                f'args = {{ grader = "{NAME}" }}, so that the study\'s judge is asked.'
            )
        if args:
            kwargs["input"] = args[0]
        given: Any = kwargs["input"]
        if isinstance(given, str):
            from inspect_ai.model import ChatMessageUser

            given = [ChatMessageUser(content=given)]
        config = kwargs.get("config") or GenerateConfig()
        system = getattr(config, "system_message", None)
        if system:
            from inspect_ai.model import ChatMessageSystem

            given = [ChatMessageSystem(content=system), *given]
        return await self.api.generate(given, kwargs.get("tools") or [], None, config)

    Model.generate = generate
