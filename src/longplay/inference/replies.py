"""The bytes of a chat completion -> a Reply: what the model did, or why nothing was obtained. Knows no network."""

import json
import re
from typing import Annotated, TypeVar, cast

import msgspec
from msgspec import Meta, Raw

from longplay.inference.retry import Again, Outcome
from longplay.inference.server_errors import read_error
from longplay.records import Reply, Usage
from longplay.records.messages import Finish

MAX_RAW_BYTES = 1_000_000

_FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filter",
}
_THINK = re.compile(r"\s*<think>(?P<trace>.*?)(?:</think>\s*|\Z)", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")

Count = Annotated[int, Meta(ge=0, le=2**53)]
T = TypeVar("T")


class _Said(msgspec.Struct):
    content: object = None
    refusal: object = None
    reasoning_content: object = None
    reasoning: object = None


class _Choice(msgspec.Struct):
    message: _Said | None = None
    finish_reason: object = None


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Raw = Raw(b"null")
    timings: Raw = Raw(b"null")
    error: Raw = Raw(b"null")


class _Part(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Details(msgspec.Struct):
    cached_tokens: Count | None = None


class _Counts(msgspec.Struct):
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: Count | None = None


class _Timings(msgspec.Struct):
    cache_n: Count | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_NO_DETAILS = _Details()
_COUNTS = msgspec.json.Decoder(_Counts)
_TIMINGS = msgspec.json.Decoder(_Timings)


def read_completion(body: bytes) -> Outcome:
    """The body of a 2xx response. Bytes that break off are worth another attempt; bytes that are no UTF-8 are final."""
    try:
        completion = _COMPLETION.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        mended = _mend(body)
        if not isinstance(mended, _Completion):
            return mended
        completion = mended
    if not completion.choices:
        if bytes(completion.error) != b"null":
            return read_error(None, body)
        return Again("the reply holds no choices")
    return _read_choice(completion, completion.choices[0])


def _mend(body: bytes) -> _Completion | Outcome:
    """A second look at bytes the strict decoder refused: half surrogates and NaN are valid for many servers."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return Again("the reply breaks off within a character")
        detail = f"the reply is not UTF-8 (byte {error.start} of {len(body)})"
        return Reply("missing", reason="undecodable", detail=detail, raw=body[:MAX_RAW_BYTES])
    try:
        found = json.loads(text, parse_constant=lambda _: None)
        return _COMPLETION.decode(_SURROGATE.sub("\ufffd", json.dumps(found, ensure_ascii=False)))
    except msgspec.ValidationError as error:
        return Again(f"the reply is no chat completion: {error}")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Again("the reply is not whole JSON")


def _read_choice(completion: _Completion, choice: _Choice) -> Outcome:
    said = choice.message
    if said is None:
        return Again("the reply holds no message")
    text = _text(said.content)
    if text is None:
        return Again("the reply's content is no text")
    if not text and isinstance(said.refusal, str):
        text = said.refusal
    if choice.finish_reason == "error":
        return Again("the server broke off while generating")
    reason = choice.finish_reason
    finish: Finish = _FINISHES.get(reason.lower(), "other") if isinstance(reason, str) else "other"
    usage = _usage(completion)
    if finish == "filter" and not text:
        return Reply("missing", reason="filtered", finish=finish, usage=usage, detail="the provider filtered the reply")
    text, trace = _split_trace(text, cut=finish == "length")
    given = said.reasoning_content if isinstance(said.reasoning_content, str) else said.reasoning
    reasoning = given if isinstance(given, str) and given else trace
    return Reply("ok", text=text, finish=finish, usage=usage, reasoning=reasoning)


def _text(content: object) -> str | None:
    """Content as text: a string, nothing, or a list of parts; None where it is something else."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return None
    try:
        parts = msgspec.convert(cast("list[object]", content), list[_Part])
    except msgspec.ValidationError:
        return None
    return "".join(part.text for part in parts if part.type == "text")


def _split_trace(text: str, *, cut: bool) -> tuple[str, str]:
    """Text and reasoning apart, where the text begins with a trace; one that never ends counts only if it was cut."""
    found = _THINK.match(text)
    if found is None or (not cut and "</think>" not in found[0]):
        return text, ""
    return text[found.end() :], found["trace"].strip()


def _usage(completion: _Completion) -> Usage:
    counts = _decode(completion.usage, _COUNTS) or _Counts()
    cached = (counts.prompt_tokens_details or _NO_DETAILS).cached_tokens
    if cached is None:
        cached = counts.prompt_cache_hit_tokens
    if cached is None:
        cached = (_decode(completion.timings, _TIMINGS) or _Timings()).cache_n
    if cached is not None and counts.prompt_tokens is not None:
        cached = min(cached, counts.prompt_tokens)
    return Usage(counts.prompt_tokens, cached, counts.completion_tokens)


def _decode(raw: Raw, decoder: "msgspec.json.Decoder[T]") -> T | None:
    """A side field, which must not cost the reply where it is malformed."""
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
