"""Any provider of inspect-ai, outside its evaluations. Knows inspect-ai's model interface, not what replies are for."""

import asyncio
import os
from collections.abc import Mapping

import msgspec

from longplay.inference.attempts import Attempts
from longplay.inference.endings import Asked, admitted
from longplay.inference.endpoint import InferenceError
from longplay.inference.hosts import address_of, inspect_pair
from longplay.inference.inspect_facts import SERVICES, Service, filled_in, known_service, misfit
from longplay.inference.keys import Secret, read_key
from longplay.inference.retry import Again, Outcome, Pauses
from longplay.inference.tries import Tries
from longplay.inference.windows import Sizes, TokenGauge, overflow
from longplay.records import Reply, Request
from longplay.specs import ModelSpec

try:
    from inspect_ai.model import ChatMessage, GenerateConfig, ModelOutput
    from inspect_ai.model._assistant_internal import init_sample_assistant_internal

    from longplay.inference.inspect_clients import Opened, open_model
    from longplay.inference.inspect_messages import Builder
    from longplay.inference.inspect_replies import read_failure, read_output
except ImportError as _missing:
    raise InferenceError(
        f"models named inspect/... need {_missing.name}, which is not installed; "
        "install it in longplay's source folder with: pip install '.[inspect]'"
    ) from _missing

_NO_KEY = "none"  # given where the study names no key, so that no client library looks for one
_HOOKS = ("INSPECT_TELEMETRY", "INSPECT_API_KEY_OVERRIDE")


def open_inspect(spec: ModelSpec, environment: Mapping[str, str], pauses: Pauses | None = None) -> "InspectEndpoint":
    """The endpoint of a model named `inspect/PROVIDER/MODEL`; reads its key now, connects with the first request.

    Raises InferenceError where the study asks for what would not reach the model, or something is not installed.
    """
    fault = misfit(spec)
    if fault is not None:
        raise InferenceError(f"{spec.name}: {fault}.")
    service = known_service(spec)
    for variable in (*_HOOKS, *(service.takes_over if service else ())):
        if os.environ.get(variable):  # where inspect-ai and the libraries under it look
            raise InferenceError(
                f"{spec.name}: the variable {variable} would decide what is sent instead of the study; unset it."
            )
    full = filled_in(spec)
    if full.base_url is not None:
        full = msgspec.structs.replace(full, base_url=address_of(spec).url)
    variable = full.api_key_env
    secret = read_key(full, environment) if variable else Secret()
    key = environment[variable].strip() if variable else _NO_KEY if service else None
    return InspectEndpoint(spec, secret, open_model(full, key), pauses or Pauses())


class InspectEndpoint:
    """One model behind inspect-ai. At most `width` attempts are under way at a time."""

    def __init__(self, spec: ModelSpec, secret: Secret, opened: Opened, pauses: Pauses) -> None:
        self.spec = spec
        self._opened = opened
        service = SERVICES.get(spec.model.partition("/")[0], Service("", ""))
        self._endings = admitted(spec)
        self._builder = Builder(spec, breakpoints=service.breakpoints)
        self._gauge = TokenGauge()
        self._attempts = Attempts(spec, secret, pauses, inspect_pair(spec).host)

    @property
    def width(self) -> int:
        """How many requests it takes at once just now."""
        return self._attempts.width

    async def reply(self, request: Request) -> Reply:
        """Send one request, up to `spec.attempts` times. Raises InferenceError only for faults every request meets.

        A prompt that cannot fit into `context_window` is not sent: its reply has 0 attempts and reason `overflow`.
        """
        sizes = Sizes(request.prefix.chars, sum(len(message.content) for message in request.tail))
        max_tokens = request.sampling.max_tokens
        if self.spec.context_window is not None:
            too_long = overflow(self._gauge.estimate(request.prefix, sizes), max_tokens, self.spec.context_window)
            if too_long is not None:
                return Reply("missing", reason="overflow", detail=too_long, attempts=0)
        messages, config = self._builder.messages(request), self._builder.settings(request)
        prompt = (sizes.prefix + sizes.tail) * self._gauge.per_byte
        asked = Asked(max_tokens, prompt, self._endings, request.likeliest > 0)
        reply = await self._attempts.settle(lambda: self._attempt(messages, config, asked), prompt + max_tokens)
        if reply.usage.prompt is not None:
            self._gauge.learn(request.prefix, sizes, reply.usage.prompt)
        return reply

    def count_tries(self, tries: Tries) -> None:
        """Count every try there, and send none that it refuses."""
        self._attempts.tries = tries

    async def close(self) -> None:
        """Give back connections."""
        await self._opened.close()

    async def _attempt(self, messages: list[ChatMessage], config: GenerateConfig, asked: Asked) -> Outcome:
        # A task of its own: its context ends with it, and with it what inspect-ai writes down there of each call. Its
        # exception is read, not caught, since the libraries under inspect-ai raise what they like.
        task = asyncio.create_task(self._generate(messages, config))
        try:
            await asyncio.wait({task}, timeout=self.spec.timeout_s)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        if task.cancelled():
            return Again(f"no reply within {self.spec.timeout_s:g} s", kind="timeout")
        error = task.exception()
        if error is not None:
            return read_failure(error, self._opened.model.api, asked)
        return read_output(task.result(), asked)

    async def _generate(self, messages: list[ChatMessage], config: GenerateConfig) -> ModelOutput:
        init_sample_assistant_internal()  # its record of reasoning would else grow with every reply of the process
        return await self._opened.model.generate(messages, config=config)
