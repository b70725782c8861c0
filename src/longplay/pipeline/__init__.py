"""What drives a run: play, ask, judge. Start with `run`. Knows no provider by name and draws nothing."""

from longplay.pipeline.control import Control
from longplay.pipeline.progress import Progress
from longplay.pipeline.session import Ready, load, load_text, run_study
from longplay.pipeline.slots import Servers
from longplay.pipeline.spending import Spending

__all__ = ["Control", "Progress", "Ready", "Servers", "Spending", "load", "load_text", "run_study"]
