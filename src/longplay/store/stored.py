"""What a store gives back beside replies and verdicts. Values only."""

from typing import NamedTuple

import msgspec

from longplay.records import Reply, Verdict
from longplay.records.messages import Reason


class StoredRound(msgspec.Struct, frozen=True):
    """A round; without a reply it was never asked. `reason`: why nothing was obtained, None where it was. `copied`:
    whether the reply is copied from an earlier one of its dialogue."""

    number: int
    user: str
    reply: Reply | None
    reason: Reason | None
    copied: bool = False


class StoredAnswer(msgspec.Struct, frozen=True):
    """An answer; `reply`, `reason` and `copied` as in StoredRound."""

    probe: str
    item: str
    draw: int
    reply: Reply | None
    reason: Reason | None
    copied: bool = False


class StoredText(msgspec.Struct, frozen=True):
    """What was said to an item: `text` None = missing; answers with one `call` are one answer of several conditions."""

    item: str
    call: int | None
    text: str | None


class StoredRepeat(msgspec.Struct, frozen=True):
    """An answer's request, sent again with equal bytes for the `number`th time (from 1)."""

    probe: str
    item: str
    draw: int
    number: int
    reply: Reply


class VerdictKey(NamedTuple):
    """A verdict on a round of a given dialogue."""

    number: int
    metric: str
    judge: str
    method: str
    judged_as: str | None
    repeat: int
    part: str | None = None


class AnswerVerdictKey(NamedTuple):
    """A verdict on an answer after a given prefix."""

    probe: str
    item: str
    draw: int
    metric: str
    judge: str
    method: str
    judged_as: str | None
    repeat: int
    part: str | None = None


class Judgement(msgspec.Struct, frozen=True):
    """A verdict and the judge's replies behind it, in their order. `counts`: see counting.py."""

    verdict: Verdict
    replies: tuple[Reply, ...]
    counts: bool = True


class StoredEstimate(msgspec.Struct, frozen=True):
    """One estimate as JSON."""

    method: str
    body: bytes


class Spent(msgspec.Struct, frozen=True):
    """What a model's calls took; tokens as counted by its server, which for `unmetered` requests did not say."""

    requests: int = 0
    attempts: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    written: int = 0
    unmetered: int = 0

    def plus(self, other: "Spent") -> "Spent":
        """Both together."""
        return Spent(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))
