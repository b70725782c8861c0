"""What inspect-ai returns or raises -> a Reply, another attempt, or a stop. Knows its shapes, not the network.

inspect-ai fills gaps with words of its own ("(no content)", "BLOCKED: ...", an error's text as the reply). None of them
may pass for what a model said: text counts only where the server counted tokens for it, or ended the reply by itself.
"""

import socket
from collections.abc import Iterator, Mapping
from typing import cast

import msgspec
from inspect_ai.model import Content, ContentReasoning, ContentText, ModelAPI, ModelOutput, ModelUsage

from longplay.inference.chat_format import sendable
from longplay.inference.endings import NOTHING_ASKED, Asked, read_ending
from longplay.inference.first_tokens import likeliest
from longplay.inference.rate_headers import asked_s
from longplay.inference.reply_outcome import Came, believed, no_reply
from longplay.inference.retry import Again, Outcome, Stop
from longplay.inference.server_errors import read_error
from longplay.inference.traces import split_trace
from longplay.records import Reply, Usage

# Faults that every request would meet, which only the words of a passing or a bad request's status tell.
_STOPPING = {
    "credit balance is too low": "the account has no credit left; top it up and run again",
    "limit: 0": "this key has no quota for the model; raise it or choose another model",
    "api key not valid": "the server refused the key; check the variable named in api_key_env",
    "api_key_invalid": "the server refused the key; check the variable named in api_key_env",
    "api key expired": "the server refused the key; check the variable named in api_key_env",
}
_WRAPPERS = {"RetryError", "ModelGenerateError"}  # the second repeats the whole request in its text
_MAX_CAUSES = 20
_NAME_CHARS = 200


def read_output(output: ModelOutput, asked: Asked = NOTHING_ASKED) -> Outcome:
    """What a model did, or why nothing was obtained: by the same rules as of a chat completion."""
    if not output.choices:
        return Again("the reply holds no choices")
    choice = output.choices[0]
    came, counted = _came(output), _counted(output)
    told = choice.logprobs.content if asked.likeliest and choice.logprobs is not None else []
    if told:
        first = likeliest((one.token, one.logprob) for one in told[0].top_logprobs or ())
        came = msgspec.structs.replace(came, likeliest=first)
    content = choice.message.content
    if choice.stop_reason == "content_filter" and output.error:
        return came.missing("filtered", "filter", output.error)
    if choice.stop_reason == "model_length" and not counted:
        return came.missing("overflow", "length", output.error or choice.message.text)
    if isinstance(content, str) and content and not counted and choice.stop_reason != "content_filter":
        return no_reply(came, "the reply holds no text of the model")
    return believed(came, read_ending(choice.stop_reason, asked.endings), asked)


def _came(output: ModelOutput) -> Came:
    choice = output.choices[0]
    raw, reasoning = _parts(choice.message.content)
    split = split_trace(raw)
    return Came(
        raw if _counted(output) else "",
        split.text,
        reasoning or split.reasoning,
        split.marked,
        _usage(output.usage),
        choice.stop_reason,
        output.model[:_NAME_CHARS],
        "",
    )


def read_failure(error: BaseException, api: ModelAPI, asked: Asked = NOTHING_ASKED) -> Outcome:
    """What an exception of inspect-ai or of a client library under it stands for, with the help of its provider `api`.

    An error that says nothing of itself may pass: the attempts are bounded.
    """
    causes = [cause for cause in _causes(error) if type(cause).__name__ not in _WRAPPERS] or [error]
    refusal = next((cause for cause in causes if _status(cause)), causes[0])
    status, said = _status(refusal), _body(refusal)
    for words, line in _STOPPING.items():
        if words.encode() in said.lower():
            return Stop(line, f"{status or type(refusal).__name__}")
    may_pass = isinstance(refusal, Exception) and bool(api.should_retry(refusal))
    if status is not None:
        outcome = read_error(status, said, _wait_s(refusal), asked)
        passes = may_pass and isinstance(outcome, Reply) and outcome.reason == "failed"
        return Again(outcome.detail) if passes else outcome
    detail = f"{type(refusal).__name__}: {refusal}"
    if isinstance(refusal, Exception) and api.is_auth_failure(refusal):
        return Stop("the server refused the credentials", detail)
    if any(isinstance(cause, ConnectionRefusedError | socket.gaierror) for cause in causes):
        return Again(detail, kind="unreachable")
    return Again(detail, kind="timeout" if any(isinstance(cause, TimeoutError) for cause in causes) else "other")


def _parts(content: str | list[Content]) -> tuple[str, str]:
    """Text and reasoning. A signature is no reasoning; what stands beside text and reasoning was not asked for."""
    if isinstance(content, str):
        return sendable(content), ""
    texts = [part.text for part in content if isinstance(part, ContentText)]
    thoughts = [part for part in content if isinstance(part, ContentReasoning)]
    traces = [part.summary or ("" if part.redacted else part.reasoning) for part in thoughts]
    return sendable("".join(texts)), sendable("\n\n".join(trace for trace in traces if trace))


def _counted(output: ModelOutput) -> bool:
    """Whether the server says that the model generated something."""
    return output.error is None and output.usage is not None and output.usage.output_tokens > 0


def _usage(usage: ModelUsage | None) -> Usage:
    """Tokens. The prompt includes what was read from a cache and what was written into one."""
    if usage is None:
        return Usage()
    read, written = usage.input_tokens_cache_read, usage.input_tokens_cache_write
    prompt = usage.input_tokens + (read or 0) + (written or 0)
    return Usage(prompt or None, read, usage.output_tokens, written)  # no prompt has 0 tokens: that is a count left out


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and those behind it, outermost first."""
    found: BaseException | None = error
    for _ in range(_MAX_CAUSES):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error, under the names that client libraries give it."""
    for name in ("status_code", "code"):
        status = cast(object, getattr(error, name, None))
        if isinstance(status, int) and 300 <= status < 600:
            return status
    return None


def _body(error: BaseException) -> bytes:
    """The body of an error, as JSON where the library kept it."""
    for name in ("body", "details"):
        body = cast(object, getattr(error, name, None))
        if isinstance(body, dict | list):
            return msgspec.json.encode(cast(object, body), enc_hook=str)
        if isinstance(body, str) and body:
            return body.encode(errors="replace")
    return str(error).encode(errors="replace")


def _wait_s(error: BaseException) -> float | None:
    """Seconds that the response behind an error asks for."""
    headers = cast(object, getattr(getattr(error, "response", None), "headers", None))
    return asked_s(cast("Mapping[str, str]", headers)) if isinstance(headers, Mapping) else None
