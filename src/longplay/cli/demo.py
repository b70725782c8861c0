"""`longplay demo`: a bundled study and its report. Knows no stages."""

from pathlib import Path

from longplay.cli.live_run import perform
from longplay.cli.report import make_report
from longplay.cli.terminal import data, talk
from longplay.pipeline import load_text
from longplay.store import Reader
from longplay.study.running import demo_study
from longplay.study.text_format import command


def demo(*, into: Path | None = None, real: bool = False) -> int:
    """Run a complete study on simulated models, or a short one on a small real model, and write its report.

    Parameters
    ----------
    into
        The run folder; made where there is none. runs/demo when left out, runs/demo-real with --real.
    real
        A real model of 135M parameters on this machine, in three minutes: needs what `longplay serve-local` needs.
    """
    if real:
        return _real(into or Path("runs/demo-real"))
    into = into or Path("runs/demo")
    code = perform(load_text(demo_study()), into, again=command("longplay", "demo", "--into", into), page_follows=True)
    return code or make_report(into)


def _real(into: Path) -> int:
    """Serve the small model, run the study, write its report, and say what programs see in the rounds."""
    from longplay.study import demo_real

    small = demo_real.small_local()
    talk(f"Starting llama-server with {small.model.name}; about 80 requests, three minutes on two idle cores.")
    again = command("longplay", "demo", "--real", "--into", into)
    with small.served() as server:
        code = perform(demo_real.study(server.url), into, again=again, page_follows=True)
    if code:
        return code
    with Reader.open(into) as reader:
        for line in demo_real.seen(reader):
            data(line)
    return make_report(into)
