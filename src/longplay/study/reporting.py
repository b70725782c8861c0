"""A run analysed and its page written, the same for the command line and for Python. Prints nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from longplay.analysis import prepare, read_tables
from longplay.analysis.wording import wording as find_wording
from longplay.records import Estimate, Failure, part
from longplay.report import PLUGGED, cell, title, write_report
from longplay.store import Reader, Store, StoreError
from longplay.study.page import assemble
from longplay.study.plugging import sections_of
from longplay.study.recorded_experiment import PLUGINS, changed_after_data, recorded

PAGE = "report.html"
TABLE = "estimates.csv"


def report(run: Path, path: Path | None, tell: Callable[[str], None], *, wording: bool = False) -> Path:
    """Write the page, and where no other path is named also RUN/estimates.csv; the page's path. Raises LongplayError.

    What fails of the analyses and the sections is left out; the page says so, and `tell` hears of it in a line. The
    estimates are kept in the run.
    """
    failed: list[Failure] = []
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        changed = changed_after_data(reader, experiment)
        found = prepare(read_tables(reader), changed_after_data=changed)
        mined = partial(find_wording, reader, experiment.study, experiment.scripts)
        words = part("the analysis of wording", mined, None, failed.append) if wording else None
        page = assemble(reader, experiment, found, run, changed=changed, wording=words)
    failed += [Failure(f"{one.what} of {one.of}", why, PLUGGED) for one, why in sections_of(experiment.plugins) if why]
    page = msgspec.structs.replace(page, failures=(*page.failures, *failed))
    if PLUGINS in experiment.notes:
        tell(f"{experiment.notes[PLUGINS]}.")
    for failure in page.failures:
        tell(str(failure))
    from longplay.exchange.tidy_files import write_csv  # costs half a second to import

    _keep(run, page.estimates, tell)
    write_report(page, path or run / PAGE, lambda failure: tell(str(failure)))
    if path is None:
        every = (*page.estimates, *(page.wording.estimates if page.wording is not None else ()))
        write_csv(every, title, run / TABLE, cell)
    return path or run / PAGE


def _keep(run: Path, estimates: Sequence[Estimate], tell: Callable[[str], None]) -> None:
    """Keep the estimates in the store; they are a cache, so a run that is going on or write-protected does without."""
    bodies = [msgspec.json.encode(estimate) for estimate in estimates]
    try:
        with Store.open(run) as store:
            store.put_estimates("analysis", bodies)
    except StoreError as error:
        tell(f"The estimates are in the report but not kept in the run: {error}")
