"""Verdicts still to be given on stored texts, read from the store only when a slot is free for them. Sends nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple, TypeVar

from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import count, text_of, verdicts_due
from longplay.judging.metric import Metric
from longplay.judging.owed import Due
from longplay.pipeline.comparisons import opponent_at
from longplay.pipeline.slots import lane_of
from longplay.pipeline.stretches import Stretch, seeded_place
from longplay.pipeline.workbench import Job, Workbench
from longplay.records import FINAL, Cell, DialogueKey, Exchange, Role, RoundRef, Steps, Subject, Verdict
from longplay.records.messages import Reason
from longplay.specs import ModelSpec
from longplay.store import AnswerVerdictKey, StoredAnswer, StoredRound, VerdictKey

Key = TypeVar("Key", VerdictKey, AnswerVerdictKey)


class Judging:
    """One judge's judgements of a stretch of texts: a block of rounds, or all answers after one prefix.

    Repeats of a judgement are sent one after the other: sent at once, none would find the others' prompt in a cache.
    Not so where they stand `apart` in a random order, which no reply may change.
    """

    def __init__(self, bench: Workbench, lane: str, jobs: "Iterable[JudgeJob]", *, apart: bool = False) -> None:
        self.lane = lane
        self.rank = bench.judging_rank()
        self._jobs = groupby(
            jobs, key=lambda job: (job.metric.name, job.subject.ref, job.subject.persona, apart and job.subject.repeat)
        )
        self._given_back: list[JudgeJob] = []
        self._schedule = bench.schedule

    def take(self) -> Job | None:
        """The next judgement."""
        if self._given_back:
            return self._given_back.pop()
        _, again = next(self._jobs, (None, ()))
        jobs = list(again)
        return self._first(jobs) if jobs else None

    def settled(self, job: "JudgeJob") -> None:
        """A judgement was made: its next repeat may follow."""
        if job.repeats:
            self.give_back(self._first(job.repeats))

    def _first(self, jobs: "Sequence[JudgeJob]") -> "JudgeJob":
        job = jobs[0]
        job.source, job.repeats = self, jobs[1:]
        return job

    def give_back(self, job: "JudgeJob") -> None:
        """A judgement was not made after all."""
        self._given_back.append(job)
        self._schedule.offer(self)


class JudgeJob:
    """Have one judge judge one text by one metric."""

    def __init__(self, bench: Workbench, subject: Subject, metric: Metric, judge: ModelSpec) -> None:
        self.bench = bench
        self.subject = subject
        self.metric = metric
        self.judge = judge
        self.source: Judging | None = None
        self.repeats: Sequence[JudgeJob] = ()  # of the same judgement, still to come

    @property
    def block(self) -> tuple[str, str | None]:
        """What its prompt shares the beginning of: the metric, and the persona that the judge sees."""
        return self.metric.name, None if self.subject.persona is None else self.subject.persona.name

    def place(self, seed: int) -> bytes:
        """Its place in the seed's order, where repeats of one judgement lie apart."""
        ref = self.subject.ref
        assert isinstance(ref, RoundRef | Cell)
        return seeded_place(seed, ref, *self.block, str(self.subject.repeat))

    def steps(self) -> Steps[Verdict]:
        """The judge's calls (none where a program scores), then the verdict."""
        return self.metric.judge(self.subject, self.judge)

    async def store(self, verdict: Verdict, keys: Sequence[bytes]) -> None:
        """The verdict is on the disk, with the judge's replies kept whole."""
        await self.bench.store.put_verdict(verdict, keys)

    def go_on(self, verdict: Verdict, keys: Sequence[bytes]) -> None:
        """The stored verdict is counted, and its next repeat is ready."""
        self.bench.progress.settle("verdicts", verdict.reason, judge=verdict.judge)
        if self.source is not None:
            self.source.settled(self)
        if self.bench.alarms is not None and not self.metric.verified:
            self.bench.alarms.judged(verdict, map(self.bench.store.find_call, keys))

    def give_back(self) -> None:
        """The call was not made."""
        if self.source is not None:
            self.source.give_back(self)


def waive(bench: Workbench, *refs: RoundRef | Cell, back: bool = False) -> None:
    """Expect no verdicts on what was not obtained; `back`: expect them after all."""
    due = count(bench.experiment, (text_of(bench.experiment, ref) for ref in refs)).total()
    bench.progress.waive("verdicts", -due if back else due)


def judge_rounds(bench: Workbench, key: DialogueKey, first: int, last: int) -> None:
    """Have rounds `first` to `last` judged by every judge."""
    _came_in(bench, Stretch(key, first, last))


def judge_answers(bench: Workbench, key: DialogueKey, checkpoint: int, policy: str) -> None:
    """Have the answers after one prefix, all of which are in, judged by every judge.

    Comparisons with the model's own answers come with whichever of the two prefixes was asked last.
    """
    pairs = bench.answered.end(key, checkpoint, policy)
    _came_in(bench, Stretch(key, checkpoint, checkpoint, policy, tuple(pairs)))


