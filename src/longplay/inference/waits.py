"""When a server says in a body that a refused request may come again, and which quota is used up. Knows no network."""

import re
from collections.abc import Iterable, Mapping
from typing import cast

from longplay.inference.rate_headers import asked_s, span_s

_UNITS = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds", "msec"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_SPAN = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,9}})?)\s?({'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-z])")
_ASKED = re.compile(
    r"(?:try(?:ing)?(?: your request)?(?: it)?(?: again)?|retry(?:ing)?|wait(?:ing)?|again|resets?|reset time|available"
    r"|retry[-_ ]?after|come back)\b[^.\d]{0,40}?"
    rf"(?P<spans>(?:{_SPAN.pattern}(?:\s|,|and\b){{0,4}}){{1,4}}|\d{{1,6}}(?:\.\d{{1,9}})?(?![\w%]))"
)
_SECONDS_KEYS = (
    "retry_after",
    "retryAfter",
    "retry_after_seconds",
    "retryAfterSeconds",
    "retry-after",
    "Retry-After",
    "estimated_time",
)
_MS_KEYS = ("retry_after_ms", "retryAfterMs", "retry-after-ms")
_DELAY_KEYS = ("retryDelay", "retry_delay")
# A quota that no wait within a run brings back.
_OF_A_DAY = re.compile(
    r"per\s?(?:day|month|week)|\b(?:rpd|tpd)\b|(?:daily|monthly|weekly)\b[\w ]{0,20}\b(?:limit|quota|cap|usage"
    r"|requests|tokens)"
)
_READ_CHARS = 4_000


def wait_in_body_s(parts: Iterable[Mapping[str, object]], said: str) -> float | None:
    """Seconds that an error asks for: in a field of its own, or in words ("Please try again in 1m30.5s")."""
    for part in parts:
        found = _field_s(part)
        if found is not None:
            return found
    asked = _ASKED.search(said[:_READ_CHARS].lower())
    if asked is None:
        return None
    spans = _SPAN.findall(asked["spans"])
    if not spans:
        return float(asked["spans"]) if "after" in asked[0] or "wait" in asked[0] else None
    return sum(float(number) * _UNITS[unit] for number, unit in spans)


def used_up_for_long(parts: Iterable[Mapping[str, object]], said: str) -> bool:
    """Whether it is the quota of a day or longer that is used up. A message that names several says nothing."""
    quotas = (part.get("quotaId") for part in parts)
    named = [quota.lower() for quota in quotas if isinstance(quota, str)]
    if named:
        return any(map(_OF_A_DAY.search, named))
    said = said[:_READ_CHARS].lower()
    return _OF_A_DAY.search(said) is not None and "minute" not in said


def _field_s(part: Mapping[str, object]) -> float | None:
    for keys, unit in ((_SECONDS_KEYS, 1.0), (_MS_KEYS, 0.001)):
        for key in keys:
            seconds = _number(part.get(key))
            if seconds is not None:
                return seconds * unit
    for key in _DELAY_KEYS:
        delay = part.get(key)
        if isinstance(delay, dict):
            delay = cast("dict[str, object]", delay).get("seconds")
        seconds = span_s(delay) if isinstance(delay, str) else _number(delay)
        if seconds is not None:
            return seconds
    headers = part.get("headers")
    if isinstance(headers, dict):
        texts = {key: value for key, value in cast("dict[str, object]", headers).items() if isinstance(value, str)}
        reset = texts.get("X-RateLimit-Reset") or texts.get("x-ratelimit-reset")
        return asked_s(texts) or (span_s(reset) if reset else None)
    return None


def _number(value: object) -> float | None:
    """A number of at least 0, also in digits or with its unit."""
    if isinstance(value, str):
        return span_s(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9 else None
