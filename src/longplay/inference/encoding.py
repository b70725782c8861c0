"""Messages -> the bytes of a chat/completions body, under a model's facts. Knows the format, not the network."""

import hashlib
import weakref
from collections import OrderedDict
from functools import lru_cache

import msgspec

from longplay.inference.chat_format import ChatFormat, nearest, sendable
from longplay.records import DialogueKey, Message, Occasion, Prefix, Request, TextRef
from longplay.specs import ModelSpec, Sampling

# The most bytes of encoded prefixes that one encoder holds. A prefix of 100 rounds has about 250 KB.
MAX_HELD_BYTES = 64_000_000

_JSON = msgspec.json.Encoder()
_UNSET = msgspec.UNSET


class _WireMessage(msgspec.Struct, omit_defaults=True):
    role: str
    content: str
    # Two names for one thing: vLLM reads `reasoning`, DeepSeek and llama-server read `reasoning_content`.
    reasoning: str = ""
    reasoning_content: str = ""


class _SchemaBody(msgspec.Struct):
    schema: msgspec.Raw
    name: str = "reply"
    strict: bool = True


class _Format(msgspec.Struct):
    json_schema: _SchemaBody
    type: str = "json_schema"


class _Head(msgspec.Struct):
    """Everything of a body beside its messages; a field that is unset is not sent."""

    model: str
    stream: bool = False
    max_tokens: int | msgspec.UnsetType = _UNSET
    max_completion_tokens: int | msgspec.UnsetType = _UNSET
    temperature: float | msgspec.UnsetType = _UNSET
    top_p: float | msgspec.UnsetType = _UNSET
    seed: int | msgspec.UnsetType = _UNSET
    stop: tuple[str, ...] | msgspec.UnsetType = _UNSET
    cache_salt: str | msgspec.UnsetType = _UNSET
    prompt_cache_key: str | msgspec.UnsetType = _UNSET
    response_format: _Format | msgspec.UnsetType = _UNSET


class _Encoded(msgspec.Struct, frozen=True):
    """Messages as bytes, comma between, and system text that still waits for the message that will carry it."""

    body: bytes
    waiting: str


class PrefixBytes:
    """Encoded prefixes: each held while its prefix lives, the least recently used given up past `most` bytes."""

    def __init__(self, most: int = MAX_HELD_BYTES) -> None:
        self._held: OrderedDict[weakref.ref[Prefix], _Encoded] = OrderedDict()
        self._bytes = 0
        self._most = most

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._bytes

    def get(self, prefix: Prefix) -> _Encoded | None:
        """The encoded prefix, if it is held."""
        key = weakref.ref(prefix)
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, prefix: Prefix, encoded: _Encoded) -> None:
        """Hold a prefix that is not held yet."""
        self._held[weakref.ref(prefix, self._forget)] = encoded
        self._bytes += len(encoded.body)
        while self._bytes > self._most and len(self._held) > 1:
            _, dropped = self._held.popitem(last=False)
            self._bytes -= len(dropped.body)

    def _forget(self, key: weakref.ref[Prefix]) -> None:
        dropped = self._held.pop(key, None)
        if dropped is not None:
            self._bytes -= len(dropped.body)


class Encoder:
    """Bodies for one model. A prefix costs its new messages once; a request costs its tail.

    Model facts: the preamble stands before the first system text, or alone; `system_role` names the system message; see
    `ChatFormat`.
    """

    def __init__(self, spec: ModelSpec, held: PrefixBytes | None = None) -> None:
        self._spec = spec
        self._format = ChatFormat(spec)
        self._held = held or PrefixBytes()
        self._model = sendable(spec.model)
        self._head = lru_cache(maxsize=512)(self._new_head)  # many requests differ in their messages alone

    def chunks(self, request: Request) -> list[bytes]:
        """The body of a request, in pieces that need no joining."""
        prefix = self._prefix(request.prefix)
        tail = [self._wire(message) for message in self._format.place_last(request.tail, prefix.waiting)]
        between = b"," if prefix.body and tail else b""
        key = self._cache_key(request.cell)
        head = self._head(request.sampling, request.draw, request.schema, key, request.likeliest)
        return [head, prefix.body, between + b",".join(tail) + b"]}"]

    def _prefix(self, prefix: Prefix) -> _Encoded:
        whole = self._held.get(prefix)
        if whole is not None:
            return whole
        known, new = nearest(prefix, self._held.get)
        start = known or _Encoded(b"", self._format.preamble)
        if not new:
            return start
        placed, waiting = self._format.place(new, start.waiting)
        pieces = [start.body] if start.body else []
        encoded = _Encoded(b",".join([*pieces, *map(self._wire, placed)]), waiting)
        self._held.put(prefix, encoded)
        return encoded

    def _wire(self, message: Message) -> bytes:
        name = self._spec.system_role if message.role == "system" else message.role
        content, reasoning = message.content, message.reasoning
        try:
            return _JSON.encode(_WireMessage(name, content, reasoning, reasoning))
        except UnicodeEncodeError:
            content, reasoning = sendable(content), sendable(reasoning)
            return _JSON.encode(_WireMessage(name, content, reasoning, reasoning))

    def _new_head(
        self, sampling: Sampling, draw: int, schema: str | None, cache_key: str | msgspec.UnsetType, likeliest: int
    ) -> bytes:
        spec = self._spec
        head = _Head(model=self._model, prompt_cache_key=cache_key)
        if spec.max_tokens_field == "max_tokens":
            head.max_tokens = sampling.max_tokens
        else:
            head.max_completion_tokens = sampling.max_tokens
        if sampling.temperature is not None and "temperature" not in spec.not_settable:
            head.temperature = sampling.temperature
        if sampling.top_p is not None and "top_p" not in spec.not_settable:
            head.top_p = sampling.top_p
        if sampling.stop and "stop" not in spec.not_settable:
            head.stop = tuple(sendable(stop) for stop in sampling.stop)
        if "seed" not in spec.not_settable:
            head.seed = _seed(sampling, draw)
        if spec.cache_salt is not None:
            head.cache_salt = sendable(spec.cache_salt)
        if schema is not None:
            head.response_format = _Format(_SchemaBody(msgspec.Raw(sendable(schema).encode())))
        told = {"logprobs": True, "top_logprobs": likeliest}
        more = {**(told if likeliest and "logprobs" not in spec.not_settable else {}), **spec.extra_body}
        extra = b"," + _JSON.encode(more)[1:-1] if more else b""
        return _JSON.encode(head)[:-1] + extra + b',"messages":['

    def _cache_key(self, cell: Occasion | None) -> str | msgspec.UnsetType:
        """The key of a prompt cache: as the study gives it, or for `dialogue` a digest of what the request belongs to.

        A judge's requests share no dialogue but a template, so those of one metric have one key.
        """
        asked = self._spec.prompt_cache_key
        if asked is None or (asked == "dialogue" and cell is None):
            return _UNSET
        if asked != "dialogue" or cell is None:
            return sendable(asked)
        if cell.metric is None and not isinstance(cell.ref, TextRef):
            return _digest(cell.ref.dialogue)
        return _digest(cell.metric or "")


def _seed(sampling: Sampling, draw: int) -> int | msgspec.UnsetType:
    if sampling.seed is None:
        return draw or _UNSET
    return sampling.seed + draw


@lru_cache(maxsize=1024)
def _digest(subject: DialogueKey | str) -> str:
    return hashlib.blake2b(_JSON.encode(subject), digest_size=8).hexdigest()