def release(bench: Workbench) -> bool:
    """All is in: offer what waited for that. False where nothing did."""
    waiting, bench.waiting = sorted(bench.waiting, key=lambda one: one.place), []
    late, bench.late = list(bench.late.values()), {}
    across, bench.across = list(bench.across.values()), {}
    if waiting:
        _offer(bench, lambda judge: _at_random(bench, waiting, judge), apart=True)
    for stretch in late:
        _offer(bench, partial(_of_stretch, bench, stretch, late=True))
    for stretch in across:
        _offer(bench, partial(_of_stretch, bench, stretch, across=True))
    return bool(waiting or late or across)


def _came_in(bench: Workbench, stretch: Stretch) -> None:
    """Texts are there: they are judged now or when all are; those to be judged again wait for the dialogue's last."""
    experiment = bench.experiment
    if experiment.judges_at_random:
        bench.waiting.append(stretch)
        return
    if stretch.policy is None and experiment.judges_across:
        bench.across[stretch.key] = _with(bench.across.get(stretch.key), stretch)
    if stretch.begins(experiment):
        bench.late[stretch.whose] = stretch
    if stretch.ends(experiment):
        bench.ended.add(stretch.whose)
    early = bench.late.pop(stretch.whose) if stretch.whose in bench.ended & bench.late.keys() else None
    _offer(bench, lambda judge: _in_order(bench, stretch, early, judge))


def _with(before: Stretch | None, stretch: Stretch) -> Stretch:
    """Rounds of one dialogue that came in apart, as one stretch."""
    if before is None:
        return stretch
    return stretch._replace(first=min(before.first, stretch.first), last=max(before.last, stretch.last))


def _in_order(bench: Workbench, stretch: Stretch, early: Stretch | None, by: ModelSpec) -> "Iterator[JudgeJob]":
    """The judgements of a stretch; of early texts that are judged again, theirs among them."""
    now = _of_stretch(bench, stretch, by)
    if early is None:
        yield from now
        return
    again = _of_stretch(bench, early, by, late=True)
    yield from sorted((*now, *again), key=lambda job: job.place(bench.experiment.study.seed))


def _at_random(bench: Workbench, stretches: Sequence[Stretch], by: ModelSpec) -> "Iterator[JudgeJob]":
    """One judge's judgements of texts of all checkpoints, in an order that is the seed's: blocks of one metric and
    persona, whose prompts begin alike, shuffled inside and between. One block's texts are held at a time."""
    blocks: dict[tuple[str, str | None], dict[Stretch, None]] = {}
    for stretch in stretches:
        for job in _of_stretch(bench, stretch, by, across=None):
            blocks.setdefault(job.block, {})[stretch] = None
    seed = bench.experiment.study.seed
    for block in sorted(blocks, key=lambda block: seeded_place(seed, None, *block)):
        every = (job for stretch in blocks[block] for job in _of_stretch(bench, stretch, by, across=None, counted=True))
        yield from sorted((job for job in every if job.block == block), key=lambda job: job.place(seed))


def _of_stretch(
    bench: Workbench,
    stretch: Stretch,
    by: ModelSpec,
    *,
    across: bool | None = False,
    late: bool = False,
    counted: bool = False,
) -> "Iterator[JudgeJob]":
    """One judge's judgements of a stretch that the store does not have: those that are due at once, or `late`.
    `across`: those that need the rounds of another dialogue, or (None) those too. `counted`: those that it has were
    counted before."""
    key, first, last, policy, pairs = stretch
    read = _Read(bench, by, across, late, counted)
    if policy is None:
        yield from _of_rounds(read, key, first, last)
        return
    yield from _of_answers(read, key, last, policy, None)
    for later, earlier in pairs:
        yield from _of_answers(read, key, later, policy, earlier)


def _offer(bench: Workbench, of_judge: "Callable[[ModelSpec], Iterator[JudgeJob]]", *, apart: bool = False) -> None:
    for title, judge in bench.experiment.judges.items():
        bench.schedule.offer(Judging(bench, lane_of(Role("judge", title)), of_judge(judge), apart=apart))


class _Read(NamedTuple):
    """Whose judgements are looked for, and which."""

    bench: Workbench
    by: ModelSpec
    across: bool | None = False
    late: bool = False
    counted: bool = False

    def due(self, ref: RoundRef | Cell) -> Iterator[Due]:
        """The verdicts on a text that are due at this time."""
        experiment = self.bench.experiment
        if self.across:  # another dialogue's rounds are there last of all
            return (one for one in verdicts_due(experiment, ref, self.by) if one.metric.across)
        waits = experiment.judged_late(ref)
        if self.late and not waits:
            return iter(())
        due = verdicts_due(experiment, ref, self.by)
        if self.across is False and experiment.judges_across:
            due = (one for one in due if not one.metric.across)
        return (one for one in due if (waits and one.repeat > 0) == self.late) if waits else due

    def is_new(self, key: Key, given: Mapping[Key, Reason | None]) -> bool:
        """Whether a verdict of this very method is still to be given; one that stands is counted.

        Transient gaps are new.
        """
        reason = given.get(key)
        if key not in given or (reason is not None and reason not in FINAL):
            return True
        if not self.counted:
            self.bench.progress.settle("verdicts", reason, found=True, judge=key.judge)
        return False


