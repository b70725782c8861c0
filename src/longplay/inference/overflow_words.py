"""Whether a server's words mean that a prompt does not fit, or that only max_tokens is too large. By meaning: what is
said of what, and what its numbers are. Knows no network and no server by name."""

import re

from longplay.inference.endings import Asked

_READ_CHARS = 4_000
_GROUPED = re.compile(r"(?<=\d)[,_'\u202f](?=\d{3}\b)")
# Limits of another kind: of a rate, of what runs at once, of what a text is not.
_RATE = re.compile(
    r"per (?:minute|min\b|second|sec\b|hour|day)|\b(?:tpm|rpm|tpd|rpd|itpm|otpm)\b|rate.?limit|quota|concurren"
    r"|too many requests"
)
_NO_TEXT = re.compile(r"\bimages?\b|\bfiles?\b|\btools?\b|stop (?:sequences?|words?)")
# What can be too long.
_WHOLE = (
    r"(?:prompts?|inputs?|contexts?|messages?|conversations?|dialogues?|chat history|history|sequences?|texts?"
    r"|quer(?:y|ies)"
    r"|requests?|request body|payload|total (?:length|number of tokens|tokens)|token count|tokens?(?! ?limit)"
    r"|input_ids)"
)
_TOO_LONG = (
    r"(?:too (?:long|large|big|many tokens)|too many (?:\w+ )?tokens|exceed(?:s|ed|ing)?|overflow(?:s|ed|ing)?"
    r"|oversized"
    r"|(?:longer|larger|greater|higher|bigger|more) than|over the|beyond the|past the|does(?: not|n't) fit"
    r"|do(?: not|n't) fit"
    r"|cannot fit|not fit)"
)
_ROOM = (
    r"(?:context[ _-]?(?:length|window|size|limit)?|max(?:imum)?[ _-]?(?:model|seq(?:uence)?|input|prompt"
    r"|context|position)"
    r"[ _-]?(?:len(?:gth)?|tokens?|size|embeddings)?|n_ctx|n_positions|number of (?:input )?tokens allowed|token limit"
    r"|tokens? (?:allowed|supported)|input limit|limit of \d+ (?:input )?tokens|\d+ tokens)"
)
_MEANS_OVERFLOW = tuple(
    map(
        re.compile,
        (
            rf"\b{_WHOLE}\b[^.!?]{{0,100}}?\b{_TOO_LONG}",  # the prompt is too long: ...
            rf"\b{_TOO_LONG}\b[^.!?]{{0,80}}?{_ROOM}",  # ... exceeds the context window
            rf"{_ROOM}[^.!?]{{0,80}}?\b{_TOO_LONG}",  # the context window was exceeded
            r"max(?:imum)?[ _-]?(?:model |sequence |input |prompt )?(?:context|input|prompt|sequence"
            r"|model)[ _-]?(?:length|len|size|window|tokens)",
            r"(?:context|model)[ _-]?(?:length|window|size)[^!?]{0,40}(?:\bis\b|\bof\b|limit|only|:|=)[^!?]{0,40}\d",
            r"max_(?:new_|completion_|output_)?tokens[^!?]{0,60}(?:at least|greater than|positive"
            r"|>=?)[^!?]{0,60}got:? ?(?:-\d|0\b)",
            r"\b(?:inputs?|prompts?|messages?|sequence|input_ids)\b[^!?]{0,80}(?:must|should|has to|have to"
            r"|can(?:not| not|'t)|may not|limited to)"
            r"[^!?]{0,60}(?:<=?|less|at most|shorter|fewer|below|under|no more|not more|longer|exceed)[^!?]{0,40}\d",
            r"\b(?:prompt|input|messages|request|sequence)\b[^!?]{0,80}[\d)\]] ?(?:tokens? ?)?> ?\d",
            r"reduce (?:the )?(?:length|size) of (?:the |your )?(?:input|prompt|messages|context|conversation|request)"
            r"|shorten (?:the |your )?(?:input|prompt|messages|conversation)|trim (?:the |your )(?:input"
            r"|prompt|messages|conversation)",
            r"expected max_?length|range of input length|tokens to keep from the initial prompt",
            r"(?:context|prompt|input)[^.!?]{0,40}overflow|context shift|out of context (?:space|room)"
            r"|context (?:window|length)? ?(?:is )?full",
            r"\u8d85\u957f|\u957f\u5ea6\u8d85|\u8d85\u8fc7[^\u3002]{0,20}(?:\u957f\u5ea6|token)"
            r"|\u8d85\u51fa[^\u3002]{0,20}(?:\u957f\u5ea6|token|\u4e0a\u4e0b\u6587)",
        ),
    )
)
# max_tokens alone against a limit of replies: a setting, which the next prompt meets too.
_OUTPUT = (
    r"(?:max_(?:new_|completion_|output_)?tokens|maxoutputtokens|(?:completion|output|generated) tokens"
    r"|max(?:imum)? tokens)"
)
_OUTPUT_LIMIT = re.compile(
    rf"{_OUTPUT}\W[^!?]{{0,80}}(?:too (?:large|high|big|many)|must be|should be|cannot (?:be|exceed)|at most"
    rf"|no more than|less than"
    rf"|<=|range|exceeds?|greater than|larger than|limit|maximum|>|invalid)|(?:at most"
    rf"|maximum (?:allowed )?(?:number )?of|exceeds?|limit of)[^!?]{{0,40}}{_OUTPUT}"
)
_OF_PROMPT = re.compile(
    r"\binputs?\b|\bprompts?\b|\bmessages\b|context[ -]length|context size|sequence|\brequested\b"
    r"|got:? ?(?:-\d|0\b)|your request"
)
_WINDOW = re.compile(
    r"(?:context[ _-]?(?:length|window|size)|max_model_len|max_seq_len|model length)[^\d]{0,40}(\d{2,9})"
)
_ABOUT_LENGTH = re.compile(r"token|length|context|input|prompt|sequence|\bsize\b|long|large")
_NUMBER = re.compile(r"(?<![\w.:/_-])\d{3,8}(?![\w:/_-]|\.\d)")
_LEAST = 256


