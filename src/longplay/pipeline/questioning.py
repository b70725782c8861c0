"""One prefix being asked: every item that has no final answer yet. Knows what is stored; sends nothing."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from longplay.dialogue import ask_item, settling
from longplay.inference.cache import Branch
from longplay.pipeline.counts import last_request, noted
from longplay.pipeline.judgements import judge_answers, waive
from longplay.pipeline.pinned_dialogue import PinnedDialogue
from longplay.pipeline.repeated_answers import NUMBER, again, repeats_due
from longplay.pipeline.workbench import Job
from longplay.policies import POLICIES
from longplay.records import Cell, History, Occasion, Reply, Request, Steps, Usage, View
from longplay.records.messages import Reason


class Asking:
    """The items of all probes after one prefix. One request warms the server's cache, then the rest fan out; where the
    dialogue's last round has left the prefix there, all fan out at once. `told`: is called when all answers are in, and
    where the rounds before are taken back whenever one comes in."""

    def __init__(
        self,
        dialogue: PinnedDialogue,
        history: History,
        policy: str,
        rank: tuple[int, ...],
        told: "Callable[[Asking], None]",
    ) -> None:
        self.dialogue = dialogue
        self.bench = dialogue.bench
        self.key = dialogue.key
        self.history = history
        self.policy = policy
        self.rank = rank
        self.in_flight = 0
        self.void = False  # the rounds before are taken back: nothing more is asked
        self.counted: list[Cell] = []  # answers obtained after rounds, whose prompts the server may have cut
        self._stood = dialogue.counts.stood
        self._noted: list[tuple[Cell, Reason | None]] = []  # no replies: their texts would all be kept
        self._told = told
        self._cache = Branch(dialogue.cache, history.length, own=policy == dialogue.key.policy)
        self._left: Iterator[Cell] | None = None
        self._given_back: list[Cell] = []
        self._repeats: list[Cell] | None = None
        self._over = False

    @property
    def lane(self) -> str:
        """The slots of the server that the dialogue is pinned to."""
        return self.dialogue.home.lane

    def take(self) -> Job | None:
        """The next item, unless the warming request is still on its way."""
        warm = self._cache.warm if self.in_flight else self._cache.look()
        if self.void or self._over or (self.in_flight and not warm) or not self.dialogue.cache.works:
            return None
        if self._left is None:
            self._left = self._missing()
        cell = self._given_back.pop() if self._given_back else next(self._left, None)
        if cell is not None:
            self.in_flight += 1
            return AskJob(self, cell)
        return self._repeat()

    def _repeat(self) -> Job | None:
        """Once all answers are in, some are asked for again, while the server still holds the prefix."""
        if self._repeats is None and not self.in_flight:
            self._repeats = list(repeats_due(self.bench, self.key, self.history.length, self.policy))
        if self._repeats:
            self.in_flight += 1
            return RepeatJob(self, AskJob(self, self._repeats.pop()))
        if not self.in_flight:
            self._end()
        return None

    def _missing(self) -> Iterator[Cell]:
        checkpoint = self.history.length
        stored = self.bench.store.answers(self.key, checkpoint, self.key.persona, self.policy)
        settled = {(a.probe, a.item, a.draw): a.reply for a in stored if a.reply is not None and a.reply.final}
        for cell in self.bench.experiment.cells(self.key, checkpoint):
            if cell.ask_policy != self.policy:
                continue
            reply = settled.get((cell.probe, cell.item, cell.draw))
            if reply is None:
                yield cell
            else:
                self.note(cell, reply, found=True)

    def note(self, cell: Cell, reply: Reply, *, request: Request | None = None, found: bool = False) -> None:
        """Count an answer that is in."""
        self.dialogue.settled("answers", reply, found=found)
        if reply.text is None:
            waive(self.bench, cell)
        elif self.history.length:
            self.counted.append(cell)
            request = request or last_request(AskJob(self, cell).steps())
            if request is not None:
                self.dialogue.counts.answer(cell, self._stood, request, reply)
        self._noted.append((cell, reply.reason))

    def undo(self) -> None:
        """None of its answers is settled any more: the rounds before them are taken back."""
        for _, reason in self._noted:
            self.bench.progress.take_back("answers", reason)
        waive(self.bench, *(cell for cell, reason in self._noted if reason is not None), back=True)
        self._noted = []

    def judge(self) -> None:
        """Have its answers judged."""
        judge_answers(self.bench, self.key, self.history.length, self.policy)

    def answered(self, request: Request | None, question: str, usage: Usage) -> None:
        """A reply came: tell the server's cache."""
        self._cache.replied(0 if request is None else request.prefix.chars, len(question), usage)
        self.bench.schedule.offer(self)

    def stored(self) -> None:
        """An answer after this prefix is stored."""
        self.in_flight -= 1
        self._offer()

    def _offer(self) -> None:
        if self.void:
            self._told(self)
        else:
            self.bench.schedule.offer(self)

    def give_back(self, cell: Cell) -> None:
        """An item was not asked after all."""
        self.in_flight -= 1
        self._given_back.append(cell)
        self._offer()

    def repeated(self, cell: Cell, *, sent: bool) -> None:
        """A repeat is stored, or was not sent after all."""
        self.in_flight -= 1
        if not sent and self._repeats is not None:
            self._repeats.append(cell)
        self._offer()

    def _end(self) -> None:
        self._over = True
        self._told(self)


