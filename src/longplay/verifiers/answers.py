"""Reads out of an answer what it says: a number, a choice, a text; must not know any item or score.

Every function takes time linear in the text.
"""

import math
import re
import string
import unicodedata
from collections.abc import Iterable, Sequence

from longplay.verifiers.text import count_phrase, words

_MARKS = string.whitespace + ".,;:!?'\"()[]{}*_`~" + "\u2018\u2019\u201c\u201d\u2026\u3002"
_LAYOUT = re.compile(r"\A\s*(?:[-*+>\u2022]|#{1,6})[ \t]+")  # the mark of a list, a heading or a quotation
# Scripts that put no spaces between words: a run of their letters is no word.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
# A run of digits with points, commas and the like between them, and what may stand at its two ends. A sign counts where
# nothing that could be subtracted from stands before it.
_RUN = re.compile(
    r"(?<![\w.])(?P<sign>[-+\u2212])?[$\u20ac\u00a3\u00a5]?(?P<run>\d+(?:[.,'\u2019\u00a0\u2009\u202f]\d+)*|\.\d+)"
    r"(?P<power>[eE][-+]?\d{1,3}(?!\w))?"
)
_THOUSANDS = re.compile(r"\d{1,3}(?:(?P<mark>[,'\u2019\u00a0\u2009\u202f])\d{3})(?:(?P=mark)\d{3})*(?:\.\d+)?\Z")
_EUROPEAN = re.compile(r"\d{1,3}(?:\.\d{3})+,\d+\Z")
_PLAIN = re.compile(r"\d*[.,]?\d+\Z")
_STATED = re.compile(
    r"(?i)\b(?:answer|result|choice|option)\b(?:\s+(?:is|would\s+be|should\s+be))?\s*[:=]?\s*[*_(\[\"']{0,4}"
    r"(?P<letter>[A-Za-z])(?![\w'\u2019])"
)
_ARTICLE = re.compile(r"(?:a|I)[ \t]+\w")  # a word, and no letter of a choice, where other words follow it
_ALONE = re.compile(r"[\s*_(\[\"']*(?P<letter>[A-Za-z])[\s*_)\].:,\"']*\Z")
_LEADING = re.compile(r"[\s*_(\[\"']*(?P<letter>[A-Za-z])[*_]*[)\].:][*_]*(?:\s|\Z)")

_WORD_MARKS = "\u2581\u0120"  # with which some tokenizers write the space before a word


def bare(text: str, *, case: bool) -> str:
    """The text without spaces and punctuation at its ends, and in small letters unless `case`. Signs that make it
    another answer, as in -5, C++ or 5 %, are none."""
    said = composed(text)
    found = _LAYOUT.sub("", said).strip(_MARKS) or said.strip()  # what is nothing but marks stays
    return found if case else found.casefold()


def composed(text: str) -> str:
    """The text with one way to write a letter with an accent."""
    return unicodedata.normalize("NFC", text)


def holds_words(text: str, phrase: str, *, case: bool) -> bool:
    """Whether the text says a word or a run of words, whole. What has no word in it, or is of a script without spaces
    between words, is looked for as it stands."""
    text, phrase = composed(text), composed(phrase)
    wanted = words(phrase)
    if not wanted or _UNSPACED.search(phrase):
        pair = (text, phrase.strip()) if case else (text.casefold(), phrase.strip().casefold())
        return pair[1] in pair[0]
    if not case:
        return count_phrase(text, phrase) > 0
    said = words(text)
    n = len(wanted)
    return any(said[i : i + n] == wanted for i in range(len(said) - n + 1) if said[i] == wanted[0])


def numbers(text: str) -> list[float]:
    """The numbers in a text, in their order: `1,200.5`, `1.200,5`, `-3`, `3,5` (a decimal comma), `$20`, `1e3`.

    Digits between points or commas that are no such number, such as `1,2,3` or a date, are numbers each.
    """
    found: list[float] = []
    for match in _RUN.finditer(text):
        sign = "-" if match["sign"] in ("-", "\u2212") else ""
        values = [float(f"{sign}{one}{match['power'] or ''}") for one in _read(match["run"])]
        found += [value for value in values if value not in (float("inf"), float("-inf"))]
    return found


def _read(run: str) -> list[str]:
    """The numbers in a run of digits, as Python writes them."""
    if _THOUSANDS.match(run):
        return [re.sub(r"[^\d.]", "", run)]
    if _EUROPEAN.match(run):
        return [run.replace(".", "").replace(",", ".")]
    return [run.replace(",", ".")] if _PLAIN.match(run) else re.findall(r"\d+", run)


def number_of(text: str) -> float | None:
    """The one number that a text is, marks around it aside; None where it is none, or several."""
    found = numbers(text)
    return found[0] if len(found) == 1 and not re.search(r"[^\W\d_]{2}", text) else None


def choice_of(text: str, choices: Sequence[str]) -> int | None:
    """Which choice an answer names, from 0: by the last letter that it calls its answer, by a letter that is all of it
    or leads it, or by the text of one choice and no other. None where it names none, or several."""
    text = composed(text)
    stated = [
        at for found in _STATED.finditer(text) if (at := _stated(text, found.start("letter"), choices)) is not None
    ]
    if stated:
        return stated[-1]
    first = text.strip().split("\n", 1)[0]
    for pattern in (_ALONE, _LEADING):
        if (found := pattern.match(first)) and (at := _place(found["letter"], choices)) is not None:
            return at
    said = [at for at, choice in enumerate(choices) if holds_words(text, choice, case=False)]
    longer = {
        at for at in said for other in said if at != other and holds_words(choices[other], choices[at], case=False)
    }
    left = [at for at in said if at not in longer]  # "red" is said where "dark red" is, and is not meant
    return left[0] if len(left) == 1 else None


def _stated(text: str, at: int, choices: Sequence[str]) -> int | None:
    """The choice whose text begins at a place, such as "a red ball" with its article; else that of the letter there."""
    rest = text[at:].casefold()
    begun = [n for n, choice in enumerate(choices) if len(choice) > 1 and rest.startswith(composed(choice).casefold())]
    if begun:
        return max(begun, key=lambda n: len(choices[n]))
    return None if _ARTICLE.match(text, at) else _place(text[at], choices)


def letter_shares(tokens: Iterable[tuple[str, float]], n: int) -> list[float]:
    """The probability of each of the first `n` letters as a first token; `tokens`: with log probabilities. "B", " b",
    "(B" and "B)" are one letter."""
    shares = [0.0] * n
    for token, logprob in tokens:
        found = _ALONE.match(token.lstrip(_WORD_MARKS))
        at = None if found is None else ord(found["letter"].upper()) - ord("A")
        if at is not None and at < n:
            shares[at] += math.exp(logprob)
    return shares


def _place(letter: str, choices: Sequence[str]) -> int | None:
    at = ord(letter.upper()) - ord("A")
    return at if at < len(choices) else None
