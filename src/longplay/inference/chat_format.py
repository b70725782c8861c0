"""Messages as a model takes them: where its system text stands, whether it gets its reasoning back. Knows no wire."""

from collections.abc import Callable, Iterable
from typing import Literal, TypeVar

from longplay.records import Message, Prefix
from longplay.specs import ModelSpec

T = TypeVar("T")


class ChatFormat:
    """A model's facts: under the system role `user` its system text is carried by the next user message; reasoning is
    sent again only where the model says keep; an empty reply is sent again as `empty_turn` where the model names one.
    `preamble` is the system text that waits before the first message."""

    def __init__(self, spec: ModelSpec) -> None:
        self.preamble = spec.preamble or ""
        self._carrier: Literal["system", "user"] = "user" if spec.system_role == "user" else "system"
        self._keeps_reasoning = spec.reasoning == "keep"
        self._empty_turn = spec.empty_turn

    def place(self, messages: Iterable[Message], waiting: str) -> tuple[list[Message], str]:
        """The messages as they are sent after system text that waits, and the text that waits then."""
        found: list[Message] = []
        for message in messages:
            if message.role == "system" and self._carrier == "user":
                waiting = _paragraphs(waiting, message.content)
                continue
            if waiting and message.role != self._carrier:
                found.append(Message(self._carrier, waiting))
                waiting = ""
            if self._empty_turn is not None and message.role == "assistant" and not message.content.strip():
                message = Message("assistant", self._empty_turn, message.reasoning)
            reasoning = message.reasoning if self._keeps_reasoning and message.role == "assistant" else ""
            if waiting or reasoning != message.reasoning:
                found.append(Message(message.role, _paragraphs(waiting, message.content), reasoning))
                waiting = ""
            else:
                found.append(message)
        return found, waiting

    def place_last(self, messages: Iterable[Message], waiting: str) -> list[Message]:
        """The same of a request's last messages, after which nothing waits."""
        found, waiting = self.place(messages, waiting)
        return [*found, Message(self._carrier, waiting)] if waiting else found


def nearest(prefix: Prefix, known: Callable[[Prefix], T | None]) -> tuple[T | None, list[Message]]:
    """What is known of the longest beginning of a prefix, and the messages after it, first to last."""
    node, new = prefix, list[Message]()
    found = known(node)
    while found is None and node.message is not None and node.parent is not None:
        new.append(node.message)
        node = node.parent
        found = known(node)
    return found, new[::-1]


def sendable(text: str) -> str:
    """The text with half surrogates, which UTF-8 cannot say, replaced; whole pairs become their character."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _paragraphs(first: str, second: str) -> str:
    return f"{first}\n\n{second}" if first and second else first + second
