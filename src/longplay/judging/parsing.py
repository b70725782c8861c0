"""Reads a judge's choice out of its reply, the one way for production and validation; must not know what is judged.

A reply says its choice after the last marker (`Result:`, `Final answer:`), and nothing but a courtesy comes after that
line. Else it is read where the last line, a box or an explicit conclusion is a choice. `claims` reads the statement.
"""

import json
import re
from collections.abc import Iterator, Sequence

import msgspec

from longplay.judging.claims import concludes, decide, plain, whole
from longplay.records.messages import Status

PARSER = "parser-5"
"""Part of every judged metric's version; change it whenever any reply could be read differently."""
BOLD = "**Result:**"

_DRESSED = r"[*_`\"'\u201d)\] \t]*"
_SAYS = rf"{_DRESSED}(?:\([^()\n]{{0,40}}\){_DRESSED})?(?:[-=]>|[:\uff1a=]|\u2192|[-\u2013\u2014](?=\s))"
_WORD = r"(?<![^\W_])results?(?![^\W_])"
_FINAL = r"\b(?:final|overall|my|ultimate)\s+(?:answer|verdict|rating|score|choice|decision|judge?ment|level)\b"
_MARKER = re.compile(
    rf"(?P<tag>[<\[({{]\s*results?\s*[>\])}}]{_DRESSED}[:\uff1a]?)"
    rf"|{_WORD}(?:{_SAYS}|{_DRESSED}$)"
    rf"|{_FINAL}{_SAYS}"
    rf"|(?P<weak>{_WORD}{_DRESSED}\bis\b[:\uff1a]?|{_FINAL}{_DRESSED}\bis\b[:\uff1a]?)"
    rf"|(?P<bare>^[*_#`> \t\"'(]*results?[*_`\"')]*[ \t]+(?=\S[^\n]{{0,11}}$))",
    re.IGNORECASE | re.MULTILINE,
)
_OTHER_LABEL = re.compile(
    rf"^[*_#`> \t\"'(]*(?:the\s+)?(?:verdict|rating|score|choice|decision|judge?ment|winner|level){_SAYS}",
    re.IGNORECASE | re.MULTILINE,
)
_BOXED = re.compile(r"\\boxed(?=\s*\{)")
_REASONING = re.compile(r"\A[\s*]*Reasoning:[\s*]*")
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})\w*\s*$", re.MULTILINE)
_COURTESY = re.compile(
    r"(?:please )?(?:let me know|feel free|do not hesitate|don't hesitate)\b|(?:i )?hope (?:this|that|it|you)\b"
    r"|thank(?:s| you)\b|(?:if|should) you (?:need|have|want|would|wish|require)\b"
    r"|(?:i'm|i am|happy|glad) .{0,20}\bhelp\b"
    r"|is there anything\b|would you like\b|have a (?:nice|great|good|lovely)\b|(?:best|kind|warm) (?:regards|wishes)\b"
    r"|you(?:'re| are) welcome\b|end(?: of (?:the )?(?:evaluation|rating|response|reply|answer|result|judge?ment))?\W*$"
    r"|good luck\b|(?:all )?done\W*$",
    re.IGNORECASE,
)
_LINES = re.IGNORECASE | re.MULTILINE
_ANY_RESULT = re.compile(r"^[^\w\n]*result\b.*[:=]", _LINES)
MOST_WEAK = 8  # markers from the end that are looked at: "the result is" may stand in reasons
_MOST_COURTESY = 160  # characters: a longer line says more than that


class Reading(msgspec.Struct, frozen=True):
    """A choice as found: `ok` as asked for, `repaired` where it had to be stripped or stood alone, else `missing`."""

    status: Status
    choice: str | None = None
    why: str = ""


UNREAD = Reading("missing")


def read(text: str, choices: Sequence[str], *, bold: bool = False) -> Reading:
    """The choice that a reply states as its result. A person's reading, and never a guess.

    `why` is the text before it. Unread: a number between two levels or off the scale, two choices at once, a choice
    that its own clause denies, and more than a courtesy after the result, unless an explicit conclusion decides.
    `bold`: the judge was asked for `**Result:** X`, the paper's form, instead of `Result: X`.
    """
    said = _THOUGHT.sub("", text)
    said = _THOUGHT_END.sub("", said)
    reading = _read(said, choices)
    if not bold or reading.choice is None:
        return reading
    last = said.rpartition(BOLD)
    asked = (
        last[1] != ""
        and _first_line(last[2])[0].strip() == reading.choice
        and last[0].rpartition("\n")[2].strip() == ""
    )
    return Reading("ok" if asked else "repaired", reading.choice, _REASONING.sub("", reading.why))


