"""Messages -> inspect-ai's chat messages and settings, under a model's facts. Knows the shapes, not the network."""

import math
import weakref

import msgspec
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    Content,
    ContentReasoning,
    ContentText,
    GenerateConfig,
    ResponseSchema,
)
from inspect_ai.util import JSONSchema

from longplay.inference.chat_format import ChatFormat, nearest, sendable
from longplay.records import Message, Prefix, Request
from longplay.specs import ModelSpec


class _Built(msgspec.Struct, frozen=True):
    """Messages in inspect-ai's shape, and system text that still waits for the message that will carry it."""

    messages: tuple[ChatMessage, ...]
    waiting: str


class Builder:
    """Inputs for one model. A prefix costs its new messages once and is held while it lives; a request costs its tail.

    The same model facts as in the chat/completions bodies: preamble, the message that carries system text, reasoning
    kept or stripped. `breakpoints`: mark the end of the prefix as the place up to which the server shall cache.
    """

    def __init__(self, spec: ModelSpec, *, breakpoints: bool) -> None:
        self._spec = spec
        self._format = ChatFormat(spec)
        self._breakpoints = breakpoints
        self._held: weakref.WeakKeyDictionary[Prefix, _Built] = weakref.WeakKeyDictionary()

    def messages(self, request: Request) -> list[ChatMessage]:
        """The messages of a request."""
        prefix = self._prefix(request.prefix)
        found = list(prefix.messages)
        if self._breakpoints and found:
            found[-1] = _marked(found[-1])
        return [*found, *map(_shaped, self._format.place_last(request.tail, prefix.waiting))]

    def settings(self, request: Request) -> GenerateConfig:
        """The sampling of a request; what is not settable is left out. Nothing is cached where no prefix is shared."""
        spec, sampling = self._spec, request.sampling
        config = GenerateConfig(max_tokens=sampling.max_tokens, timeout=math.ceil(spec.timeout_s))
        if "temperature" not in spec.not_settable:
            config.temperature = sampling.temperature
        if "top_p" not in spec.not_settable:
            config.top_p = sampling.top_p
        if sampling.stop and "stop" not in spec.not_settable:
            config.stop_seqs = [sendable(stop) for stop in sampling.stop]
        if "seed" not in spec.not_settable and (sampling.seed is not None or request.draw):
            config.seed = (sampling.seed or 0) + request.draw
        if request.likeliest and "logprobs" not in spec.not_settable:
            config.logprobs, config.top_logprobs = True, request.likeliest
        if request.schema is not None:
            shape = JSONSchema.model_validate_json(request.schema)
            config.response_schema = ResponseSchema(name="reply", json_schema=shape, strict=True)
        if not request.prefix.length:
            config.cache_prompt = False
        return config

    def _prefix(self, prefix: Prefix) -> _Built:
        known, new = nearest(prefix, self._held.get)
        start = known or _Built((), self._format.preamble)
        if not new:
            return start
        placed, waiting = self._format.place(new, start.waiting)
        built = _Built((*start.messages, *map(_shaped, placed)), waiting)
        self._held[prefix] = built
        return built


def _shaped(message: Message) -> ChatMessage:
    text = sendable(message.content)
    match message.role:
        case "system":
            return ChatMessageSystem(content=text)
        case "user":
            return ChatMessageUser(content=text)
        case "assistant":
            return ChatMessageAssistant(content=_with_trace(text, sendable(message.reasoning)))


def _with_trace(text: str, trace: str) -> str | list[Content]:
    return [ContentReasoning(reasoning=trace), ContentText(text=text)] if trace else text


def _marked(message: ChatMessage) -> ChatMessage:
    """The message with a cache breakpoint after its text."""
    before = [part for part in message.content if not isinstance(part, str)][:-1]
    content: list[Content] = [*before, ContentText(text=message.text, cache_breakpoint=True)]
    return message.model_copy(update={"content": content})
