"""Splits English into sentences as Punkt does, without its trained tables; must not know any check.

Punkt (Kiss & Strunk 2006) is what both benchmarks count sentences with. The rules here are its own: a stop before space
or closing marks ends a sentence unless the word before it is a known abbreviation or an initial, list numbers included;
line breaks end nothing. Where Punkt looks up how it saw the next word written in its newspaper corpus, this looks it up
among common English words. Time is linear in the text, and sentences come one by one, so that a check may stop early.
"""

import re
from collections.abc import Iterator

from longplay.verifiers.lexicon import ABBREVIATIONS, COMMON_WORDS, SENTENCE_OPENERS
from longplay.verifiers.text import names_by_letter

_CLOSING = "\"')]}\u2018\u2019\u201c\u201d\xab\xbb"
_IN_CLASS = re.escape(_CLOSING)
# A stop before a mark, or before space (which is kept, to know where the next sentence begins) and a further word.
_STOP = re.compile(rf"[.?!](?:(?=[{_IN_CLASS};*:@({{\[?!])|(?=(\s+)\S))")
# Where the last token of a run begins: an apostrophe belongs to it (the 's of "else's."), other marks do not.
_BEFORE_TOKEN = re.compile(r"[\])}(\[{;:*@&#`,\"\-]+|(?=['\u2018\u2019\u201c\u201d\xab\xbb])")
_TRAILING_MARKS = re.compile(rf"[{_IN_CLASS}]+(?:\s+|(?=--)|$)", re.MULTILINE)
_SPACE = re.compile(r"\s")
_LONGEST = 64  # characters before a point that are looked at: no abbreviation is longer
_NEXT = re.compile(r"\s*(\.{2,}|\S[^\s.,;:?!*@(){}\[\]\"'\u2018\u2019\u201c\u201d\xab\xbb]*)")
_TITLES = frozenset(("mr", "mrs", "ms", "messrs", "dr", "prof"))
_NUMBER = re.compile(r"-?[.,]?\d[\d,.\-]*")


def sentences(text: str) -> Iterator[str]:
    """The sentences in order, each as it stands in the text, without the space around it; marks alone may be one."""
    start = 0
    for stop in _stops(text):
        at = stop.start()
        if text[at] == "." and not _ends(text, start, at):
            continue
        end, opening = at + 1, stop.end(1) if stop[1] else at + 1
        if text[opening] in _CLOSING and (marks := _TRAILING_MARKS.match(text, opening)):
            end, opening = opening + len(marks[0].rstrip()), marks.end()
        yield text[start:end].strip()
        start = opening
    if rest := text[start:].strip():
        yield rest


def _stops(text: str) -> Iterator[re.Match[str]]:
    """The stops that may end a sentence: of several in one run of characters without space, the last.

    A stop that opens its run counts for itself, so that Punkt takes !?!? for two sentences, and so does this.
    """
    last: re.Match[str] | None = None
    for stop in _STOP.finditer(text):
        if last and (last[1] or _opens_run(text, last.start()) or _SPACE.search(text, last.end(), stop.start())):
            yield last
        last = stop
    if last:
        yield last


def _opens_run(text: str, at: int) -> bool:
    return at == 0 or text[at - 1].isspace()


def _ends(text: str, start: int, stop: int) -> bool:
    """Whether the point at `stop` ends the sentence that began at `start`."""
    before = text[max(start, stop - _LONGEST) : stop]
    word = before.rsplit(maxsplit=1)[-1].casefold() if before and not before[-1].isspace() else ""
    if word.isalpha() and len(word) > 1:
        if word not in ABBREVIATIONS:
            return True
    elif "?" in word or "!" in word:
        return True
    else:
        word = _BEFORE_TOKEN.split(word)[-1]
    following = _NEXT.match(text, stop + 1)
    if following and word.endswith(".") and text[stop - 1] == "." and "\n" in text[stop + 1 : following.start(1)]:
        return following[1][0].isupper()  # an ellipsis at the end of a line
    if len(word) == 1 and word not in ABBREVIATIONS and _is_lettered(before):
        return True
    return not word or following is None or _ends_after(word, following[1])


def _is_lettered(before: str) -> bool:
    parts = before.split()
    return len(parts) > 1 and names_by_letter(parts[-2])


def _ends_after(word: str, following: str) -> bool:
    """Whether `word.` ends a sentence when `following` comes next."""
    opens, capital = following.casefold(), following[0].isupper()
    if word in _TITLES and capital:
        return False
    if _NUMBER.fullmatch(word):
        return not following[0].islower() and following not in {";", ":", ",", ".", "!", "?"}
    if len(word) == 1 and word.isalpha():
        # An initial. Punkt knows some letters as abbreviations outright, such as the c of "vitamin C."
        return word not in ABBREVIATIONS and not following[0].islower() and (not capital or opens in COMMON_WORDS)
    if word.endswith(".") or word in ABBREVIATIONS or word.rpartition("-")[2] in ABBREVIATIONS:
        return capital and (opens in SENTENCE_OPENERS or opens in COMMON_WORDS)
    return True