def _of_rounds(read: _Read, key: DialogueKey, first: int, last: int) -> "Iterator[JudgeJob]":
    bench = read.bench
    experiment, given = bench.experiment, bench.store.round_verdicts(key)
    played = bench.store.rounds(key)
    others: list[StoredRound] | None = None  # of another draw, read where they are asked for
    for stored in played:
        if not first <= stored.number <= last or stored.reply is None or stored.reply.text is None:
            continue
        ref = RoundRef(key, stored.number)
        for one in read.due(ref):
            method, seen = experiment.verdict_sets[one.metric.name, one.judge].method, one.judged_as
            place = VerdictKey(stored.number, one.metric.name, one.judge, method, seen, one.repeat)
            if read.is_new(place, given):
                persona = experiment.persona(seen)
                if one.metric.across and others is None:
                    other = experiment.other_draw(key)
                    others = [] if other is None else bench.store.rounds(other)
                shown = others or () if one.metric.across else played
                before = _shown_before(shown, one.metric, stored.number - 1)
                subject = Subject(ref, stored.user, stored.reply.text, persona, repeat=one.repeat, before=before)
                yield JudgeJob(bench, subject, one.metric, read.by)


def _of_answers(read: _Read, key: DialogueKey, checkpoint: int, policy: str, earlier: int | None) -> Iterator[JudgeJob]:
    """Judgements of answers that need no other, or of those compared with the answers at `earlier`."""
    bench = read.bench
    experiment, store = bench.experiment, bench.store
    if not any(experiment.scored_by.values()):
        return  # nothing is due, so nothing need be read
    points, given = experiment.study.checkpoints, store.answer_verdicts(key, checkpoint, key.persona, policy)
    due = set(experiment.cells(key, checkpoint))  # a study that has become smaller keeps what it does not owe
    played: list[StoredRound] | None = None  # read where a judge is shown some of it
    other_answers = {} if earlier is None else _texts(experiment, store.answers(key, earlier, key.persona, policy))
    for stored in store.answers(key, checkpoint, key.persona, policy):
        place = (stored.probe, stored.item, stored.draw)
        cell = Cell(key, checkpoint, key.persona, policy, *place)
        if cell not in due or stored.reply is None or stored.reply.text is None:
            continue
        item = experiment.items[place[:2]]
        for one in read.due(cell):
            metric, seen = one.metric, one.judged_as
            if earlier != (None if metric.against == "item" else opponent_at(metric, checkpoint, points)):
                continue
            method = experiment.verdict_sets[metric.name, one.judge].method
            if read.is_new(AnswerVerdictKey(*place, metric.name, one.judge, method, seen, one.repeat), given):
                question, persona = experiment.wording(item, key.persona), experiment.persona(seen)
                if item.earlier:
                    question = item.after_turns(question, [reply.text or "" for reply in store.steps(cell)])
                answer, own = experiment.scored_text(stored.reply.text), experiment.judged_item(item, seen)
                other = other_answers.get(place, other_answers.get((*place[:2], 0)))  # it may have been drawn less then
                if played is None:
                    played = store.rounds(key) if metric.rounds_before != 0 else None
                before = _shown_before(played or (), metric, checkpoint)
                likeliest = stored.reply.likeliest
                subject = Subject(cell, question, answer, persona, own, one.repeat, other, before, likeliest)
                yield JudgeJob(bench, subject, metric, read.by)


def _shown_before(played: Sequence[StoredRound], metric: Metric, last: int) -> tuple[Exchange, ...]:
    """The rounds up to number `last` that the metric's judge is shown."""
    first = 1 if metric.rounds_before is None else last - metric.rounds_before + 1
    if metric.lag:
        first = last = last + 1 - metric.lag
    return tuple(
        Exchange(one.number, one.user, one.reply.text)
        for one in (played if metric.rounds_before != 0 or metric.lag else ())
        if first <= one.number <= last and one.reply is not None and one.reply.text is not None
    )


def _texts(experiment: Experiment, answers: Sequence[StoredAnswer]) -> dict[tuple[str, str, int], str]:
    """Answers that were obtained, as they are scored, by probe, item and draw."""
    obtained = ((one, one.reply.text) for one in answers if one.reply is not None)
    return {(one.probe, one.item, one.draw): experiment.scored_text(text) for one, text in obtained if text is not None}
