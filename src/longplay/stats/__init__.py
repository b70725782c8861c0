"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.components import Cells, Crossed, crossed
from longplay.stats.gee import MarginalFit, logistic, ordinal
from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.joint import Correlation, Region, joint_region, within_correlation
from longplay.stats.labels import FEWEST_LABELS, Arm, Corrected, Sample, draw_sample, prediction_powered
from longplay.stats.linear_mixed import MixedFit, Wald, linear_mixed, wald
from longplay.stats.mixed_likelihood import Term
from longplay.stats.multiplicity import (
    MANY_CLUSTERS,
    equivalence_p,
    first_of_last_run,
    holm,
    max_t,
    sidak_t,
)
from longplay.stats.proportions import Shares, wilson
from longplay.stats.questions import Contrast, without_questions
from longplay.stats.ratios import Ratio, fieller
from longplay.stats.satterthwaite import Variance, added, half_widths, two_sided_p
from longplay.stats.shape import Shape, half_life, step
from longplay.stats.slope_cells import Scores
from longplay.stats.slopes import Slope, marginal_slopes, mixed_slope
from longplay.stats.within import Repeats, Within, within

__all__ = [
    "FEWEST_CLUSTERS",
    "FEWEST_LABELS",
    "MANY_CLUSTERS",
    "Arm",
    "Cells",
    "Contrast",
    "Corrected",
    "Correlation",
    "Crossed",
    "Intervals",
    "MarginalFit",
    "MixedFit",
    "Ratio",
    "Region",
    "Repeats",
    "Sample",
    "Scores",
    "Shape",
    "Shares",
    "Slope",
    "Term",
    "Variance",
    "Wald",
    "Within",
    "added",
    "crossed",
    "draw_sample",
    "equivalence_p",
    "fieller",
    "first_of_last_run",
    "half_life",
    "half_widths",
    "holm",
    "joint_region",
    "linear_mixed",
    "logistic",
    "marginal_slopes",
    "max_t",
    "mixed_slope",
    "ordinal",
    "prediction_powered",
    "sidak_t",
    "step",
    "t_intervals",
    "two_sided_p",
    "wald",
    "wilson",
    "within",
    "within_correlation",
    "without_questions",
]
