"""Dialogues being played: the next round is ready when the last one is stored. Knows what is stored; sends nothing."""

from collections.abc import Iterable, Sequence

from longplay.dialogue import ask, completed
from longplay.pipeline.asking import Asking
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.judgements import Judging, round_judgements
from longplay.policies import POLICIES
from longplay.records import NO_ROUNDS, Cell, DialogueKey, History, Occasion, Reply, Round, RoundRef, Steps, View


class Playing:
    """One dialogue. It ends whole, or stopped by a round not obtained, or by a cut one where the study says so."""

    def __init__(self, bench: Bench, key: DialogueKey, number: int, opening: "Opening") -> None:
        self.bench = bench
        self.key = key
        self.lane = key.model
        self.rank = (0, number)  # before all else: the rest of the dialogue waits for its rounds
        self.number = number
        self.opening = opening
        self.turns = bench.experiment.turns(key)
        self.history: History = NO_ROUNDS
        self.judged = 0  # rounds up to here have been offered for judging
        self.busy = False
        self.ended = False
        self.closed = False
        self._resume()

    def _resume(self) -> None:
        """Take up the stored rounds; one that is missing for a transient reason is asked again."""
        self._reached()
        for stored in self.bench.store.rounds(self.key):
            reply = stored.reply
            if self.ended or reply is None or not reply.final:
                return
            self.bench.progress.settle("rounds", reply.reason, found=True)
            self.grow(completed(stored.number, stored.user, reply))

    def take(self) -> AnyJob | None:
        """The next round, unless the last one is on its way; after a stop, the noting of what will be missing."""
        if self.busy or self.closed:
            return None
        self.busy = True
        if not self.ended:
            return RoundJob(self)
        self.closed = True
        return CloseJob(self) if self.history.length < len(self.turns) else None

    def grow(self, played: Round | None) -> None:
        """Go on after a settled round; None = it was not obtained."""
        self.busy = False
        if played is not None:
            self.history = self.history.add(played)
            self._reached()
        if played is None or self.history.length == len(self.turns) or self._cut_short():
            self.ended = True
            self._judge_rounds()
            self.opening.ended()
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
                self.bench.schedule.offer(Asking(self.bench, self.key, self.history, policy, rank))
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
        self.playing.grow(completed(self.number, self.user, result))


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


class Opening:
    """Dialogues of one model that are not begun yet. Begins as many as `alive` at once, and a further one only when a
    slot would be idle: few live prefixes stay in a server's cache."""

    def __init__(self, bench: Bench, model: str, keys: Iterable[tuple[int, DialogueKey]], alive: int) -> None:
        self.bench = bench
        self.lane = model
        self.rank = (2,)
        self._keys = iter(keys)
        self._free = alive
        self._beginning = False

    def begin(self) -> None:
        """Begin dialogues up to the number that may be alive. Those that are stored whole end while they begin."""
        if self._beginning:
            return
        self._beginning = True
        while self._free > 0 and self._begin_one():
            pass
        self._beginning = False
        self.bench.schedule.offer(self)

    def ended(self) -> None:
        """A dialogue has all its rounds; the next one takes its place."""
        self._free += 1
        self.begin()

    def take(self) -> AnyJob | None:
        """Called when nothing else is ready for a free slot: begin one more dialogue, which then has work ready."""
        if self._begin_one():
            self.bench.schedule.offer(self)
        return None

    def _begin_one(self) -> bool:
        number, key = next(self._keys, (0, None))
        if key is None:
            return False
        self._free -= 1
        self.bench.schedule.offer(Playing(self.bench, key, number, self))
        return True
