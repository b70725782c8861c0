"""The error in a response's body, in whatever shape it comes: its words, its status, what it says. Knows no network and
no remedies."""

from collections.abc import Iterator
from typing import TypeAlias, cast

import msgspec

from longplay.inference.framing import unwrapped, web_page

_MOST_CHARS = 4_000
_MOST_PARTS = 20
_STATUS_KEYS = ("code", "status", "status_code", "statusCode", "http_code", "http_status", "error_code")
_WORD_KEYS = ("code", "type", "param", "status", "reason", "error_type", "__type", "error_code")
_SAID_KEYS = (
    *("message", "Message", "msg", "detail", "error_message", "error_msg", "errorMessage", "error_description"),
    *("description", "status_msg", "errors", "title", "reason", "error"),
)
# Where a body has no error object, but something like it.
_ELSEWHERE = ("error", "errors", "base_resp", "Error", "innererror", "inner_error")
# Words that stand for a status where an error names none.
_STATUSES = {
    **dict.fromkeys(("invalid_request_error", "bad_request", "invalid_argument", "badrequesterror"), 400),
    **dict.fromkeys(("authentication_error", "invalid_api_key", "unauthenticated"), 401),
    **dict.fromkeys(("permission_error", "permission_denied"), 403),
    **dict.fromkeys(("not_found_error", "not_found", "model_not_found"), 404),
    **dict.fromkeys(("rate_limit_error", "rate_limit_exceeded", "rate_limit", "resource_exhausted"), 429),
    **dict.fromkeys(("unavailable", "service_unavailable"), 503),
    "overloaded_error": 529,
}
Json: TypeAlias = "dict[str, object]"


class ServerError(msgspec.Struct, frozen=True):
    """An error as a server put it. `words`: its machine-readable words in lower case; `param`: the parameter that it
    names; `status`: what it says of HTTP's status by itself; `said`: its message, or the whole body; `parts`: the
    objects that it is made of, the outer first; `named`: whether the body names an error at all."""

    said: str
    words: frozenset[str] = frozenset()
    param: str | None = None
    status: int | None = None
    parts: tuple[Json, ...] = ()
    named: bool = False

    @property
    def moderated(self) -> bool:
        """OpenRouter's way of saying that the input was flagged, under a status that else means a refused key."""
        return any("flagged_input" in part for part in self.parts)


def find_error(body: bytes) -> ServerError:
    """The error in a body; the body itself where it is no error object."""
    body = unwrapped(body)
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ServerError(web_page(body) or body[: 4 * _MOST_CHARS].decode(errors="replace")[:_MOST_CHARS])
    if isinstance(found, list):  # Gemini's compatible endpoint wraps the object in a list
        found = next(iter(cast("list[object]", found)), None)
    if isinstance(found, str):
        return ServerError(found[:_MOST_CHARS], named=True)
    parts = tuple(_parts(found, 0))[:_MOST_PARTS]
    inner_first = sorted(parts, key=lambda part: "error" in part)
    said = next((said for part in inner_first if (said := _said(part))), "")
    raw = next((raw for part in parts if isinstance(raw := part.get("raw"), str)), "")  # a provider behind OpenRouter
    said = f"{said}: {raw}" if said and raw else said or raw
    words = frozenset(word.lower() for part in parts for word in _texts(part, _WORD_KEYS))
    param = next((param for part in parts if (param := _param(part))), None)
    status = next((status for part in inner_first if (status := _status(part)) is not None), None)
    if status is None:
        status = next((_STATUSES[word] for word in sorted(words) if word in _STATUSES), None)
    named = bool(said) or any(is_error(part.get("error")) for part in parts)
    return ServerError((said or body.decode(errors="replace"))[:_MOST_CHARS], words, param, status, parts, named)


def is_error(value: object) -> bool:
    """Whether a field named `error` holds one: servers also send null, "" and objects in which nothing stands."""
    if isinstance(value, dict):
        return any(is_error(part) for part in cast("Json", value).values())
    if isinstance(value, list):
        return any(is_error(part) for part in cast("list[object]", value))
    return bool(value)


def _parts(value: object, depth: int) -> Iterator[Json]:
    """An object and those in it that say more of the error."""
    if not isinstance(value, dict) or depth > 3:
        return
    part = cast("Json", value)
    yield part
    for key in (*_ELSEWHERE, "metadata", "details", "violations", "detail"):
        inner = part.get(key)
        for one in cast("list[object]", inner)[:_MOST_PARTS] if isinstance(inner, list) else [inner]:
            yield from _parts(one, depth + 1)


def _said(part: Json) -> str:
    """What one object says in words."""
    for key in _SAID_KEYS:
        value = part.get(key)
        if isinstance(value, str) and value.strip():
            where = _where(part)
            return f"{where}: {value}" if where else value
        if isinstance(value, list):
            several = [_one(one) for one in cast("list[object]", value)[:_MOST_PARTS]]
            if any(several):
                return "; ".join(filter(None, several))
    return ""


def _one(value: object) -> str:
    return value if isinstance(value, str) else _said(cast("Json", value)) if isinstance(value, dict) else ""


def _where(part: Json) -> str:
    """The place in the request that an error names, as FastAPI does."""
    loc = part.get("loc")
    return ".".join(map(str, cast("list[object]", loc)[:_MOST_PARTS])) if isinstance(loc, list) else ""


def _param(part: Json) -> str | None:
    """The parameter that one object is about."""
    named = part.get("param")
    if isinstance(named, str):
        return named
    place = _where(part).split(".")
    return place[1] if len(place) == 2 and place[0] == "body" else None


def _texts(part: Json, keys: tuple[str, ...]) -> Iterator[str]:
    for key in keys:
        value = part.get(key)
        if isinstance(value, str):
            yield value


def _status(part: Json) -> int | None:
    """A status of HTTP that one object names, as a number or in digits."""
    for key in _STATUS_KEYS:
        value = part.get(key)
        if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
            return value
    return None