def means_overflow(said: str, asked: Asked) -> bool:
    """Whether a message says that the prompt, alone or with max_tokens, is longer than what fits."""
    said = _plain(said)
    if _RATE.search(said) or _NO_TEXT.search(said):
        return False
    return any(meaning.search(said) for meaning in _MEANS_OVERFLOW) or _over_a_number(said, asked)


def means_output_limit(said: str, asked: Asked) -> bool:
    """Whether a message says that max_tokens is more than this model ever writes, whatever the prompt."""
    said = _plain(said)
    if _RATE.search(said) or not _OUTPUT_LIMIT.search(said):
        return False
    if not _OF_PROMPT.search(said):
        return True
    window = _WINDOW.search(said)
    return window is not None and asked.max_tokens is not None and asked.max_tokens >= int(window[1])


def means_rate_limit(said: str) -> bool:
    """Whether a message is about a rate, or about what runs at once."""
    return _RATE.search(_plain(said)) is not None


def _over_a_number(said: str, asked: Asked) -> bool:
    """Whether the tokens asked for are more than a number in a message about lengths, and max_tokens alone is not."""
    most = asked.max_tokens
    if most is None or asked.prompt is None or not _ABOUT_LENGTH.search(said):
        return False
    limits = [int(number) for number in _NUMBER.findall(said)]
    return any(max(_LEAST, most + 1) <= limit < asked.prompt + most for limit in limits)


def _plain(said: str) -> str:
    """Lower case, one space, no separators within numbers, no marks around names."""
    said = _GROUPED.sub("", said[:_READ_CHARS].lower().replace("`", "").replace("\\u003e", ">"))
    return " ".join(said.split())
