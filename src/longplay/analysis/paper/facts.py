"""Plain facts of the release: sizes, counts, labels, lengths, the noise floor. Knows no files."""

from itertools import product

import numpy as np

from longplay.analysis.paper.measures import ROUND_METRICS
from longplay.analysis.paper.numbers import Number
from longplay.analysis.paper.sources import Sources
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, Cells

IFBENCH_PROMPTS = 294


def facts(sources: Sources) -> list[Number]:
    """Every fact that the sources allow."""
    found = [Number("ratings", f"human_{name}", "count", rows) for name, rows in sources.human.items()]
    found += [
        Number("label", f"labels_{name}", trait, level, persona=persona)
        for name, personas in sources.labels.items()
        for persona, levels in personas.items()
        for trait, level in levels.items()
    ]
    if sources.items:
        found.append(Number("size", "xstest_items", "items", len(sources.items)))
        found.append(Number("size", "xstest_items", "types", len({item.type for item in sources.items})))
    for name, measure in (("bfi", "bfi_distance"), ("xstest", "safety")):
        if name in sources.cells:
            found.append(Number("size", measure, "ratings", _both(sources.cells[name])[1].size))
    rounds = [sources.cells[name] for name in ROUND_METRICS if name in sources.cells]
    if rounds:
        found.append(Number("size", "dialogue", "ratings", sum(_both(cells)[1].size for cells in rounds)))
    if "ifbench" in sources.cells:
        found += _ifbench(sources.cells["ifbench"])
    if "tokens" in sources.cells:
        found += _tokens(sources.cells["tokens"])
    return found


def _both(cells: Cells) -> tuple[list[str], Floats]:
    """Personas, the baseline last as "", and their values on one axis."""
    sides = [cells.values] + ([] if cells.baseline is None else [cells.baseline])
    return [*cells.personas, ""], np.concatenate(sides, axis=1)


def _ifbench(cells: Cells) -> list[Number]:
    """Sizes; prompts followed at each checkpoint; how far two runs of checkpoint 0 differ (points of 100)."""
    names, values = _both(cells)
    sizes = {"models": len(cells.models), "personas": len(cells.personas), "checkpoints": len(cells.positions)}
    found = [Number("size", "ifbench", name, size) for name, size in {**sizes, "values": values.size}.items()]
    for (row, model), (column, name), (place, script), (at, position) in product(
        enumerate(cells.models), enumerate(names), enumerate(SCRIPTS), enumerate(cells.positions)
    ):
        count = float(values[row, column, place, at]) * IFBENCH_PROMPTS
        condition = "persona" if name else "baseline"
        found.append(Number("count", "ifbench", "followed", count, model, name, condition, script, position, 294))
    noise = 100 * np.abs(values[:, :, 0, 0] - values[:, :, 1, 0])
    found.append(Number("noise-floor", "ifbench", "mean", float(noise.mean()), n=noise.size))
    each = zip(cells.models, noise.mean(axis=1), strict=True)
    return found + [
        Number("noise-floor", "ifbench", "mean", float(mean), model=model, n=len(names)) for model, mean in each
    ]


def _tokens(cells: Cells) -> list[Number]:
    """Mean length of persona dialogues at each number of rounds, and each model's longest dialogue, in tokens."""
    _, values = _both(cells)
    means, n = cells.values.mean(axis=(0, 1)), len(cells.models) * len(cells.personas)
    found = [Number("size", "tokens", "rows", values.size // len(SCRIPTS))]
    found += [
        Number("tokens", "tokens", "mean", float(means[row, column]), "", "", "persona", script, position, n)
        for row, script in enumerate(SCRIPTS)
        for column, position in enumerate(cells.positions)
    ]
    longest = zip(cells.models, values[..., -1].max(axis=(1, 2)), strict=True)
    return found + [Number("tokens", "tokens", "longest", float(tokens), model=model) for model, tokens in longest]
