"""One prefix being asked: every item that has no final answer yet. Knows what is stored; sends nothing."""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from longplay.dialogue import ask
from longplay.inference.tokens import estimate_tokens
from longplay.pipeline.bench import AnyJob, Bench
from longplay.pipeline.counts import Counts, last_request, noted
from longplay.pipeline.judgements import Judging, answer_judgements, waive
from longplay.pipeline.repeating import RepeatJob, repeats_due
from longplay.policies import POLICIES
from longplay.records import Cell, DialogueKey, History, Occasion, Reply, Request, Steps, Usage, View
from longplay.records.messages import Reason
from longplay.schedule import Mark

TURN_TOKENS = 16  # about what a chat template puts around a question


class Pinned(Protocol):
    """The dialogue that is asked, pinned to a server."""

    bench: Bench
    key: DialogueKey
    tokens: int
    counts: Counts

    @property
    def lane(self) -> str:
        """Whose slots the questions take."""
        ...

    @property
    def works(self) -> bool:
        """Whether its server works on it just now."""
        ...

    @property
    def hot(self) -> bool:
        """Whether the server's cache holds all rounds, `tokens` long, as the dialogue's own policy puts them."""
        ...

    def settled(self, kind: Literal["rounds", "answers"], reply: Reply | None, *, found: bool = False) -> None:
        """Count one answer."""
        ...

    def copied(self, reply: Reply, asked: str, rounds: int) -> bool:
        """Whether a reply to what was asked after so many rounds is copied from one of theirs."""
        ...

    def called(self, history: History, usage: Usage) -> Mark:
        """A reply came to a question after these rounds."""
        ...

    def lately(self, mark: Mark) -> bool:
        """Whether the server should still remember what it was asked then."""
        ...

    def cached(self, mark: Mark, cacheable: int, cached: int | None) -> None:
        """What the server's cache did for one question (tokens) whose prefix it had at `mark`."""
        ...

    def asked(self, asking: "Asking") -> None:
        """All answers after one prefix are in."""
        ...

    def wake(self) -> None:
        """Offer everything that may have work."""
        ...


class Asking:
    """The items of all probes after one prefix. One request warms the server's cache, then the rest fan out; where the
    dialogue's last round has left the prefix there, all fan out at once."""

    def __init__(self, dialogue: Pinned, history: History, policy: str, rank: tuple[int, ...]) -> None:
        self.dialogue = dialogue
        self.bench = dialogue.bench
        self.key = dialogue.key
        self.history = history
        self.policy = policy
        self.rank = rank
        self.warm = False
        self.in_flight = 0
        self.void = False  # the rounds before are taken back: nothing more is asked
        self.counted: list[Cell] = []  # answers obtained after rounds, whose prompts the server may have cut
        self._stood = dialogue.counts.stood
        self._noted: list[tuple[Cell, Reason | None]] = []  # no replies: their texts would all be kept
        self._prefix_tokens = dialogue.tokens
        self._mark = Mark(0, 0)
        self._left: Iterator[Cell] | None = None
        self._given_back: list[Cell] = []
        self._repeats: list[Cell] | None = None
        self._over = False

    @property
    def lane(self) -> str:
        """The slots of the server that the dialogue is pinned to."""
        return self.dialogue.lane

    def take(self) -> AnyJob | None:
        """The next item, unless the warming request is still on its way."""
        if not self.in_flight:
            self.warm = self._hot()
        if self.void or self._over or (self.in_flight and not self.warm) or not self.dialogue.works:
            return None
        if self._left is None:
            self._left = self._missing()
        cell = self._given_back.pop() if self._given_back else next(self._left, None)
        if cell is not None:
            self.in_flight += 1
            return AskJob(self, cell)
        return self._repeat()

    def _hot(self) -> bool:
        """Whether the server's cache holds the prefix: from the dialogue's rounds, or from earlier questions."""
        if self.policy == self.key.policy and self.dialogue.hot:
            return True
        return self.warm and self.dialogue.lately(self._mark)

    def _repeat(self) -> AnyJob | None:
        """Once all answers are in, some are asked for again, while the server still holds the prefix."""
        if self._repeats is None and not self.in_flight:
            self._repeats = list(repeats_due(self))
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
        for cell, reason in self._noted:
            self.bench.progress.take_back("answers", reason)
            if reason is not None:
                waive(self.bench, cell, back=True)
        self._noted = []

    def judge(self) -> None:
        """Have its answers judged."""
        jobs = answer_judgements(self.bench, self.key, self.history.length, self.policy)
        self.bench.schedule.offer(Judging(self.bench, jobs))

    def answered(self, question: str, usage: Usage) -> None:
        """A reply came; all but to a warming request should have found the prefix in the cache."""
        if self.warm and self.policy == self.key.policy:
            self.dialogue.cached(self._mark, self._prefix_tokens, usage.cached)
        elif usage.prompt is not None:
            self._prefix_tokens = max(usage.prompt - estimate_tokens(len(question)) - TURN_TOKENS, 0)
        self.warm = True
        self._mark = self.dialogue.called(self.history, usage)
        self.bench.schedule.offer(self)

    def stored(self) -> None:
        """An answer after this prefix is stored."""
        self.in_flight -= 1
        self._offer()

    def _offer(self) -> None:
        if self.void:
            self.dialogue.wake()
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
        self.dialogue.asked(self)


class AskJob:
    """Ask one item after a prefix."""

    def __init__(self, asking: Asking, cell: Cell) -> None:
        self.asking = asking
        self.cell = cell
        self._request: Request | None = None
        experiment = asking.bench.experiment
        self.question = experiment.wording(experiment.items[cell.probe, cell.item], cell.ask_persona)

    def steps(self) -> Steps[Reply]:
        """The policy's calls, then the answer."""
        cell, experiment = self.cell, self.asking.bench.experiment
        item, persona = experiment.items[cell.probe, cell.item], experiment.persona(cell.ask_persona)
        view = View(persona, self.asking.history, self.question, seed=experiment.study.seed)
        sampling = experiment.models[cell.dialogue.model].probe_sampling
        occasion = Occasion(cell, item, persona=persona)
        return noted(ask(view, POLICIES[cell.ask_policy], sampling, cell.draw, occasion), self._note)

    def _note(self, request: Request) -> None:
        self._request = request

    async def settle(self, result: Reply, keys: Sequence[bytes]) -> None:
        """One dialogue-conditioned answer is stored; the next may be asked before."""
        self.asking.answered(self.question, result.usage)
        copied = self.asking.dialogue.copied(result, self.question, self.cell.checkpoint)
        await self.asking.bench.store.put_answer(self.cell, keys, copied=copied)
        self.asking.note(self.cell, result, request=self._request)
        self.asking.stored()

    def give_back(self) -> None:
        """The call was not made."""
        self.asking.give_back(self.cell)
