"""What a prompt should have more tokens than one that it holds: by its bytes, and by what the server counted in the
replies between. Pure: numbers in, numbers out; decides nothing."""

from collections import deque
from statistics import median

import msgspec

_STILL = 0.6  # of the tokens that a reply had: growth by less is standing still
_FULL, _FULL_GUESSED = 0.92, 0.8  # of the growth expected: with less a round is not shown to be whole
_HIDDEN = 1.6  # a reply with so many times the tokens that its text should have holds some that nobody sees
_REMEMBERED = 9  # rounds whose growth counts


class Counted(msgspec.Struct, frozen=True):
    """One prompt and its reply. `size`: UTF-8 bytes of the messages sent; `reply`, `trace`: of what came back, where
    `carried` says that the next prompt holds the trace too. `apart`: the cached tokens were more than the prompt's, so
    they are counted apart, and `prompt` is both together. `by`: who the server says has answered. `extends`: whether
    it holds the prompt before it whole."""

    size: int
    prompt: int | None
    cached: int | None = None
    apart: bool = False
    completion: int | None = None
    reply: int = 0
    trace: int = 0
    carried: bool = False
    by: str = ""
    extends: bool = True

    @property
    def counted(self) -> bool:
        """Whether the server gave a count that can be one; all of a prompt is never cached."""
        return bool(self.prompt) and self.cached != self.prompt


class Growth(msgspec.Struct, frozen=True):
    """What a prompt should have more than the one before it, as in Anchor. `trace`: tokens of the trace it holds."""

    all: float
    sure: float
    rest: int
    trace: float
    guessed: bool


class Anchor(msgspec.Struct, frozen=True):
    """The last prompt of a series that grew as it should, and the growth expected since (tokens, before scaling):
    `all`, and `sure`, which the server itself counted in replies; `rest`: bytes of all else. `held`: tokens of a trace
    in it that may be gone from later ones."""

    number: int
    counted: Counted
    tokens: int
    held: float = 0.0
    all: float = 0.0
    sure: float = 0.0
    rest: int = 0
    rounds: int = 0
    guessed: bool = False

    def later(self, grown: Growth) -> "Anchor":
        """The same, one prompt later."""
        return Anchor(
            self.number,
            self.counted,
            self.tokens,
            self.held,
            self.all + grown.all,
            self.sure + grown.sure,
            self.rest + grown.rest,
            self.rounds + 1,
            self.guessed or grown.guessed,
        )

    def least(self, scale: float | None) -> float:
        """Tokens by which a prompt must have grown at least. A trace may be gone again."""
        return max(self.rounds, _STILL * min(scale or 0.0, 1.0) * self.sure) - self.held

    @property
    def full(self) -> float:
        """The part of the growth that shows a prompt to be whole."""
        return _FULL_GUESSED if self.guessed else _FULL


class Scales:
    """How much the prompts of the last rounds have grown beside what was expected; 1 = just so much. `median`: None
    before the first; `most`: by so much a prompt has grown at most."""

    def __init__(self) -> None:
        self._known: deque[float] = deque(maxlen=_REMEMBERED)
        self.median: float | None = None
        self.most = 1.0

    def add(self, scale: float) -> float:
        """One more round has grown; their median."""
        self._known.append(scale)
        known = [*self._known] if len(self._known) > 2 else [*self._known, 1.0]
        self.most = min(max(known), 1.5 * median(known))
        self.median = median(self._known)
        return self.median


def growth(last: Counted, size: int, per_byte: float) -> Growth:
    """What a prompt of so many bytes has more than the last one: the reply, by its own count where that is one of its
    text, and the rest by its bytes (`per_byte`: tokens in one)."""
    rest = max(size - last.size - last.reply, 0)
    guess, said = last.reply * per_byte, last.completion
    trace = 0.0
    if last.carried and last.trace:
        trace = last.trace * per_byte if said is None else said
    if said is not None:
        seen = last.reply + last.trace
        visible = said * last.reply / seen if seen else 0.0
        if visible <= _HIDDEN * guess + 16:
            # of text and trace, one may have more tokens in a byte; of a short reply, more may be hidden than is told
            sure = visible / 2 if last.trace else min(visible, _HIDDEN * guess)
            return Growth(visible + rest * per_byte, sure, rest, trace, guessed=False)
    return Growth(guess + rest * per_byte, 0.0, rest, trace, guessed=True)
