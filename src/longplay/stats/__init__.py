"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.agreement import Agreement, agreement, among_labellers
from longplay.stats.components import Cells, Crossed, crossed
from longplay.stats.free_means import Bend
from longplay.stats.gee import MarginalFit, logistic, ordinal
from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.joint import Correlation, Region, joint_region, within_correlation
from longplay.stats.labels import (
    FEWEST_LABELS,
    Arm,
    Corrected,
    Sample,
    draw_by_arm,
    draw_sample,
    prediction_powered,
    with_returned,
)
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
from longplay.stats.power import Changes, Components, Design, Power, Spread, components, power_of, variance_of
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
    "Agreement",
    "Arm",
    "Bend",
    "Cells",
    "Changes",
    "Components",
    "Contrast",
    "Corrected",
    "Correlation",
    "Crossed",
    "Design",
    "Intervals",
    "MarginalFit",
    "MixedFit",
    "Power",
    "Ratio",
    "Region",
    "Repeats",
    "Sample",
    "Scores",
    "Shape",
    "Shares",
    "Slope",
    "Spread",
    "Term",
    "Variance",
    "Wald",
    "Within",
    "added",
    "agreement",
    "among_labellers",
    "components",
    "crossed",
    "draw_by_arm",
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
    "power_of",
    "prediction_powered",
    "sidak_t",
    "step",
    "t_intervals",
    "two_sided_p",
    "variance_of",
    "wald",
    "wilson",
    "with_returned",
    "within",
    "within_correlation",
    "without_questions",
]
