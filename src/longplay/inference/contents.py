"""A message's content -> its text and its reasoning: a string, nothing, or parts of several types. Knows no network."""

from typing import cast

import msgspec

from longplay.inference.retry import Again

_TEXT = ("text", "output_text", "input_text", "refusal")
_REASONING = (
    "thinking",
    "reasoning",
    "reasoning_text",
    "reasoning_content",
    "summary_text",
    "reasoning.text",
    "thought",
)
_SILENT = ("redacted_thinking", "reasoning.encrypted", "reasoning.summary")  # a trace that is not shown
_TYPE_CHARS = 60


class Content(msgspec.Struct, frozen=True):
    """What stands in a content, apart."""

    text: str
    reasoning: str = ""


def read_content(content: object) -> Content | Again:
    """The text of a content. A part of an unknown type counts where it carries text; else there is no reply."""
    if isinstance(content, str):
        return Content(content)
    if content is None:
        return Content("")
    parts = cast("list[object]", content) if isinstance(content, list) else [content]
    texts, traces = list[str](), list[str]()
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        if not isinstance(part, dict):
            return Again(f"the reply's content is no text (it holds a {type(part).__name__})")
        fields = cast("dict[str, object]", part)
        kind = fields.get("type", "text")
        if kind in _REASONING or kind in _SILENT or fields.get("thought") is True:  # the last is Gemini's
            traces.append(_trace(fields))
            continue
        said = None if kind == "error" else _said(fields)
        if said is None:
            named = repr(kind[:_TYPE_CHARS]) if isinstance(kind, str) else "no known"
            return Again(f"the reply holds a part of type {named}, which is no text")
        texts.append(said)
    return Content("".join(texts), "\n\n".join(filter(None, traces)))


def read_reasoning(*fields: object) -> str:
    """The reasoning that a server gives beside a content: the first field that holds some."""
    for field in fields:
        if not field:
            continue
        if isinstance(field, str):
            return field
        if isinstance(field, (list, dict)):
            parts = cast("list[object]", field if isinstance(field, list) else [field])
            found = [_trace(cast("dict[str, object]", part)) for part in parts if isinstance(part, dict)]
            if any(found):
                return "\n\n".join(filter(None, found))
    return ""


def _said(part: dict[str, object]) -> str | None:
    """The text of one part; None where it carries none."""
    for key in _TEXT:
        if key in part:
            value = part[key]
            if isinstance(value, dict):
                value = cast("dict[str, object]", value).get("value")
            if isinstance(value, str):
                return value
            if value is None:
                return ""
    return None


def _trace(part: dict[str, object]) -> str:
    """The reasoning of one part: text, or parts of text again."""
    for key in ("thinking", "reasoning", "text", "summary", "content"):
        value = part.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            inner = [
                _said(cast("dict[str, object]", one)) for one in cast("list[object]", value) if isinstance(one, dict)
            ]
            return "".join(filter(None, inner))
    return ""
