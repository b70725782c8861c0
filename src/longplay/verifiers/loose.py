"""The relaxed forms of a reply in which a demand may also be met; must not know any check.

The idea, not the code, is IFEval's loose accuracy (Zhou et al. 2023, section 2.2): a demand should not count as broken
for markdown emphasis, an opening line such as "Sure, here it is:" or a closing remark.
"""

import re

from longplay.verifiers.text import plain, words

_MOST_WORDS = 20
"""A longer line is part of the answer, whatever it begins with."""
_OPENS = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|alright|all right|no problem|gladly|very well|as you wish)\b"
    r"|(?:i'd be|i'm|i am|happy|glad) .{0,12}\bto help\b|```\w*\s*$"
    r"|.{0,40}\bhere(?:'s| is| are| you (?:go|are)| it is| they are)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"(?:i )?hope (?:this|that|it|you)\b|(?:please )?(?:let me know|feel free)\b|enjoy\b|good luck\b|thank(?:s| you)\b"
    r"|would you like\b|(?:is there )?anything (?:else|more)\b|does (?:this|that) (?:help|work)\b|shall i\b"
    r"|(?:if|should) you (?:need|have|want|would|wish|like)\b|have a \w+\b"
    r"|(?:i'm |i am )?(?:happy|glad) to help\b|```\s*$",
    re.IGNORECASE,
)


def forms(text: str) -> tuple[str, ...]:
    """The text as it stands, then without an opening courtesy, a closing one, and both, each also without asterisks.

    Each form once; some may be blank. A line is a courtesy only by what it says, and so is the fence of a code block: a
    first paragraph of prose is half the answer and stays.
    """
    rows = text.strip().splitlines()
    first = bool(rows) and _is_short(rows[0]) and (_says(_OPENS, rows[0]) or rows[0].rstrip("*_ ").endswith(":"))
    last = bool(rows) and _is_short(rows[-1]) and _says(_CLOSES, rows[-1])
    cuts = [rows[1:]] * first + [rows[:-1]] * last + [rows[1:-1]] * (first and last)
    kept = (text, *("\n".join(cut).strip() for cut in cuts))
    return tuple(dict.fromkeys((*kept, *(form.replace("*", "") for form in kept))))


def _is_short(line: str) -> bool:
    return len(words(line)) <= _MOST_WORDS


def _says(courtesy: re.Pattern[str], line: str) -> bool:
    return courtesy.match(plain(line).lstrip("*_#> ")) is not None


def benchmark_forms(text: str) -> tuple[str, ...]:
    """The eight forms of IFEval and IFBench as their own code makes them, each once.

    They cut the first and the last line whatever it says, only newlines end a line, and a blank line at either end
    counts as the one that is cut. Both benchmarks published their figures with these.
    """
    rows = text.split("\n")
    cuts = (rows[1:], rows[:-1], rows[1:-1])
    kept = (text, *("\n".join(cut).strip() for cut in cuts))
    bare = (form.replace("*", "") for form in kept) if "*" in text else ()
    return tuple(dict.fromkeys((*kept, *bare)))
