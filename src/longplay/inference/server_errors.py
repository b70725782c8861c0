"""A server's refusal -> ask again, stop the run, or a missing Reply with its reason. Knows no network."""

import re

from longplay.inference.endings import NOTHING_ASKED, Asked
from longplay.inference.error_objects import ServerError, find_error
from longplay.inference.overflow_words import means_output_limit, means_overflow, means_rate_limit
from longplay.inference.phrases import any_of
from longplay.inference.retry import Again, Load, Outcome, Stop
from longplay.inference.unsupported import OUTPUT_LIMIT, advice, unsupported
from longplay.inference.waits import used_up_for_long, wait_in_body_s
from longplay.records import Reply
from longplay.records.messages import Reason

# Machine-readable words that servers put into an error's code, type or param.
_OVERFLOW = any_of(
    r"context\w*(?:exceed|overflow|limit|too_long)|exceed\w*context",
    r"(?:prompt|input|request)_(?:is_)?too_(?:long|large)",
    r"tokens?_limit|too_many_tokens|max_tokens_exceeded|string_above_max_length",
)
_FILTERED = {
    "content_filter",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "datainspectionfailed",
    "invalid_prompt",  # OpenAI: the prompt was flagged
    "moderation_blocked",
    "content_moderation",
}
# What is said of the content of a request, not of whoever asks.
_CONTENT = any_of(
    r"usage (?:guidelines?|polic(?:y|ies))",
    r"content (?:management )?(?:polic(?:y|ies)|guidelines?|moderation|filter(?:ing|s|ed)?|violat\w+)",
    r"moderation|\bflagged\b|guardrail|safety_check|data_inspection|new_sensitive",
    r"safety (?:system|filters?|checks?|polic(?:y|ies)|reasons?|guidelines?)",
    r"(?:inappropriate|prohibited|harmful|unsafe|sensitive|offensive|disallowed) "
    r"(?:content|words?|information|prompt|input)",
    r"content[^.]{0,40}violat",
    r"violat[^.]{0,60}(?:polic(?:y|ies)|guidelines?)",
    r"(?:considered|deemed|classified as|content is) high.risk|content exists risk|\bpii\b[^.]{0,30}block"
    r"|content (?:was|is|has been) blocked\b",
    # sensitive, unsafe; content against the rules
    "\u654f\u611f(?:\u8bcd|\u4fe1\u606f|\u5185\u5bb9)|\u4e0d\u5b89\u5168\u6216\u654f\u611f|\u5185\u5bb9[^\u3002]{0,10}\u8fdd\u89c4",
)
# A filter that failed is a fault, not a word about a text.
_FILTER_FAILED = re.compile(r"(?:unavailable|timed? ?out|failed to|internal error|overloaded|try again)")
_FLAGGED = any_of(r"\b(?:flagged|violat\w+|triggered|was filtered|were filtered|inappropriate)\b")
# What is said of whoever asks. A name of theirs may stand in any message.
_PERSON = any_of(
    r"\b(?:account|organi[sz]ation|team|project|access|api key)\b[^.,:;]{0,40}"
    r"(?:violat|suspend|bann|disabl|deactivat|terminat|block|flagged|restrict|revok)",
    r"suspended|\bbanned\b|deactivated",
)
_MAY_FOLLOW = re.compile(r"\b(?:may|might|could|can) [^.]{0,80}")
_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
_NO_CREDIT = any_of(
    r"insufficient (?:account )?(?:balance|credits?|funds|quota)",
    r"(?:balance|credits?) (?:is |are )?(?:too low|insufficient|exhausted|used up|not enough)|balance insufficient",
    "\u4f59\u989d\u4e0d\u8db3",  # the balance is too low
)
_NO_KEY = any_of(
    r"api[ _-]?key (?:is |was |has )?(?:been )?(?:not valid|invalid|expired|revoked|missing|not found)",
    r"(?:invalid|incorrect|expired|missing|no valid) (?:api[ _-]?key|credentials)",
)
_LOADING = any_of(
    r"(?:model|server|engine)[^.]{0,40}(?:is |are )?(?:still |currently )?(?:being )?"
    r"(?:loading|loaded now|starting|warming up|not ready)",
    r"loading (?:the )?model",
)
# Faults that pass, under whatever status they come.
_PASSING_WORDS = any_of(
    _LOADING.pattern,
    r"already borrowed|overloaded|too busy|at (?:full )?capacity|temporar(?:y|ily)|queue is full|timed? ?out",
    r"(?:server|service|model|system|engine)[^.]{0,20} busy",
    r"(?:no|not enough) (?:available )?(?:slots?|workers?|capacity)|slots? (?:is |are )?(?:un|not )available",
    r"too many (?:concurrent |pending |simultaneous )?requests|maximum number of concurrent",
    r"concurren(?:t|cy)[^.]{0,40}(?:limit|reached|exceeded)",
    r"try again (?:later|shortly|soon|in a)",
    r"connection (?:reset|error|refused|closed|terminat\w+)|reset before headers|upstream (?:connect )?error",
    r"capacity exceeded",
)
# Faults of a server that it names as one, under whatever status.
_OWN_FAULT = any_of(
    r"internal (?:server )?error|bad gateway|service unavailable|unexpected error|server error",
    r"please retry|, retry\b|retry (?:your|the) request|failed during generation",
    r"(?:engine|worker|backend|runner|process)\w*[^.]{0,20} (?:died|crashed|is dead|terminated|exited)|enginedead",
    r"cuda (?:error|out of memory)|out of memory",
)
_PASSING = {408, 409, 425, 429}
_BUSY = {429, 503, 529}
_OF_QUOTA = {None, 400, 402, 403, 429}
_TOOK_TOO_LONG = {408, 504, 524}
_REQUEST = {400, 405, 406, 411, 413, 414, 415, 422, 424, 431}  # something is wrong with this request
_BROKEN = {500, 502}  # a server's own fault, or a refusal that it did not know how to name
_STOPPING = {
    401: "the server refused the key; check the variable named in api_key_env, or name one where none is",
    402: "the account has no credit left; top it up and run again",
    403: "the server refused access; check the key's rights and the model's name",
    404: "no such model or address; check name and base_url (it usually ends in /v1)",
}
_SHORT = 140  # characters of a server's words that stand before an advice


