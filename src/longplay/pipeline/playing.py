"""One dialogue being played: its next round is ready when the last one is stored. Sends nothing."""

from collections.abc import Sequence
from typing import Protocol

from longplay.dialogue import ask, completed
from longplay.pipeline.asking import Asking
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.judgements import Judging, round_judgements, waive
from longplay.policies import POLICIES
from longplay.records import (
    NO_ROUNDS,
    Cell,
    DialogueKey,
    History,
    Occasion,
    Reply,
    Round,
    RoundRef,
    Steps,
    Usage,
    View,
)


class Host(Protocol):
    """The server that a dialogue is pinned to."""

    lane: str

    def works_on(self, playing: "Playing") -> bool:
        """Whether the dialogue may use its slots just now."""
        ...

    def heard(self, cacheable: int, cached: int | None) -> None:
        """What its cache did for one call (tokens)."""
        ...

    def left(self, playing: "Playing") -> None:
        """The dialogue has no work left."""
        ...

    def refresh(self) -> None:
        """A dialogue has grown."""
        ...


class Playing:
    """One dialogue. It ends whole, or stopped by a round not obtained, or by a cut one where the study says so."""

    def __init__(self, bench: Bench, key: DialogueKey, number: int, stage: Host) -> None:
        self.bench = bench
        self.key = key
        self.rank = (0, number)  # before all else: the rest of the dialogue waits for its rounds
        self.number = number
        self.stage = stage
        self.turns = bench.experiment.turns(key)
        self.history: History = NO_ROUNDS
        self.judged = 0  # rounds up to here have been offered for judging
        self.tokens = 0  # of the rounds so far, as the server counted them
        self.cold = True  # the server's cache need not hold the rounds
        self.asking: list[Asking] = []
        self.busy = False
        self.ended = False
        self.closed = False
        self._resume()

    @property
    def lane(self) -> str:
        """The slots of the server that the dialogue is pinned to."""
        return self.stage.lane

    @property
    def finished(self) -> bool:
        """Whether neither rounds nor questions are left."""
        return self.closed and not self.busy and not self.asking

    def _resume(self) -> None:
        """Take up the stored rounds; one that is missing for a transient reason is asked again."""
        self._reached()
        for stored in self.bench.store.rounds(self.key):
            reply = stored.reply
            if self.ended or reply is None or not reply.final:
                return
            self.bench.progress.settle("rounds", reply.reason, found=True)
            self.tokens = _tokens(reply.usage)
            self.grow(completed(stored.number, stored.user, reply))

    def take(self) -> AnyJob | None:
        """The next round, unless the last one is on its way; after a stop, the noting of what will be missing."""
        if self.busy or self.closed or not self.works:
            return None
        self.busy = True
        if not self.ended:
            return RoundJob(self)
        self.closed = True
        return CloseJob(self)

    def wake(self) -> None:
        """Offer everything that may have work."""
        for source in (self, *self.asking):
            self.bench.schedule.offer(source)

    def heard(self, usage: Usage) -> None:
        """A round's reply came; the rounds before it should have been in the cache."""
        if not self.cold:
            self.cached(self.tokens, usage.cached)
        self.cold = False
        self.tokens = _tokens(usage) or self.tokens

    @property
    def works(self) -> bool:
        """Whether its server works on it just now."""
        return self.stage.works_on(self)

    def cached(self, cacheable: int, cached: int | None) -> None:
        """What the server's cache did for one call (tokens)."""
        self.stage.heard(cacheable, cached)

    def asked(self, asking: Asking) -> None:
        """All answers after one prefix are in."""
        self.asking.remove(asking)
        self.leave_when_finished()

    def leave_when_finished(self) -> None:
        """Make room for another dialogue."""
        if self.finished:
            self.stage.left(self)

    def grow(self, played: Round | None) -> None:
        """Go on after a settled round; None = it was not obtained."""
        self.busy = False
        if played is None:
            waive(self.bench, RoundRef(self.key, self.history.length + 1))
        else:
            self.history = self.history.add(played)
            self._reached()
        if played is None or self.history.length == len(self.turns) or self._cut_short():
            self.ended = True
            self.closed = self.history.length == len(self.turns)
            self._judge_rounds()
            self.leave_when_finished()
        self.stage.refresh()
        self.bench.schedule.offer(self)

    def lost(self) -> int:
        """The first round that was never asked: a round that was asked and not obtained has a row of its own."""
        return self.history.length + (1 if self._cut_short() else 2)

    def _cut_short(self) -> bool:
        last = self.history.last
        return last is not None and last.cut and self.bench.experiment.study.conditioning.on_cut == "stop"

    def _reached(self) -> None:
        """At a checkpoint: ask every item after exactly these rounds, and judge the rounds since the last one."""
        study = self.bench.experiment.study
        if self.history.length not in study.checkpoints:
            return
        if self.key.order in study.conditioning.orders:
            for place, policy in enumerate(study.conditioning.policies):
                rank = (1, self.history.length, self.number, place)
                asking = Asking(self, self.history, policy, rank)
                self.asking.append(asking)
                self.bench.schedule.offer(asking)
        self._judge_rounds()

    def _judge_rounds(self) -> None:
        first, last = self.judged + 1, self.history.length
        if first <= last:
            jobs = round_judgements(self.bench, self.key, first, last)
            self.bench.schedule.offer(Judging(self.bench, jobs))
        self.judged = last


class RoundJob:
    """Ask the model for its reply to the next user turn."""

    def __init__(self, playing: Playing) -> None:
        self.playing = playing
        self.number = playing.history.length + 1
        self.user = playing.turns[playing.history.length]
        self.ref = RoundRef(playing.key, self.number)

    def steps(self) -> Steps[Reply]:
        """The policy's calls, then the reply."""
        key, experiment = self.playing.key, self.playing.bench.experiment
        view = View(experiment.persona(key.persona), self.playing.history, self.user, seed=experiment.study.seed)
        sampling = experiment.models[key.model].sampling
        return ask(view, POLICIES[key.policy], sampling, key.draw, Occasion(self.ref, persona=view.persona))

    async def settle(self, result: Reply, keys: Sequence[bytes]) -> None:
        """A round is stored before the next one may start."""
        await self.playing.bench.store.put_round(self.ref, self.user, keys)
        self.playing.bench.progress.settle("rounds", result.reason)
        self.playing.heard(result.usage)
        self.playing.grow(completed(self.number, self.user, result))

    def give_back(self) -> None:
        """The call was not made."""
        self.playing.busy = False
        self.playing.bench.schedule.offer(self.playing)


class CloseJob:
    """Note what a stopped dialogue will never have. Makes no calls."""

    def __init__(self, playing: Playing) -> None:
        self.playing = playing

    def steps(self) -> Steps[list[RoundRef | Cell]]:
        """Every later round and answer."""
        playing = self.playing
        yield from ()
        return list(playing.bench.experiment.unreached(playing.key, playing.history.length, playing.lost()))

    async def settle(self, result: list[RoundRef | Cell], keys: Sequence[bytes]) -> None:
        """Each gets a row that says dialogue-stopped."""
        del keys
        await self.playing.bench.store.put_unreached(result)
        for ref in result:
            kind = "rounds" if isinstance(ref, RoundRef) else "answers"
            self.playing.bench.progress.settle(kind, "dialogue-stopped")
            waive(self.playing.bench, ref)
        self.playing.busy = False
        self.playing.leave_when_finished()

    def give_back(self) -> None:
        """Nothing is called, so nothing can be given back."""


def _tokens(usage: Usage) -> int:
    return (usage.prompt or 0) + (usage.completion or 0)
