"""The bytes of a chat completion -> a Reply: what the model did, or why nothing was obtained. Knows no network.

Nothing is believed because it arrived: a reply counts where it ended in a known way and no error stands in it.
"""

import json
import re

import msgspec
from msgspec import Raw

from longplay.inference.contents import Content, read_content, read_reasoning
from longplay.inference.endings import NOTHING_ASKED, Asked, Ending, read_ending, word_of
from longplay.inference.error_objects import is_error
from longplay.inference.framing import unwrapped, web_page, what_it_is
from longplay.inference.retry import Again, Outcome
from longplay.inference.server_errors import read_error, read_error_in
from longplay.inference.traces import split_trace
from longplay.inference.usage import read_usage
from longplay.records import Reply, Usage
from longplay.records.messages import Finish, Reason
from longplay.specs import toml_text

MAX_RAW_BYTES = 1_000_000

_SURROGATE = re.compile("[\ud800-\udfff]")
_NULL = Raw(b"null")
_NAME_CHARS = 200
_SHOWN_CHARS = 60
_INTO = "into the model's part of the study"


class _Said(msgspec.Struct):
    content: object = None
    refusal: object = None
    reasoning_content: object = None
    reasoning: object = None
    thinking: object = None
    reasoning_details: object = None
    error: Raw = _NULL


class _Choice(msgspec.Struct):
    message: _Said | None = None
    delta: _Said | None = None  # of a server that answers with the one event of a stream
    finish_reason: object = None
    native_finish_reason: object = None
    error: Raw = _NULL


class _Completion(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: Raw = _NULL
    timings: Raw = _NULL
    error: Raw = _NULL
    model: object = None
    system_fingerprint: object = None


_COMPLETION = msgspec.json.Decoder(_Completion)
_NOTHING_SAID = _Said()


class _Came(msgspec.Struct, frozen=True):
    """What a choice holds, before anything of it is believed. `raw`: its text as it came, with traces and marks."""

    raw: str
    text: str
    reasoning: str
    marked: bool
    usage: Usage
    word: str
    served_by: str
    fingerprint: str

    @property
    def nothing(self) -> bool:
        """Whether the model wrote nothing at all, and the server counts 0 tokens."""
        return not self.text and not self.reasoning and self.usage.completion == 0

    def missing(self, reason: Reason, finish: Finish, detail: str) -> Reply:
        """A reply that is not believed; what came of its text is kept as bytes."""
        return Reply(
            "missing",
            reason=reason,
            finish=finish,
            usage=self.usage,
            detail=detail,
            raw=self.raw.encode(errors="replace")[:MAX_RAW_BYTES] or None,
            ending=self.word,
            served_by=self.served_by,
            fingerprint=self.fingerprint,
        )


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
    return _read_choice(completion, completion.choices[0], asked)


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


def _read_choice(completion: _Completion, choice: _Choice, asked: Asked) -> Outcome:
    said = choice.message or choice.delta or _NOTHING_SAID
    content, fault = read_content(said.content), None
    if isinstance(content, Again):
        content, fault = Content(""), content
    came = _came(completion, choice, said, content)
    for error in (completion.error, choice.error, said.error):
        if error is not _NULL and _holds_error(error):
            return _with_error(read_error(None, bytes(error), None, asked), came)
    if said is _NOTHING_SAID:
        return Again("the reply holds no message")
    if fault is not None:
        return _no_ending(came, fault.detail)
    if not isinstance(choice.finish_reason, str | None):
        return _no_ending(came, f"the reply's ending is no word ({str(choice.finish_reason)[:_SHOWN_CHARS]})")
    return _believed(came, read_ending(came.word, asked.endings), asked)


def _came(completion: _Completion, choice: _Choice, said: _Said, content: Content) -> _Came:
    raw = content.text or (said.refusal if isinstance(said.refusal, str) else "")
    split = split_trace(raw)
    given = read_reasoning(said.reasoning_content, said.reasoning, said.thinking, said.reasoning_details)
    ended = choice.finish_reason if choice.finish_reason is not None else choice.native_finish_reason
    return _Came(
        raw,
        split.text,
        given or content.reasoning or split.reasoning,
        split.marked,
        read_usage(completion.usage, completion.timings),
        word_of(ended),
        _name(completion.model),
        _name(completion.system_fingerprint),
    )


def _believed(came: _Came, ending: Ending | None, asked: Asked) -> Outcome:
    """A reply by how it ended: behaviour, or why it is none."""
    text, completion = came.text, came.usage.completion
    if ending == "filter":
        detail = f"the provider filtered the reply (ended as {toml_text(came.word[:_SHOWN_CHARS])})"
        return came.missing("filtered", "filter", detail)
    if (ending == "length" and came.nothing) or (ending == "window" and not text.strip()):
        return came.missing("overflow", "length", "the server ended the reply before its first token: no room was left")
    if ending == "tools" and not text.strip():
        return _no_ending(came, f"ended as {toml_text(came.word[:_SHOWN_CHARS])}, without a text")
    if ending is None or (not came.word and (not text or completion == 0)):
        return _no_ending(came, _unknown(came))
    full = completion is not None and completion == asked.max_tokens
    finish: Finish = "length" if ending in ("length", "window") or full else "stop"
    return Reply(
        "ok",
        text=text,
        finish=finish,
        usage=came.usage,
        reasoning=came.reasoning,
        ending=came.word,
        served_by=came.served_by,
        fingerprint=came.fingerprint,
        marked=came.marked,
    )


def _unknown(came: _Came) -> str:
    """Why an ending is not believed, and the key that admits it."""
    if not came.word:
        return f'the reply names no ending; if this server never names one, write finish = "unnamed" {_INTO}'
    word = toml_text(came.word[:_SHOWN_CHARS])
    admits = f'write endings = {{ {word} = "stop" }} {_INTO}'
    return f"ended as {word}, which is not known as an end of whole replies; if it is one, {admits}"


def _no_ending(came: _Came, detail: str) -> Again:
    """No reply: worth another attempt, and failed if it stays so."""
    return Again(detail, left=came.missing("failed", "other", detail))


def _with_error(outcome: Outcome, came: _Came) -> Outcome:
    """What an error beside a reply comes to, with what came of the text."""
    if isinstance(outcome, Again):
        return msgspec.structs.replace(outcome, left=came.missing("failed", "other", outcome.detail))
    if isinstance(outcome, Reply) and outcome.reason is not None:
        return came.missing(outcome.reason, "other", outcome.detail)
    return outcome


def _holds_error(raw: Raw) -> bool:
    try:
        return is_error(msgspec.json.decode(raw))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _name(said: object) -> str:
    """A name that the server gives itself; "" for none."""
    return said[:_NAME_CHARS] if isinstance(said, str) else ""
