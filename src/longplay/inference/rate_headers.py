"""What the headers of a response say about rates: when to ask again, and how much is left until when. Sends nothing."""

import math
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from longplay.inference.retry import retry_after_s

Clock = Callable[[], float]

# (what is left, until when), in the order in which they are believed.
_REQUESTS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),  # OpenAI, Groq, Azure
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),  # OpenRouter and many gateways
    ("ratelimit-remaining", "ratelimit-reset"),
)
_TOKENS = (
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
)
_COUNT = re.compile(r"\d{1,15}\Z")
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,9})?\Z")
_SPAN = re.compile(
    r"(?=\d)(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,6}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?\Z"
)
# A plain number this large is a moment, not a span: seconds or milliseconds since 1970.
_MOMENT_S = 1e9
_MOMENT_MS = 1e12


class Room(msgspec.Struct, frozen=True):
    """What a server says is left. `pause_s`: no request before so many seconds; `tokens`: left for `tokens_s`."""

    pause_s: float | None = None
    tokens: int | None = None
    tokens_s: float = 0.0


NO_WORD = Room()


def asked_s(headers: Mapping[str, str], now: Clock = time.time) -> float | None:
    """Seconds after which a refused request may come again (retry-after-ms, Retry-After); None where it is not said."""
    in_ms = headers.get("retry-after-ms")
    if in_ms is not None and _NUMBER.match(in_ms.strip()):
        return float(in_ms) / 1000
    return retry_after_s(headers.get("Retry-After"), now)


def read_room(headers: Mapping[str, str], now: Clock = time.time) -> Room:
    """What is left of requests and tokens. `headers` finds names in any case; `now`: seconds since 1970."""
    requests, tokens = _left(headers, _REQUESTS, now), _left(headers, _TOKENS, now)
    if requests is None and tokens is None:
        return NO_WORD
    pause_s = requests[1] if requests is not None and requests[0] == 0 else None
    return Room(pause_s) if tokens is None else Room(pause_s, *tokens)


def _left(headers: Mapping[str, str], names: tuple[tuple[str, str], ...], now: Clock) -> tuple[int, float] | None:
    for left_name, reset_name in names:
        left = headers.get(left_name)
        if left is None or not _COUNT.match(left):
            continue
        seconds = span_s(headers.get(reset_name, ""), now)
        if seconds is not None:
            return int(left), seconds
    return None


def span_s(text: str, now: Clock = time.time) -> float | None:
    """Seconds named by a reset header: a span (`6m0s`, `17ms`, `20`) or a moment (RFC 3339, or counted from 1970)."""
    text = text.strip()
    if _NUMBER.match(text):
        number = float(text)
        if number < _MOMENT_S:
            return number
        return max(0.0, (number if number < _MOMENT_MS else number / 1000) - now())
    span = _SPAN.match(text)
    if span is not None:
        hours, minutes, seconds, milliseconds = (float(part or 0) for part in span.groups())
        return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    try:
        moment = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment - now()) if math.isfinite(moment) else None
