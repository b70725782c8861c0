"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.proportions import Shares, wilson

__all__ = ["FEWEST_CLUSTERS", "Intervals", "Shares", "t_intervals", "wilson"]
