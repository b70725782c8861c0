"""What a server says a reply could have begun with -> tokens and log probabilities. Knows no network."""

import math
from collections.abc import Iterable

import msgspec

from longplay.inference.chat_format import sendable
from longplay.records import LIKELIEST, Likely

_MOST_CHARS = 200
_ROUNDING = 0.01  # by which probabilities that a server rounds may sum to more than 1


class _Alternative(msgspec.Struct):
    token: str
    logprob: float


class _Token(msgspec.Struct):
    top_logprobs: list[_Alternative] | None = None


class _Told(msgspec.Struct):
    content: list[_Token] | None = None


_TOLD = msgspec.json.Decoder(_Told | None)


def read_likeliest(logprobs: msgspec.Raw) -> tuple[Likely, ...]:
    """The first token's alternatives in `logprobs` of a chat completion; none where they cannot be read."""
    try:
        told = _TOLD.decode(logprobs)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ()
    if told is None or not told.content:
        return ()
    return likeliest((one.token, one.logprob) for one in told.content[0].top_logprobs or ())


def likeliest(pairs: Iterable[tuple[str, float]]) -> tuple[Likely, ...]:
    """Tokens with their log probabilities, likeliest first; none where the numbers cannot be probabilities."""
    found = sorted((Likely(sendable(token)[:_MOST_CHARS], float(said)) for token, said in pairs), key=_falling)
    kept = tuple(one for one in found if math.isfinite(one.logprob))[:LIKELIEST]
    if any(one.logprob > _ROUNDING for one in kept):
        return ()
    return kept if sum(math.exp(one.logprob) for one in kept) <= 1 + _ROUNDING else ()


def _falling(one: Likely) -> float:
    return -one.logprob
