"""Some answers asked for again with equal bytes, to see whether the server answers the same. They disturb no answer:
a repeat is journalled beside its answer and never scored. Knows what is stored; sends nothing."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from longplay.pipeline.bench import Bench
from longplay.pipeline.noise_sample import repeated_checkpoints, spread
from longplay.records import Cell, DialogueKey, History, Reply, Steps

NUMBER = 1  # each answer is repeated once


class Asked(Protocol):
    """One prefix whose answers are all in."""

    bench: Bench
    key: DialogueKey
    history: History
    policy: str

    def repeated(self, cell: Cell, *, sent: bool) -> None:
        """A repeat is stored, or was not sent after all."""
        ...


class Answer(Protocol):
    """The asking of one item."""

    cell: Cell

    def steps(self) -> Steps[Reply]:
        """The policy's calls, then the answer."""
        ...


def repeats_due(asked: Asked) -> Iterator[Cell]:
    """Answers after this prefix that are to be repeated and have no final repeat yet. Missing answers are not."""
    experiment, store, checkpoint = asked.bench.experiment, asked.bench.store, asked.history.length
    study = experiment.study
    chosen: list[Cell] = []
    if checkpoint in repeated_checkpoints(study) and not experiment.models[asked.key.model].simulated:
        ways = (asked.policy, 0) if asked.policy == study.conditioning.policies[0] else None
        cells = [c for c in experiment.cells(asked.key, checkpoint) if (c.ask_policy, c.draw) == ways]
        chosen = spread(cells, study.conditioning.repeats)
    if not chosen:
        return
    place = asked.key, checkpoint, asked.key.persona, asked.policy
    obtained = {(a.probe, a.item, a.draw) for a in store.answers(*place) if a.reply is not None and a.reason is None}
    done = {(r.probe, r.item, r.draw) for r in store.repeats(*place) if r.reply.final}
    yield from (cell for cell in chosen if (cell.probe, cell.item, cell.draw) in obtained - done)


class RepeatJob:
    """Ask one item again. The policy's own calls are found, not made again; only the answer's request is sent."""

    def __init__(self, asked: Asked, answer: Answer) -> None:
        self.asked = asked
        self.answer = answer

    def steps(self) -> Steps[Reply]:
        """The answer's steps, its last request marked as a repeat."""
        steps = self.answer.steps()
        request = next(steps)
        while request.cell is None or request.cell.step:
            reply = yield request
            request = steps.send(reply)
        reply = yield msgspec.structs.replace(request, repeat=NUMBER)
        return reply

    async def settle(self, result: Reply, keys: Sequence[bytes]) -> None:
        """One repeat is stored, also one that was not obtained."""
        del result
        await self.asked.bench.store.put_repeat(self.answer.cell, NUMBER, keys)
        self.asked.repeated(self.answer.cell, sent=True)

    def give_back(self) -> None:
        """The call was not made."""
        self.asked.repeated(self.answer.cell, sent=False)
