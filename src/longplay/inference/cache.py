"""What the prefix cache of one server holds, by what its replies say of it. Knows no network, no policies and no order
of work."""

import math
from collections.abc import Callable

import msgspec

from longplay.inference.tokens import prefix_tokens, question_tokens
from longplay.records import Usage

# Replies of a server, for each of its slots, after which it may have forgotten a prefix that was in none of them.
FORGOTTEN = 2


class Mark(msgspec.Struct, frozen=True):
    """A moment in a server's life: how many replies it had given, and how many tokens new to its cache they had."""

    calls: int
    tokens: int


class CacheBudget:
    """How many tokens of live dialogues a server's prefix cache seems to hold, learnt from what it reports.

    Begins with `size`, what the cache is said to hold, and never grows beyond it; unlimited where nothing is known.
    When hits fall: a quarter less than what did not fit. While they hold and more is wanted, slowly more: soon up to
    near what did not fit before, and beyond that the later the oftener it was tried in vain.
    """

    WINDOW = 16  # calls judged together
    FALL, HOLD = 0.85, 0.97  # shares of the cacheable tokens that were read from the cache
    LEAST_PREFIX = 256  # tokens; below that, block sizes hide whether the cache hit
    PATIENCE = 8  # windows that must hold before a little more is tried
    NEAR = 0.85  # of what did not fit
    DOUBT = 64  # times the patience before that is tried again; doubled each time

    def __init__(self, size: float | None = None) -> None:
        self.tokens = self._most = math.inf if size is None else float(size)
        self.reported = False
        self._unfit = math.inf  # so many tokens did not fit
        self._doubt = self.DOUBT
        self._held = 0
        self._settling = False
        self._clear()

    def _clear(self) -> None:
        """Begin a window."""
        self._calls = self._cacheable = self._cached = 0
        self._missed = self._missed_after = 0.0

    @classmethod
    def missed(cls, cacheable: int, cached: int) -> bool:
        """Whether a call found too little of what its server had computed before."""
        return cached < cls.FALL * cacheable

    def note(self, cacheable: int, cached: int | None, after: float = 0) -> bool:
        """One call: tokens its server had computed before, tokens it says it found; for one that missed some, how many
        the cache had to hold to find them all. True where the budget is to be judged.

        What went out because more than the budget came in says nothing of the cache.
        """
        if cached is None:
            return False
        self.reported = True
        missed = self.missed(cacheable, cached)
        if cacheable < self.LEAST_PREFIX or (missed and after > self.tokens):
            return False
        self._calls += 1
        self._cacheable += cacheable
        self._cached += min(cached, cacheable)
        if missed:
            self._missed += cacheable - cached
            self._missed_after += (cacheable - cached) * after
        return self._calls >= self.WINDOW

    def judge(self, live: int, *, wanted: bool) -> bool:
        """`live`: tokens of all live dialogues; `wanted`: whether the budget keeps others waiting. True where the
        budget changed."""
        share, unfit = self._cached / self._cacheable, self._missed_after / max(self._missed, 1)
        self._clear()
        if self._settling:  # calls begun before the last change still come in
            self._settling = False
            return False
        if share < self.FALL:
            return self._fall(unfit)
        self._held = self._held + 1 if share >= self.HOLD and wanted else 0
        return self._held >= self.PATIENCE and self._rise(live)

    def _fall(self, unfit: float) -> bool:
        self._doubt *= 2 if unfit >= self._unfit else 1
        self._unfit = min(unfit, self._unfit)
        self.tokens, self._held, self._settling = 0.75 * min(unfit, self.tokens), 0, True
        return True

    def _rise(self, live: int) -> bool:
        if live > self._unfit:  # it was something else that made hits fall
            self._unfit = math.inf
        more = min(max(1.1 * self.tokens, live), self._most)
        if more == self.tokens or (more > self.NEAR * self._unfit and self._held < self.PATIENCE * self._doubt):
            return False
        self.tokens, self._held = more, 0
        return True


