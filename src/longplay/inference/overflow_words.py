"""Whether a server's words mean that a prompt does not fit, or that only max_tokens is too large. By meaning: what is
said of what, and what its numbers are. Knows no network and no server by name."""

import re

from longplay.inference.endings import Asked
from longplay.inference.phrases import any_of

_READ_CHARS = 4_000
_GROUPED = re.compile(r"(?<=\d)[,_'\u202f](?=\d{3}\b)")
# A validator's "FIELD: Input should be ..." is about that field, not about an input.
_FIELD = re.compile(r"([\w\])]): (?:input|value) (?=should|must)")
# Limits of another kind: of a rate, of what runs at once; of time; of what is no text.
_RATE = any_of(
    r"per (?:minute|min\b|second|sec\b|hour|day)|\b(?:tpm|rpm|tpd|rpd|itpm|otpm)\b",
    r"rate.?limit|quota|concurren|too many requests",
)
_OTHER_KIND = any_of(
    r"\bimages?\b|\bfiles?\b|\btools?\b|stop (?:sequences?|words?)",
    r"time.?out|\btime\b|deadline|\bseconds?\b|retries|attempts|\bmemory\b|\bsystem messages?\b",
)
_OF_LENGTH = any_of(r"token|context|length|too long|prompts? |inputs? ")
# What can be too long, and how that is said.
_WHOLE = any_of(
    r"\b(?:prompts?|inputs?|contexts?|messages?|conversations?|dialogues?|history|sequences?|texts?|quer(?:y|ies))\b",
    r"\b(?:requests?|payload|total (?:length|number of tokens|tokens)|token count|tokens?(?! ?limit)|input_ids)\b",
).pattern
_MORE = r"(?<!must be )(?<!should be )(?:longer|larger|greater|higher|bigger|more) than"
_MOST = r"(?:\d{2}|max|limit|allow|support|context|window|model|the number of tokens)"
_TOO_LONG = any_of(
    r"\b(?:too (?:long|large|big|many tokens)|too many (?:\w+ )?tokens|oversized)\b",
    r"\bexceed(?:s|ed|ing)?\b|\boverflow(?:s|ed|ing)?\b",
    rf"\b{_MORE} [^.!?]{{0,40}}?{_MOST}",
    r"\b(?:over|beyond|past) the (?:limit|max|allow|context|window)",
    r"\b(?:does(?: not|n't)|do(?: not|n't)|cannot|not) fit\b",
).pattern
_ROOM = any_of(
    r"context[ _-]?(?:length|window|size|limit)?",
    r"max(?:imum)?[ _-]?(?:model|seq(?:uence)?|input|prompt|context|position)[ _-]?"
    r"(?:len(?:gth)?|tokens?|size|embeddings)?",
    r"n_ctx|n_positions|number of (?:input )?tokens allowed|token limit|tokens? (?:allowed|supported)|input limit",
    r"limit of \d+ (?:input )?tokens|\d+ tokens?",
).pattern
_MEANS_OVERFLOW = any_of(
    rf"(?:{_WHOLE})[^.!?]{{0,100}}?(?:{_TOO_LONG})",  # the prompt is too long
    rf"(?:{_TOO_LONG})[^.!?]{{0,80}}?(?:{_ROOM})",  # ... exceeds the context window
    rf"(?:{_ROOM})[^.!?]{{0,80}}?(?:{_TOO_LONG})",  # the context window was exceeded
    r"max(?:imum)?[ _-]?(?:model |sequence |input |prompt )?(?:context|input|prompt|sequence|model)[ _-]?"
    r"(?:length|len|size|window|tokens)",
    r"(?:context|model)[ _-]?(?:length|window|size)[^!?]{0,40}(?:\bis\b|\bof\b|limit|only|:|=)[^!?]{0,40}\d",
    r"max_(?:new_|completion_|output_)?tokens[^!?]{0,60}(?:at least|greater than|positive|>=?)[^!?]{0,60}"
    r"got:? ?(?:-\d|0\b)",
    r"\b(?:inputs?|prompts?|messages?|sequence|input_ids)\b[^!?]{0,80}"
    r"(?:must|should|has to|have to|can(?:not| not|'t)|may not|limited to)[^!?]{0,60}"
    r"(?:<=?|less|at most|shorter|fewer|below|under|no more|not more|longer|exceed)[^!?]{0,40}\d",
    r"\b(?:prompt|input|messages|request|sequence|seq)\b[^!?]{0,80}[\d)\]] ?(?:tokens? ?)?> ?\d",
    r"(?:context|contextwindow|contextlength|input|prompt)_?(?:window|length)?_?(?:exceeded|toolong)\w*error"
    r"|\b(?:input|prompt)toolong\b",
    r"\btokens? \+ max_(?:new_)?tokens[^!?]{0,40}(?:<=|less|at most)",
    r"too many (?:total )?tokens: ?\d+ ?> ?\d|total tokens[^!?]{0,20}\d ?> ?\d",
    r"\bprompt length is \d+ but max|(?:out of|exhaust\w*)[^.!?]{0,20}kv.?cache[^.!?]{0,40}prompt",
    r"only \d+ tokens (?:are|were) (?:available|left)",
    r"reduce (?:the )?(?:length|size) of (?:the |your )?(?:input|prompt|messages|context|conversation|request)",
    r"(?:shorten|trim|truncate) (?:the |your )(?:input|prompt|messages|conversation)",
    r"expected max_?length|range of input length|tokens to keep from the initial prompt",
    r"context shift|out of context (?:space|room)|context (?:window|length)? ?(?:is )?full",
    "\u8d85\u957f|\u957f\u5ea6\u8d85",  # too long
    "\u8fc7\u957f|token[^\u3002]{0,12}\u8d85[\u8fc7\u51fa]",  # too long; the tokens exceed
    "\u8d85[\u8fc7\u51fa][^\u3002]{0,20}(?:\u957f\u5ea6|token|\u4e0a\u4e0b\u6587)",  # exceeds the length, the context
)
# max_tokens alone against a limit of replies: a setting, which the next prompt meets too.
_OUTPUT = any_of(
    r"max_(?:new_|completion_|output_)?tokens|maxoutputtokens|max(?:imum)? tokens",
    r"(?:completion|output|generated) tokens",
).pattern
_OUTPUT_LIMIT = any_of(
    rf"(?:{_OUTPUT})\W[^!?]{{0,80}}(?:too (?:large|high|big|many)|must be|should be|cannot (?:be|exceed)|at most"
    r"|no more than|less than|<=|range|exceeds?|greater than|larger than|limit|maximum|>|invalid)",
    rf"(?:at most|maximum (?:allowed )?(?:number )?of|exceeds?|limit of)[^!?]{{0,40}}(?:{_OUTPUT})",
)
_OF_PROMPT = any_of(
    r"\binputs?\b|\bprompts?\b|\bmessages\b|context[ -]length|context size|sequence|\brequested\b|your request",
    r"got:? ?(?:-\d|0\b)",
)
_SUM = re.compile(r"\btokens? \+ max_(?:new_|completion_|output_)?tokens")  # the prompt's tokens and those of the reply
_WINDOW = re.compile(
    r"(?:context[ _-]?(?:length|window|size)|max_model_len|max_seq_len|model length)[^\d]{0,40}(\d{2,9})"
)
_ABOUT_LENGTH = any_of(r"token|length|context|input|prompt|sequence|\bsize\b|long|large")
_TOKENS = re.compile(r"(?<![\w.:/_-])(\d{2,8}) (?:\w+ )?tokens?\b")
_NUMBER = re.compile(r"(?<![\w.:/_-])\d{3,8}(?![\w:/_-]|\.\d)")


