"""A server's refusal -> ask again, stop the run, or a missing Reply with its reason. Knows no network."""

from typing import cast

import msgspec

from longplay.inference.retry import Again, Outcome, Stop
from longplay.inference.unsupported import unsupported
from longplay.records import Reply

# Machine-readable words that servers put into an error's code, type or param.
_OVERFLOW = {
    "context_length_exceeded",  # OpenAI and most that copy it
    "exceed_context_size_error",  # llama-server
    "context_exceeded",
    "token_limit_exceeded",
    "string_above_max_length",
}
_FILTERED = {
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "invalid_prompt",  # OpenAI: the prompt was flagged
    "moderation_blocked",
}
_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
# vLLM, SGLang and Gemini give an overflow no code of its own; only their words say it.
_OVERFLOW_WORDS = (
    "context length",
    "context window",
    "context size",
    "maximum number of tokens allowed",
    "maximum input length",
)
_PASSING = {408, 409, 425, 429}
_BUSY = {429, 503, 529}
_TOOK_TOO_LONG = {408, 504, 524}
_STOPPING = {
    401: "the server refused the key; check the variable named in api_key_env",
    402: "the account has no credit left; top it up and run again",
    403: "the server refused access; check the key's rights and the model's name",
    404: "no such model or address; check name and base_url (it usually ends in /v1)",
}


class _Error(msgspec.Struct):
    code: object = None
    type: object = None
    param: object = None
    message: object = None
    metadata: object = None
    error: object = None

    @property
    def words(self) -> set[str]:
        return {word.lower() for word in (self.code, self.type, self.param) if isinstance(word, str)}

    @property
    def under_200(self) -> int:
        """The status that an error under HTTP 200 stands for: one bad request, or else a passing fault upstream."""
        code = self.code
        return code if isinstance(code, int) and 400 <= code < 500 and code not in _STOPPING else 500

    @property
    def moderated(self) -> bool:
        """OpenRouter's way of saying that the input was flagged, under a status that else means a refused key."""
        if not isinstance(self.metadata, dict):
            return False
        return "flagged_input" in cast("dict[str, object]", self.metadata)


def read_error(status: int | None, body: bytes, wait_s: float | None = None) -> Outcome:
    """A response that is no completion. `status`: of HTTP, or None where an error came under 200.

    `wait_s`: seconds that the server asks for before the next attempt.
    """
    error, said = _find(body)
    if status is None:
        status = error.under_200
    detail = f"{status}: {said}" if said else f"{status}"
    if 300 <= status < 400:
        return Stop("the server answered with a redirect, which is not followed; set base_url to the final address")
    if error.words & _OVERFLOW or (status in (400, 413, 422) and _names_overflow(said)):
        return Reply("missing", reason="overflow", detail=detail)
    if error.words & _FILTERED or error.moderated:
        return Reply("missing", reason="filtered", detail=detail)
    if error.words & _NO_QUOTA:
        return Stop("the quota is used up; raise it or wait, then run again", detail)
    if status in _STOPPING:
        return Stop(_STOPPING[status], detail)
    if status in _PASSING or not 400 <= status < 500:
        kind = "busy" if status in _BUSY else "timeout" if status in _TOOK_TOO_LONG else "other"
        return Again(detail, wait_s, kind)
    remedy = unsupported(error.words, error.param, said) if status in (400, 422) else None
    if remedy is not None:
        return Stop(remedy, detail)
    return Reply("missing", reason="failed", detail=detail)


def _names_overflow(said: str) -> bool:
    lower = said.lower()
    return any(words in lower for words in _OVERFLOW_WORDS)


def _find(body: bytes) -> tuple[_Error, str]:
    """The error in a body, and its message; the body itself where it is no error object."""
    try:
        found: object = msgspec.json.decode(body)
        if isinstance(found, list) and found:
            found = cast("list[object]", found)[0]  # Gemini's compatible endpoint wraps the object in a list
        outer = msgspec.convert(found, _Error)
        inner = outer if outer.error is None else outer.error
        if isinstance(inner, str):
            return _Error(), inner
        error = msgspec.convert(inner, _Error)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _Error(), body.decode(errors="replace")
    said = error.message if isinstance(error.message, str) else body.decode(errors="replace")
    return error, said
