"""Finds keywords in a text in any case; must not know any check. A keyword is a text: no mark in it means anything."""

import re
from functools import lru_cache


def count_whole(keyword: str, small: str) -> int:
    """How often the keyword stands as a whole word in a text in small letters."""
    key = keyword.strip().lower()
    return len(_whole_word(key).findall(small)) if key in small else 0


def count_anywhere(keyword: str, small: str) -> int:
    """How often the keyword stands in a text in small letters, also inside a word."""
    return small.count(keyword.strip().lower())


@lru_cache(maxsize=512)
def _whole_word(key: str) -> re.Pattern[str]:
    # The word comes first in the pattern, so that the text is searched for it rather than for every word's edge.
    literal = re.escape(key)
    before = rf"(?<!\w{literal})" if key[:1].isalnum() else rf"(?<=\w{literal})"
    return re.compile(rf"{literal}{before}\b")
