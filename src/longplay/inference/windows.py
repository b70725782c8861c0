"""How many tokens a prompt has, as far as replies have told, and whether it fits. Knows no tokenizer and no network."""

import weakref

import msgspec

from longplay.inference.tokens import CHARS_PER_TOKEN, less_tail
from longplay.records import EMPTY, Prefix

# What no server has counted is taken to have between half and twice the tokens that the running ratio says.
MARGIN = 2.0
# A prompt that holds one counted before and has grown by less than this share of what it should was cut.
_LEAST_GROWTH = 1 / 8
_FORGET = 0.99  # weight of the past in the running ratio, a reply: about a hundred replies count


class Span(msgspec.Struct, frozen=True):
    """Tokens: at least `low`, at most `high`; equal where a server counted them."""

    low: float
    high: float


class Sizes(msgspec.Struct, frozen=True):
    """Encoded bytes of a request's messages: those of its prefix, and those after it."""

    prefix: int
    tail: int


class _Known(msgspec.Struct, frozen=True):
    """Tokens of a prefix of so many bytes, learnt from a prompt of `counted` tokens whose tail has so many more."""

    tokens: Span
    bytes: int = 0
    tail: int = 0
    counted: int = 0


class TokenGauge:
    """Prompt lengths of one endpoint, from the usage of its replies. No request costs more for a longer prompt.

    A reply's prompt tokens, less an estimate of the tail, are those of its prefix; a longer prefix is the nearest known
    one and an estimate of what was added. So only a tail and a round are ever estimated, and both are short. Estimates
    are by encoded bytes, which tell languages apart less than characters do, at a ratio that follows the replies.
    """

    def __init__(self) -> None:
        self._known: weakref.WeakKeyDictionary[Prefix, _Known] = weakref.WeakKeyDictionary()
        # what a prefix is held against, looked up once: many prompts share it
        self._before: weakref.WeakKeyDictionary[Prefix, _Known] = weakref.WeakKeyDictionary()
        self._tokens = 1.0
        self._bytes = float(CHARS_PER_TOKEN)

    @property
    def per_byte(self) -> float:
        """Tokens in an encoded byte, by the replies so far; a quarter before the first."""
        return self._tokens / self._bytes

    def learn(self, prefix: Prefix, sizes: Sizes, tokens: int) -> None:
        """A server counted a prompt. A count that a cut has produced tells nothing: a longer prompt has more tokens."""
        if self._is_cut(prefix, sizes, tokens):
            return
        self._tokens = self._tokens * _FORGET + tokens
        self._bytes = self._bytes * _FORGET + sizes.prefix + sizes.tail
        if prefix is EMPTY:
            return
        known = self._known.get(prefix)
        if known is None or sizes.tail < known.tail:  # the less of a prompt is estimated, the better
            tail = sizes.tail * self.per_byte
            span = Span(less_tail(tokens, tail * MARGIN), less_tail(tokens, tail / MARGIN))
            self._known[prefix] = _Known(span, sizes.prefix, sizes.tail, tokens)

    def estimate(self, prefix: Prefix, sizes: Sizes) -> Span:
        """Tokens of a prompt."""
        start = self._nearest(prefix)
        new = (sizes.prefix - start.bytes + sizes.tail) * self.per_byte
        return Span(start.tokens.low + new / MARGIN, start.tokens.high + new * MARGIN)

    def _is_cut(self, prefix: Prefix, sizes: Sizes, tokens: int) -> bool:
        """Whether a prompt has hardly more tokens than one that it holds whole, tail and all."""
        if not tokens or prefix is EMPTY:
            return not tokens
        held = self._before.get(prefix)
        if held is None:
            held = self._before[prefix] = self._nearest(prefix.parent, within=sizes.prefix)
        if not held.counted:
            return False
        new = (sizes.prefix + sizes.tail - held.bytes - held.tail) * self.per_byte
        return tokens < held.counted + new * _LEAST_GROWTH

    def _nearest(self, prefix: Prefix | None, within: int | None = None) -> _Known:
        """What is known of the longest beginning of a prefix; `within`: whose counted prompt has at most so many
        bytes."""
        node = prefix if self._known else None
        while node is not None and node is not EMPTY:
            known = self._known.get(node)
            if known is not None and (within is None or known.bytes + known.tail <= within):
                return known
            node = node.parent
        return _Known(Span(0.0, 0.0))


def overflow(tokens: Span, max_tokens: int, window: int) -> str | None:
    """Why a prompt cannot fit, with both lengths; None where it may. Of an estimate the least counts."""
    if tokens.low + max_tokens <= window:
        return None
    if tokens.low == tokens.high:
        length = f"{tokens.low:,.0f} tokens (counted by the server)"
    else:
        length = f"between {tokens.low:,.0f} and {tokens.high:,.0f} tokens (estimated)"
    return f"not sent: the prompt has {length}, max_tokens is {max_tokens:,}, and {window:,} fit (context_window)"
