"""A server's word that it does not take a parameter -> the line of the study that helps. Knows no network, no model."""

import re

_UNSUPPORTED_CODES = {"unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden"}
_UNSUPPORTED_WORDS = re.compile(
    r"unsupported|not supported|does ?n[o']t support|unrecognized|unknown name|unknown (?:parameter|argument|field)"
    r"|unexpected (?:parameter|argument|field|keyword)|deprecated|not permitted|extra_forbidden",
    re.IGNORECASE,
)
_NOT_SETTABLE = 'write not_settable = ["{name}"] into the model\'s part of the study'
# By the parameter's name on the wire.
REMEDIES = {
    **{name: _NOT_SETTABLE.format(name=name) for name in ("temperature", "top_p", "seed", "stop", "logprobs")},
    "max_tokens": 'write max_tokens_field = "max_completion_tokens" into the model\'s part of the study',
    "max_completion_tokens": 'write max_tokens_field = "max_tokens" into the model\'s part of the study',
    "cache_salt": "leave cache_salt out of the model's part of the study",
    "prompt_cache_key": "leave prompt_cache_key out of the model's part of the study",
}
# A name counts where it is quoted, introduced as a parameter, or begins the message; "stop" is also a plain word.
_NAMED = re.compile(
    r"(?:^|[\"'`]|(?:parameters?|argument supplied|arguments?|fields?):? )(" + "|".join(REMEDIES) + r")(?![\w.-])"
)


def unsupported(words: set[str], param: object, said: str) -> str | None:
    """What to do about a parameter that the server does not take, in one line; None where it says no such thing.

    `words`: the machine-readable words of the error; `param`: the parameter that it names, if it does; `said`: its
    message, or the whole body.
    """
    if not (words & _UNSUPPORTED_CODES or _UNSUPPORTED_WORDS.search(said)):
        return None
    named = _NAMED.search(said)
    name = param if isinstance(param, str) and param in REMEDIES else named[1] if named is not None else None
    return None if name is None else f"the server does not take {name} as it is sent; {REMEDIES[name]}"
