"""The token counts of a completion, read one by one: a field that is odd costs no other. Knows no network."""

from collections.abc import Mapping
from typing import TypeVar, cast

import msgspec
from msgspec import Raw

from longplay.records import Usage

_MOST = 2**53
_DIGITS = 16
T = TypeVar("T")


class _Counts(msgspec.Struct):
    """The names under which servers count. `input_tokens` is Anthropic's too, where it leaves out what a cache held."""

    prompt_tokens: object = None
    completion_tokens: object = None
    total_tokens: object = None
    prompt_tokens_details: object = None
    input_tokens: object = None
    output_tokens: object = None
    input_tokens_details: object = None
    prompt_cache_hit_tokens: object = None
    cache_read_input_tokens: object = None
    cache_creation_input_tokens: object = None
    cached_tokens: object = None


class _Timings(msgspec.Struct):
    cache_n: object = None
    prompt_n: object = None
    predicted_n: object = None


_COUNTS = msgspec.json.Decoder(_Counts)
_TIMINGS = msgspec.json.Decoder(_Timings)
_NO_COUNTS, _NO_TIMINGS = _Counts(), _Timings()
_NO_DETAILS: Mapping[str, object] = {}
_NULL = b"null"


def read_usage(usage: Raw, timings: Raw) -> Usage:
    """Tokens of one call. `usage` and `timings`: the fields of these names (the second is llama-server's).

    `cached` is a part of `prompt`: where a server counts the two apart, they are added.
    """
    counts = _decode(usage, _COUNTS) or _NO_COUNTS
    times = (_decode(timings, _TIMINGS) or _NO_TIMINGS) if bytes(timings) != _NULL else _NO_TIMINGS
    details = _details(counts.prompt_tokens_details) or _details(counts.input_tokens_details)
    cached = _first(
        details.get("cached_tokens"),
        counts.prompt_cache_hit_tokens,
        counts.cache_read_input_tokens,
        counts.cached_tokens,
        times.cache_n,
    )
    written = _first(details.get("cache_write_tokens"), counts.cache_creation_input_tokens)
    completion = _first(counts.completion_tokens, counts.output_tokens, times.predicted_n)
    prompt = _first(counts.prompt_tokens)
    if prompt is None:
        prompt = _apart(counts, times, cached or 0, written or 0)
    apart = False
    if prompt is not None and cached and _counted_apart(prompt, cached, completion, _count(counts.total_tokens)):
        prompt, apart = prompt + cached, True
    if prompt is not None and written is not None and written + (cached or 0) > prompt:
        written = None
    return Usage(prompt, cached, completion, written, apart)


def _apart(counts: _Counts, times: _Timings, cached: int, written: int) -> int | None:
    """The whole prompt of a server that names it in parts."""
    said = _count(counts.input_tokens)
    if said is not None:
        parts = counts.cache_read_input_tokens is not None or counts.cache_creation_input_tokens is not None
        return said + cached + written if parts else said
    computed = _count(times.prompt_n)
    return None if computed is None else computed + cached


def _counted_apart(prompt: int, cached: int, completion: int | None, total: int | None) -> bool:
    """Whether a prompt's count leaves out what a cache held: it is the smaller, or the total says so."""
    return cached > prompt or (None not in (total, completion) and total == prompt + cached + (completion or 0))


def _details(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else _NO_DETAILS


def _first(*values: object) -> int | None:
    """The first that is a count."""
    for value in values:
        if value is not None and (count := _count(value)) is not None:
            return count
    return None


def _count(value: object) -> int | None:
    """A number of tokens, also where it came as 9.0 or "9"; None where it is none."""
    if type(value) is int:
        return value if 0 <= value <= _MOST else None
    if isinstance(value, str):
        digits = value.isascii() and value.isdigit() and len(value) <= _DIGITS
        value = int(value) if digits else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() else None
    else:
        return None
    return value if value is not None and 0 <= value <= _MOST else None


def _decode(raw: Raw, decoder: "msgspec.json.Decoder[T]") -> T | None:
    """A side field, which must not cost the reply where it is malformed."""
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
