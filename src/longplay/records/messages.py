"""Messages, the prefixes that requests share, and replies. Values and digests; sends nothing."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Literal
from weakref import WeakValueDictionary

import msgspec

# Why something is missing. Final reasons would come out the same again; a rerun retries the transient ones alone.
FINAL = frozenset({"filtered", "overflow", "undecodable", "unparsable"})
TRANSIENT = frozenset({"failed", "dialogue-stopped", "no-reference"})
NOT_ASKED = "not-asked"  # of what the plan owes: no reason of a call, and never stored
REASONS = ("filtered", "failed", "overflow", "unparsable", "undecodable", "dialogue-stopped", "no-reference")

# The detail of a reply that was obtained and is not believed any more.
CUT_SILENTLY = "the server cut this prompt silently: it counted fewer tokens than the prompt must have"

Status = Literal["ok", "repaired", "missing"]
Reason = Literal["filtered", "failed", "overflow", "unparsable", "undecodable", "dialogue-stopped", "no-reference"]
Finish = Literal["stop", "length", "filter", "other"]


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation. `reasoning`: an assistant's trace, sent again only where the model says keep."""

    role: Literal["system", "user", "assistant"]
    content: str
    reasoning: str = ""


def absorb(digest: bytes, message: Message) -> bytes:
    """H(digest, role, content, reasoning), each of these three after its length. Every request comes through here."""
    content = message.content.encode("utf-8", "surrogatepass")
    reasoning = message.reasoning.encode("utf-8", "surrogatepass")
    lengths = len(content).to_bytes(8, "little"), len(reasoning).to_bytes(8, "little")
    parts = digest, _ROLES[message.role], lengths[0], content, lengths[1], reasoning
    return blake2b(b"".join(parts), digest_size=16).digest()


_ROLES = {role: len(role).to_bytes(8, "little") + role.encode() for role in ("system", "user", "assistant")}


class Prefix:
    """Messages that many requests share: a chain of nodes, each one message longer than its parent.

    Interned: extending equal prefixes by equal messages gives the same object while it lives. `digest` is chained, so
    equal message sequences have equal digests and extending costs the new messages alone.
    """

    __slots__ = ("__weakref__", "_children", "chars", "digest", "length", "message", "parent")

    def __init__(self, parent: "Prefix | None", message: Message | None, digest: bytes) -> None:
        self.parent = parent
        self.message = message
        self.digest = digest
        self.length: int = parent.length + 1 if parent else 0
        self.chars: int = parent.chars + len(message.content) if parent and message else 0
        self._children: WeakValueDictionary[bytes, Prefix] = WeakValueDictionary()

    def extend(self, *messages: Message) -> "Prefix":
        """This prefix and the messages after it."""
        node = self
        for message in messages:
            digest = absorb(node.digest, message)
            child = node._children.get(digest)
            if child is None:
                child = node._children[digest] = Prefix(node, message, digest)
            node = child
        return node

    def messages(self) -> tuple[Message, ...]:
        """All messages, first to last."""
        return tuple(reversed([node.message for node in self._upwards() if node.message is not None]))

    def _upwards(self) -> Iterator["Prefix"]:
        node: Prefix | None = self
        while node is not None:
            yield node
            node = node.parent


EMPTY = Prefix(None, None, bytes(16))


class Usage(msgspec.Struct, frozen=True):
    """Tokens as the server counted them; None = it did not say.

    `cached` and `written` are the parts of `prompt` that were read from a cache and written into one. `apart`: the
    server counted cached tokens beside the others, so that `prompt` is the sum of both.
    """

    prompt: int | None = None
    cached: int | None = None
    completion: int | None = None
    written: int | None = None
    apart: bool = False

    def plus(self, other: "Usage") -> "Usage":
        """The tokens of both together; what one of them does not say adds nothing."""
        return Usage(
            _sum(self.prompt, other.prompt),
            _sum(self.cached, other.cached),
            _sum(self.completion, other.completion),
            _sum(self.written, other.written),
        )


NOTHING_SPENT = Usage()


class Likely(msgspec.Struct, frozen=True, array_like=True):
    """A token that a reply could have begun with, and the natural logarithm of its probability, as the server says."""

    token: str
    logprob: float


class Reply(msgspec.Struct, frozen=True):
    """What came back, behaviour or its absence.

    status `ok`: the model answered; `text` is what it said, also when empty or cut. `missing`: nothing was obtained,
    `reason` says why, `text` is None and `detail` one redacted line. `raw`: bytes that came and are not believed, kept:
    undecodable ones, or the text of a reply that ended in no known way. `ending`: the server's own word for how the
    reply ended, "" where it named none; `finish` is what longplay takes it for. `served_by`, `fingerprint`: the model
    and the configuration that the server says have answered. `marked`: marks of a reasoning trace remain in the text.
    `lost`: tokens of the attempts before this one, whose replies were not believed; they are spent all the same.
    `likeliest`: what the text's first token could have been, where that was asked for and given.
    """

    status: Literal["ok", "missing"]
    text: str | None = None
    reason: Reason | None = None
    finish: Finish | None = None
    usage: Usage = Usage()
    reasoning: str = ""
    detail: str = ""
    raw: bytes | None = None
    attempts: int = 1
    latency_s: float = 0.0
    ending: str = ""
    served_by: str = ""
    fingerprint: str = ""
    marked: bool = False
    lost: Usage = NOTHING_SPENT
    likeliest: tuple[Likely, ...] = ()

    @property
    def spent(self) -> Usage:
        """The tokens of all attempts."""
        return self.usage if self.lost == NOTHING_SPENT else self.usage.plus(self.lost)

    @property
    def empty(self) -> bool:
        """The model ended by itself without saying anything."""
        return self.text is not None and not self.text.strip()

    @property
    def cut(self) -> bool:
        """The model was stopped at max_tokens."""
        return self.finish == "length"

    @property
    def taken_back(self) -> bool:
        """Whether it was obtained, and later found to answer a prompt that the server had cut: its words are `raw`."""
        return self.reason == "overflow" and self.detail == CUT_SILENTLY

    @property
    def final(self) -> bool:
        """Whether asking again is pointless: answered, or missing for a final reason.

        A prompt that was found too long before it was sent is looked at again, which costs nothing: the window may be
        told otherwise by then.
        """
        return self.status == "ok" or (self.reason in FINAL and self.attempts > 0)


def _sum(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)