def read_line(text: str, name: str, choices: Sequence[str]) -> Reading:
    """The choice for one of several scores: on the last line that reads `Result NAME: X`, else on the one that reads
    `NAME: X`. Unread where such lines without `Result` differ."""
    said = _THOUGHT_END.sub("", _THOUGHT.sub("", text))
    line = re.compile(rf"^[^\w\n]*(?P<asked>result\b[^\w\n]*)?{re.escape(name)}[^\w\n:=]*[:=](?P<rest>.*)$", _LINES)
    found = list(line.finditer(said))
    marked = [one for one in found if one["asked"]][-1:] or found
    readings = [_read(f"Result: {one['rest']}", choices) for one in marked]
    if len({one.choice for one in readings}) != 1 or readings[0].choice is None:
        return UNREAD
    asked = marked[-1][0].strip() == f"Result {name}: {readings[-1].choice}"
    why = said[: min(one.start() for one in _ANY_RESULT.finditer(said))] if _ANY_RESULT.search(said) else ""
    return Reading("ok" if asked else "repaired", readings[-1].choice, why.strip())


def _read(text: str, choices: Sequence[str]) -> Reading:
    as_json = _from_json(text, choices)
    if as_json is not None:
        return as_json
    markers = list(_MARKER.finditer(text)) or list(_OTHER_LABEL.finditer(text)) or list(_BOXED.finditer(text))
    for last in reversed(markers[-MOST_WEAK:]):
        reading = _after(text, last, choices)
        weak = last.re is _MARKER and (last["weak"] or last["bare"])
        if reading.choice is not None or not weak:
            return reading
    return _unmarked(text, choices)


def _after(text: str, marker: re.Match[str], choices: Sequence[str]) -> Reading:
    """What is said from a marker to the reply's end."""
    before = text[: marker.start()].strip(" \t\r\n*_`#\"'([{<")
    line, rest = _first_line(text[marker.end() :])
    more = "\n".join(_beyond_courtesy(rest))
    if more and whole(more, choices) is None:
        if not concludes(more, choices):
            return UNREAD
        line, more = f"{line}\n{more}", ""
    if line.strip() in choices and not more:
        asked = marker[0].lower() == "result:" and text[: marker.start()].rpartition("\n")[2].strip() == ""
        return Reading("ok" if asked else "repaired", line.strip(), before)
    alone = marker.re is _MARKER and marker["bare"]
    choice = whole(line, choices) if alone else decide(line, choices)
    if choice is None or (more and whole(more, choices) != choice):
        return UNREAD
    return Reading("repaired", choice, before)


def _first_line(text: str) -> tuple[str, list[str]]:
    """The marker's line, or, where it says nothing, the next that does; and the lines after it."""
    rows = text.split("\n")
    at = next((at for at, row in enumerate(rows) if _says_something(row)), len(rows) - 1)
    return rows[at], rows[at + 1 :]


def _says_something(line: str) -> bool:
    return any(map(str.isalnum, plain(line)))


def _beyond_courtesy(lines: Sequence[str]) -> Iterator[str]:
    """The lines that say something, and more than a courtesy."""
    for line in lines:
        words = plain(line).strip(" \t-.()")
        courtesy = len(words) <= _MOST_COURTESY and _COURTESY.match(words) is not None
        if _says_something(line) and not courtesy and _FENCE.match(line) is None:
            yield line


def _unmarked(text: str, choices: Sequence[str]) -> Reading:
    """A last line that is a choice and nothing more, or whose last sentence is an explicit conclusion."""
    lines = [line for line in text.split("\n") if line.strip()]
    while lines and not [*_beyond_courtesy(lines[-1:])]:
        lines.pop()
    if not lines:
        return UNREAD
    choice = whole(lines[-1], choices)
    if choice is None and concludes(lines[-1], choices):
        choice = decide(lines[-1], choices)
    return UNREAD if choice is None else Reading("repaired", choice, "\n".join(lines[:-1]).strip())


def _from_json(text: str, choices: Sequence[str]) -> Reading | None:
    """The `result` of the JSON object that ends a reply; None where there is none, or it has no such key."""
    before, opened, rest = text.partition("{")
    inside, closed, after = rest.rpartition("}")
    if not opened or not closed or [*_beyond_courtesy(after.split("\n"))]:
        return None
    try:
        pairs: object = json.loads(opened + inside + closed, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Pairs):
        return None
    results = [str(value) for key, value in pairs if key.casefold() == "result" and _is_plain(value)]
    if not results:
        return None
    said = {decide(result, choices) for result in results}
    choice = said.pop() if len(said) == 1 else None
    reasons = [value for key, value in pairs if key.casefold() != "result" and isinstance(value, str)]
    why = "\n".join([*filter(None, [_FENCE.sub("", before).strip()]), *reasons])
    return UNREAD if choice is None else Reading("repaired", choice, why)


class _Pairs(list[tuple[str, object]]):
    """A JSON object with all its keys, those that stand twice too."""


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
