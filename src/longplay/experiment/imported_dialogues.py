"""Dialogues that were not played but brought in, as a study is made of them. Values alone: reads no store."""

from pathlib import Path

import msgspec

from longplay.records import DialogueKey, Script
from longplay.specs import Persona, Study, StudyError

LIST = 20  # names in an error


class Tally(msgspec.Struct, frozen=True):
    """What came in beside rounds. `answers`: how many by probe; `verdicts`: how many by (source, metric, judge), where
    the source is `rounds` or a probe."""

    answers: dict[str, int] = {}
    verdicts: list[tuple[str, str, str, int]] = []


class Imported(msgspec.Struct, frozen=True):
    """Dialogues that are there already. `turns`: the user's, by dialogue; `reply_chars`: of each reply, in their order.

    `run`: the folder that holds them; `sources`: SHA-256 of the files they came from; `asked_after`: the last
    checkpoint of imported answers.
    """

    run: Path
    turns: dict[DialogueKey, tuple[str, ...]]
    reply_chars: dict[DialogueKey, tuple[int, ...]]
    personas: dict[str, Persona]
    scripts: dict[str, Script]
    sources: dict[str, str]
    tally: Tally
    asked_after: int = 0

    @property
    def longest(self) -> int:
        """Rounds of the longest dialogue, or after how many something was asked: the dialogue need not be there."""
        return max([self.asked_after, *map(len, self.turns.values())])


def as_imported(study: Study, imported: Imported, where: str) -> Study:
    """The study as its imported dialogues make it: scripts, orders, draws and rounds are theirs.

    Raises StudyError where the study lacks a model or persona that they name, or asks after more rounds than there are.
    """
    titles, spoke = {model.title for model in study.models}, {key.model for key in imported.turns}
    if not spoke <= titles:
        raise StudyError(
            f"{where}: [[models]] the imported dialogues are of {_some(spoke - titles)}; name each as a model's label. "
            f"Named: {_some(titles)}."
        )
    absent = {key.persona for key in imported.turns if key.persona is not None} - set(imported.personas)
    if absent:
        raise StudyError(f"{where}: the persona {_some(absent)} of imported dialogues is not in {imported.run}.")
    keys = list(imported.turns)
    dialogues = msgspec.structs.replace(
        study.dialogues,
        scripts=tuple(dict.fromkeys(key.script for key in keys)) or tuple(imported.scripts),
        orders=tuple(sorted({key.order for key in keys})) or (0,),
        rounds=max(imported.longest, 2),
        draws=max((key.draw + 1 for key in keys if key.persona is not None), default=1),
        baseline_draws=max((key.draw + 1 for key in keys if key.persona is None), default=1),
        baseline=any(key.persona is None for key in keys),
    )
    study = msgspec.structs.replace(study, dialogues=dialogues)
    if max(study.checkpoints) > dialogues.rounds:
        raise StudyError(
            f"{where}: [conditioning.checkpoints] {max(study.checkpoints)} lies past the last round of the longest "
            f"imported dialogue, {dialogues.rounds}."
        )
    return study


def _some(names: set[str]) -> str:
    shown = sorted(names)[:LIST]
    return ", ".join(map(repr, shown)) + (f" and {len(names) - LIST} more" if len(names) > LIST else "")
