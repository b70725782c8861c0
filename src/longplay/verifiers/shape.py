"""The shape of a check and the reading of its arguments; must not know any particular check or text."""

import math
from collections.abc import Callable, Mapping

import msgspec

from longplay.specs import LongplayError
from longplay.verifiers.loose import forms

Value = int | float | str | list[str]
Args = Mapping[str, Value]
Test = Callable[[Args, str], bool]
Problem = Callable[[Args], str]
Forms = Callable[[str], tuple[str, ...]]

TYPE_WORDS: Mapping[type, str] = {
    int: "a whole number of 0 or more",
    float: "a number",
    str: "a text",
    list: "a list of texts",
}


class VerifierError(LongplayError):
    """A constraint that cannot be checked as it is written."""


def no_problem(_args: Args) -> str:
    """Arguments of the right types need no further look."""
    return ""


class Check(msgspec.Struct, frozen=True):
    """How one kind of constraint is checked.

    `args` maps each argument to `int`, `float`, `str` or `list` (of texts); all are required, no others are allowed.
    `test` gets arguments that were validated and a text with at least one visible character.
    `problem` says in words what is wrong with arguments of the right types ("" when nothing is).
    `forms` gives the relaxed forms of a text in which the check may also be met.
    """

    args: Mapping[str, type]
    test: Test
    problem: Problem = no_problem
    forms: Forms = forms


def fits(value: Value, wanted: type) -> bool:
    """Whether an argument is of the type its check wants; no bool is a number, no blank text an argument."""
    if isinstance(value, bool):
        return False
    if wanted is int:
        return isinstance(value, int) and value >= 0
    if wanted is float:
        return isinstance(value, int | float) and math.isfinite(value)
    if wanted is str:
        return isinstance(value, str) and value.strip() != ""
    return isinstance(value, list) and value != [] and all(part != "" for part in map(_as_text, value))


def _as_text(part: object) -> str:
    # Constraints may be built in Python, where nothing has checked what a list holds.
    return part if isinstance(part, str) else ""


def whole(args: Args, name: str) -> int:
    """The whole number called `name`."""
    value = args[name]
    if isinstance(value, int):
        return value
    raise VerifierError(f"argument {name!r} must be {TYPE_WORDS[int]}, not {value!r}.")


def number(args: Args, name: str) -> float:
    """The number called `name`."""
    value = args[name]
    if isinstance(value, int | float):
        return value
    raise VerifierError(f"argument {name!r} must be {TYPE_WORDS[float]}, not {value!r}.")


def string(args: Args, name: str) -> str:
    """The text called `name`."""
    value = args[name]
    if isinstance(value, str):
        return value
    raise VerifierError(f"argument {name!r} must be {TYPE_WORDS[str]}, not {value!r}.")


def strings(args: Args, name: str) -> list[str]:
    """The list of texts called `name`."""
    value = args[name]
    if isinstance(value, list):
        return value
    raise VerifierError(f"argument {name!r} must be {TYPE_WORDS[list]}, not {value!r}.")
