"""What is wrong with a command line, and where it says what is accepted. Knows no command."""

from collections.abc import Sequence

from cyclopts import CycloptsError, MissingArgumentError, UnusedCliTokensError


def misread(fault: CycloptsError, words: Sequence[str], commands: Sequence[str]) -> str:
    """A line for words that cannot be taken."""
    program = " ".join(("longplay", *(word for word in words[:1] if word in commands)))
    return f"{_what(fault, program)} `{program} --help` says what is accepted."


def _what(fault: CycloptsError, program: str) -> str:
    if isinstance(fault, UnusedCliTokensError) and fault.unused_tokens:
        return f"{program} does not take {' '.join(fault.unused_tokens)!r}."
    if not isinstance(fault, MissingArgumentError) or fault.argument is None:
        return str(fault)
    given = [token.keyword for token in fault.argument.tokens if token.keyword is not None]
    option = fault.keyword or (given[-1] if given else None)
    return f"{fault.argument.name} is missing." if option is None else f"{option} needs a value behind it."
