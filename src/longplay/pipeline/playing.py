"""One dialogue being played: its next round is ready when the last one is stored. Sends nothing."""

from collections.abc import Sequence
from typing import Literal, Protocol

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
from longplay.schedule import Mark, Pace
from longplay.verifiers.copies import Earlier


class Host(Protocol):
    """The server that a dialogue is pinned to."""

    lane: str
    pace: Pace

    def works_on(self, playing: "Playing") -> bool:
        """Whether the dialogue may use its slots just now."""
        ...

    def late(self, rounds_left: int) -> bool:
        """Whether a dialogue with so many rounds left must go before everything else."""
        ...

    def patient(self) -> bool:
        """Whether rounds may wait for the questions before them."""
        ...

    def called(self, usage: Usage) -> Mark:
        """A reply came."""
        ...

    def lately(self, mark: Mark) -> bool:
        """Whether it should still remember what it was asked then."""
        ...

    def heard(self, mark: Mark, cacheable: int, cached: int | None) -> None:
        """What its cache did for one call (tokens) whose prefix it had at `mark`."""
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
        self.number = number
        self.stage = stage
        self.turns = bench.experiment.turns(key)
        self.history: History = NO_ROUNDS
        self._earlier = Earlier()
        self.judged = 0  # rounds up to here have been offered for judging
        self.tokens = 0  # of the rounds so far, as the server counted them
        self.mark = Mark(0, 0)  # when the server was asked last with all rounds before the question
        self.cold = True  # the server's cache need not hold the rounds
        self.asking: list[Asking] = []
        self.busy = False
        self.ended = False
        self.closed = False
        self._prompt_tokens = 0  # of the last round's request
        self._keeps_replies = False  # whether the cache was seen to hold a reply too
        self._resume()

    @property
    def rank(self) -> tuple[int, ...]:
        """The oldest dialogue first, its rounds before its questions unless they can wait; who is late before all."""
        if self.stage.late(self.rounds_left):
            return (-1, self.history.length, self.number)
        return (0, self.number, 2 if self.stage.patient() else 0)

    @property
    def lane(self) -> str:
        """The slots of the server that the dialogue is pinned to."""
        return self.stage.lane

    @property
    def finished(self) -> bool:
        """Whether neither rounds nor questions are left."""
        return self.closed and not self.busy and not self.asking

    @property
    def rounds_left(self) -> int:
        """Rounds that are still to be played."""
        return 0 if self.ended else len(self.turns) - self.history.length

    @property
    def hot(self) -> bool:
        """Whether the cache holds all rounds, the last reply too: then nothing must be computed ahead."""
        return not self.cold and self._keeps_replies and self.lately(self.mark)

    def _resume(self) -> None:
        """Take up the stored rounds; one that is missing for a transient reason is asked again."""
        self._reached()
        for stored in self.bench.store.rounds(self.key):
            reply = stored.reply
            if self.ended or reply is None or not reply.final:
                return
            self.settled("rounds", reply, found=True)
            self._measure(reply.usage)
            self._add(completed(stored.number, stored.user, reply, copied=stored.copied))

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

    def settled(self, kind: Literal["rounds", "answers"], reply: Reply | None, *, found: bool = False) -> None:
        """Count one round or answer; None = it was never asked, because the dialogue stopped."""
        self.bench.progress.settle(kind, reply.reason if reply is not None else "dialogue-stopped", found=found)
        self.stage.pace.settle(kind, reply.usage.completion if reply is not None else None)

    def copied(self, reply: Reply, asked: str, rounds: int) -> bool:
        """Whether a reply to what was asked after so many rounds is copied from one of theirs."""
        return reply.text is not None and self._earlier.holds(reply.text, asked, rounds)

    def heard(self, usage: Usage) -> None:
        """A round's reply came; the rounds before it should have been in the cache."""
        if not self.cold:
            if (found := usage.cached or 0) > 0.9 * self._prompt_tokens:
                self._keeps_replies = 2 * found > self._prompt_tokens + self.tokens
            self.cached(self.mark, self.tokens, usage.cached)
        self.called(self.history, usage)
        self.cold = False
        self._measure(usage)

    def called(self, history: History, usage: Usage) -> Mark:
        """A reply came to what stands after these rounds."""
        mark = self.stage.called(usage)
        if history.length == self.history.length:
            self.mark = mark
        return mark

    def lately(self, mark: Mark) -> bool:
        """Whether the server should still remember what it was asked then."""
        return self.stage.lately(mark)

    def _measure(self, usage: Usage) -> None:
        """Learn from a round how long the dialogue is."""
        if usage.prompt is not None:
            tokens = usage.prompt + (usage.completion or 0)
            self.stage.pace.grow(tokens - self.tokens)
            self._prompt_tokens, self.tokens = usage.prompt, tokens

    def cool(self) -> None:
        """The cache need not hold the rounds any more: what is asked next must warm it again."""
        self.cold, self.mark = True, Mark(0, 0)
        for asking in self.asking:
            asking.warm = False

    @property
    def works(self) -> bool:
        """Whether its server works on it just now."""
        return self.stage.works_on(self)

    def cached(self, mark: Mark, cacheable: int, cached: int | None) -> None:
        """What the cache did for one call (tokens) whose prefix it had at `mark`, if not again since."""
        self.stage.heard(max(mark, self.mark, key=lambda one: one.calls), cacheable, cached)

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
        self._add(played)
        self.leave_when_finished()
        self.stage.refresh()
        self.bench.schedule.offer(self)

    def _add(self, played: Round | None) -> None:
        if played is None:
            waive(self.bench, RoundRef(self.key, self.history.length + 1))
        else:
            self.history = self.history.add(played)
            self._earlier.add(played.reply)
            self._reached()
        if played is None or self.history.length == len(self.turns) or self._cut_short():
            self.ended = True
            self.closed = self.history.length == len(self.turns)
            self._judge_rounds()

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
                rank = (0, self.number, 1, self.history.length, place)
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
        copied = self.playing.copied(result, self.user, self.number - 1)
        await self.playing.bench.store.put_round(self.ref, self.user, keys, copied=copied)
        self.playing.settled("rounds", result)
        self.playing.heard(result.usage)
        self.playing.grow(completed(self.number, self.user, result, copied=copied))

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
            self.playing.settled("rounds" if isinstance(ref, RoundRef) else "answers", None)
            waive(self.playing.bench, ref)
        self.playing.busy = False
        self.playing.leave_when_finished()

    def give_back(self) -> None:
        """Nothing is called, so nothing can be given back."""
