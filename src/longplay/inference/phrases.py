"""A pattern that finds any of several phrases. Knows no phrase."""

import re


def any_of(*phrases: str) -> re.Pattern[str]:
    """The pattern of regular expressions, written in lower case, for texts in lower case."""
    return re.compile("|".join(phrases))
