"""`longplay export`: a run as tidy CSV and Parquet files. Computes no statistics itself."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.analysis import analyse
from longplay.cli.recorded import recorded
from longplay.cli.say import count, data, talk
from longplay.pipeline import analysis_hash
from longplay.report import cell, title
from longplay.store import Reader

FOLDER = "export"


def export(
    run: Path,
    /,
    *,
    into: Path | None = None,
    texts: bool = False,
    form: Annotated[Literal[1, 2], Parameter(name="--format")] = 2,
) -> int:
    """Write personas, rounds, answers, verdicts and estimates of a run as tidy tables, each as CSV and as Parquet.

    Every row says whether its numbers come from simulated models, and the study's seed; a row of estimates also its
    method, target, unit, n and missing. Works on a run that is not complete.

    Parameters
    ----------
    run
        The run folder.
    into
        Where the files go; RUN/export when left out.
    texts
        Also write user turns and replies, as the models sent them, and what personas are told.
    form
        1: the files with the columns and names that 0.2.0 gave them: verdicts that count, numbers by the first judge.
    """
    from longplay.exchange.tidy import ExportError, tables, write  # costs half a second to import

    with Reader.open(run) as reader:
        experiment = recorded(reader)
        study, personas = experiment.study, tuple(experiment.personas.values())
        changed = reader.meta().get("analysis_hash", "") not in ("", analysis_hash(study))
        estimates = analyse(reader, changed, lambda failure: talk(str(failure)))
        if form == 1:  # it knew one judge
            further = {judge.title for judge in study.judges[1:]}
            estimates = [e for e in estimates if e.judge not in further]
        facts = {"study_seed": study.seed, "simulated": study.simulated}
        folder = into or run / FOLDER
        if into is None and folder.is_symlink():
            raise ExportError(f"{folder}: is a link, and is not followed. Remove it, or name a folder with --into.")
        for table in tables(reader, personas, estimates, title, facts, texts=texts, form=form):
            done = write(table, folder, cell)
            talk(f"{done.name}: {count(done.rows)} rows")
    data(str(folder))
    return 0
