"""A server's word that it does not take what is sent -> the line of the study that helps. Knows no network."""

import re

from longplay.inference.error_objects import ServerError

_UNSUPPORTED_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden"}
_UNSUPPORTED_WORDS = re.compile(
    r"unsupported|not supported|does ?n[o']t support|unrecognized|unknown name|unknown (?:parameter|argument|field)"
    r"|unexpected (?:parameter|argument|field|keyword)|deprecated|not permitted|extra_forbidden",
    re.IGNORECASE,
)
_INTO = "into the model's part of the study"
_NOT_SETTABLE = 'write not_settable = ["{name}"] ' + _INTO
# By the parameter's name on the wire.
REMEDIES = {
    **{name: _NOT_SETTABLE.format(name=name) for name in ("temperature", "top_p", "seed", "stop")},
    "logprobs": f'write by = "text" into the [[scorers]] of kind "choice", or not_settable = ["logprobs"] {_INTO}',
    "top_logprobs": (
        f'write by = "text" into the [[scorers]] of kind "choice", or extra_body = {{ top_logprobs = 5 }} {_INTO}'
    ),
    "max_tokens": f'write max_tokens_field = "max_completion_tokens" {_INTO}',
    "max_completion_tokens": f'write max_tokens_field = "max_tokens" {_INTO}',
    "cache_salt": "leave cache_salt out of the model's part of the study",
    "prompt_cache_key": "leave prompt_cache_key out of the model's part of the study",
}
OUTPUT_LIMIT = (
    "the server does not take max_tokens as it is sent; write a smaller max_tokens into sampling and probe_sampling of "
    "the model's part of the study"
)
# A name counts where it is quoted, introduced as a parameter, or begins the message; "stop" is also a plain word.
_NAMED = re.compile(
    r"(?:^|[\"'`]|(?:parameters?|argument supplied|arguments?|fields?|not permitted|on this model):? )("
    + "|".join(REMEDIES)
    + r")(?![\w.-])"
    r"|\b(" + "|".join(name for name in REMEDIES if name != "stop") + r") is not supported"
)
# A value that is refused: these names are no plain words of a message.
_VALUE = re.compile(r"(?<![\w.])(temperature|top_p|seed|(?:top_)?logprobs)\b", re.IGNORECASE)
_REFUSED = re.compile(
    r"\bmust\b|\bshould\b|invalid|out of range|\bensure\b|greater than|less than|strictly|\bonly\b|expected"
    r"|between|not allowed"
    r"|cannot|can't|too (?:low|high|small|large)|not (?:valid|accepted)|at least|at most",
    re.IGNORECASE,
)
_HEAD = 300  # characters of a message in which a value is looked for: what follows may repeat the request
_SYSTEM_REFUSED = re.compile(
    r"system[\"'`]? (?:role|messages?|prompts?|instructions?)\b[^.]{0,30}(?:not|n't|un)[ -]?(?:supported"
    r"|allowed|enabled|permitted|accepted|available)"
    r"|(?:not|n't) (?:support|allow|accept|have)\w* (?:a |the |any )?[\"'`]?system\b|unsupported[^.]{0,30}\bsystem\b"
    r"|developer instructions? (?:is|are) not enabled|(?:unexpected|unknown|invalid|unsupported) role:? ?[\"'`]?system"
    r"|role:? [\"'`]?system[\"'`]? (?:is )?(?:not|un|in)"
    r"|only[\w ,/\"'`]{0,40}user[\w ,/\"'`]{0,30}assistant[\w ,/\"'`]{0,30}roles"
    r"|roles must alternate user/assistant",
    re.IGNORECASE,
)
_DEVELOPER_REFUSED = re.compile(
    r"developer[\"'`]? (?:role|messages?)\b[^.]{0,30}(?:not|un)|(?:unexpected|unknown|invalid"
    r"|unsupported) role:? ?[\"'`]?developer"
    r"|(?:not|n't) (?:support|allow|accept)\w* (?:a |the )?[\"'`]?developer",
    re.IGNORECASE,
)
_ROLES = (
    (_SYSTEM_REFUSED, "a system message", 'write system_role = "user"'),
    (_DEVELOPER_REFUSED, "the role developer", 'write system_role = "system" (or "user")'),
)
_EMPTY_REFUSED = re.compile(
    r"assistant message must have|(?:content|messages?|text|contents|parts?)\b[^.]{0,60}(?:must (?:be "
    r"|have )?(?:a )?non-?empty|(?:must|can|may|should)(?: ?not|n't) be "
    r"(?:empty|blank|null)|(?:is|are|was) (?:empty|blank|required))|(?:must|may|can)(?: ?not|n't) (?:contain"
    r"|have|be) (?:an )?empty|empty (?:content|text|message|assistant)"
    r"|non-?empty content|at least one (?:non-?empty )?parts?",
    re.IGNORECASE,
)


def unsupported(error: ServerError, status: int | None) -> str | None:
    """What to do about what the server takes from no request, in one line; None where it says no such thing."""
    for refused, what, line in _ROLES:
        if refused.search(error.said):
            return f"the server does not take {what}; {line} {_INTO}, then run into the same folder again"
    if status not in (None, 400, 422):
        return None
    if not (error.words & _UNSUPPORTED_CODES or _UNSUPPORTED_WORDS.search(error.said)):
        return None
    named = _NAMED.search(error.said)
    name = error.param if error.param in REMEDIES else (named[1] or named[2]) if named is not None else None
    return None if name is None else f"the server does not take {name} as it is sent; {REMEDIES[name]}"


def advice(error: ServerError) -> str | None:
    """What may help where a request is refused that others may not be like; None where nothing is known."""
    if _EMPTY_REFUSED.search(error.said):
        return f'if an earlier reply was empty, write empty_turn = "(no reply)" {_INTO}'
    if error.param is not None and _VALUE.fullmatch(error.param):
        name = error.param
    else:
        head = error.said[:_HEAD]
        value = _VALUE.search(head) if _REFUSED.search(head) else None
        name = value[1].lower() if value is not None else None
    return None if name is None else f"if no request may hold this {name}, {REMEDIES[name]}, or give it another value"
