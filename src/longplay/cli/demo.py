"""`longplay demo`: the bundled study on simulated models and its report. Knows no stages."""

from importlib.resources import files
from pathlib import Path

from longplay.cli.performing import perform
from longplay.cli.report import make_report
from longplay.cli.say import command
from longplay.pipeline import load_text

STUDY = "demo.toml"


def demo_study() -> str:
    """The text of the bundled study file."""
    return (files("longplay.cli") / STUDY).read_text("utf-8")


def demo(*, into: Path = Path("runs/demo")) -> int:
    """Run a complete study on simulated models and write its report.

    Parameters
    ----------
    into
        The run folder; made where there is none.
    """
    code = perform(load_text(demo_study()), into, again=command("longplay", "demo", "--into", into))
    return code or make_report(into)
