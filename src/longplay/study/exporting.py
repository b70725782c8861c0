"""A run as tidy tables: files, or frames of the same rows. Computes no statistics itself and prints nothing."""

import gc
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from longplay.analysis import analyse
from longplay.exchange.frames import frame
from longplay.exchange.tidy import FORMAT, ExportError, Format, Written, of_estimates, of_personas, of_stored, tables
from longplay.exchange.tidy import write as write_table
from longplay.experiment import Experiment
from longplay.records import Estimate
from longplay.report import cell, title
from longplay.store import Reader
from longplay.study.recorded import PLUGINS, changed_after_data, recorded

if TYPE_CHECKING:
    import pandas as pd

FOLDER = "export"
Stored = Literal["rounds", "answers", "verdicts"]
Facts = Mapping[str, int | bool]


def export(
    run: Path, into: Path | None, tell: Callable[[str], None], *, texts: bool = False, form: Format = FORMAT
) -> tuple[Path, Iterator[Written]]:
    """The folder, RUN/export where none is named, and the tables, each written into it when it is asked for.

    `tell` hears of an analysis that fails, in a line. Raises LongplayError.
    """
    folder = into or run / FOLDER

    def written() -> Iterator[Written]:
        with Reader.open(run) as reader:
            experiment = recorded(reader)
            personas, estimates = tuple(experiment.personas.values()), _estimates(reader, experiment, tell)
            if form == 1:  # it knew one judge, and not what fixed rules see otherwise
                further = {judge.title for judge in experiment.study.judges[1:]}
                estimates = [e for e in estimates if e.judge not in further and e.quantity.part.measure != "rules"]
            if into is None and folder.is_symlink():
                raise ExportError(f"{folder}: is a link, and is not followed. Remove it, or name a folder with --into.")
            for table in tables(reader, personas, estimates, title, _facts(experiment), texts=texts, form=form):
                yield write_table(table, folder, cell)

    return folder, written()


def stored(run: Path, name: Stored, *, texts: bool = False) -> "pd.DataFrame":
    """A table of what the run holds. Raises LongplayError."""
    with Reader.open(run) as reader, _uncollected():
        return frame(of_stored(reader, name, _facts(recorded(reader)), texts=texts))


@contextmanager
def _uncollected() -> Generator[None, None, None]:
    """Without the garbage collector: rows come and go by the hundred thousand, none in cycles, and looking through them
    takes as long as all else."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def personas(run: Path, *, texts: bool = False) -> "pd.DataFrame":
    """Who is played. Raises LongplayError."""
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        return frame(of_personas(tuple(experiment.personas.values()), _facts(experiment), texts=texts))


def estimates(run: Path, tell: Callable[[str], None]) -> "pd.DataFrame":
    """Every estimate, computed anew. `tell` hears of an analysis that fails. Raises LongplayError."""
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        return frame(of_estimates(_estimates(reader, experiment, tell), title, _facts(experiment)))


def _estimates(reader: Reader, experiment: Experiment, tell: Callable[[str], None]) -> list[Estimate]:
    if PLUGINS in experiment.notes:
        tell(f"{experiment.notes[PLUGINS]}.")
    return analyse(reader, changed_after_data(reader, experiment), lambda failure: tell(str(failure)))


def _facts(experiment: Experiment) -> Facts:
    return {"study_seed": experiment.study.seed, "simulated": experiment.study.simulated}
