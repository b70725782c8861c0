"""One dialogue being played: its next round is ready when the last one is stored. Sends nothing."""

from longplay.dialogue import completed
from longplay.folder.ended_dialogues import end_dialogue
from longplay.pipeline.closing import CloseJob, CutAnswersJob, End
from longplay.pipeline.counts import last_request
from longplay.pipeline.home_server import HomeServer
from longplay.pipeline.judgements import judge_rounds, waive
from longplay.pipeline.pinned_dialogue import PinnedDialogue
from longplay.pipeline.questioning import Asking
from longplay.pipeline.round_job import RoundJob
from longplay.pipeline.workbench import Job, Workbench
from longplay.records import (
    NO_ROUNDS,
    DialogueKey,
    History,
    Reply,
    Request,
    Round,
    RoundRef,
)


class Playing:
    """One dialogue. It ends whole, or stopped by a round not obtained, or by a cut one where the study says so, or by
    a server that cuts its prompts. Nothing is judged while it may still be taken back for that."""

    def __init__(self, bench: Workbench, key: DialogueKey, number: int, home: HomeServer) -> None:
        self.bench = bench
        self.key = key
        self.number = number
        self.dialogue = PinnedDialogue(bench, key, home)
        self.turns = bench.experiment.turns(key)
        self.whole = bench.experiment.rounds(key)  # rounds that it has in the end, if nothing stops it
        self.history: History = NO_ROUNDS
        self.judged = 0  # rounds up to here have been offered for judging
        self.asking: list[Asking] = []
        self.rows = 0  # rounds that were asked, obtained or not
        self.taken: int | None = None  # the first round that is taken back
        self.void: list[Asking] = []  # after rounds that are taken back
        self._held: list[Asking] = []  # all in, to be judged once it is sure that they stay
        self._cut: list[CutAnswersJob] = []  # to be begun
        self._taking_back = 0  # of these, begun or not
        self._concluded = False
        self.busy = False
        self.ended = False
        self.closed = False
        self._resume()
        self._end()

    @property
    def rank(self) -> tuple[int, ...]:
        """The oldest dialogue first, its rounds before its questions unless they can wait; who is late before all."""
        team = self.dialogue.home.team
        if team.late(self.rounds_left):
            return (-1, self.history.length, self.number)
        return (0, self.number, 2 if team.patient() else 0)

    @property
    def lane(self) -> str:
        """The slots of the server that the dialogue is pinned to."""
        return self.dialogue.home.lane

    @property
    def finished(self) -> bool:
        """Whether neither rounds nor questions are left."""
        return self.closed and not self.busy and not self.asking and not self._taking_back

    @property
    def rounds_left(self) -> int:
        """Rounds that are still to be played."""
        return 0 if self.ended else self.whole - self.history.length

    def _resume(self) -> None:
        """Take up the stored rounds; one that is missing for a transient reason is asked again."""
        self._reached()
        self.ended = self.closed = not self.whole
        for stored in self.bench.store.rounds(self.key):
            reply = stored.reply
            if reply is None or not reply.final:
                return
            if self.ended:
                self._behind(stored.number, reply)
                continue
            self.dialogue.settled("rounds", reply, found=True)
            request = last_request(RoundJob(self).asking(stored.user))
            self.dialogue.measure(request, reply)
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
            self.dialogue.home.team.pace.settle("rounds", None)

    def take(self) -> Job | None:
        """The next round, unless the last one is on its way; after a stop, the noting of what will be missing."""
        if self._cut:
            return self._cut.pop()
        if self.busy or self.closed or not self.dialogue.cache.works:
            return None
        if not self.ended:
            self.busy = True
            return RoundJob(self)
        if self.asking or any(asking.in_flight for asking in self.void):
            return None
        self._conclude()
        self.busy = self.closed = True
        end = End(self.history.length, self.rows, self.taken, tuple(self.void))
        return CloseJob(self.dialogue, end, self._noted)

    def move(self, home: HomeServer) -> None:
        """Go on at another server."""
        self.dialogue.move(home)

    def wake(self) -> None:
        """Offer everything that may have work."""
        for source in (self, *self.asking):
            self.bench.schedule.offer(source)

    def asked(self, asking: Asking) -> None:
        """All answers after one prefix are in, or one more of those that are taken back."""
        if asking.void:
            self.wake()
            return
        self.asking.remove(asking)
        self._held.append(asking)
        self._release()
        self._leave_when_finished()

    def _leave_when_finished(self) -> None:
        """Make room for another dialogue."""
        self._end()
        if self.finished:
            self.dialogue.home.changed()

    def _end(self) -> None:
        """What is to be done where nothing more is asked."""
        if self.finished:
            self._conclude()
        if self.ended and not self.closed:
            self.bench.schedule.offer(self)

    def _noted(self) -> None:
        """What a stopped dialogue will never have is noted."""
        self.busy = False
        self._leave_when_finished()

    def _took_back(self) -> None:
        """Answers that were cut are missing now."""
        self._taking_back -= 1
        self._leave_when_finished()

    def _conclude(self) -> None:
        """All is in: no count will come that says more of what the server cut."""
        if self._concluded:
            return
        self._concluded = True
        self._take_back(self.dialogue.counts.finish())
        self._release(last=True)
        self._judge_rounds(last=True)

    def _release(self, *, last: bool = False) -> None:
        """Have answers judged that stay, and those taken back that were cut."""
        ready = [asking for asking in self._held if last or self._stays(asking)]
        cut = {id(asking): self.dialogue.counts.settle(asking.counted) for asking in ready}
        if not self.busy:
            self._take_back(self.dialogue.counts.cut)
        for asking in ready:
            if asking.void:
                continue
            self._held.remove(asking)
            if cut[id(asking)]:
                self._cut.append(CutAnswersJob(asking, cut[id(asking)], self._took_back))
                self._taking_back += 1
                self.bench.schedule.offer(self)
            else:
                asking.judge()

    def _stays(self, asking: Asking) -> bool:
        """Whether neither the rounds before these answers nor the answers can be found cut any more."""
        return self.dialogue.counts.sure >= asking.history.length and not self.dialogue.counts.doubtful(asking.counted)

    def grow(self, played: Round | None, request: Request | None, reply: Reply) -> None:
        """Go on after a settled round; None = it was not obtained."""
        self.busy = False
        self.add(played, request, reply)
        self._release()
        self._end()
        self.dialogue.home.changed()
        self.bench.schedule.offer(self)

    def add(self, played: Round | None, request: Request | None, reply: Reply) -> None:
        """One more round is there, or is missing."""
        self.rows += 1
        cut = self.dialogue.counts.round(request, reply)
        if played is not None and cut is not None:
            self._stand(self.history.add(played))
            self._take_back(cut)
            return
        if played is None:
            waive(self.bench, RoundRef(self.key, self.rows))
        else:
            self._stand(self.history.add(played))
            self.dialogue.replies.add(played.reply)
            self._reached()
        if played is None or self.history.length == self.whole or self._cut_short():
            self.ended = True
            self.closed = self.history.length == self.whole
            self._judge_rounds()

    def give_back(self) -> None:
        """The next round was not asked after all."""
        self.busy = False
        self.bench.schedule.offer(self)

    async def end_here(self) -> None:
        """Its user has ended it: what would have come later is not owed."""
        spared, stored = end_dialogue(self.bench.experiment, self.bench.store, self.key, self.history.length)
        await stored
        self.whole = self.history.length
        for kind, count in spared.items():
            self.bench.progress.release(kind, count)
        self.dialogue.home.team.pace.spare(spared["rounds"], spared["answers"])
        self.busy, self.ended, self.closed = False, True, True
        self._judge_rounds()
        self._release()
        self._leave_when_finished()

    def _stand(self, history: History) -> None:
        """The dialogue is so long now."""
        self.history, self.dialogue.cache.rounds = history, history.length

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
            self._stand(self.history.parent)
        for askings in (self.asking, self._held):
            gone = [asking for asking in askings if asking.history.length >= first]
            self.void += gone
            askings[:] = [asking for asking in askings if asking not in gone]
        for asking in self.void:
            asking.void = True
        self.ended, self.closed = True, False
        self._judge_rounds()
        self.bench.schedule.offer(self)

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
                asking = Asking(self.dialogue, self.history, policy, rank, self.asked)
                self.asking.append(asking)
                self.bench.schedule.offer(asking)
        self._judge_rounds()

    def _judge_rounds(self, *, last: bool = False) -> None:
        first, end = self.judged + 1, self.history.length
        end = end if last else int(min(self.dialogue.counts.sure, end))
        if first <= end:
            judge_rounds(self.bench, self.key, first, end)
            self.judged = end
