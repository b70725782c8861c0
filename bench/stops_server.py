"""The server of a study that is stopped and resumed: replies that depend on the request alone, and for some requests a
fault, of every kind in turns: what passes on a second try, what is odd but honest, and what is final.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import blake2b

import msgspec

from case_server import Answer, Asked, completion, refuses, says

CUT_SPEAKER = "marsh"  # whose dialogues are cut silently, where that is among the kinds
WINDOW = 600  # tokens that are kept of them
HTML = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"
WORDS = (
    "lamp",
    "gull",
    "tide",
    "rope",
    "storm",
    "stair",
    "glass",
    "oil",
    "reef",
    "bell",
    "salt",
    "fog",
    "keel",
    "wick",
)

Make = Callable[[Asked, str], Answer]


def _error(status: int, message: str, code: object = None, **headers: str) -> Make:
    body = {"error": {"message": message, "code": code, "type": "x"}}
    return lambda _asked, _text: refuses(status, body, **headers)


def _said(finish: object = "stop", usage: object = msgspec.UNSET, **more: object) -> Make:
    """The good text with odd trappings."""
    return lambda asked, text: says(text, finish, usage, **more)(asked)


def _wrapped(before: str, after: str = "") -> Make:
    return lambda asked, text: says(before + text + after)(asked)


def _whole(asked: Asked, text: str) -> bytes:
    return json.dumps(completion(asked, text)).encode()


def _parted(asked: Asked, text: str) -> Answer:
    parts = [{"type": "text", "text": text[:9]}, {"type": "output_text", "text": text[9:]}]
    return says("", message={"content": parts})(asked)


# Faults that pass on a second try.
ONCE: dict[str, Make] = {
    "abort, no text": lambda asked, _: says("", "abort")(asked),
    "abort, a text": lambda asked, text: says(text[: len(text) // 2], "abort", {"completion_tokens": 0})(asked),
    "network_error": lambda asked, _: says("", "network_error")(asked),
    "a word that nobody knows": lambda asked, text: says(text, "wandered")(asked),
    "no ending": lambda asked, _: says("", None)(asked),
    "an error in the choice": lambda asked, _: says("", None, choice={"error": {"code": 502, "message": "gone"}})(
        asked
    ),
    "an error beside choices": lambda asked, text: says(text, beside={"error": {"code": 502, "message": "gone"}})(
        asked
    ),
    "an error under 200": _error(200, "upstream gone", 502),
    "429": _error(429, "slow down"),
    "429, a time in a header": _error(429, "slow down", Retry_After="3"),
    "429, a time in words": _error(429, "Rate limit reached. Please try again in 2.5s."),
    "already borrowed": _error(400, "Already borrowed"),
    "500": _error(500, "internal error"),
    "502, a page": lambda _asked, _text: Answer(HTML, 502),
    "503": _error(503, "Loading model"),
    "a page": lambda _asked, _text: Answer(HTML),
    "nothing": lambda _asked, _text: Answer(b""),
    "JSON that breaks off": lambda asked, text: Answer(_whole(asked, text)[:-20]),
    "a part that is no text": lambda asked, _: says("", message={"content": [{"type": "hologram"}]})(asked),
}
# Honest replies in odd trappings: the text counts at once.
HONEST: dict[str, Make] = {
    "STOP": _said("STOP"),
    "eos_token": _said("eos_token"),
    "parts": _parted,
    "a trace before": _wrapped("<think>They ask again.</think>"),
    "a trace, closed alone": _wrapped("They ask again.</think>\n\n"),
    "a trace of another family": _wrapped("[THINK]They ask again.[/THINK]"),
    "a trace in channels": _wrapped(
        "<|channel|>analysis<|message|>They ask.<|end|><|start|>assistant<|channel|>final<|message|>"
    ),
    "a trace in its field": _said(message={"reasoning_content": "They ask again."}),
    "no usage": _said(usage=None),
    "usage with odd fields": _said(usage={"prompt_tokens_details": [], "completion_tokens": "9"}),
    "another name": _said(beside={"model": "m-2027", "system_fingerprint": "fp-2"}),
}
# Faults that come every time, with the reason that is left.
FINAL: dict[str, tuple[Make, str]] = {
    "filtered": (lambda asked, _: says("", "content_filter")(asked), "filtered"),
    "filtered by another word": (lambda asked, _: says("", "PROHIBITED_CONTENT")(asked), "filtered"),
    "403 about a text": (_error(403, "Content violates usage guidelines."), "filtered"),
    "too long": (_error(400, "prompt is too long: 9120 tokens > 8192 maximum"), "overflow"),
    "too long in other words": (_error(422, "inputs (8200 tokens) + max_new_tokens must be <= 8192"), "overflow"),
    "cut before a word": (lambda asked, _: says("", "length", {"completion_tokens": 0})(asked), "overflow"),
    "abort, always": (lambda asked, _: says("", "abort")(asked), "failed"),
    "an error, always": (_error(200, "this text breaks the backend", 500), "failed"),
    "refused": (_error(400, "the tool call has no answer"), "failed"),
}
SILENT = "a prompt cut silently"
PASSING = (*ONCE, *HONEST)
LASTING = (*FINAL, SILENT)


class Mixed:
    """Answers every request: `share` of the calls, chosen by their bytes and a seed, meet one of `kinds`, in turns."""

    def __init__(self, seed: int, share: float, kinds: Sequence[str] = (*PASSING, *LASTING)) -> None:
        self.kinds = tuple(kinds)
        self.requests = 0
        self.met = Counter[str]()
        self._seed = seed.to_bytes(8, "little")
        self._share = share
        self._named = [kind for kind in self.kinds if kind != SILENT]
        self._passing = [kind for kind in self._named if kind in PASSING]
        self._chosen: dict[bytes, str] = {}
        self._final: dict[str, str] = {}  # by the honest text: the reason that is left
        self._uncertain: set[str] = set()  # honest texts of dialogues that are cut silently

    def __call__(self, asked: Asked) -> Answer:
        """Answer a request."""
        self.requests += 1
        body = json.dumps(asked.body, sort_keys=True).encode()
        text = _text(asked, body)
        silent = SILENT in self.kinds and asked.who == "model" and CUT_SPEAKER in str(asked.messages[0]).lower()
        if silent and self._share:
            self._uncertain.add(text)
            if asked.tokens > WINDOW:
                self.met[SILENT] += 1
                self._final[text] = "overflow"
                return says(text, "stop", {"prompt_tokens": WINDOW})(asked)
        kind = self._kind(body, passing=silent)  # so that a dialogue reaches its cut
        if kind in FINAL:
            self._final[text] = FINAL[kind][1]
            self.met[kind] += 1
            return FINAL[kind][0](asked, text)
        if kind in HONEST or (kind in ONCE and asked.attempt == 1):
            self.met[kind] += 1
            return {**ONCE, **HONEST}[kind](asked, text)
        return says(text)(asked)

    def final(self, text: str | None) -> str | None:
        """Why what would honestly have been this text is missing; None where it need not be."""
        return self._final.get(text or "")

    def explains(self, text: str | None, reason: str) -> bool:
        """Whether this reason is right for what would honestly have been this text."""
        return self.final(text) == reason or (reason == "overflow" and text in self._uncertain)

    def _kind(self, body: bytes, *, passing: bool) -> str:
        drawn = int.from_bytes(blake2b(body, key=self._seed, digest_size=8).digest(), "big")
        if drawn % 10_000 >= 10_000 * self._share:
            return ""
        if passing:
            return self._passing[(drawn // 10_000) % len(self._passing)] if self._passing else ""
        return self._chosen.setdefault(body, self._named[len(self._chosen) % len(self._named)])


def _text(asked: Asked, body: bytes) -> str:
    """A text of its own for every request, of some length for a model; a result for a judge."""
    drawn = blake2b(body, digest_size=64).digest()
    if asked.who == "judge":
        asks = json.dumps(asked.messages)
        choices = {"A, B or tie": ("A", "B", "tie"), "full, partial or none": ("full", "partial", "none")}
        known = next((known for words, known in choices.items() if words in asks), tuple("12345"))
        return f"Seen {drawn[:6].hex()}.\nResult: {known[drawn[6] % len(known)]}"
    words = " ".join(WORDS[one % len(WORDS)] for one in drawn * 2)
    return f"Entry {drawn[:6].hex()}: {words}."
