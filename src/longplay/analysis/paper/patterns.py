"""The paper's convergence in wording: how often mined patterns occur, and how many are left. Knows no files."""

import numpy as np

from longplay.analysis.paper.numbers import Number, sign
from longplay.analysis.paper.regressions import table
from longplay.analysis.paper.sources import PatternCounts, PatternsLeft, Sources
from longplay.stats.paper import SCRIPTS, Cells, losses, random_intercept, row_bootstrap, to_maximum

# The paper's own generator has no seed; this one makes our numbers repeatable.
SEED = 42


def patterns(sources: Sources) -> list[Number]:
    """Scaled counts at each checkpoint, counts on rounds, and what share of patterns is lost by the last round."""
    found: list[Number] = []
    if sources.pattern_counts is not None:
        found += _counts(sources.pattern_counts)
    if sources.patterns_left is not None:
        found += _left(sources.patterns_left)
    return found


def _counts(counts: PatternCounts) -> list[Number]:
    groups = (
        ("persona_patterns", counts.persona, counts.persona_patterns),
        (
            "baseline_patterns",
            counts.baseline,
            counts.baseline_patterns,
        ),
    )
    # Mean over all rows of a group: a row is a pattern, so that models with more patterns weigh more, as in the paper.
    means = np.stack([cells.values.sum(axis=(0, 1)) / size for _, cells, size in groups], axis=1)
    scaled = to_maximum(means)
    found: list[Number] = []
    for place, (name, cells, size) in enumerate(groups):
        found += [
            Number("curve", name, "mean", float(scaled[row, place, column]), "", "", "persona", script, position, size)
            for row, script in enumerate(SCRIPTS)
            for column, position in enumerate(cells.positions)
        ]
        found += [number for row in range(len(SCRIPTS)) for number in _on_round(name, cells, row)]
    return found


def _on_round(name: str, cells: Cells, row: int) -> list[Number]:
    """count ~ rounds of one script, a group for each model and persona."""
    values = cells.values[:, :, row].reshape(-1)
    rounds = np.tile(np.array(cells.positions, dtype=np.float64), len(cells.models) * len(cells.personas))
    pairs = [f"{model} {persona}" for model in cells.models for persona in cells.personas]
    fit = random_intercept(values, rounds, [pair for pair in pairs for _ in cells.positions])
    return table(Number("count~round", name, "", 0, condition="persona", script=SCRIPTS[row]), fit)


def _left(left: PatternsLeft) -> list[Number]:
    """Share (in percent) and number of patterns lost, over all pairs and for each script."""
    lost, scripts = losses(left.first, left.last), np.array(left.scripts)
    found: list[Number] = []
    for script, rows in (("", lost), *((name, lost[scripts == row]) for row, name in enumerate(SCRIPTS))):
        interval = row_bootstrap(rows, np.random.default_rng(SEED))
        for column, (name, factor) in enumerate((("patterns_lost_percent", 100.0), ("patterns_lost", 1.0))):
            ends = (interval.centre, interval.low, interval.high)
            mean, low, high = (factor * float(side[column]) for side in ends)
            quantities = {"mean": mean, "low": low, "high": high, "sign": sign(low, high)}
            found += [
                Number("loss", name, quantity, value, script=script, n=len(rows))
                for quantity, value in quantities.items()
            ]
    return found
