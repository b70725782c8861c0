"""A dialogue as it grows, what a policy sees of it, and the shape of work that may need model calls on the way."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from longplay.records.items import Script
from longplay.records.keys import RoundRef
from longplay.records.messages import Message, Prefix, Reply
from longplay.records.requests import Request, Role
from longplay.specs import Persona, Sampling

T = TypeVar("T")
# Work that yields requests, is sent replies, and returns its result. The one mechanism of users, policies and rubrics.
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

    def after(self, start: Prefix, *, turned: bool = False) -> Prefix:
        """`start` followed by every round as user and assistant messages; costs the rounds not yet appended.

        `turned`: as the one who plays the user has lived through them, whose own turns are the assistant's messages.
        """
        pending: list[History] = []
        node, prefix = self, start
        place = start.digest + b"turned" if turned else start.digest
        while node.parent is not None:
            known = node._after.get(place)
            if known is not None:
                prefix = known
                break
            pending.append(node)
            node = node.parent
        for longer in reversed(pending):
            prefix = longer._after[place] = prefix.extend(*(_turned(longer.last) if turned else _messages(longer.last)))
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


def _turned(last: Round | None) -> tuple[Message, ...]:
    if last is None:
        return ()
    return Message("assistant", last.user), Message("user", last.reply)


class View(msgspec.Struct, frozen=True):
    """All a policy may know: who is asked, the rounds so far, the next user turn, and other dialogues it asked for.

    `samplings`: how each other model that it may ask is sampled, by role.
    """

    persona: Persona | None
    rounds: History
    query: str
    donors: Mapping[str, History] = {}
    seed: int = 0
    samplings: Mapping[Role, Sampling] = {}


class Scene(msgspec.Struct, frozen=True):
    """All that the user's side of a dialogue may know: its script, whom it speaks to, the rounds so far, and `ref`, the
    round to come.

    `turns`: what is written for this dialogue, a turn a round; None where the user's side makes the turn. `draw`: the
    dialogue's own. `samplings`: how each model that it may ask is sampled, by role.
    """

    script: Script
    persona: Persona | None
    turns: tuple[str | None, ...]
    rounds: History
    ref: RoundRef
    draw: int = 0
    samplings: Mapping[Role, Sampling] = {}

    @property
    def written(self) -> str | None:
        """The turn that is written for the round to come."""
        return self.turns[self.ref.round - 1]


class Said(msgspec.Struct, frozen=True):
    """The user's next turn. `text` None: there is none, because the call that it needed came to nothing (`lost`), or
    because the user has ended the dialogue."""

    text: str | None
    lost: Reply | None = None


class Turn(msgspec.Struct, frozen=True):
    """What stands before the next reply: the shared prefix and the messages after it, the user's turn last."""

    prefix: Prefix
    tail: tuple[Message, ...]
