"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.joint import Correlation, Region, joint_region, within_correlation
from longplay.stats.labels import FEWEST_LABELS, Arm, Corrected, Sample, draw_sample, prediction_powered
from longplay.stats.proportions import Shares, wilson
from longplay.stats.shape import Shape, half_life, step

__all__ = [
    "FEWEST_CLUSTERS",
    "FEWEST_LABELS",
    "Arm",
    "Corrected",
    "Correlation",
    "Intervals",
    "Region",
    "Sample",
    "Shape",
    "Shares",
    "draw_sample",
    "half_life",
    "joint_region",
    "prediction_powered",
    "step",
    "t_intervals",
    "wilson",
    "within_correlation",
]
