"""A study looked up: what is played, asked and judged, how much that is, and what it will take. Sends and stores
nothing. Start with `experiment.Experiment`."""

from longplay.experiment.experiment import Experiment
from longplay.experiment.planning import Line, Plan, plan
from longplay.experiment.resolving import resolve
from longplay.experiment.window_fit import Misfit
from longplay.experiment.workload import expected

__all__ = ["Experiment", "Line", "Misfit", "Plan", "expected", "plan", "resolve"]
