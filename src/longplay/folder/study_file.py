"""RUN/study.toml: the study with which a run began or last went on."""

import contextlib
from pathlib import Path

from longplay.files import advice_on, write_whole
from longplay.specs import LongplayError, Study, StudyError, stored_study

STUDY = "study.toml"
DATABASE = "run.sqlite"


class FolderError(LongplayError):
    """A run folder that does not fit the study; the message says what differs and what to do."""


def kept_study(run: Path) -> Study | None:
    """The study with which a run began or last went on; None where the folder holds no run, or it cannot be read."""
    with contextlib.suppress(StudyError):
        return stored_study(run / STUDY) if (run / DATABASE).exists() else None
    return None


def write_study(run: Path, text: str) -> None:
    """RUN/study.toml as used, written whole or not at all. Raises FolderError where it cannot be written."""
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(run / STUDY, text)
    except OSError as error:
        raise FolderError(f"{run / STUDY}: cannot be written ({error.strerror}). {advice_on(error)}.") from None