class CacheLedger:
    """One server's replies as far as they tell of its cache: when each prefix was in one, how much was found of what
    had been computed, and how many tokens of dialogues it seems to hold.

    `slots`: requests at once; `size`: tokens the cache is said to hold; `full`: is called when the budget is to be
    judged. `working`: the dialogues that it is to hold just now.
    """

    def __init__(self, slots: int, size: float | None, full: Callable[[], object]) -> None:
        self.budget = CacheBudget(size)
        self.working: set[Trunk] = set()
        self._now = Mark(0, 0)
        self._memory = FORGOTTEN * slots
        self._full = full

    def called(self, usage: Usage) -> Mark:
        """A reply came; where it stands among the server's."""
        fresh = (usage.prompt or 0) - (usage.cached or 0) + (usage.completion or 0)
        self._now = Mark(self._now.calls + 1, self._now.tokens + fresh)
        return self._now

    def lately(self, mark: Mark) -> bool:
        """Whether the server should still remember what it was asked then."""
        return self._now.calls - mark.calls <= self._memory

    def heard(self, mark: Mark, cacheable: int, cached: int | None) -> None:
        """A reply came: `cacheable` tokens had been computed at `mark`, `cached` of them were found, None = unsaid."""
        after = 0
        if cached is not None and self.budget.missed(cacheable, cached):
            since = sum(trunk.tokens for trunk in self.working if trunk.mark.calls > mark.calls)
            after = cacheable + since + self._now.tokens - mark.tokens
        if self.budget.note(cacheable, cached, after):
            self._full()

    def judge(self, *, wanted: bool) -> bool:
        """Judge the budget. `wanted`: whether it keeps dialogues waiting. True where it changed."""
        return self.budget.judge(sum(trunk.tokens for trunk in self.working), wanted=wanted)


class Trunk:
    """The rounds of one dialogue, as the cache of its server may hold them.

    `rounds`: how many they are; `tokens`: how long, with the last reply; `mark`: when the server was asked last with
    all of them before the question.
    """

    def __init__(self, ledger: CacheLedger) -> None:
        self.ledger = ledger
        self.rounds = 0
        self.tokens = 0
        self.mark = Mark(0, 0)
        self.times_cooled = 0
        self._cold = True  # the cache need not hold the rounds
        self._prompt = 0  # tokens of the last round's request
        self._keeps_replies = False  # whether the cache was seen to hold a reply too

    @property
    def works(self) -> bool:
        """Whether its server works on it just now."""
        return self in self.ledger.working

    @property
    def hot(self) -> bool:
        """Whether the cache holds all rounds, the last reply too: then nothing must be computed ahead."""
        return not self._cold and self._keeps_replies and self.ledger.lately(self.mark)

    def cool(self) -> None:
        """The cache need not hold the rounds any more: what is asked next must warm it again."""
        self._cold, self.mark = True, Mark(0, 0)
        self.times_cooled += 1

    def move(self, ledger: CacheLedger) -> None:
        """The dialogue goes on at another server, which knows nothing of it."""
        self.cool()
        self.ledger = ledger

    def replied(self, usage: Usage) -> None:
        """A reply to the next user turn came: the rounds before it should have been in the cache."""
        if not self._cold:
            if (found := usage.cached or 0) > 0.9 * self._prompt:
                self._keeps_replies = 2 * found > self._prompt + self.tokens
            self.ledger.heard(self.mark, self.tokens, usage.cached)
        self.mark = self.ledger.called(usage)
        self._cold = False

    def measure(self, chars: int | None, usage: Usage) -> int | None:
        """Learn from a round how long the dialogue is with it; the tokens that the round has added, None where the
        server did not count. `chars`: of the whole prompt and the reply, None = not known."""
        before = self.tokens
        if usage.prompt is not None:
            self._prompt = usage.prompt
        elif chars is None:
            return None
        self.tokens = prefix_tokens(chars or 0, usage.prompt, -(usage.completion or 0))
        return None if usage.prompt is None else self.tokens - before


class Branch:
    """All rounds so far as one policy puts them before questions. `own`: as the dialogue's own policy does, so that its
    rounds leave the same tokens in the cache. `warm`: whether the cache holds them."""

    def __init__(self, trunk: Trunk, rounds: int, *, own: bool) -> None:
        self.trunk = trunk
        self.own = own
        self._rounds = rounds
        self._tokens = trunk.tokens
        self._mark = Mark(0, 0)
        self._warmed = -1  # how often the trunk had been cooled then

    @property
    def warm(self) -> bool:
        """Whether the cache holds the prefix, as far as is known."""
        return self._warmed == self.trunk.times_cooled

    def look(self) -> bool:
        """Whether the cache holds it now that no question is under way: from the dialogue's rounds, or from earlier
        questions."""
        hot = (self.own and self.trunk.hot) or (self.warm and self.trunk.ledger.lately(self._mark))
        self._warmed = self.trunk.times_cooled if hot else -1
        return hot

    def replied(self, prefix: int, question: int, usage: Usage) -> None:
        """A reply to a question came; all but the one that warms should have found the prefix in the cache. `prefix`,
        `question`: characters."""
        trunk, ledger = self.trunk, self.trunk.ledger
        if self.warm and self.own:
            ledger.heard(max(self._mark, trunk.mark, key=lambda one: one.calls), self._tokens, usage.cached)
        else:
            self._tokens = prefix_tokens(prefix, usage.prompt, question_tokens(question))
        self._warmed = trunk.times_cooled
        self._mark = ledger.called(usage)
        if self._rounds == trunk.rounds:
            trunk.mark = self._mark
