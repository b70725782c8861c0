"""What came of a reply -> a Reply, by how it ended: behaviour of the model, or why it is none. Knows no format.

Nothing is believed because it arrived: a reply counts where it ended in a known way and no error stands beside it.
"""

import msgspec

from longplay.inference.endings import Asked, Ending
from longplay.inference.retry import Again, Outcome
from longplay.records import Likely, Reply, Usage
from longplay.records.messages import Finish, Reason
from longplay.specs import toml_text

MAX_RAW_BYTES = 1_000_000
_SHOWN_CHARS = 60
_INTO = "into the model's part of the study"


class Came(msgspec.Struct, frozen=True):
    """What a reply holds, before anything of it is believed. `raw`: its text as it came, with traces and marks.
    `likeliest`: of its first token, which is not the text's where a trace stands before it."""

    raw: str
    text: str
    reasoning: str
    marked: bool
    usage: Usage
    word: str
    served_by: str
    fingerprint: str
    likeliest: tuple[Likely, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the model wrote nothing at all, and the server counts 0 tokens."""
        return not self.text and not self.reasoning and self.usage.completion == 0

    def missing(self, reason: Reason, finish: Finish, detail: str) -> Reply:
        """A reply that is not believed; what came of its text is kept as bytes."""
        return Reply(
            "missing",
            reason=reason,
            finish=finish,
            usage=self.usage,
            detail=detail,
            raw=self.raw.encode(errors="replace")[:MAX_RAW_BYTES] or None,
            ending=self.word,
            served_by=self.served_by,
            fingerprint=self.fingerprint,
        )


def believed(came: Came, ending: Ending | None, asked: Asked) -> Outcome:
    """A reply by how it ended: behaviour, or why it is none."""
    text, completion = came.text, came.usage.completion
    if ending == "filter":
        detail = f"the provider filtered the reply (ended as {toml_text(came.word[:_SHOWN_CHARS])})"
        return came.missing("filtered", "filter", detail)
    if (ending == "length" and came.nothing) or (ending == "window" and not text.strip()):
        return came.missing("overflow", "length", "the server ended the reply before its first token: no room was left")
    if ending == "tools" and not text.strip():
        return no_reply(came, f"ended as {toml_text(came.word[:_SHOWN_CHARS])}, without a text")
    if ending is None or (not came.word and (not text.strip() or completion == 0)):
        return no_reply(came, _unknown(came))
    full = completion is not None and completion == asked.max_tokens
    finish: Finish = "length" if ending in ("length", "window") or full else "stop"
    return Reply(
        "ok",
        text=text,
        finish=finish,
        usage=came.usage,
        reasoning=came.reasoning,
        ending=came.word,
        served_by=came.served_by,
        fingerprint=came.fingerprint,
        marked=came.marked,
        likeliest=() if came.reasoning or came.marked else came.likeliest,
    )


def _unknown(came: Came) -> str:
    """Why an ending is not believed, and the key that admits it."""
    if not came.word:
        never = f'if this server never names one, write finish = "unnamed" {_INTO}'
        return f"the reply names no ending (finish_reason); {never}"
    word = toml_text(came.word[:_SHOWN_CHARS])
    admits = f'write endings = {{ {word} = "stop" }} {_INTO}'
    return f"ended as {word} (finish_reason), which is not known as an end of whole replies; if it is one, {admits}"


def no_reply(came: Came, detail: str) -> Again:
    """No reply: worth another attempt, and failed if it stays so."""
    return Again(detail, left=came.missing("failed", "other", detail))


def with_error(outcome: Outcome, came: Came) -> Outcome:
    """What an error beside a reply comes to, with what came of the text."""
    if isinstance(outcome, Again):
        return msgspec.structs.replace(outcome, left=came.missing("failed", "other", outcome.detail))
    if isinstance(outcome, Reply) and outcome.reason is not None:
        return came.missing(outcome.reason, "other", outcome.detail)
    return outcome
