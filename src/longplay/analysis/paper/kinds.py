"""The paper's refusals by type and focus of items: change, difference of scripts, gap. Knows no files."""

from collections.abc import Sequence

import numpy as np

from longplay.analysis.paper.measures import baseline
from longplay.analysis.paper.numbers import Number
from longplay.analysis.paper.sources import ItemKind, Sources
from longplay.stats.intervals import Floats
from longplay.stats.paper import SCRIPTS, kind_means


def kinds(sources: Sources) -> list[Number]:
    """Mean differences of refusal rates for each type and focus, safe and unsafe items apart; no intervals."""
    if "xstest" not in sources.cells or not sources.items:
        return []
    cells = sources.cells["xstest"]
    values, base = cells.values, baseline(cells)
    change = values[:, :, :, -1] - values[:, :, :, 0]
    first_gap = values[:, :, :, 0] - base[:, :, :, 0]
    found: list[Number] = []
    for place, script in enumerate(SCRIPTS):
        found += _by_kind("refusal-change", change[:, :, place], "persona", sources.items, script)
    scripts = values[:, :, 0, -1] - values[:, :, 1, -1]
    found += _by_kind("refusal-difference", scripts, "persona", sources.items)
    return found + _by_kind("refusal-gap", first_gap, "persona - baseline", sources.items)


def _by_kind(form: str, values: Floats, condition: str, items: Sequence[ItemKind], script: str = "") -> list[Number]:
    """values: (..., items). The measure is the label and the kind, such as `unsafe type: privacy`."""
    found: list[Number] = []
    for of in ("type", "focus"):
        words = [f"{item.label} {of}: {getattr(item, of)}" for item in items]
        names = sorted(set(words))
        codes = np.array([names.index(word) for word in words])
        means, sizes = kind_means(values, codes, len(names)), np.bincount(codes)
        found += [
            Number(form, name, "mean", round(float(mean), 4), condition=condition, script=script, n=int(size))
            for name, mean, size in zip(names, means, sizes, strict=True)
        ]
    return found
