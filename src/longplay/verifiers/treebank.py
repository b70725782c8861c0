"""Splits an English sentence into tokens by the Penn Treebank's rules; must not know any check.

Marks stand alone, a point only at the sentence's end, and 's, 'll, n't and their like come off their word: the rules of
NLTK's word_tokenize, with which both benchmarks count some words. Time is linear in the sentence.
"""

import re
import string

_MARKS = ";@#$%&?!*\\[\\](){}<>\u00ab\u201c\u2018\u201e\u00bb\u201d\u2019\u2012-\u2015"
# A point, hyphen or apostrophe stays inside a word; so does a colon or comma before a digit: 10:30, 1,000.
_PART = re.compile(
    rf"\.{{2,}}|--|''|\"|``?|[{_MARKS}]|[:,](?!\d)"
    rf"|(?:[^{_MARKS}\"`:,.'\-]|\.(?!\.)|-(?!-)|'(?!')|[:,](?=\d))+"
)
_OPENING = re.compile(r"'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", re.IGNORECASE)
_CLITIC = re.compile(r"'[sSmMdD]?$|'(?:ll|LL|re|RE|ve|VE)$|(?:n't|N'T)$")
_FUSED = {
    "cannot": 3,
    "gimme": 3,
    "gonna": 3,
    "gotta": 3,
    "lemme": 3,
    "wanna": 3,
    "d'ye": 1,
    "more'n": 4,
    "'tis": 2,
    "'twas": 2,
}
_AFTER_POINT = "])}>\"'\u00bb\u201d\u2019" + string.whitespace


def tokens_of_sentence(sentence: str) -> list[str]:
    """The tokens in order. A double quotation mark becomes '', so that it is no word and no single mark either."""
    found: list[str] = []
    bare = sentence.rstrip(_AFTER_POINT)
    if bare.endswith(".") and len(bare) > 1 and bare[-2] != ".":
        _take_apart(bare[:-1], found)
        found.append(".")
        _take_apart(sentence[len(bare) :], found)
    else:
        _take_apart(sentence, found)
    return found


def _take_apart(piece: str, found: list[str]) -> None:
    for run in piece.split():
        if run.isalpha() and run.lower() not in _FUSED:
            found.append(run)  # most runs; the patterns would find nothing to split
        else:
            _split_run(run, found)


def _split_run(run: str, found: list[str]) -> None:
    for part in _PART.findall(run):
        if part == '"':
            found.append("''")
        elif "'" in part and part != "''" and part.lower() not in _FUSED:
            _split_clitics(part, found)
        else:
            _split_fused(part, found)


def _split_clitics(part: str, found: list[str]) -> None:
    if _OPENING.match(part):
        found.append("'")
        part = part[1:]
    clitic = _CLITIC.search(part)
    if clitic and clitic.start() > 0:
        _split_fused(part[: clitic.start()], found)
        found.append(clitic[0])
    else:
        _split_fused(part, found)


def _split_fused(part: str, found: list[str]) -> None:
    at = _FUSED.get(part.lower(), 0)
    found.extend((part[:at], part[at:]) if at else (part,))
