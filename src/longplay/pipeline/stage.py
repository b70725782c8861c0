"""The dialogues of one server: which are begun, and which may use its slots just now. Few enough are worked on at a
time for their prefixes to stay in the server's cache. Sends nothing."""

import math
from collections.abc import Iterator

from longplay.inference.cuts import Habits
from longplay.inference.endpoint import Endpoint
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.playing import Playing
from longplay.records import DialogueKey, Usage
from longplay.schedule import CacheBudget, Mark, Pace

# Replies of a server, for each of its slots, after which it may have forgotten a prefix that was in none of them.
FORGOTTEN = 2
# Dialogues at once for each four slots of a server that does not say what its cache did.
UNREPORTED_SHARE = 4


class Shared:
    """What the servers of one model share: the dialogues that nobody has begun, the model's pace, and each other."""

    def __init__(self, keys: Iterator[tuple[int, DialogueKey]], pace: Pace) -> None:
        self.keys = keys
        self.pace = pace
        self.stages: list[Stage] = []

    @property
    def slots(self) -> int:
        """Slots of all servers together."""
        return sum(stage.server.width for stage in self.stages)


class Stage:
    """One server's dialogues, oldest first. The oldest are worked on as far as the cache budget goes, each counted at
    the length that it will reach; the younger ones wait. A new one is begun where the budget has room for it, when a
    slot would be idle, or when it would end last if it waited any longer. Whoever begins a dialogue keeps it."""

    def __init__(self, bench: Bench, lane: str, server: Endpoint, shared: Shared) -> None:
        self.bench = bench
        self.lane = lane
        self.server = server
        self.rank = (2,)
        self.live: list[Playing] = []
        self.pace = shared.pace
        self.mark = Mark(0, 0)
        self.habits = Habits()
        self._shared = shared
        self._budget = CacheBudget(server.spec.cache_tokens)
        self._most_unreported = max(1, server.spec.concurrency // UNREPORTED_SHARE)
        self._active: set[Playing] = set()
        shared.stages.append(self)
        bench.schedule.offer(self)

    def take(self) -> AnyJob | None:
        """Called when nothing else is ready for a free slot: begin one more dialogue, which then has work ready."""
        if self._room() and self._begin():
            self.refresh()
            self.bench.schedule.offer(self)
        return None

    def adopt(self, playing: Playing) -> None:
        """Take a dialogue on."""
        playing.stage = self
        if not playing.finished:
            self.live.append(playing)

    def works_on(self, playing: Playing) -> bool:
        """Whether a dialogue may use slots just now."""
        return playing in self._active

    def late(self, rounds_left: int) -> bool:
        """Whether a dialogue with so many rounds left must go before everything else."""
        return self.pace.late(rounds_left, self._shared.slots)

    def patient(self) -> bool:
        """Whether rounds may wait for the questions before them."""
        return self.pace.patient(self._shared.slots)

    def called(self, usage: Usage) -> Mark:
        """A reply came; where it stands among the server's."""
        fresh = (usage.prompt or 0) - (usage.cached or 0) + (usage.completion or 0)
        self.mark = Mark(self.mark.calls + 1, self.mark.tokens + fresh)
        return self.mark

    def lately(self, mark: Mark) -> bool:
        """Whether the server should still remember what it was asked then."""
        return self.mark.calls - mark.calls <= FORGOTTEN * self.server.spec.concurrency

    def heard(self, mark: Mark, cacheable: int, cached: int | None) -> None:
        """A reply came: `cacheable` tokens had been computed at `mark`, `cached` of them were found, None = unsaid."""
        after = 0
        if cached is not None and self._budget.missed(cacheable, cached):
            since = sum(playing.tokens for playing in self._active if playing.mark.calls > mark.calls)
            after = cacheable + since + self.mark.tokens - mark.tokens
        if self._budget.note(cacheable, cached, after):
            live = sum(playing.tokens for playing in self._active)
            if self._budget.judge(live, wanted=not self._fits()):
                self.refresh()

    def left(self, playing: Playing) -> None:
        """A dialogue has no work left."""
        if playing in self.live:
            self.live.remove(playing)
            self.refresh()

    def refresh(self) -> None:
        """Begin what must not wait, choose the dialogues to work on, and wake those that were not chosen before."""
        while self._due() and self._room() and self._begin():
            pass
        before, self._active = self._active, set(self._fitting())
        for playing in before - self._active:
            playing.cool()
        for playing in self.live:
            if playing in self._active and playing not in before:
                playing.wake()
        self.bench.schedule.offer(self)

    def close(self, others: "list[Stage]") -> None:
        """This server is gone: its dialogues go to the other servers of the model."""
        self.bench.schedule.drop(self.lane)
        self._shared.stages.remove(self)
        moving, self.live, self._active = self.live, [], set()
        for place, playing in enumerate(moving):
            playing.cool()  # marks are one server's own
            others[place % len(others)].adopt(playing)
        for other in others:
            other.refresh()

    def _begin(self) -> bool:
        """Take on the next dialogue that nobody has begun; False where there is none."""
        number, key = next(self._shared.keys, (0, None))
        if key is None:
            return False
        self.adopt(Playing(self.bench, key, number, self))
        return True

    def _due(self) -> bool:
        """Whether a whole dialogue would be late, and no other server of the model has fewer of them."""
        fewest = min(len(stage.live) for stage in self._shared.stages)
        return len(self.live) <= fewest and self.late(self.bench.experiment.study.dialogues.rounds)

    def _room(self) -> bool:
        """Whether one dialogue more has room; with one for each slot, rounds alone keep all slots busy."""
        return len(self.live) < self._most() and self._fits()

    def _fits(self) -> bool:
        """Whether the cache would hold one dialogue more when all have reached their full length."""
        if not self.live or math.isinf(self._budget.tokens):
            return True
        rounds = self.bench.experiment.study.dialogues.rounds
        lengths = sum(map(self._length, self.live)) + self.pace.length(0, rounds)
        return self._answers() + lengths <= self._budget.tokens

    def _fitting(self) -> Iterator[Playing]:
        """The oldest dialogues, as many as the cache will hold at their full length, and always one."""
        tokens = self._answers()
        for count, playing in enumerate(self.live):
            tokens += self._length(playing)
            if count and (tokens > self._budget.tokens or count >= self._most()):
                return
            yield playing

    def _answers(self) -> float:
        """Tokens of the answers that all slots are writing, which the cache has to hold beside the dialogues."""
        return self.server.spec.concurrency * self.pace.answer_tokens

    def _length(self, playing: Playing) -> float:
        return self.pace.length(playing.tokens, playing.rounds_left)

    def _most(self) -> int:
        return self.server.spec.concurrency if self._budget.reported else self._most_unreported
