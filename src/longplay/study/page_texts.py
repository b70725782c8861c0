"""Which texts a report shows: by a fixed rule, never by how they were scored, so that nobody picks cherries.

The first personas by id, each probe's first item, the first and last checkpoints, the first and last rounds.
Knows no estimates.
"""

from collections.abc import Iterator

from longplay.dialogue import completed
from longplay.experiment import Experiment
from longplay.records import Cell, DialogueKey, Round, RoundRef, Verdict
from longplay.report import Example, Excerpt
from longplay.store import Reader, StoredRound
from longplay.study.earlier_turns import earlier_turns

PERSONAS = 2
ROUNDS_A_SIDE = 2


def chosen(experiment: Experiment) -> Iterator[DialogueKey]:
    """The dialogues that are shown: each model on each script, as the first personas and as the baseline."""
    study = experiment.study
    speakers: list[str | None] = [*list(experiment.personas)[:PERSONAS]]
    if study.dialogues.baseline:
        speakers.append(None)
    for model in experiment.models:
        for persona in speakers:
            for script in experiment.scripts:
                yield DialogueKey(model, persona, script, study.dialogues.orders[0], study.dialogues.policy, 0)


def examples(reader: Reader, experiment: Experiment) -> list[Example]:
    """Answers of the first persona (or of the baseline where there is none) at the first and the last checkpoint."""
    first = next(iter(experiment.personas), None)
    found: list[Example] = []
    for key in chosen(experiment):
        if key.persona != first or key.order not in experiment.study.conditioning.orders:
            continue
        for cell in _cells(experiment, key):
            example = _example(reader, experiment, cell)
            if example is not None:
                found.append(example)
    return found


def _cells(experiment: Experiment, key: DialogueKey) -> Iterator[Cell]:
    """The first item of each probe, at both ends of the dialogue."""
    conditioning, checkpoints = experiment.study.conditioning, experiment.study.checkpoints
    shown: dict[str, str] = {}
    for probe, item in experiment.asked(key.persona):
        shown.setdefault(probe, item.id)
    for checkpoint in dict.fromkeys((checkpoints[0], checkpoints[-1])):
        for probe, item in shown.items():
            yield Cell(key, checkpoint, key.persona, conditioning.policies[0], probe, item)


def _example(reader: Reader, experiment: Experiment, cell: Cell) -> Example | None:
    found = reader.answer(cell)
    if found is None:
        return None
    reply, copied = found
    item = experiment.items[cell.probe, cell.item]
    theirs = None, cell.ask_persona, item.persona
    return Example(
        cell=cell,
        before=tuple(
            (said, None if heard is None else heard.text) for said, heard in earlier_turns(reader, item, cell)
        ),
        question=experiment.wording(item, cell.ask_persona),
        answer=reply.text,
        reason=reply.reason,
        empty=reply.empty,
        cut=reply.cut,
        marked=reply.marked,
        copied=copied,
        verdicts=tuple(v for v in _verdicts(reader, cell) if cell.ask_persona is None or v.judged_as in theirs),
    )


def excerpts(reader: Reader, experiment: Experiment) -> list[Excerpt]:
    """The first and last rounds of the chosen dialogues; the baseline's verdicts are those as the first persona."""
    first = next(iter(experiment.personas), None)
    found: list[Excerpt] = []
    for key in chosen(experiment):
        rounds = _played(reader.dialogue_text(key))
        if not rounds:
            continue
        early, late = rounds[:ROUNDS_A_SIDE], rounds[ROUNDS_A_SIDE:][-ROUNDS_A_SIDE:]
        verdicts = [v for played in (*early, *late) for v in _verdicts(reader, RoundRef(key, played.number))]
        shown = [v for v in verdicts if v.judged_as in (None, first if key.persona is None else key.persona)]
        found.append(Excerpt(key, tuple(early), tuple(late), tuple(shown)))
    return found


def _played(stored: list[StoredRound]) -> list[Round]:
    rounds = [completed(one.number, one.user, one.reply, copied=one.copied) for one in stored if one.reply is not None]
    return [played for played in rounds if played is not None]


def _verdicts(reader: Reader, ref: RoundRef | Cell) -> list[Verdict]:
    """What judges and programs said; people labelled a sample."""
    return [found.verdict for found in reader.verdicts(ref) if found.verdict.judge_kind != "person"]
