"""One dialogue being played: its next round is ready when the last one is stored. Sends nothing."""

from collections.abc import Sequence
from typing import Literal, Protocol

from longplay.dialogue import ask, completed
from longplay.inference.cuts import Habits
from longplay.pipeline.asking import Asking
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.closing import CloseJob, CutAnswersJob
from longplay.pipeline.counts import Counts, last_request, noted
from longplay.pipeline.judgements import Judging, round_judgements, waive
from longplay.policies import POLICIES
from longplay.records import (
    NO_ROUNDS,
    DialogueKey,
    History,
    Occasion,
    Reply,
    Request,
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
    habits: Habits

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
    """One dialogue. It ends whole, or stopped by a round not obtained, or by a cut one where the study says so, or by
    a server that cuts its prompts. Nothing is judged while it may still be taken back for that."""

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
        self.counts = Counts(bench.experiment.models[key.model], stage.habits)
        self.rows = 0  # rounds that were asked, obtained or not
        self.taken: int | None = None  # the first round that is taken back
        self.void: list[Asking] = []  # after rounds that are taken back
        self._held: list[Asking] = []  # all in, to be judged once it is sure that they stay
        self._cut: list[CutAnswersJob] = []  # to be begun
        self.taking_back = 0  # of these, begun or not
        self._concluded = False
        self.busy = False
        self.ended = False
        self.closed = False
        self._prompt_tokens = 0  # of the last round's request
        self._keeps_replies = False  # whether the cache was seen to hold a reply too
        self._resume()
        self.leave_when_finished()

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
        return self.closed and not self.busy and not self.asking and not self.taking_back

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
            if reply is None or not reply.final:
                return
            if self.ended:
                self._behind(stored.number, reply)
                continue
            self.settled("rounds", reply, found=True)
            self._measure(reply.usage)
            request = last_request(RoundJob(self).steps())
            self.add(completed(stored.number, stored.user, reply, copied=stored.copied), request, reply)
            if reply.taken_back:
                self.taken = stored.number

    def _behind(self, number: int, reply: Reply) -> None:
        """A stored round after the dialogue's end: taken back, or to be taken back now."""
        if self.taken is not None:
            self.rows = number
            waive(self.bench, RoundRef(self.key, number))
            self.bench.progress.settle("rounds", reply.reason or "overflow", found=True)
            self.bench.progress.cut[self.key.model, "rounds"] += reply.reason is None
            self.stage.pace.settle("rounds", None)

    def take(self) -> AnyJob | None:
        """The next round, unless the last one is on its way; after a stop, the noting of what will be missing."""
        if self._cut:
            return self._cut.pop()
        if self.busy or self.closed or not self.works:
            return None
        if not self.ended:
            self.busy = True
            return RoundJob(self)
        if self.asking or any(asking.in_flight for asking in self.void):
            return None
        self._conclude()
        self.busy = self.closed = True
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
        self._held.append(asking)
        self._release()
        self.leave_when_finished()

    def leave_when_finished(self) -> None:
        """Make room for another dialogue."""
        if self.finished:
            self._conclude()
        if self.finished:
            self.stage.left(self)
        elif self.ended and not self.closed:
            self.bench.schedule.offer(self)

    def _conclude(self) -> None:
        """All is in: no count will come that says more of what the server cut."""
        if self._concluded:
            return
        self._concluded = True
        self._take_back(self.counts.finish())
        self._release(last=True)
        self._judge_rounds(last=True)

    def _release(self, *, last: bool = False) -> None:
        """Have answers judged that stay, and those taken back that were cut."""
        ready = [asking for asking in self._held if last or self._stays(asking)]
        cut = {id(asking): self.counts.settle(asking.counted) for asking in ready}
        if not self.busy:
            self._take_back(self.counts.cut)
        for asking in ready:
            if asking.void:
                continue
            self._held.remove(asking)
            if cut[id(asking)]:
                self._cut.append(CutAnswersJob(self, asking, cut[id(asking)]))
                self.taking_back += 1
                self.bench.schedule.offer(self)
            else:
                asking.judge()

    def _stays(self, asking: Asking) -> bool:
        """Whether neither the rounds before these answers nor the answers can be found cut any more."""
        return self.counts.sure >= asking.history.length and not self.counts.doubtful(asking.counted)

    def grow(self, played: Round | None, request: Request | None, reply: Reply) -> None:
        """Go on after a settled round; None = it was not obtained."""
        self.busy = False
        self.add(played, request, reply)
        self._release()
        self.leave_when_finished()
        self.stage.refresh()
        self.bench.schedule.offer(self)

    def add(self, played: Round | None, request: Request | None, reply: Reply) -> None:
        """One more round is there, or is missing."""
        self.rows += 1
        cut = self.counts.round(request, reply)
        if played is not None and cut is not None:
            self.history = self.history.add(played)
            self._take_back(cut)
            return
        if played is None:
            waive(self.bench, RoundRef(self.key, self.rows))
        else:
            self.history = self.history.add(played)
            self._earlier.add(played.reply)
            self._reached()
        if played is None or self.history.length == len(self.turns) or self._cut_short():
            self.ended = True
            self.closed = self.history.length == len(self.turns)
            self._judge_rounds()

    def _take_back(self, first: int | None) -> None:
        """Rounds from `first` on are no part of the dialogue any more, and nothing that was asked after them."""
        if first is None or self.taken is not None or (self.ended and first > self.history.length):
            return
        self.taken, cut = first, self.bench.progress.cut
        cut[self.key.model, "dialogues"] += 1
        while self.history.length >= first and self.history.parent is not None:
            waive(self.bench, RoundRef(self.key, self.history.length))
            self.bench.progress.missing["overflow"] += 1
            cut[self.key.model, "rounds"] += 1
            self.history = self.history.parent
        for askings in (self.asking, self._held):
            gone = [asking for asking in askings if asking.history.length >= first]
            self.void += gone
            askings[:] = [asking for asking in askings if asking not in gone]
        for asking in self.void:
            asking.void = True
        self.ended, self.closed = True, False
        self._judge_rounds()
        self.bench.schedule.offer(self)

    @property
    def lost(self) -> int:
        """The first round that was never asked: a round that was asked and not obtained has a row of its own."""
        return self.rows + 1

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

    def _judge_rounds(self, *, last: bool = False) -> None:
        first, end = self.judged + 1, self.history.length
        end = end if last else int(min(self.counts.sure, end))
        if first <= end:
            jobs = round_judgements(self.bench, self.key, first, end)
            self.bench.schedule.offer(Judging(self.bench, jobs))
            self.judged = end


class RoundJob:
    """Ask the model for its reply to the next user turn."""

    def __init__(self, playing: Playing) -> None:
        self.playing = playing
        self.number = playing.history.length + 1
        self.user = playing.turns[playing.history.length]
        self.ref = RoundRef(playing.key, self.number)
        self._request: Request | None = None

    def steps(self) -> Steps[Reply]:
        """The policy's calls, then the reply."""
        key, experiment = self.playing.key, self.playing.bench.experiment
        view = View(experiment.persona(key.persona), self.playing.history, self.user, seed=experiment.study.seed)
        sampling = experiment.models[key.model].sampling
        occasion = Occasion(self.ref, persona=view.persona)
        return noted(ask(view, POLICIES[key.policy], sampling, key.draw, occasion), self._note)

    def _note(self, request: Request) -> None:
        self._request = request

    async def settle(self, result: Reply, keys: Sequence[bytes]) -> None:
        """A round is stored before the next one may start."""
        copied = self.playing.copied(result, self.user, self.number - 1)
        await self.playing.bench.store.put_round(self.ref, self.user, keys, copied=copied)
        self.playing.settled("rounds", result)
        self.playing.heard(result.usage)
        self.playing.grow(completed(self.number, self.user, result, copied=copied), self._request, result)

    def give_back(self) -> None:
        """The call was not made."""
        self.playing.busy = False
        self.playing.bench.schedule.offer(self.playing)
