"""A run as tidy tables: files, or frames of the same rows. Computes no statistics itself and prints nothing.

Analysis, page and files are loaded where they are needed: each takes longer to load than many a frame to make.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from longplay.exchange.frames import frame, stored_frame
from longplay.exchange.stored import stored as exchanged
from longplay.exchange.tidy import FORMAT, Facts, Format, of_estimates, of_personas, tables
from longplay.experiment import Experiment
from longplay.records import Estimate
from longplay.store import Reader
from longplay.study.recorded_experiment import PLUGINS, changed_after_data, recorded

if TYPE_CHECKING:
    import pandas as pd

    from longplay.exchange.tidy_files import Written

FOLDER = "export"
Stored = Literal["rounds", "answers", "verdicts"]


def export(
    run: Path, into: Path | None, tell: Callable[[str], None], *, texts: bool = False, form: Format = FORMAT
) -> "tuple[Path, Iterator[Written]]":
    """The folder, RUN/export where none is named, and the tables, each written into it when it is asked for.

    `tell` hears of an analysis that fails, in a line. Raises LongplayError.
    """
    from longplay.exchange.tidy_files import ExportError, write
    from longplay.report import cell, title

    folder = into or run / FOLDER

    def written() -> "Iterator[Written]":
        with Reader.open(run) as reader:
            experiment = recorded(reader)
            personas, estimates = tuple(experiment.personas.values()), _estimates(reader, experiment, tell)
            if form == 1:  # it knew one judge, and not what fixed rules see otherwise
                further = {judge.title for judge in experiment.study.judges[1:]}
                estimates = [e for e in estimates if e.judge not in further and e.quantity.part.measure != "rules"]
            if into is None and folder.is_symlink():
                raise ExportError(f"{folder}: is a link, and is not followed. Remove it, or name a folder with --into.")
            for table in tables(reader, personas, estimates, title, _facts(experiment), texts=texts, form=form):
                yield write(table, folder, cell)

    return folder, written()


def stored(run: Path, name: Stored, *, texts: bool = False) -> "pd.DataFrame":
    """A table of what the run holds. Raises LongplayError."""
    with Reader.open(run) as reader:
        return stored_frame(exchanged(reader, name, _facts(recorded(reader)), texts=texts))


def personas(run: Path, *, texts: bool = False) -> "pd.DataFrame":
    """Who is played. Raises LongplayError."""
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        return frame(of_personas(tuple(experiment.personas.values()), _facts(experiment), texts=texts))


def estimates(run: Path, tell: Callable[[str], None]) -> "pd.DataFrame":
    """Every estimate, computed anew. `tell` hears of an analysis that fails. Raises LongplayError."""
    from longplay.report import title

    with Reader.open(run) as reader:
        experiment = recorded(reader)
        return frame(of_estimates(_estimates(reader, experiment, tell), title, _facts(experiment)))


def _estimates(reader: Reader, experiment: Experiment, tell: Callable[[str], None]) -> list[Estimate]:
    from longplay.analysis import analyse

    if PLUGINS in experiment.notes:
        tell(f"{experiment.notes[PLUGINS]}.")
    return analyse(reader, changed_after_data(reader, experiment), lambda failure: tell(str(failure)))


def _facts(experiment: Experiment) -> Facts:
    return {"study_seed": experiment.study.seed, "simulated": experiment.study.simulated}
