"""The one seam through which the benchmarks' checks split English; works offline and must not know any check.

Both benchmarks call NLTK, which downloads its tables; this reproduces what it does with rules of its own.
"""

import re
import string
from collections.abc import Iterator

from longplay.verifiers.punkt import sentences
from longplay.verifiers.treebank import tokens_of_sentence

__all__ = [
    "PUNCTUATION",
    "SPLITTER",
    "bare",
    "bare_words",
    "numbers",
    "runs",
    "sentences",
    "tokens",
    "tokens_of_sentence",
    "word_tokens",
]

SPLITTER = "punkt-2+treebank-1"
"""Names the rules of `sentences` and `tokens`; change it whenever a text could be split differently."""

PUNCTUATION = string.punctuation
_NO_PUNCTUATION = str.maketrans("", "", PUNCTUATION)
_BETWEEN_PUNCTUATION = re.compile(r"[^!-/:-@\[-`{-~]+")
_SPACED = str.maketrans({chr(code): " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")})
_DIGITS_APART = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isdigit()})
_RUN = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_VISIBLE = re.compile(r"\S+")


def tokens(text: str) -> Iterator[str]:
    """The Treebank tokens of one sentence after another, punctuation included."""
    for sentence in sentences(text):
        yield from tokens_of_sentence(sentence)


def word_tokens(sentence: str) -> list[str]:
    """The tokens of one sentence that hold a letter or digit."""
    return [token for token in tokens_of_sentence(sentence) if any(map(str.isalnum, token))]


def runs(text: str) -> list[str]:
    """The runs of letters, digits and underscores: don't is two."""
    return text.translate(_SPACED).split() if text.isascii() else _RUN.findall(text)


def numbers(text: str) -> list[str]:
    """The runs of digits."""
    return text.translate(_DIGITS_APART).split() if text.isascii() else _NUMBER.findall(text)


def bare(text: str) -> str:
    """The text without ASCII punctuation."""
    return text.translate(_NO_PUNCTUATION) if text.isascii() else "".join(_BETWEEN_PUNCTUATION.findall(text))


def bare_words(text: str) -> Iterator[str]:
    """What space separates, in small letters and without ASCII punctuation, one by one; nothing empty."""
    return filter(None, (bare(found[0]) for found in _VISIBLE.finditer(text.lower())))