class AskJob:
    """Ask one item after a prefix."""

    def __init__(self, asking: Asking, cell: Cell) -> None:
        self.asking = asking
        self.cell = cell
        self._request: Request | None = None
        experiment = asking.bench.experiment
        self.question = experiment.wording(experiment.items[cell.probe, cell.item], cell.ask_persona)

    def steps(self) -> Steps[Reply]:
        """The policy's calls and those of the item's earlier turns, then the answer."""
        cell, experiment = self.cell, self.asking.bench.experiment
        item, persona = experiment.items[cell.probe, cell.item], experiment.persona(cell.ask_persona)
        seed, samplings = experiment.study.seed, experiment.samplings
        view = View(persona, self.asking.history, self.question, seed=seed, samplings=samplings)
        sampling = experiment.models[cell.dialogue.model].probe_sampling
        occasion = Occasion(cell, item, persona=persona)
        steps = ask_item(view, POLICIES[cell.ask_policy], sampling, cell.draw, occasion, item)
        likeliest = experiment.likeliest[cell.probe]
        if likeliest:
            steps = settling(steps, lambda request: msgspec.structs.replace(request, likeliest=likeliest))
        return noted(steps, self._note)

    def _note(self, request: Request) -> None:
        self._request = request

    def replied(self, reply: Reply) -> None:
        """The server holds the prefix now: the other items after it are ready."""
        self.asking.answered(self._request, self.question, reply.usage)

    async def store(self, reply: Reply, keys: Sequence[bytes]) -> None:
        """The answer is on the disk."""
        copied = self.asking.dialogue.copied(reply, self.question, self.cell.checkpoint)
        await self.asking.bench.store.put_answer(self.cell, keys, copied=copied)

    def go_on(self, reply: Reply) -> None:
        """The stored answer is counted; after the last one of its prefix what follows is ready."""
        self.asking.note(self.cell, reply, request=self._request)
        self.asking.stored()

    def give_back(self) -> None:
        """The call was not made."""
        self.asking.give_back(self.cell)


class RepeatJob:
    """Ask one item again; only the answer's own request is sent."""

    def __init__(self, asking: Asking, answer: AskJob) -> None:
        self.asking = asking
        self.answer = answer

    def steps(self) -> Steps[Reply]:
        """The answer's steps, its last request marked as a repeat."""
        return again(self.answer.steps())

    async def settle(self, result: Reply, keys: Sequence[bytes]) -> None:
        """One repeat is stored, also one that was not obtained."""
        del result
        await self.asking.bench.store.put_repeat(self.answer.cell, NUMBER, keys)
        self.asking.repeated(self.answer.cell, sent=True)

    def give_back(self) -> None:
        """The call was not made."""
        self.asking.repeated(self.answer.cell, sent=False)
