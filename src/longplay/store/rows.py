"""Values as columns and back, without loss. Knows no SQL.

Normal text is bound as it is. Text that UTF-8 cannot say (lone surrogates) becomes a BLOB in the same column, which
SQLite keeps apart from TEXT. Token counts that no server can have meant are taken as not counted.
"""

import json
import math
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from longplay.records import Likely, Reply, Usage
from longplay.store.schema import FINISH_CODES, FINISH_WORDS, REASON_CODES, REASON_WORDS

Value: TypeAlias = int | float | str | bytes | None
Row: TypeAlias = tuple[Value, ...]
Counts: TypeAlias = tuple[int | None, int | None, int | None, int | None]

_MOST_TOKENS = 2**40

REPLY_COLUMNS = (
    "c.reason, c.finish, c.prompt, c.cached, c.completion, c.written, c.attempts, c.latency_s, c.marked, "
    "(SELECT name FROM names WHERE id=c.ending), (SELECT name FROM names WHERE id=c.served_by), "
    "(SELECT name FROM names WHERE id=c.fingerprint), c.text, c.reasoning, c.detail, c.raw"
)


def fit(value: Value) -> Value:
    """The value as SQLite can hold it."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode(errors="surrogatepass")
    return value


def tokens(count: int | None) -> int | None:
    """A token count as far as it can be one."""
    return count if count is not None and 0 <= count < _MOST_TOKENS else None


def text_of(value: Value) -> str:
    """The text of a TEXT column; '' for NULL. Raises ValueError where it holds neither text nor its bytes."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="surrogatepass")
    raise ValueError(f"a number stands where text should be: {value}")


def whole(value: Value) -> int:
    """The whole number a column must hold. Raises ValueError where it does not."""
    if isinstance(value, int):
        return value
    raise ValueError(f"no whole number: {value!r:.40}")


def finite(value: Value) -> float | None:
    """The number of a column that may hold none. Raises ValueError where it is no finite number."""
    if value is None or (isinstance(value, (int, float)) and math.isfinite(value)):
        return value
    raise ValueError(f"no number: {value!r:.40}")


def token_counts(usage: Usage) -> Counts:
    """prompt, cached, completion, written, as far as they can be token counts."""
    return tokens(usage.prompt), tokens(usage.cached), tokens(usage.completion), tokens(usage.written)


def reply_row(reply: Reply, counts: Counts, at: int, said: tuple[int, int, int]) -> Row:
    """reason, finish, empty, counts, attempts, latency_s, at (seconds since 1970), marked, what the server said of
    itself (ids of ending, served_by, fingerprint), text, reasoning, detail, raw."""
    return (
        REASON_CODES[reply.reason],
        FINISH_CODES[reply.finish],
        reply.empty,
        *counts,
        reply.attempts,
        reply.latency_s,
        at,
        reply.marked,
        *said,
        reply.text,
        reply.reasoning or None,
        likeliest_text(reply.likeliest) or reply.detail or None,
        reply.raw,
    )


def reply_of(row: Sequence[Value]) -> Reply:
    """The reply behind REPLY_COLUMNS. Raises KeyError or ValueError where the columns hold no reply."""
    reason, finish, prompt, cached, completion, written, attempts, latency_s, marked, *said = row
    ending, served_by, fingerprint, text, reasoning, detail, raw = said
    word = REASON_WORDS[whole(reason)]
    likeliest = () if word or not detail else likeliest_of(text_of(detail))
    return Reply(
        status="missing" if word else "ok",
        text=text if text is None or isinstance(text, str) else text_of(text),
        reason=word,
        finish=FINISH_WORDS[whole(finish)],
        usage=Usage(_count(prompt), _count(cached), _count(completion), _count(written)),
        reasoning=text_of(reasoning) if reasoning else "",
        detail=text_of(detail) if detail and not likeliest else "",
        raw=raw if isinstance(raw, bytes) else None,
        attempts=whole(attempts),
        latency_s=float(latency_s or 0.0),
        ending=text_of(ending) if ending else "",
        served_by=text_of(served_by) if served_by else "",
        fingerprint=text_of(fingerprint) if fingerprint else "",
        marked=bool(marked),
        likeliest=likeliest,
    )


def likeliest_text(likeliest: Sequence[Likely]) -> str:
    """What a reply could have begun with, as JSON: `[["B", -0.1], ...]`; "" where nothing was told."""
    return json.dumps([(one.token, one.logprob) for one in likeliest]) if likeliest else ""


def likeliest_of(text: str) -> tuple[Likely, ...]:
    """The same again; empty for any other text."""
    if not text.startswith("[["):
        return ()
    try:
        return tuple(msgspec.convert(json.loads(text), list[Likely]))
    except (ValueError, RecursionError):
        return ()


def _count(value: Value) -> int | None:
    return value if value is None else whole(value)
