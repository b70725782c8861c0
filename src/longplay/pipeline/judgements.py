"""Verdicts still to be given on stored texts, read from the store only when a slot is free for them. Sends nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import count, text_of, verdicts_due
from longplay.judging.metric import Metric
from longplay.pipeline.comparisons import opponent_at
from longplay.pipeline.slots import lane_of
from longplay.pipeline.workbench import AnyJob, Workbench
from longplay.records import FINAL, Cell, DialogueKey, Role, RoundRef, Steps, Subject, Verdict
from longplay.records.messages import Reason
from longplay.specs import ModelSpec
from longplay.store import AnswerVerdictKey, StoredAnswer, VerdictKey

Key = TypeVar("Key", VerdictKey, AnswerVerdictKey)


class Judging:
    """One judge's judgements of a stretch of texts: a block of rounds, or all answers after one prefix.

    Repeats of a judgement are sent one after the other: sent at once, none would find the others' prompt in a cache.
    """

    def __init__(self, bench: Workbench, lane: str, jobs: "Iterable[JudgeJob]") -> None:
        self.lane = lane
        self.rank = bench.judging_rank()
        self._jobs = groupby(jobs, key=lambda job: (job.metric.name, job.subject.ref, job.subject.persona))
        self._given_back: list[JudgeJob] = []
        self._schedule = bench.schedule

    def take(self) -> AnyJob | None:
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

    def steps(self) -> Steps[Verdict]:
        """The judge's calls (none where a program scores), then the verdict."""
        return self.metric.judge(self.subject, self.judge)

    async def settle(self, result: Verdict, keys: Sequence[bytes]) -> None:
        """One verdict is stored, with the judge's replies kept whole."""
        await self.bench.store.put_verdict(result, keys)
        self.bench.progress.settle("verdicts", result.reason, judge=result.judge)
        if self.source is not None:
            self.source.settled(self)
        if self.bench.alarms is not None and not self.metric.verified:
            self.bench.alarms.judged(result, map(self.bench.store.find_call, keys))

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
    _offer(bench, lambda judge: round_judgements(bench, key, first, last, judge))


def judge_answers(bench: Workbench, key: DialogueKey, checkpoint: int, policy: str) -> None:
    """Have the answers after one prefix, all of which are in, judged by every judge.

    Comparisons with the model's own answers come with whichever of the two prefixes was asked last.
    """
    comparable = bench.answered.end(key, checkpoint, policy)

    def of_judge(judge: ModelSpec) -> Iterator[JudgeJob]:
        yield from _of_answers(bench, key, checkpoint, policy, None, judge)
        for later, earlier in comparable:
            yield from _of_answers(bench, key, later, policy, earlier, judge)

    _offer(bench, of_judge)


def _offer(bench: Workbench, of_judge: "Callable[[ModelSpec], Iterator[JudgeJob]]") -> None:
    for title, judge in bench.experiment.judges.items():
        bench.schedule.offer(Judging(bench, lane_of(Role("judge", title)), of_judge(judge)))


def round_judgements(bench: Workbench, key: DialogueKey, first: int, last: int, by: ModelSpec) -> "Iterator[JudgeJob]":
    """One judge's judgements of rounds `first` to `last` that the store does not have."""
    experiment, given = bench.experiment, bench.store.round_verdicts(key)
    for stored in bench.store.rounds(key):
        if not first <= stored.number <= last or stored.reply is None or stored.reply.text is None:
            continue
        ref = RoundRef(key, stored.number)
        for one in verdicts_due(experiment, ref, by):
            method, seen = experiment.verdict_sets[one.metric.name, one.judge].method, one.judged_as
            place = VerdictKey(stored.number, one.metric.name, one.judge, method, seen, one.repeat)
            if _is_new(bench, place, given):
                persona = experiment.persona(seen)
                subject = Subject(ref, stored.user, stored.reply.text, persona, repeat=one.repeat)
                yield JudgeJob(bench, subject, one.metric, by)


def _of_answers(
    bench: Workbench, key: DialogueKey, checkpoint: int, policy: str, earlier: int | None, by: ModelSpec
) -> Iterator[JudgeJob]:
    """One judge's judgements of answers that need no other, or of those compared with the answers at `earlier`."""
    experiment, store = bench.experiment, bench.store
    if not any(experiment.scored_by.values()):
        return  # nothing is due, so nothing need be read
    points, given = experiment.study.checkpoints, store.answer_verdicts(key, checkpoint, key.persona, policy)
    due = set(experiment.cells(key, checkpoint))  # a study that has become smaller keeps what it does not owe
    before = {} if earlier is None else _texts(experiment, store.answers(key, earlier, key.persona, policy))
    for stored in store.answers(key, checkpoint, key.persona, policy):
        place = (stored.probe, stored.item, stored.draw)
        cell = Cell(key, checkpoint, key.persona, policy, *place)
        if cell not in due or stored.reply is None or stored.reply.text is None:
            continue
        item = experiment.items[place[:2]]
        for one in verdicts_due(experiment, cell, by):
            metric, seen = one.metric, one.judged_as
            if earlier != (None if metric.against == "item" else opponent_at(metric, checkpoint, points)):
                continue
            method = experiment.verdict_sets[metric.name, one.judge].method
            if _is_new(bench, AnswerVerdictKey(*place, metric.name, one.judge, method, seen, one.repeat), given):
                question, persona = experiment.wording(item, key.persona), experiment.persona(seen)
                answer, own = experiment.scored_text(stored.reply.text), experiment.judged_item(item, seen)
                other = before.get(place, before.get((*place[:2], 0)))  # it may have been drawn less often then
                yield JudgeJob(bench, Subject(cell, question, answer, persona, own, one.repeat, other), metric, by)


def _texts(experiment: Experiment, answers: Sequence[StoredAnswer]) -> dict[tuple[str, str, int], str]:
    """Answers that were obtained, as they are scored, by probe, item and draw."""
    obtained = ((one, one.reply.text) for one in answers if one.reply is not None)
    return {(one.probe, one.item, one.draw): experiment.scored_text(text) for one, text in obtained if text is not None}


def _is_new(bench: Workbench, key: Key, given: Mapping[Key, Reason | None]) -> bool:
    """Whether a verdict of this very method is still to be given; one that stands is counted.

    Transient gaps are new.
    """
    reason = given.get(key)
    if key not in given or (reason is not None and reason not in FINAL):
        return True
    bench.progress.settle("verdicts", reason, found=True, judge=key.judge)
    return False