def read_error(status: int | None, body: bytes, wait_s: float | None = None, asked: Asked = NOTHING_ASKED) -> Outcome:
    """A response that is no completion. `status`: of HTTP, or None where an error came under 200.

    `wait_s`: seconds that the server's headers ask for before the next attempt.
    """
    if status is not None and 300 <= status < 400:
        return Stop("the server answered with a redirect, which is not followed; set base_url to the final address")
    error = find_error(body)
    if status is None:
        return _settled(error, error.status, wait_s, asked, under_200=True)
    return _settled(error, status, wait_s, asked, under_200=False)


def read_error_in(body: bytes, asked: Asked = NOTHING_ASKED) -> Outcome | None:
    """The error in a body that came under 200 and holds no reply; None where it names none."""
    error = find_error(body)
    return _settled(error, error.status, None, asked, under_200=True) if error.named else None


def _settled(error: ServerError, status: int | None, wait_s: float | None, asked: Asked, *, under_200: bool) -> Outcome:
    said = error.said
    detail = f"{status}: {said}" if said and status else said or f"{status}"
    if wait_s is None:
        wait_s = wait_in_body_s(error.parts, said)
    bad_request = status is None or status in _REQUEST or status in _BROKEN
    remedy = unsupported(error, status) if bad_request else None
    if remedy is not None:
        return Stop(remedy, detail)
    missing = _missing(error, status, asked, bad_request=bad_request)
    if missing is not None:
        return Reply("missing", reason=missing, detail=detail)
    if bad_request and status not in _BROKEN and means_output_limit(said, asked):
        return Stop(OUTPUT_LIMIT, detail)
    if status == 400 and _NO_KEY.search(said.lower()):
        return Stop(_STOPPING[401], detail)
    used_up = error.words & _NO_QUOTA or (status in _OF_QUOTA and _NO_CREDIT.search(said.lower()))
    if used_up or (status == 429 and used_up_for_long(error.parts, said)):
        return Stop("the quota is used up; raise it or wait, then run again", detail)
    if status == 404 and _LOADING.search(said.lower()):
        return Again(detail, wait_s, "busy")
    if status in _STOPPING and not under_200:
        return Stop(_STOPPING[status], detail)
    passing = _passing(error, status, under_200=under_200)
    if passing is not None:
        return Again(detail, wait_s, passing)
    hint = advice(error)
    return Reply("missing", reason="failed", detail=f"{detail[:_SHORT]}; {hint}" if hint else detail)


def _missing(error: ServerError, status: int | None, asked: Asked, *, bad_request: bool) -> Reason | None:
    """The reason for which this request would never be answered; None where it might."""
    said = error.said.lower()
    if any(map(_OVERFLOW.search, error.words)) or (status == 413 and not means_rate_limit(said)):
        return "overflow"
    if bad_request and not means_output_limit(said, asked) and means_overflow(said, asked):
        return "overflow"
    if error.words & _FILTERED or error.moderated:
        return "filtered"
    if (bad_request or status in (403, 451)) and _is_about_content(said):
        return "filtered"
    return None


def _is_about_content(said: str) -> bool:
    """Whether a message says that a text was flagged, and nothing of whoever asks but what may become of them."""
    if not _CONTENT.search(said) or (_FILTER_FAILED.search(said) and not _FLAGGED.search(said)):
        return False
    return not _PERSON.search(_MAY_FOLLOW.sub("", said))


def _passing(error: ServerError, status: int | None, *, under_200: bool) -> Load | None:
    """What a fault that may pass says of the server's load; None for one that would not pass."""
    if status in _BUSY:
        return "busy"
    if status in _TOOK_TOO_LONG:
        return "timeout"
    said = error.said.lower()
    if means_rate_limit(said) or _PASSING_WORDS.search(said):
        return "busy"
    if status is None or status in _PASSING or not 400 <= status < 500 or _OWN_FAULT.search(said):
        return "other"
    return "other" if under_200 and status in _STOPPING else None
