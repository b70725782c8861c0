"""The bytes of a chat completion -> a Reply: what the model did, or why nothing was obtained. Knows no network."""

import json
import re

import msgspec
from msgspec import Raw

from longplay.inference.contents import Content, read_content, read_reasoning
from longplay.inference.endings import NOTHING_ASKED, Asked, Ending, read_ending, word_of
from longplay.inference.error_objects import is_error
from longplay.inference.first_tokens import read_likeliest
from longplay.inference.framing import unwrapped, web_page, what_it_is
from longplay.inference.reply_outcome import MAX_RAW_BYTES, Came, believed, no_reply, with_error
from longplay.inference.retry import Again, Outcome
from longplay.inference.server_errors import read_error, read_error_in
from longplay.inference.traces import split_trace
from longplay.inference.usage import read_usage
from longplay.records import Reply

_SURROGATE = re.compile("[\ud800-\udfff]")
_NULL = Raw(b"null")
_NAME_CHARS = 200
_SHOWN_CHARS = 60


class _Said(msgspec.Struct):
    content: object = None
    refusal: object = None
    reasoning_content: object = None
    reasoning: object = None
    thinking: object = None
    reasoning_details: object = None
    tool_calls: object = None
    function_call: object = None
    error: Raw = _NULL


class _Choice(msgspec.Struct):
    index: object = None
    message: _Said | None = None
    delta: _Said | None = None  # of a server that answers with the one event of a stream
    finish_reason: object = None
    native_finish_reason: object = None
    error: Raw = _NULL
    logprobs: Raw = _NULL


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Raw = _NULL
    timings: Raw = _NULL
    error: Raw = _NULL
    errors: Raw = _NULL
    error_message: Raw = _NULL
    error_msg: Raw = _NULL
    base_resp: Raw = _NULL  # MiniMax says there whether something went wrong
    success: object = None
    model: object = None
    system_fingerprint: object = None


class _BaseResp(msgspec.Struct):
    status_code: object = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_NOTHING_SAID = _Said()


def read_completion(body: bytes, asked: Asked = NOTHING_ASKED) -> Outcome:
    """The body of a 2xx response. Bytes that break off are worth another attempt; bytes that are no UTF-8 are final."""
    try:
        completion = _COMPLETION.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        mended = _mend(body)
        if not isinstance(mended, _Completion):
            return mended
        completion = mended
    if not completion.choices:
        return read_error_in(body, asked) or Again("the reply holds no choices")
    first = completion.choices[0]
    if first.index != 0:
        first = next((choice for choice in completion.choices if choice.index == 0), first)
    return _read_choice(completion, first, body, asked)


def _mend(body: bytes) -> _Completion | Outcome:
    """A second look at bytes the strict decoder refused: what stands around the JSON is taken off; half surrogates and
    NaN are valid for many servers."""
    if web_page(body) is not None:
        return Again(what_it_is(body))
    body = unwrapped(body)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return Again("the reply breaks off within a character")
        detail = f"the reply is not UTF-8 (byte {error.start} of {len(body)})"
        return Reply("missing", reason="undecodable", detail=detail, raw=body[:MAX_RAW_BYTES])
    try:
        found: object = json.loads(text, parse_constant=lambda _: None)
        if isinstance(found, list):  # Gemini's compatible endpoint wraps an error in a list
            return read_error_in(body) or Again("the reply is no chat completion but a list")
        return _COMPLETION.decode(_SURROGATE.sub("\ufffd", json.dumps(found, ensure_ascii=False)))
    except msgspec.ValidationError as error:
        return read_error_in(body) or Again(f"the reply is no chat completion: {error}")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Again(what_it_is(body))


def _read_choice(completion: _Completion, choice: _Choice, body: bytes, asked: Asked) -> Outcome:
    said = choice.message or choice.delta or _NOTHING_SAID
    content, fault = read_content(said.content), None
    if isinstance(content, Again):
        content, fault = Content(""), content
    came = _came(completion, choice, said, content)
    if asked.likeliest:
        came = msgspec.structs.replace(came, likeliest=read_likeliest(choice.logprobs))
    for error in (completion.error, choice.error, said.error):
        if error is not _NULL and _holds_error(error):
            return with_error(read_error(None, bytes(error), None, asked), came)
    for error in (completion.errors, completion.error_message, completion.error_msg):
        if error is not _NULL and _says_error(error):
            return with_error(read_error(None, body, None, asked), came)
    if completion.success is False:
        return with_error(read_error(None, body, None, asked), came)
    if completion.base_resp is not _NULL and _went_wrong(completion.base_resp):
        return with_error(read_error(None, bytes(completion.base_resp), None, asked), came)
    if said is _NOTHING_SAID:
        return Again("the reply holds no message")
    if choice.message is None and choice.finish_reason is None:
        return Again("the server answered with a piece of a stream, although stream = false was asked for")
    if fault is not None:
        return no_reply(came, fault.detail)
    if choice.finish_reason is not None and not isinstance(choice.finish_reason, str):
        return no_reply(came, f"the reply's ending is no word ({str(choice.finish_reason)[:_SHOWN_CHARS]})")
    ending = read_ending(came.word, asked.endings)
    if ending == "stop":
        ending = _first_said(said, choice, asked)
    return believed(came, ending, asked)


def _first_said(said: _Said, choice: _Choice, asked: Asked) -> Ending:
    """A normal end, unless the message or the model's own server behind a router says otherwise."""
    native = read_ending(word_of(choice.native_finish_reason), asked.endings)
    if native in ("filter", "length", "window"):
        return native
    return "tools" if said.tool_calls or said.function_call else "stop"


def _came(completion: _Completion, choice: _Choice, said: _Said, content: Content) -> Came:
    raw = content.text or (said.refusal if isinstance(said.refusal, str) else "")
    split = split_trace(raw)
    given = read_reasoning(said.reasoning_content, said.reasoning, said.thinking, said.reasoning_details)
    ended = choice.finish_reason if choice.finish_reason is not None else choice.native_finish_reason
    return Came(
        raw,
        split.text,
        given or content.reasoning or split.reasoning,
        split.marked,
        read_usage(completion.usage, completion.timings),
        word_of(ended),
        _name(completion.model),
        _name(completion.system_fingerprint),
    )


def _holds_error(raw: Raw) -> bool:
    try:
        return is_error(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _says_error(raw: Raw) -> bool:
    """Whether a field beside the choices says in words or in an object that something went wrong."""
    return bytes(raw).strip().lower() not in (b'"success"', b'"ok"', b'"none"', b'"null"') and _holds_error(raw)


def _went_wrong(raw: Raw) -> bool:
    try:
        return bool(msgspec.json.decode(raw, type=_BaseResp).status_code)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _name(said: object) -> str:
    """A name that the server gives itself; "" for none."""
    return said[:_NAME_CHARS] if isinstance(said, str) else ""
