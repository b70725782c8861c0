"""How far people who labelled the same rows agree with each other, by quantity. Knows no judge."""

from collections.abc import Mapping, Sequence

import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import RUN, joined
from longplay.analysis.people import Text, drawn_text
from longplay.judging.people import form
from longplay.records import Contrast, Estimate, Place, Quantity
from longplay.stats import Agreement, among_labellers

ANALYSIS, KAPPA = "labeller-agreement", "labeller-kappa"
SAME = "share of rows with one label, mean over pairs of labellers"
QUADRATIC = "quadratic kappa, mean over pairs of labellers"
EVERYWHERE = "all"
OVER_ALL = Contrast(Place(EVERYWHERE, EVERYWHERE, "anyone"))


def agreements(data: Data) -> dict[Quantity, Agreement]:
    """Of every quantity that two or more people labelled the same rows of."""
    people = list(data.tables.people.values())
    lines: dict[Quantity, dict[str, list[Text]]] = {}
    for sample in data.tables.samples.values():
        for arm in sample.arms:
            mine = lines.setdefault(arm.quantity, {})
            for row in arm.drawn:
                mine.setdefault(row.line, []).append(drawn_text(arm, row))
    found: dict[Quantity, Agreement] = {}
    for quantity, mine in sorted(lines.items()):
        scale = form(quantity)
        labels = np.array(
            [[scale.choices.get(_choice(one, mine[line]), np.nan) for one in people] for line in sorted(mine)]
        ).reshape(len(mine), len(people))
        both = among_labellers(labels, scale.step)
        if both.n:
            found[quantity] = both
    return found


def _choice(said: Mapping[Text, str], texts: Sequence[Text]) -> str:
    """What one person said of a line, whose texts have the same words; empty where nothing."""
    return next((said[text] for text in texts if text in said), "")


def between_labellers(data: Data) -> list[Estimate]:
    """The same as estimates, over all arms of a quantity; no intervals."""
    made: list[Estimate] = []
    for quantity, both in agreements(data).items():
        for analysis, method, value, scale in (
            (ANALYSIS, SAME, both.exact, (0.0, 1.0)),
            (KAPPA, QUADRATIC, both.kappa, (-1.0, 1.0)),
        ):
            made.append(
                Estimate(
                    analysis=analysis,
                    quantity=quantity,
                    source=EVERYWHERE,
                    of=OVER_ALL,
                    target=RUN,
                    method=method,
                    value=value,
                    level=data.level,
                    unit="share" if analysis == ANALYSIS else "kappa",
                    better="higher",
                    scale=scale,
                    n=both.n,
                    note=joined("no intervals", data.remark),
                )
            )
    return made
