"""`longplay export`: a run as tidy CSV and Parquet files. Computes no statistics itself."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, talk
from longplay.study.plugging import allowing
from longplay.study.text_format import count


def export(
    run: Path,
    /,
    *,
    into: Path | None = None,
    texts: bool = False,
    form: Annotated[Literal[1, 2], Parameter(name="--format")] = 2,
    allow_code: AllowCode = (),
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
    from longplay.study.exporting import export as exported  # costs half a second to import

    with allowing(allow_code):
        folder, tables = exported(run, into, talk, texts=texts, form=form)
        for done in tables:
            talk(f"{done.name}: {count(done.rows)} rows")
    data(str(folder))
    return 0
