"""The main flow: play, ask, judge. Start with `run.run`. Knows no provider by name and draws nothing."""

from longplay.pipeline.calls import Spending
from longplay.pipeline.counting import Line, Plan, brought_in, expected, plan
from longplay.pipeline.experiment import Experiment
from longplay.pipeline.folder import FolderError, analysis_hash
from longplay.pipeline.progress import Progress
from longplay.pipeline.resolving import resolve
from longplay.pipeline.run import Control, Outcome, Servers
from longplay.pipeline.session import Ready, load, load_text, run_study

__all__ = [
    "Control",
    "Experiment",
    "FolderError",
    "Line",
    "Outcome",
    "Plan",
    "Progress",
    "Ready",
    "Servers",
    "Spending",
    "analysis_hash",
    "brought_in",
    "expected",
    "load",
    "load_text",
    "plan",
    "resolve",
    "run_study",
]
