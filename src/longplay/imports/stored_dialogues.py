"""The dialogues that `longplay import` put into a run folder, read back as values. Knows no format."""

from pathlib import Path

import msgspec

from longplay.experiment.imported_dialogues import Imported, Tally
from longplay.records import Script
from longplay.specs import Persona, Study, StudyError
from longplay.store import NotBegun, Reader, StoreError
from longplay.store.documents import documents

SOURCES = "imported-sources"  # what was read: file -> SHA-256
TALLY = "imported-tally"


def imported_for(study: Study, run: Path) -> Imported | None:
    """The dialogues of a run folder where a study says that its dialogues were imported; None where they are played.

    Raises StudyError where there are none.
    """
    return read_imported(run) if study.dialogues.imported else None


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
