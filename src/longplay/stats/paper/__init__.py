"""The numbers of "Persistent Personas?" (arXiv 2512.12775) in the paper's own forms, to compare with. Knows arrays.

Several forms are fragile: they take the cells of models and personas as independent and correct for nothing. New
estimates belong elsewhere.
"""

from longplay.stats.paper.blocks import block_means
from longplay.stats.paper.bootstraps import Resampled, bar_bootstrap, line_bootstrap, row_bootstrap
from longplay.stats.paper.cells import SCRIPTS, Cells, PaperScript
from longplay.stats.paper.distances import baseline_distance, label_distance, profiles
from longplay.stats.paper.means import kind_means, losses, to_maximum, wins
from longplay.stats.paper.mixed import Coefficient, Fit, random_intercept

__all__ = [
    "SCRIPTS",
    "Cells",
    "Coefficient",
    "Fit",
    "PaperScript",
    "Resampled",
    "bar_bootstrap",
    "baseline_distance",
    "block_means",
    "kind_means",
    "label_distance",
    "line_bootstrap",
    "losses",
    "profiles",
    "random_intercept",
    "row_bootstrap",
    "to_maximum",
    "wins",
]
