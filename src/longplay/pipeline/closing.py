"""How a dialogue ends before its last round: what it will never have is noted, what a server cut is taken back. Makes
no calls."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from longplay.pipeline.judgements import waive
from longplay.pipeline.pinned_dialogue import PinnedDialogue
from longplay.pipeline.progress import Progress
from longplay.pipeline.questioning import Asking
from longplay.records import Cell, Reply, RoundRef, Steps
from longplay.records.messages import CUT_SILENTLY


class End(msgspec.Struct, frozen=True):
    """How a dialogue ended after `rounds` rounds. `asked`: rounds that were asked, obtained or not; `taken`: the first
    one that is taken back; `void`: what was asked after those."""

    rounds: int
    asked: int
    taken: int | None
    void: tuple[Asking, ...]


class CloseJob:
    """Note what a stopped dialogue will never have, and take back what was cut. `done`: is called at the end."""

    def __init__(self, dialogue: PinnedDialogue, end: End, done: Callable[[], object]) -> None:
        self.dialogue = dialogue
        self.end = end
        self.done = done

    def steps(self) -> Steps[list[RoundRef | Cell]]:
        """Every later round and answer; a round that was asked and not obtained has a row of its own."""
        yield from ()
        return list(self.dialogue.bench.experiment.unreached(self.dialogue.key, self.end.rounds, self.end.asked + 1))

    async def settle(self, result: list[RoundRef | Cell], keys: Sequence[bytes]) -> None:
        """Each that was never asked gets a row that says dialogue-stopped."""
        del keys
        dialogue, end, bench = self.dialogue, self.end, self.dialogue.bench
        there = dict(self._answers()) if end.taken is not None else {}
        if end.taken is not None:
            rounds = [RoundRef(dialogue.key, number) for number in range(end.taken, end.asked + 1)]
            await bench.store.take_back([*rounds, *there], CUT_SILENTLY)
        await bench.store.put_unreached([ref for ref in result if ref not in there])
        for asking in end.void:
            asking.undo()
        for ref in result:
            if isinstance(ref, Cell) and ref in there:
                bench.progress.settle("answers", (there[ref].reason if there[ref].final else None) or "overflow")
                bench.progress.cut[dialogue.key.model, "answers"] += there[ref].reason is None
            else:
                dialogue.settled("rounds" if isinstance(ref, RoundRef) else "answers", None)
        waive(bench, *result)
        self.done()

    def _answers(self) -> Iterator[tuple[Cell, Reply]]:
        """Stored answers after rounds that are taken back."""
        bench, key = self.dialogue.bench, self.dialogue.key
        for checkpoint in bench.experiment.checkpoints(key):
            if checkpoint <= self.end.rounds:
                continue
            for policy in bench.experiment.study.conditioning.policies:
                for one in bench.store.answers(key, checkpoint, key.persona, policy):
                    if one.reply is not None:
                        place = one.probe, one.item, one.draw
                        yield Cell(key, checkpoint, key.persona, policy, *place), one.reply

    def give_back(self) -> None:
        """Nothing is called, so nothing can be given back."""


class CutAnswersJob:
    """Take back answers whose prompts were cut, then have the others of their prefix judged. `done`: is called at the
    end."""

    def __init__(self, asking: Asking, cells: Sequence[Cell], done: Callable[[], object]) -> None:
        self.asking = asking
        self.cells = cells
        self.done = done

    def steps(self) -> Steps[Sequence[Cell]]:
        """The answers."""
        yield from ()
        return self.cells

    async def settle(self, result: Sequence[Cell], keys: Sequence[bytes]) -> None:
        """They are missing from now on."""
        del keys
        bench = self.asking.bench
        await bench.store.take_back(result, CUT_SILENTLY)
        bench.progress.missing["overflow"] += len(result)
        waive(bench, *result)
        bench.progress.cut[self.asking.key.model, "answers"] += len(result)
        self.asking.judge()
        self.done()

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
