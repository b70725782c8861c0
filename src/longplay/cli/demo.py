"""`longplay demo`: the bundled study on simulated models and its report. Knows no stages."""

from pathlib import Path

from longplay.cli.performing import perform
from longplay.cli.report import make_report
from longplay.pipeline import load_text
from longplay.study.running import demo_study
from longplay.study.words import command


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
        from longplay.cli.demo_real import demo_real

        return demo_real(into or Path("runs/demo-real"))
    into = into or Path("runs/demo")
    code = perform(load_text(demo_study()), into, again=command("longplay", "demo", "--into", into), page_follows=True)
    return code or make_report(into)
