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
        self._breakpoints = breakpoints
        self._held: weakref.WeakKeyDictionary[Prefix, _Built] = weakref.WeakKeyDictionary()

    def messages(self, request: Request) -> list[ChatMessage]:
        """The messages of a request."""
        prefix = self._prefix(request.prefix)
        found = list(prefix.messages)
        if self._breakpoints and found:
            found[-1] = _marked(found[-1])
        waiting = prefix.waiting
        for message in request.tail:
            waiting = self._add(message, waiting, found)
        if waiting:
            found.append(self._carrier(waiting))
        return found

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
        if request.schema is not None:
            shape = JSONSchema.model_validate_json(request.schema)
            config.response_schema = ResponseSchema(name="reply", json_schema=shape, strict=True)
        if not request.prefix.length:
            config.cache_prompt = False
        return config

    def _prefix(self, prefix: Prefix) -> _Built:
        node, new = prefix, list[Message]()
        known = self._held.get(node)
        while known is None and node.message is not None and node.parent is not None:
            new.append(node.message)
            node = node.parent
            known = self._held.get(node)
        start = known or _Built((), self._spec.preamble or "")
        if not new:
            return start
        found, waiting = list(start.messages), start.waiting
        for message in reversed(new):
            waiting = self._add(message, waiting, found)
        built = _Built(tuple(found), waiting)
        self._held[prefix] = built
        return built

    def _add(self, message: Message, waiting: str, found: list[ChatMessage]) -> str:
        """Append a message to `found`; returns the system text that waits after it."""
        role = "user" if self._spec.system_role == "user" else "system"
        if message.role == "system" and role == "user":
            return _paragraphs(waiting, message.content)
        if waiting and message.role != role:
            found.append(self._carrier(waiting))
            waiting = ""
        text = sendable(_paragraphs(waiting, message.content))
        match message.role:
            case "system":
                found.append(ChatMessageSystem(content=text))
            case "user":
                found.append(ChatMessageUser(content=text))
            case "assistant":
                trace = sendable(message.reasoning) if self._spec.reasoning == "keep" else ""
                found.append(ChatMessageAssistant(content=_with_trace(text, trace)))
        return ""

    def _carrier(self, text: str) -> ChatMessage:
        text = sendable(text)
        return ChatMessageUser(content=text) if self._spec.system_role == "user" else ChatMessageSystem(content=text)


def sendable(text: str) -> str:
    """The text with half surrogates, which UTF-8 cannot say, replaced; whole pairs become their character."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _with_trace(text: str, trace: str) -> str | list[Content]:
    return [ContentReasoning(reasoning=trace), ContentText(text=text)] if trace else text


def _marked(message: ChatMessage) -> ChatMessage:
    """The message with a cache breakpoint after its text."""
    before = [part for part in message.content if not isinstance(part, str)][:-1]
    content: list[Content] = [*before, ContentText(text=message.text, cache_breakpoint=True)]
    return message.model_copy(update={"content": content})


def _paragraphs(first: str, second: str) -> str:
    return f"{first}\n\n{second}" if first and second else first + second
