"""Arrays in, numbers out, with n and missing. Knows no files, no plotting, no store."""

from longplay.stats.agreement import Agreement, agreement, among_labellers
from longplay.stats.answers import Answers, answer_variance, distinct_answers, less_rest, shared_weight
from longplay.stats.bounded import hidden, korn_graubard, level_of, missed, new_unit, of_any_units
from longplay.stats.bounds import imbens_manski, smallest_seen
from longplay.stats.components import Cells, Crossed, crossed
from longplay.stats.distances import less_noise
from longplay.stats.free_means import Bend
from longplay.stats.gee import MarginalFit, logistic, ordinal
from longplay.stats.intervals import FEWEST_CLUSTERS, Intervals, t_intervals
from longplay.stats.joint import Correlation, Region, joint_region, within_correlation
from longplay.stats.labels import Sample, draw_by_arm, draw_sample, with_returned
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
from longplay.stats.one_series import Change, Step, last_minus_first, one_step
from longplay.stats.pilot_variance import Changes, Components, Design, Spread, components, variance_of
from longplay.stats.power import PROMISING, Aim, Power, caution, detectable, least_cautious, power_of
from longplay.stats.powered import FEWEST_LABELS, Arm, Corrected, prediction_powered
from longplay.stats.proportions import Shares, wilson
from longplay.stats.questions import Contrast, without_questions
from longplay.stats.ratios import Ratio, fieller
from longplay.stats.satterthwaite import Variance, added, half_widths, larger, two_sided_p
from longplay.stats.shape import Shape, half_life, step
from longplay.stats.shared_rows import shared_between, shared_items
from longplay.stats.slope_cells import Scores
from longplay.stats.slopes import Slope, marginal_slopes, mixed_slope
from longplay.stats.within import Repeats, Within, unseen, within

__all__ = [
    "FEWEST_CLUSTERS",
    "FEWEST_LABELS",
    "MANY_CLUSTERS",
    "PROMISING",
    "Agreement",
    "Aim",
    "Answers",
    "Arm",
    "Bend",
    "Cells",
    "Change",
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
    "Step",
    "Term",
    "Variance",
    "Wald",
    "Within",
    "added",
    "agreement",
    "among_labellers",
    "answer_variance",
    "caution",
    "components",
    "crossed",
    "detectable",
    "distinct_answers",
    "draw_by_arm",
    "draw_sample",
    "equivalence_p",
    "fieller",
    "first_of_last_run",
    "half_life",
    "half_widths",
    "hidden",
    "holm",
    "imbens_manski",
    "joint_region",
    "korn_graubard",
    "larger",
    "last_minus_first",
    "least_cautious",
    "less_noise",
    "less_rest",
    "level_of",
    "linear_mixed",
    "logistic",
    "marginal_slopes",
    "max_t",
    "missed",
    "mixed_slope",
    "new_unit",
    "of_any_units",
    "one_step",
    "ordinal",
    "power_of",
    "prediction_powered",
    "shared_between",
    "shared_items",
    "shared_weight",
    "sidak_t",
    "smallest_seen",
    "step",
    "t_intervals",
    "two_sided_p",
    "unseen",
    "variance_of",
    "wald",
    "wilson",
    "with_returned",
    "within",
    "within_correlation",
    "without_questions",
]
