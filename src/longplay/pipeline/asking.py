"""One prefix being asked: every item that has no final answer yet. Knows what is stored; sends nothing."""

from collections.abc import Iterator, Sequence

from longplay.dialogue import ask
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.judgements import Judging, answer_judgements
from longplay.policies import POLICIES
from longplay.records import Cell, DialogueKey, History, Occasion, Reply, Steps, View


class Asking:
    """The items of all probes after one prefix. One request warms the server's cache, then the rest fan out."""

    def __init__(self, bench: Bench, key: DialogueKey, history: History, policy: str, rank: tuple[int, ...]) -> None:
        self.bench = bench
        self.key = key
        self.lane = key.model
        self.history = history
        self.policy = policy
        self.rank = rank
        self.warm = False
        self.in_flight = 0
        self._left: Iterator[Cell] | None = None
        self._over = False

    def take(self) -> AnyJob | None:
        """The next item, unless the warming request is still on its way."""
        if self._over or (self.in_flight and not self.warm):
            return None
        if self._left is None:
            self._left = self._missing()
        cell = next(self._left, None)
        if cell is not None:
            self.in_flight += 1
            return AskJob(self, cell)
        self._over = True
        self._judge_when_all_are_in()
        return None

    def _missing(self) -> Iterator[Cell]:
        checkpoint, progress = self.history.length, self.bench.progress
        stored = self.bench.store.answers(self.key, checkpoint, self.key.persona, self.policy)
        settled = {(a.probe, a.item, a.draw): a.reply for a in stored if a.reply is not None and a.reply.final}
        for cell in self.bench.experiment.cells(self.key, checkpoint):
            if cell.ask_policy != self.policy:
                continue
            reply = settled.get((cell.probe, cell.item, cell.draw))
            if reply is None:
                yield cell
            else:
                progress.settle("answers", reply.reason, found=True)

    def answered(self) -> None:
        """An answer after this prefix is stored."""
        self.in_flight -= 1
        if not self.warm:
            self.warm = True
            self.bench.schedule.offer(self)
        self._judge_when_all_are_in()

    def _judge_when_all_are_in(self) -> None:
        if self._over and not self.in_flight:
            jobs = answer_judgements(self.bench, self.key, self.history.length, self.policy)
            self.bench.schedule.offer(Judging(self.bench, jobs))


class AskJob:
    """Ask one item after a prefix."""

    def __init__(self, asking: Asking, cell: Cell) -> None:
        self.asking = asking
        self.cell = cell

    def steps(self) -> Steps[Reply]:
        """The policy's calls, then the answer."""
        cell, experiment = self.cell, self.asking.bench.experiment
        item = experiment.items[cell.probe, cell.item]
        question = experiment.wording(item, cell.ask_persona)
        persona = experiment.persona(cell.ask_persona)
        view = View(persona, self.asking.history, question, seed=experiment.study.seed)
        sampling = experiment.models[cell.dialogue.model].probe_sampling
        return ask(view, POLICIES[cell.ask_policy], sampling, cell.draw, Occasion(cell, item, persona=persona))

    async def settle(self, result: Reply, keys: Sequence[bytes]) -> None:
        """One dialogue-conditioned answer is stored."""
        await self.asking.bench.store.put_answer(self.cell, keys)
        self.asking.bench.progress.settle("answers", result.reason)
        self.asking.answered()
