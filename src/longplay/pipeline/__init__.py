"""The main flow: play, ask, judge. Start with `run.run`. Knows no provider by name and draws nothing."""

from longplay.pipeline.counting import Line, Plan, plan
from longplay.pipeline.endings import Outcome, ended
from longplay.pipeline.experiment import Experiment
from longplay.pipeline.fitting import Misfit
from longplay.pipeline.folder import FolderError, analysis_hash
from longplay.pipeline.owed import expected
from longplay.pipeline.progress import Progress
from longplay.pipeline.resolving import resolve
from longplay.pipeline.run import Control
from longplay.pipeline.session import Ready, load, load_text, run_study
from longplay.pipeline.slots import Servers
from longplay.pipeline.spending import Spending
from longplay.pipeline.standing import Part, Standing, stand

__all__ = [
    "Control",
    "Experiment",
    "FolderError",
    "Line",
    "Misfit",
    "Outcome",
    "Part",
    "Plan",
    "Progress",
    "Ready",
    "Servers",
    "Spending",
    "Standing",
    "analysis_hash",
    "ended",
    "expected",
    "load",
    "load_text",
    "plan",
    "resolve",
    "run_study",
    "stand",
]
