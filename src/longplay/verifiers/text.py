"""The one place that says what a word, sentence, line and paragraph is; works offline and must not know any check.

Every function takes time linear in the text: the patterns consume what they scan, so hostile text cannot make them look
at the same stretch again and again. Writing without spaces between words (Chinese, Japanese, Thai) counts a run of
letters as one word.
"""

import re

SPLITTER = "plain-2"
"""Names the rules below; change it whenever a text could be split differently."""

# What ends a word: space, control characters, punctuation, symbols, emoji. Combining marks are absent on purpose, so
# that Hindi or decomposed accents stay in one piece.
BREAKS = (
    r"\s\x00-\x1f!-/:-@\[-`{-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7\u200b\u2010-\u205e\u2190-\u2bff"
    r"\u3000-\u3004\u3008-\u3020\ufe0f\uff01-\uff0f\uff1a-\uff20\U0001f000-\U0001faff"
)
_PIECE = rf"[^\W_][^{BREAKS}]*"
# An apostrophe or hyphen between letters, or a point or comma between digits, joins: don't, well-known, 3.5, 1,000.
_WORD = re.compile(rf"{_PIECE}(?:(?:['\u2019\-\u2010\u2011]|(?<=\d)[.,](?=\d)){_PIECE})*")
_STOP = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]+[\"'\u201d\u2019\u00bb)\]*_]*")
_WIDE_STOPS = "\u3002\uff01\uff1f"
_MARKER = re.compile(r"(?:[-*+\u2022]|\d{1,3}[.)]|#{1,6}|>)[ \t]+")
_BULLET = re.compile(r"[-*+\u2022][ \t]+(?=\S)")
_NUMBER = re.compile(r"(\d{1,3})[.)][ \t]+(?=\S)")
_NEXT = re.compile(r"\s*(\S)")
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})

# Never the end of a sentence, and only the end when no small letter follows.
_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "mt", "capt", "sgt", "e.g", "i.e", "cf", "vs"})
# What is told apart by a letter.
_LETTERED = frozenset(
    {"section", "chapter", "part", "plan", "vitamin", "type", "group", "figure", "appendix", "volume", "grade", "team"}
    | {"exhibit", "item", "step", "option", "answer", "choice", "version", "letter", "gate", "block", "hepatitis"}
)
_SHORT = frozenset({"etc", "a.m", "p.m", "approx", "inc", "ltd", "jr", "sr"})


def visible(text: str) -> bool:
    """Whether anything would be seen on a page; zero-width and control characters are nothing."""
    return any(char.isprintable() and not char.isspace() for char in text)


def plain(text: str) -> str:
    """The text with straight quotation marks and apostrophes in place of curly ones."""
    return text.translate(_QUOTES)


def words(text: str) -> list[str]:
    """The words as written, with straight apostrophes."""
    return _WORD.findall(plain(text))


def count_phrase(text: str, phrase: str) -> int:
    """How often a word or a run of words stands in the text, whole and in any case."""
    needle = _fenced(phrase)
    return _fenced(text).count(needle) if needle else 0


def _fenced(text: str) -> str:
    # A NUL cannot be part of a word; one on each side lets neighbouring hits stand without sharing a fence.
    return "".join(f"\0{word}\0" for word in words(text.casefold()))


def lines(text: str) -> list[str]:
    """The lines that are not blank, without the space around them."""
    return [line for line in map(str.strip, text.splitlines()) if line]


def paragraphs(text: str) -> list[str]:
    """What blank lines keep apart; never empty strings."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return ["\n".join(part) for part in found if part]


def bullets(text: str) -> list[str]:
    """The words behind each bullet (- * + or a dot), one per line."""
    return [line[mark.end() :] for line in lines(text) if (mark := _BULLET.match(line))]


def numbered(text: str) -> list[tuple[int, str]]:
    """(number, words) of each line such as `2. ...` or `2) ...`."""
    return [(int(mark[1]), line[mark.end() :]) for line in lines(text) if (mark := _NUMBER.match(line))]


def sentences(text: str) -> list[str]:
    """The sentences, each with at least one word.

    Blank lines, list items and headings end a sentence; a single line break inside a paragraph does not. Points in
    titles (Dr.), initials (J.) and numbers do not; nor does a quoted ! or ? or an ellipsis before a small letter.
    """
    return [part for block in _blocks(text) for part in _split(block) if _WORD.search(part)]


def _blocks(text: str) -> list[str]:
    found: list[list[str]] = [[]]
    for raw in text.splitlines():
        line = raw.strip()
        mark = _MARKER.match(line)
        if mark or not line:
            found.append([])
        found[-1].append(line[mark.end() :] if mark else line)
        if line.startswith("#"):
            found.append([])
    return [" ".join(part) for part in found]


def _split(block: str) -> list[str]:
    found: list[str] = []
    start = 0
    for stop in _STOP.finditer(block):
        if _ends(block, stop):
            found.append(block[start : stop.end()].strip())
            start = stop.end()
    return [*found, block[start:].strip()]


def _ends(block: str, stop: re.Match[str]) -> bool:
    following = _NEXT.match(block, stop.end())
    if following is None or stop[0][0] in _WIDE_STOPS:
        return True
    if following.start(1) == stop.end():
        return False
    small = following[1].islower()
    mark = stop[0]
    if mark == "." and stop.start() < 8 and block[: stop.start()].strip("*_ ").isdigit():
        return False  # the number of an emphasised list item or heading, **2. Like this**
    if mark == ".":
        return not _shortened(block[max(0, stop.start() - 24) : stop.start()], small)
    if mark.startswith(("..", "\u2026")):
        return not small
    return not (small and mark[-1] in "\"'\u201d\u2019\u00bb")


def names_by_letter(word: str) -> bool:
    """Whether a letter after this word is its name (Section X, Plan B), so that a point after it ends a sentence."""
    bare = word.strip("(\"'[*_")
    return (len(bare) > 1 and bare.isupper()) or bare.casefold() in _LETTERED


def _shortened(before: str, small: bool) -> bool:
    parts = before.split()
    last = parts[-1].lstrip("(\"'[\u201c\u2018*_") if parts else ""
    if len(last) == 1 and last.isupper() and last != "I":
        return not (len(parts) > 1 and names_by_letter(parts[-2]))
    token = last.casefold()
    return token in _TITLES or (small and token in _SHORT)
