"""Which answer or round a person means, from the options they gave; what they left out is chosen. Knows no texts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from longplay.experiment import Experiment
from longplay.records import Cell, DialogueKey
from longplay.store import Reader
from longplay.study.recorded_experiment import RunError

BASELINE = "baseline"
MOST_NAMED = 30
T = TypeVar("T")
U = TypeVar("U", str, int)


@dataclass(frozen=True)
class Wanted:
    """What was asked for; None = left out.

    Parameters
    ----------
    model
        The model's name or label.
    persona
        The persona's id, or baseline.
    script
        The script.
    order
        Which permutation of the script; 0 is as written.
    draw
        Which repeat of the dialogue.
    policy
        How the item was asked.
    checkpoint
        After how many rounds the item was asked.
    probe
        The item's probe.
    item
        The item's id.
    round
        A round of the dialogue itself, in place of an item.
    """

    model: str | None = None
    persona: str | None = None
    script: str | None = None
    order: int | None = None
    draw: int | None = None
    policy: str | None = None
    checkpoint: int | None = None
    probe: str | None = None
    item: str | None = None
    round: int | None = None


class Found(msgspec.Struct, frozen=True):
    """A round, or the answers (one a draw) to an item after `checkpoint` rounds. `chosen`: what was left out."""

    dialogue: DialogueKey
    chosen: tuple[str, ...]
    round: int | None = None
    checkpoint: int = 0
    cells: tuple[Cell, ...] = ()


class _Choice:
    """Narrows candidates down, option by option, and notes what it had to choose."""

    def __init__(self) -> None:
        self.chosen: list[str] = []

    def narrow(self, found: Sequence[T], option: str, wanted: U | None, of: Callable[[T], U]) -> list[T]:
        """The candidates with the wanted value, or with the first one's. Raises RunError, naming those there are."""
        values = list(dict.fromkeys(of(one) for one in found))
        if wanted is not None and wanted not in values:
            named = ", ".join(str(value) for value in values[:MOST_NAMED])
            more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
            raise RunError(f"the run has no --{option} {wanted}. Known here: {named or 'none'}{more}.")
        if wanted is None and len(values) > 1:
            self.chosen.append(f"--{option} {values[0]}")
        value = values[0] if wanted is None else wanted
        return [one for one in found if of(one) == value]


def find(reader: Reader, experiment: Experiment, wanted: Wanted) -> Found:
    """What is meant. Raises RunError, which names the known choices."""
    choice = _Choice()
    dialogues = sorted(reader.dialogues().items(), key=lambda one: one[1].persona is None)  # personas first
    if not dialogues:
        raise RunError("the run holds no dialogue yet. `longplay status` says how far it is.")
    left = choice.narrow(dialogues, "model", wanted.model, lambda one: one[1].model)
    left = choice.narrow(left, "persona", wanted.persona, lambda one: one[1].persona or BASELINE)
    left = choice.narrow(left, "script", wanted.script, lambda one: one[1].script)
    left = choice.narrow(left, "order", wanted.order, lambda one: one[1].order)
    left = choice.narrow(left, "draw", wanted.draw, lambda one: one[1].draw)
    number, key = left[0]
    if wanted.round is None:
        return _answers(reader, experiment, wanted, (number, key), choice)
    if wanted.item is not None or wanted.probe is not None or wanted.checkpoint is not None:
        raise RunError("--round shows a round of the dialogue; leave --checkpoint, --probe and --item out.")
    numbers = [stored.number for stored in reader.dialogue_text(key)]
    choice.narrow(numbers, "round", wanted.round, lambda one: one)
    return Found(key, tuple(choice.chosen), round=wanted.round)


def _answers(
    reader: Reader, experiment: Experiment, wanted: Wanted, dialogue: tuple[int, DialogueKey], choice: _Choice
) -> Found:
    number, key = dialogue
    with reader.snapshot():
        found = reader.columns("conditions", ("dialogue", "checkpoint", "ask_policy"))
        rows: list[tuple[int, int, int]] = found.rows()
        names = reader.names()
    asked = [(checkpoint, names[policy]) for of, checkpoint, policy in rows if of == number]
    if not asked:
        raise RunError("nothing was asked after this dialogue yet; --round shows its rounds.")
    asked = choice.narrow(asked, "policy", wanted.policy, lambda one: one[1])
    asked = choice.narrow(sorted(asked, reverse=True), "checkpoint", wanted.checkpoint, lambda one: one[0])
    checkpoint, policy = asked[0]
    if experiment.imported is not None:
        return _imported_answers(reader, Cell(key, checkpoint, key.persona, policy, "", ""), wanted, choice)
    items = choice.narrow(list(experiment.asked(key.persona)), "probe", wanted.probe, lambda one: one[0])
    items = choice.narrow(items, "item", wanted.item, lambda one: one[1].id)
    probe, item = items[0]
    cells = [Cell(key, checkpoint, key.persona, policy, probe, item.id, draw) for draw in experiment.draws(checkpoint)]
    return Found(key, tuple(choice.chosen), checkpoint=checkpoint, cells=tuple(cells))


def _imported_answers(reader: Reader, condition: Cell, wanted: Wanted, choice: _Choice) -> Found:
    """Where answers came from elsewhere, what is there says what was asked, and how often."""
    stored = [(one.probe, one.item, one.draw) for one in reader.answers(condition)]
    stored = choice.narrow(stored, "probe", wanted.probe, lambda one: one[0])
    stored = choice.narrow(stored, "item", wanted.item, lambda one: one[1])
    cells = [
        msgspec.structs.replace(condition, probe=probe, item=item, draw=draw) for probe, item, draw in sorted(stored)
    ]
    return Found(condition.dialogue, tuple(choice.chosen), checkpoint=condition.checkpoint, cells=tuple(cells))
