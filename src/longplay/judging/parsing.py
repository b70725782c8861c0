"""Reads a judge's choice out of its reply, the one way for production and validation; must not know what is judged."""

import re
from collections.abc import Sequence

import msgspec

from longplay.records.messages import Status

PARSER = "parser-2"
BOLD = "**Result:**"
"""Part of every judged metric's version; change it whenever any reply could be read differently."""

_MARKER = re.compile(r"(?im)\bresult\b[*_`\"')\] \t]*(?:[:\uff1a=]|\bis\b|[-\u2013\u2014](?=\s)|$)")
_REASONING = re.compile(r"\A[\s*]*Reasoning:[\s*]*")
_DRESS = re.compile(r"[*_`#\"'\u201c\u201d\u2018\u2019){}\[\]<>\\$\u200b]+")
_OUT_OF = re.compile(r"\s*(?:/|out of)\s*(\d+)\b")
_WHOLE = re.compile(r"\b(\d+)\.0+\b")
_PAUSE = re.compile(r"\s[-\u2013\u2014]+\s|[;,:|]")
_END = re.compile(r"\.(?:\s|$)|\(|\bbecause\b|\bsince\b")
_WORD = re.compile(r"-?\d+(?:[.,]\d+)*|[^\W\d_]+")
_LEADING = frozenset(("response", "answer", "option", "reply", "score", "level", "rating", "a", "the", "it", "s", "is"))


class Reading(msgspec.Struct, frozen=True):
    """A choice as found: `ok` as asked for, `repaired` where it had to be stripped or stood alone, else `missing`."""

    status: Status
    choice: str | None = None
    why: str = ""


def read(text: str, choices: Sequence[str], *, bold: bool = False) -> Reading:
    """The choice after the last `Result` marker, or a last line that is a choice and nothing more.

    `why` is the text before it. A number between two levels, off the scale, or two choices at once are unparsable.
    `bold`: the judge was asked for `**Result:** X`, the paper's form, instead of `Result: X`.
    """
    reading = _read(text, choices)
    if not bold or reading.choice is None:
        return reading
    last = text.rpartition(BOLD)
    asked = (
        last[1] != "" and _first_line(last[2]).strip() == reading.choice and last[0].rpartition("\n")[2].strip() == ""
    )
    return Reading("ok" if asked else "repaired", reading.choice, _REASONING.sub("", reading.why))


def _read(text: str, choices: Sequence[str]) -> Reading:
    markers = list(_MARKER.finditer(text))
    if not markers:
        return _bare(text, choices)
    last = markers[-1]
    before, line = text[: last.start()].strip(" \t\r\n*_`#\"'([{<"), _first_line(text[last.end() :])
    if line.strip() in choices:
        asked = last[0].lower() == "result:" and text[: last.start()].rpartition("\n")[2].strip() == ""
        return Reading("ok" if asked else "repaired", line.strip(), before)
    choice = _choose(line, choices)
    return Reading("missing") if choice is None else Reading("repaired", choice, before)


def _first_line(text: str) -> str:
    """The rest of the marker's line, or, where nothing stands there, the next line that says something."""
    return next((line for line in text.split("\n") if _undress(line)), "")


def _undress(line: str) -> str:
    return " ".join(_DRESS.sub(" ", line).split()).lstrip("( ")


def _bare(text: str, choices: Sequence[str]) -> Reading:
    lines = [line for line in text.split("\n") if line.strip()]
    choice = _same(_undress(lines[-1]).rstrip(". "), choices) if lines else None
    return Reading("missing") if choice is None else Reading("repaired", choice, "\n".join(lines[:-1]).strip())


def _same(word: str, choices: Sequence[str]) -> str | None:
    return next((choice for choice in choices if choice.casefold() == word.casefold()), None)


def _choose(line: str, choices: Sequence[str]) -> str | None:
    plain = _WHOLE.sub(r"\1", _undress(line))
    plain = _OUT_OF.sub(lambda found: "" if found[1] == choices[-1] else found[0], plain)
    whole = _same(plain.rstrip(". "), choices)
    if whole is not None:
        return whole
    head, rest = [*_PAUSE.split(_END.split(plain, maxsplit=1)[0], maxsplit=1), ""][:2]
    if _mentioned(_WORD.findall(rest)[:1], choices):
        return None  # "3 - 4", "A, B": the pause parts two choices, not a choice from its reasons
    words = _WORD.findall(head)
    while len(words) > 1 and words[0].casefold() in _LEADING and words[0] not in choices:
        del words[0]
    found = _same(words[0], choices) if words else None
    if found is None or (len(found) == 1 and words[0] not in choices and len(words) > 1):
        return None
    return None if _mentioned(words[1:], (*choices, "both", "neither", "tie", "equal")) else found


def _mentioned(words: Sequence[str], choices: Sequence[str]) -> bool:
    """Whether another choice or any number is among the words; a lone lower-case letter is an article, no choice."""
    return any(
        word[-1].isdigit() or word in choices or (len(word) > 1 and _same(word, choices) is not None) for word in words
    )
