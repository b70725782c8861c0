"""`longplay report`: analyse a run, keep the estimates, write the page. Knows arguments and no page."""

import sys
from pathlib import Path

from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, talk
from longplay.store import Reader
from longplay.study.plugging import allowing
from longplay.study.reporting import report as written
from longplay.study.text_format import counted, duration

VERDICTS_A_SECOND = 3_000  # analysed and drawn, on one slow core
LEAST_S = 3


def report(run: Path, /, *, wording: bool = False, allow_code: AllowCode = ()) -> int:
    """Analyse a run and write its report.html, which opens offline in any browser.

    Also writes all numbers as estimates.csv. Works on a run that is not complete; the page then says so.

    Parameters
    ----------
    run
        The run folder.
    wording
        Also find the words that tell personas from the baseline (see `longplay wording`), as a section of the page.
    """
    with allowing(allow_code):
        return make_report(run, wording=wording)


def make_report(run: Path, *, wording: bool = False) -> int:
    """Write RUN/report.html and RUN/estimates.csv and print the page's path. Raises LongplayError."""
    if sys.stderr.isatty():
        talk(_about(run, wording=wording))
    data(str(written(run, None, talk, wording=wording)))
    return 0


def _about(run: Path, *, wording: bool) -> str:
    """What is done and about how long it takes."""
    with Reader.open(run) as reader:
        verdicts = reader.counts().verdicts.done
    words = ", then finding the words that tell personas apart, which takes its own time" if wording else ""
    lasts = duration(max(LEAST_S, round(verdicts / VERDICTS_A_SECOND)))
    return f"Analysing {counted(verdicts, 'verdict')} and drawing the page: about {lasts}{words}."
