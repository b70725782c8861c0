"""`longplay report`: analyse a run, keep the estimates, write the page. Computes no statistics itself."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from longplay.analysis import prepare, read_tables
from longplay.analysis.wording import wording as find_wording
from longplay.cli.page import assemble
from longplay.cli.recorded import recorded
from longplay.cli.say import data, talk
from longplay.pipeline import analysis_hash
from longplay.records import Estimate, Failure, part
from longplay.report import cell, title, write_report
from longplay.store import Reader, Store, StoreError

PAGE = "report.html"
TABLE = "estimates.csv"


def report(run: Path, /, *, wording: bool = False) -> int:
    """Analyse a run and write its report.html, which opens offline in any browser.

    Also writes all numbers as estimates.csv. Works on a run that is not complete; the page then says so.

    Parameters
    ----------
    run
        The run folder.
    wording
        Also find the words that tell personas from the baseline (see `longplay wording`), as a section of the page.
    """
    return make_report(run, wording=wording)


def make_report(run: Path, *, wording: bool = False) -> int:
    """Write RUN/report.html and RUN/estimates.csv and print the page's path. Raises LongplayError.

    What fails of the analyses and the sections is left out and said, on the page and to stderr.
    """
    failed: list[Failure] = []
    with Reader.open(run) as reader:
        experiment = recorded(reader)
        changed = reader.meta().get("analysis_hash", "") not in ("", analysis_hash(experiment.study))
        found = prepare(read_tables(reader), changed_after_data=changed)
        mined = partial(find_wording, reader, experiment.study, experiment.scripts)
        words = part("the analysis of wording", mined, None, failed.append) if wording else None
        page = assemble(reader, experiment, found, run, changed=changed, wording=words)
    page = msgspec.structs.replace(page, failures=(*page.failures, *failed))
    for failure in page.failures:
        talk(str(failure))
    from longplay.exchange.tidy import write_csv  # costs half a second to import

    _keep(run, page.estimates)
    write_report(page, run / PAGE, lambda failure: talk(str(failure)))
    every = (*page.estimates, *(page.wording.estimates if page.wording is not None else ()))
    write_csv(every, title, run / TABLE, cell)
    data(str(run / PAGE))
    return 0


def _keep(run: Path, estimates: Sequence[Estimate]) -> None:
    """Keep the estimates in the store; they are a cache, so a run that is going on or write-protected does without."""
    bodies = [msgspec.json.encode(estimate) for estimate in estimates]
    try:
        with Store.open(run) as store:
            store.put_estimates("analysis", bodies)
    except StoreError as error:
        talk(f"The estimates are in the report but not kept in the run: {error}")
