"""A reply's text and its reasoning trace apart, by the marks of all families of models. Knows no network.

A mark counts where a model sets one: at the start of a line or after a sentence, outside code and quotation marks.
Where that is in doubt the text stays as it is, and the reply says so: `marked`.
"""

import re
from itertools import islice, pairwise

import msgspec

# Opening and closing marks. Words in angle brackets are also read in capitals.
FAMILIES: tuple[tuple[str, str], ...] = (
    ("<think>", "</think>"),  # DeepSeek, Qwen, GLM, MiniMax, most others
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),  # EXAONE
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reason>", "</reason>"),
    ("<reflection>", "</reflection>"),
    ("<inner_monologue>", "</inner_monologue>"),
    ("<inner_thoughts>", "</inner_thoughts>"),
    ("<thought_process>", "</thought_process>"),
    ("<thinking_process>", "</thinking_process>"),
    ("<internal_reasoning>", "</internal_reasoning>"),
    ("<reasoning_content>", "</reasoning_content>"),
    ("<scratchpad>", "</scratchpad>"),  # Hermes, Claude
    ("<antthinking>", "</antthinking>"),
    ("<think_fast>", "</think_fast>"),  # K2
    ("<think_faster>", "</think_faster>"),
    ("<seed:think>", "</seed:think>"),  # Seed-OSS
    ("<mm:think>", "</mm:think>"),
    ("<longcat_think>", "</longcat_think>"),
    ("<|think|>", "<|/think|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("[THINK]", "[/THINK]"),  # Mistral
    ("<|begin_of_thought|>", "<|end_of_thought|>"),  # Sky-T1, OpenThinker
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Cohere
    ("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ("<|channel>thought", "<channel|>"),  # Gemma
    ("<unused94>thought", "<unused95>"),
    ("\u25c1think\u25b7", "\u25c1/think\u25b7"),  # Kimi
)
# Marks around the answer itself: they go, what they hold stays.
_ANSWER_MARKS = (
    *("<|begin_of_solution|>", "<|end_of_solution|>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    *("<|begin_of_box|>", "<|end_of_box|>"),
)


def _either(marks: "tuple[str, ...]") -> str:
    """A pattern for any of the marks."""
    cased = (f"(?i:{re.escape(mark)})" if re.fullmatch(r"</?[a-z_:]+>", mark) else re.escape(mark) for mark in marks)
    return "|".join(cased)


_OPENING, _CLOSING = (_either(marks) for marks in zip(*FAMILIES, strict=True))
_MARK = re.compile(f"(?P<open>{_OPENING})|(?P<close>{_CLOSING})")
_MOST_MARKS = 100  # a reply with more of them is broken: it is left as it is
_ANSWER_MARK = re.compile(_either(_ANSWER_MARKS))
_CLOSED_BY = {opening.lower(): closing.lower() for opening, closing in FAMILIES}
# Harmony: the channel `final` is the answer, every other is not. Where a server leaves out special tokens, the names of
# the channels are all that is left of them.
_CHANNEL = re.compile(
    r"(?:<\|start\|>\w{0,40}\s?)?<\|channel\|>\s?(?P<name>\w{0,40})(?:\s{1,4}to=[^<]{0,200})?\s{0,4}"
    r"(?:<\|constrain\|>\w{0,40}\s?)?<\|message\|>"
)
_HARMONY_MARK = re.compile(r"<\|(?:start|end|message|channel|constrain|return|call)\|>")
_HARMONY_LEFT = re.compile(r"<\|start\|>\w{0,40}|" + _HARMONY_MARK.pattern)
_BARE_ANALYSIS, _BARE_FINAL = "analysis", "assistantfinal"
_ANSWER_TAGS = (("<answer>", "</answer>"), ("<response>", "</response>"))
# The words beside a mark that is spoken of, not set: "<think> and </think>", "the <think> tag".
_SPOKEN_AFTER = re.compile(
    r"[ \t]*(?:[,;)]|(?:and|or|und|et)\b|(?:tags?|tokens?|marks?|markers?|blocks?|elements?|delimiters?|sections?)\b"
    r"|(?:is|are|was|were|means|begins|starts|opens|closes|ends)\b (?:a|an|the|used|what|how|where|with|of|my|its)\b)"
)
_SPOKEN_BEFORE = re.compile(r"[\w,;:(/\u2013\u2014-][ \t]*\Z")
_SPOKEN_BEFORE_CLOSING = re.compile(r"\b(?:and|or|the|a|an|with|by|und|et)[ \t]+\Z")
_QUOTED = re.compile(r"[`\"'\u201c\u201e\u2018\u00ab]\Z")
_BETWEEN = re.compile(r"\s*(?:and|or|und|et|to|[,/&|.\u2026-]+)\s*\Z")
_AROUND = 60  # characters beside a mark that are looked at


class Split(msgspec.Struct, frozen=True):
    """`marked`: marks of a trace remain in the text."""

    text: str
    reasoning: str = ""
    marked: bool = False


def split_trace(text: str) -> Split:
    """What a model answered and what it only thought. A trace that never ends leaves no answer after it."""
    if "<" not in text and "[" not in text and "\u25c1" not in text and not text.startswith(_BARE_ANALYSIS):
        return Split(text)
    kept, traces = _harmony(text) or _pairs(text)
    if traces:
        kept = _bare_answer(kept)
    reasoning = "\n\n".join(trace for trace in map(str.strip, traces) if trace)
    return Split(kept, reasoning, _MARK.search(kept) is not None or _HARMONY_MARK.search(kept) is not None)


def _bare_answer(text: str) -> str:
    """An answer after a trace, without the marks that may stand around it."""
    if _ANSWER_MARK.search(text):
        text = _ANSWER_MARK.sub("", text).strip()
    inner = text.strip()
    for opening, closing in _ANSWER_TAGS:
        if inner.startswith(opening) and inner.endswith(closing):
            return inner[len(opening) : -len(closing)].strip()
    return text


def _harmony(text: str) -> tuple[str, list[str]] | None:
    """Channels of messages; None where there are none."""
    if text.startswith(_BARE_ANALYSIS) and (trace := text.partition(_BARE_FINAL))[1]:
        return trace[2].lstrip(), [trace[0].removeprefix(_BARE_ANALYSIS)]
    channels = list(islice(_CHANNEL.finditer(text), _MOST_MARKS)) if "<|channel|>" in text else []
    if not channels or _in_code(text, channels[0].start()):
        return None
    kept, traces = list[str](), list[str]()
    before = text[: channels[0].start()]
    ended = _HARMONY_MARK.search(before) if channels[0]["name"] == "final" else None
    if ended is not None:  # the channel that ends there began before the reply
        traces.append(_HARMONY_LEFT.sub("", before))
    else:
        kept.append(before)
    for channel, following in pairwise([*channels, None]):
        said = text[channel.end() : following.start() if following else len(text)] if channel else ""
        ended = _HARMONY_MARK.search(said)
        into = kept if channel and channel["name"] == "final" else traces
        into.append(said[: ended.start()] if ended is not None else said)
        if ended is not None:  # said after the channel's end, in none
            kept.append(_HARMONY_LEFT.sub("", said[ended.start() :]))
    return "".join(kept).strip(), traces


def _pairs(text: str) -> tuple[str, list[str]]:
    """The text without what stands between marks, and what stood there."""
    marks = list(islice(_MARK.finditer(text), _MOST_MARKS + 1))
    kept, traces = "", list[str]()
    begin = done = 0  # where what is not settled begins; before `done` marks are settled
    for number, mark in enumerate(marks if len(marks) <= _MOST_MARKS else []):
        if mark.start() < done:
            continue
        if mark["close"]:
            if _closes(text, begin, mark):
                traces.append(text[begin : mark.start()])
                begin = done = mark.end()
            continue
        closing = _closing(mark, marks[number + 1 :])
        within = text[mark.end() : closing.start() if closing else len(text)]
        if _opens(text, begin, mark) and not (closing and _BETWEEN.match(within)):
            kept = _joined(kept, text[begin : mark.start()])
            traces.append(within)
            begin = done = closing.end() if closing else len(text)
        elif closing and not _begins_line(text, closing):
            done = closing.end()  # the two are spoken of together
    return (_joined(kept, text[begin:]), traces) if traces else (text, traces)


def _closing(opening: re.Match[str], following: list[re.Match[str]]) -> re.Match[str] | None:
    """The mark that ends a trace: of its own family, else of any."""
    closing = [mark for mark in following if mark["close"]]
    own = _CLOSED_BY[opening[0].lower()]
    return next((mark for mark in closing if mark[0].lower() == own), closing[0] if closing else None)


def _opens(text: str, begin: int, mark: re.Match[str]) -> bool:
    """Whether a mark begins a trace."""
    line = text[max(begin, mark.start() - _AROUND) : mark.start()].rpartition("\n")[2]
    spoken = _SPOKEN_BEFORE.search(line) or _QUOTED.search(line) or _SPOKEN_AFTER.match(text, mark.end())
    return not spoken and not _in_code(text, mark.start())


def _closes(text: str, begin: int, mark: re.Match[str]) -> bool:
    """Whether a closing mark without an opening one ends a trace that began before the reply."""
    line = text[max(begin, mark.start() - _AROUND) : mark.start()].rpartition("\n")[2]
    spoken = _SPOKEN_BEFORE_CLOSING.search(line) or _QUOTED.search(line) or _SPOKEN_AFTER.match(text, mark.end())
    return not spoken and not _in_code(text, mark.start())


def _begins_line(text: str, mark: re.Match[str]) -> bool:
    return not text[max(0, mark.start() - _AROUND) : mark.start()].rpartition("\n")[2].strip()


def _in_code(text: str, at: int) -> bool:
    """Whether a place lies within a code fence or between backticks."""
    before = text[:at]
    if before.count("```") % 2:
        return True
    return before.rpartition("\n")[2].replace("```", "").count("`") % 2 == 1


def _joined(kept: str, more: str) -> str:
    """Two pieces of an answer between which a trace stood."""
    if not kept.strip():
        return more.lstrip()
    if not more.strip():
        return kept.rstrip()
    gap = kept[len(kept.rstrip()) :] + more[: len(more) - len(more.lstrip())]
    return kept.rstrip() + ("\n\n" if "\n" in gap else " ") + more.lstrip()
