"""A dialogue as it grows, what a policy sees of it, and the shape of work that may need model calls on the way."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from longplay.records.messages import Message, Prefix, Reply
from longplay.records.requests import Request
from longplay.specs import Persona

T = TypeVar("T")
# Work that yields requests, is sent replies, and returns its result. The one mechanism of policies and rubrics.
Steps: TypeAlias = Generator[Request, Reply, T]


class Round(msgspec.Struct, frozen=True):
    """One user turn and the model's reply, as both were sent. `number` starts at 1.

    Flags: the reply is `empty`; `cut` at max_tokens; `marked` by what remains of a reasoning trace; `copied` from an
    earlier reply of the dialogue. A flagged reply is behaviour: it stays in the history and is scored as it stands.
    """

    number: int
    user: str
    reply: str
    reasoning: str = ""
    empty: bool = False
    cut: bool = False
    marked: bool = False
    copied: bool = False


class History:
    """The rounds so far: a chain, each node one round longer than its parent, so that growing costs one round."""

    __slots__ = ("_after", "last", "length", "parent")

    def __init__(self, parent: "History | None" = None, last: Round | None = None) -> None:
        self.parent = parent
        self.last = last
        self.length: int = parent.length + 1 if parent else 0
        self._after: dict[bytes, Prefix] = {}

    def add(self, last: Round) -> "History":
        """These rounds and one more."""
        return History(self, last)

    def rounds(self) -> Sequence[Round]:
        """All rounds, first to last."""
        return tuple(reversed([node.last for node in self._upwards() if node.last is not None]))

    def after(self, start: Prefix) -> Prefix:
        """`start` followed by every round as user and assistant messages; costs the rounds not yet appended."""
        pending: list[History] = []
        node, prefix = self, start
        while node.parent is not None:
            known = node._after.get(start.digest)
            if known is not None:
                prefix = known
                break
            pending.append(node)
            node = node.parent
        for longer in reversed(pending):
            prefix = longer._after[start.digest] = prefix.extend(*_messages(longer.last))
        return prefix

    def _upwards(self) -> Iterator["History"]:
        node: History | None = self
        while node is not None:
            yield node
            node = node.parent


NO_ROUNDS = History()


def _messages(last: Round | None) -> tuple[Message, ...]:
    if last is None:
        return ()
    return Message("user", last.user), Message("assistant", last.reply, last.reasoning)


class View(msgspec.Struct, frozen=True):
    """All a policy may know: who is asked, the rounds so far, the next user turn, and other dialogues it asked for."""

    persona: Persona | None
    rounds: History
    query: str
    donors: Mapping[str, History] = {}
    seed: int = 0


class Turn(msgspec.Struct, frozen=True):
    """What stands before the next reply: the shared prefix and the messages after it, the user's turn last."""

    prefix: Prefix
    tail: tuple[Message, ...]
