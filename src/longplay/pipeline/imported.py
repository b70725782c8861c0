"""The dialogues that `longplay import` put into a run folder, as the run's own. Reads the store; knows no format."""

from pathlib import Path

import msgspec

from longplay.records import DialogueKey, Script
from longplay.specs import Persona, Study, StudyError
from longplay.store import NotBegun, Reader, StoreError
from longplay.store.documents import documents

SOURCES = "imported-sources"  # what was read: file -> SHA-256
TALLY = "imported-tally"
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


def read_imported(run: Path) -> Imported:
    """The dialogues of a run folder. Raises StudyError where there are none."""
    try:
        with Reader.open(run) as reader, reader.snapshot():
            return imported_of(reader, run)
    except NotBegun:
        raise StudyError(
            f"{run}: holds no imported dialogues, and the study says dialogues.imported. Put them there with "
            f"`longplay import FORMAT SOURCE --into {run}`."
        ) from None


def imported_of(reader: Reader, run: Path) -> Imported:
    """The same from an open store. Raises StudyError where nothing was imported, or its documents cannot be read."""
    found = reader.user_turns()
    meta = reader.meta()
    conditions = reader.table("conditions")
    checkpoint = conditions.columns.index("checkpoint")
    if SOURCES not in meta:
        raise StudyError(f"{run}: holds no imported dialogues; name the folder that `longplay import` wrote.")
    try:
        return Imported(
            run=run,
            turns={key: tuple(user for user, _ in rounds) for key, rounds in found.items()},
            reply_chars={key: tuple(chars for _, chars in rounds) for key, rounds in found.items()},
            personas=documents(reader, "persona", Persona),
            scripts=documents(reader, "script", Script),
            sources=msgspec.json.decode(meta[SOURCES], type=dict[str, str]),
            tally=msgspec.json.decode(meta.get(TALLY, "{}"), type=Tally),
            asked_after=max((int(row[checkpoint] or 0) for row in conditions.rows), default=0),
        )
    except (StoreError, msgspec.DecodeError) as error:
        raise StudyError(f"{run}: what was imported cannot be read ({error}). Was it made by this version?") from None


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
