"""The dialogues of one server: which are begun, and which may use its slots just now. Few enough are worked on at a
time for their prefixes to stay in the server's cache. Sends nothing."""

import math
from collections.abc import Iterator

from longplay.inference.cache import CacheLedger
from longplay.inference.endpoint import Endpoint
from longplay.pipeline.home_server import HomeServer, Team
from longplay.pipeline.playing import Playing
from longplay.pipeline.workbench import Job, Workbench
from longplay.records import DialogueKey
from longplay.schedule import Pace

# Dialogues at once for each four slots of a server that does not say what its cache did.
UNREPORTED_SHARE = 4


class Shared:
    """What the servers of one model share: the dialogues that nobody has begun, and each other."""

    def __init__(self, keys: Iterator[tuple[int, DialogueKey]], pace: Pace) -> None:
        self.keys = keys
        self.team = Team(pace)
        self.stages: list[Stage] = []


class Stage:
    """One server's dialogues, oldest first. The oldest are worked on as far as the cache budget goes, each counted at
    the length that it will reach; the younger ones wait. A new one is begun where the budget has room for it, when a
    slot would be idle, or when it would end last if it waited any longer. Whoever begins a dialogue keeps it."""

    def __init__(self, bench: Workbench, lane: str, server: Endpoint, shared: Shared) -> None:
        self.bench = bench
        self.lane = lane
        self.server = server
        self.rank = (2,)
        self.live: list[Playing] = []
        self.cache = CacheLedger(server.spec.concurrency, server.spec.cache_tokens, self._judge)
        self.home = HomeServer(lane, self.cache, shared.team, self.refresh)
        self._shared = shared
        self._team = shared.team
        self._pace = shared.team.pace
        self._most_unreported = max(1, server.spec.concurrency // UNREPORTED_SHARE)
        shared.stages.append(self)
        shared.team.servers.append(server)
        bench.schedule.offer(self)

    def take(self) -> Job | None:
        """Called when nothing else is ready for a free slot: begin one more dialogue, which then has work ready."""
        if self._room() and self._begin():
            self.refresh()
            self.bench.schedule.offer(self)
        return None

    def adopt(self, playing: Playing) -> None:
        """Take a dialogue on."""
        playing.move(self.home)
        self._keep(playing)

    def _keep(self, playing: Playing) -> None:
        if not playing.finished:
            self.live.append(playing)

    def refresh(self) -> None:
        """Let go of dialogues that have no work left, begin what must not wait, choose the dialogues to work on, and
        wake those that were not chosen before."""
        self.live = [playing for playing in self.live if not playing.finished]
        while self._due() and self._room() and self._begin():
            pass
        before, self.cache.working = self.cache.working, {playing.dialogue.cache for playing in self._fitting()}
        for trunk in before - self.cache.working:
            trunk.cool()
        for playing in self.live:
            if playing.dialogue.cache in self.cache.working and playing.dialogue.cache not in before:
                playing.wake()
        self.bench.schedule.offer(self)

    def close(self, others: "list[Stage]") -> None:
        """This server is gone: its dialogues go to the other servers of the model."""
        self.bench.schedule.drop(self.lane)
        self._shared.stages.remove(self)
        self._team.servers.remove(self.server)
        moving, self.live, self.cache.working = self.live, [], set()
        for place, playing in enumerate(moving):
            others[place % len(others)].adopt(playing)
        for other in others:
            other.refresh()

    def _judge(self) -> None:
        """The cache's budget is to be judged."""
        if self.cache.judge(wanted=not self._fits()):
            self.refresh()

    def _begin(self) -> bool:
        """Take on the next dialogue that nobody has begun; False where there is none."""
        number, key = next(self._shared.keys, (0, None))
        if key is None:
            return False
        self._keep(Playing(self.bench, key, number, self.home))
        return True

    def _due(self) -> bool:
        """Whether a whole dialogue would be late, and no other server of the model has fewer of them."""
        fewest = min(len(stage.live) for stage in self._shared.stages)
        return len(self.live) <= fewest and self._team.late(self.bench.experiment.study.dialogues.rounds)

    def _room(self) -> bool:
        """Whether one dialogue more has room; with one for each slot, rounds alone keep all slots busy."""
        return len(self.live) < self._most() and self._fits()

    def _fits(self) -> bool:
        """Whether the cache would hold one dialogue more when all have reached their full length."""
        if not self.live or math.isinf(self.cache.budget.tokens):
            return True
        rounds = self.bench.experiment.study.dialogues.rounds
        lengths = sum(map(self._length, self.live)) + self._pace.length(0, rounds)
        return self._answers() + lengths <= self.cache.budget.tokens

    def _fitting(self) -> Iterator[Playing]:
        """The oldest dialogues, as many as the cache will hold at their full length, and always one."""
        tokens = self._answers()
        for count, playing in enumerate(self.live):
            tokens += self._length(playing)
            if count and (tokens > self.cache.budget.tokens or count >= self._most()):
                return
            yield playing

    def _answers(self) -> float:
        """Tokens of the answers that all slots are writing, which the cache has to hold beside the dialogues."""
        return self.server.spec.concurrency * self._pace.answer_tokens

    def _length(self, playing: Playing) -> float:
        return self._pace.length(playing.dialogue.cache.tokens, playing.rounds_left)

    def _most(self) -> int:
        return self.server.spec.concurrency if self.cache.budget.reported else self._most_unreported
