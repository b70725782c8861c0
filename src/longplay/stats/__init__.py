"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.proportions import Shares, wilson
from longplay.stats.shape import Shape, half_life, step

__all__ = ["FEWEST_CLUSTERS", "Intervals", "Shape", "Shares", "half_life", "step", "t_intervals", "wilson"]
