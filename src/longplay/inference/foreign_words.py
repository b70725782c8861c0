"""What servers and judges say, as it is compared and shown: without its numbers, on one line, of bounded length."""

import re

QUOTED = 300  # characters of what a server or a judge says, and of what is said to help
_DIGITS = re.compile(r"\d+")


def alike(detail: str) -> str:
    """A server's words without what differs from call to call: its numbers."""
    return _DIGITS.sub("#", detail)


def quoted(text: str) -> str:
    """Foreign words on one line, in quotes, of bounded length."""
    flat = " ".join(text.split())
    return f'"{flat if len(flat) <= QUOTED else flat[: QUOTED - 1] + "…"}"'
