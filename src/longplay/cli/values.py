"""What words of a command line become values: as usual, but no number is rounded. Knows no command."""

import re
from collections.abc import Sequence
from typing import Any, cast, get_args

from cyclopts import Token, convert

_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?\Z")


def value_of(kind: Any, tokens: Sequence[Token]) -> Any:
    """The value of an option or argument. Raises ValueError where a whole number is wanted and another is given."""
    if _holds_int(kind):
        for token in tokens:
            if not _WHOLE.match(token.value):
                raise ValueError(f'"{token.value}" is no whole number.')
    return cast("Any", convert)(kind, tokens)  # its annotations are partial


def _holds_int(kind: Any) -> bool:
    return kind is int or any(map(_holds_int, get_args(kind)))
