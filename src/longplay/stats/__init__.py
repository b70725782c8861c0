"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.joint import Correlation, Region, joint_region, within_correlation
from longplay.stats.proportions import Shares, wilson
from longplay.stats.shape import Shape, half_life, step

__all__ = [
    "FEWEST_CLUSTERS",
    "Correlation",
    "Intervals",
    "Region",
    "Shape",
    "Shares",
    "half_life",
    "joint_region",
    "step",
    "t_intervals",
    "wilson",
    "within_correlation",
]