def means_overflow(said: str, asked: Asked) -> bool:
    """Whether a message says that the prompt, alone or with max_tokens, is longer than what fits."""
    said = _plain(said)
    if _RATE.search(said) or (_OTHER_KIND.search(said) and not _OF_LENGTH.search(said)):
        return False
    return _MEANS_OVERFLOW.search(said) is not None or _over_a_number(said, asked)


def means_output_limit(said: str, asked: Asked) -> bool:
    """Whether a message says that max_tokens is more than this model ever writes, whatever the prompt."""
    said = _plain(said)
    if _RATE.search(said) or not _OUTPUT_LIMIT.search(said) or _SUM.search(said):
        return False
    if not _OF_PROMPT.search(said):
        return True
    window = _WINDOW.search(said)
    return window is not None and asked.max_tokens is not None and asked.max_tokens >= int(window[1])


def means_rate_limit(said: str) -> bool:
    """Whether a message is about a rate, or about what runs at once."""
    return _RATE.search(_plain(said)) is not None


def _over_a_number(said: str, asked: Asked) -> bool:
    """Whether the tokens asked for are more than a number in a message about lengths. One that is not said to be of
    tokens counts only where max_tokens alone is not more."""
    most = asked.max_tokens
    if most is None or asked.prompt is None or not _ABOUT_LENGTH.search(said):
        return False
    of_tokens = (int(number) for number in _TOKENS.findall(said))
    others = (limit for number in _NUMBER.findall(said) if (limit := int(number)) > most)
    return any(limit < asked.prompt + most for limit in (*of_tokens, *others))


def _plain(said: str) -> str:
    """Lower case, one space, no separators within numbers, no marks around names; a field, then what it should be."""
    said = said[:_READ_CHARS].lower().replace("`", "").replace("\\u003e", ">")
    return _FIELD.sub(r"\1 ", " ".join(_GROUPED.sub("", said).split()))
