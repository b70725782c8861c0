"""The dialogues of one server: which are begun, and which may use its slots just now. Few enough are worked on at a
time for their prefixes to stay in the server's cache. Sends nothing."""

import math
from collections.abc import Iterator

from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.playing import Playing
from longplay.records import DialogueKey
from longplay.schedule import CacheBudget

# Dialogues at once for each four slots of a server that does not say what its cache did.
UNREPORTED_SHARE = 4


class Stage:
    """One server's dialogues, oldest first. The oldest are worked on as far as the cache budget goes; the younger ones
    wait. A new one is begun when a slot would be idle and the budget has room. `keys` are shared by the servers of one
    model: whoever is free takes the next dialogue, and keeps it."""

    def __init__(self, bench: Bench, lane: str, keys: Iterator[tuple[int, DialogueKey]], slots: int) -> None:
        self.bench = bench
        self.lane = lane
        self.rank = (2,)
        self.live: list[Playing] = []
        self._keys = keys
        self._budget = CacheBudget()
        self._most_unreported = max(1, slots // UNREPORTED_SHARE)
        self._active: set[Playing] = set()
        bench.schedule.offer(self)

    def take(self) -> AnyJob | None:
        """Called when nothing else is ready for a free slot: begin one more dialogue, which then has work ready."""
        if self._tokens() > self._budget.tokens or len(self.live) >= self._most():
            return None
        number, key = next(self._keys, (0, None))
        if key is not None:
            self.adopt(Playing(self.bench, key, number, self))
            self.bench.schedule.offer(self)
        return None

    def adopt(self, playing: Playing) -> None:
        """Take a dialogue on."""
        playing.stage = self
        if not playing.finished:
            self.live.append(playing)
            self.refresh()

    def works_on(self, playing: Playing) -> bool:
        """Whether a dialogue may use slots just now."""
        return playing in self._active

    def heard(self, cacheable: int, cached: int | None) -> None:
        """A reply came: `cacheable` tokens had been computed before, `cached` of them were found, None = unsaid."""
        if self._budget.note(cacheable, cached, self._tokens()):
            self.refresh()

    def left(self, playing: Playing) -> None:
        """A dialogue has no work left."""
        if playing in self.live:
            self.live.remove(playing)
            self.refresh()

    def refresh(self) -> None:
        """Choose the dialogues to work on, and wake those that were not chosen before."""
        chosen: list[Playing] = []
        tokens = 0
        for playing in self.live:
            tokens += playing.tokens
            if chosen and (tokens > self._budget.tokens or len(chosen) >= self._most()):
                break
            chosen.append(playing)
        before, self._active = self._active, set(chosen)
        for playing in before - self._active:
            playing.cold = True
        for playing in chosen:
            if playing not in before:
                playing.wake()
        self.bench.schedule.offer(self)

    def _most(self) -> float:
        return math.inf if self._budget.reported else self._most_unreported

    def _tokens(self) -> int:
        return sum(playing.tokens for playing in self._active)

    def close(self, others: "list[Stage]") -> None:
        """This server is gone: its dialogues go to the other servers of the model."""
        self.bench.schedule.drop(self.lane)
        moving, self.live, self._active = self.live, [], set()
        for place, playing in enumerate(moving):
            others[place % len(others)].adopt(playing)
