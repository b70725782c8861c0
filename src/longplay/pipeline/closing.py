"""How a dialogue ends before its last round: what it will never have is noted, what a server cut is taken back. Makes
no calls."""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from longplay.pipeline.bench import Bench
from longplay.pipeline.judgements import waive
from longplay.pipeline.progress import Progress
from longplay.records import Cell, DialogueKey, History, Reply, RoundRef, Steps
from longplay.records.messages import CUT_SILENTLY


class Asked(Protocol):
    """The answers after one prefix."""

    def undo(self) -> None:
        """None of them is settled any more."""
        ...

    def judge(self) -> None:
        """Have them judged."""
        ...


class Ended(Protocol):
    """A dialogue that has ended. `taken`: the first round that is taken back; `rows`: rounds that were asked."""

    bench: Bench
    key: DialogueKey
    history: History
    rows: int
    taken: int | None
    taking_back: int
    busy: bool

    @property
    def void(self) -> Sequence[Asked]:
        """What was asked after rounds that are taken back."""
        ...

    @property
    def lost(self) -> int:
        """The first round that was never asked."""
        ...

    def settled(self, kind: Literal["rounds", "answers"], reply: Reply | None, *, found: bool = False) -> None:
        """Count one round or answer."""
        ...

    def leave_when_finished(self) -> None:
        """Make room for another dialogue."""
        ...


class CloseJob:
    """Note what a stopped dialogue will never have, and take back what was cut."""

    def __init__(self, ended: Ended) -> None:
        self.ended = ended

    def steps(self) -> Steps[list[RoundRef | Cell]]:
        """Every later round and answer."""
        ended = self.ended
        yield from ()
        return list(ended.bench.experiment.unreached(ended.key, ended.history.length, ended.lost))

    async def settle(self, result: list[RoundRef | Cell], keys: Sequence[bytes]) -> None:
        """Each that was never asked gets a row that says dialogue-stopped."""
        del keys
        ended, store = self.ended, self.ended.bench.store
        there = dict(self._answers()) if ended.taken is not None else {}
        if ended.taken is not None:
            rounds = [RoundRef(ended.key, number) for number in range(ended.taken, ended.rows + 1)]
            await store.take_back([*rounds, *there], CUT_SILENTLY)
        never = [ref for ref in result if ref not in there]
        await store.put_unreached(never)
        for asked in ended.void:
            asked.undo()
        for ref in result:
            if isinstance(ref, Cell) and ref in there:
                ended.bench.progress.settle("answers", (there[ref].reason if there[ref].final else None) or "overflow")
                ended.bench.progress.cut[ended.key.model, "answers"] += there[ref].reason is None
            else:
                ended.settled("rounds" if isinstance(ref, RoundRef) else "answers", None)
            waive(ended.bench, ref)
        ended.busy = False
        ended.leave_when_finished()

    def _answers(self) -> Iterator[tuple[Cell, Reply]]:
        """Stored answers after rounds that are taken back."""
        ended = self.ended
        experiment, key = ended.bench.experiment, ended.key
        for checkpoint in experiment.checkpoints(key):
            if checkpoint <= ended.history.length:
                continue
            for policy in experiment.study.conditioning.policies:
                for one in ended.bench.store.answers(key, checkpoint, key.persona, policy):
                    if one.reply is not None:
                        place = one.probe, one.item, one.draw
                        yield Cell(key, checkpoint, key.persona, policy, *place), one.reply

    def give_back(self) -> None:
        """Nothing is called, so nothing can be given back."""


class CutAnswersJob:
    """Take back answers whose prompts were cut, then have the others of their prefix judged."""

    def __init__(self, ended: Ended, asked: Asked, cells: Sequence[Cell]) -> None:
        self.ended = ended
        self.asked = asked
        self.cells = cells

    def steps(self) -> Steps[Sequence[Cell]]:
        """The answers."""
        yield from ()
        return self.cells

    async def settle(self, result: Sequence[Cell], keys: Sequence[bytes]) -> None:
        """They are missing from now on."""
        del keys
        bench = self.ended.bench
        await bench.store.take_back(result, CUT_SILENTLY)
        for cell in result:
            bench.progress.missing["overflow"] += 1
            waive(bench, cell)
        bench.progress.cut[self.ended.key.model, "answers"] += len(result)
        self.asked.judge()
        self.ended.taking_back -= 1
        self.ended.leave_when_finished()

    def give_back(self) -> None:
        """Nothing is called, so nothing can be given back."""


def cut_notes(progress: Progress) -> list[str]:
    """What to say of servers that cut prompts, a line a model."""
    notes: list[str] = []
    for model in sorted({model for model, _ in progress.cut}):
        dialogues, rounds, answers = (progress.cut[model, kind] for kind in ("dialogues", "rounds", "answers"))
        notes.append(
            f"{model}: its server cut prompts silently (its token counts fell or stood still while prompts grew). "
            f"Dialogues that ended there: {dialogues:,}. Taken back after that, missing as overflow and in no "
            f"estimate: rounds {rounds:,}, answers {answers:,}. Set context_window to what the server should hold: "
            "`longplay check-server MODEL --study STUDY` then finds where it cuts. To have these rounds, give it a "
            "larger window and begin a new run folder."
        )
    return notes
