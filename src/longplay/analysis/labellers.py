"""How far people who labelled the same rows agree with each other, by quantity. Knows no judge."""

from collections.abc import Mapping, Sequence

import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import RUN, joined
from longplay.analysis.people import Text, drawn_text
from longplay.analysis.quantities import quantity
from longplay.judging.people import form
from longplay.records import Estimate
from longplay.stats import Agreement, among_labellers

ANALYSIS, KAPPA = "labeller-agreement", "labeller-kappa"
SAME = "share of rows with one label, mean over pairs of labellers"
QUADRATIC = "quadratic kappa, mean over pairs of labellers"
EVERYWHERE = "all"


def agreements(data: Data) -> dict[str, Agreement]:
    """Of every quantity that two or more people labelled the same rows of."""
    people = list(data.tables.people.values())
    lines: dict[str, dict[str, list[Text]]] = {}
    for sample in data.tables.samples.values():
        for arm in sample.arms:
            mine = lines.setdefault(arm.metric, {})
            for row in arm.drawn:
                mine.setdefault(row.line, []).append(drawn_text(arm, row))
    found: dict[str, Agreement] = {}
    for name, mine in sorted(lines.items()):
        scale = form(name)
        labels = np.array(
            [[scale.choices.get(_choice(one, mine[line]), np.nan) for one in people] for line in sorted(mine)]
        ).reshape(len(mine), len(people))
        both = among_labellers(labels, scale.step)
        if both.n:
            found[name] = both
    return found


def _choice(said: Mapping[Text, str], texts: Sequence[Text]) -> str:
    """What one person said of a line, whose texts have the same words; empty where nothing."""
    return next((said[text] for text in texts if text in said), "")


def between_labellers(data: Data) -> list[Estimate]:
    """The same as estimates, over all arms of a quantity; no intervals."""
    made: list[Estimate] = []
    for name, both in agreements(data).items():
        title = quantity(name).words
        for analysis, words, method, value, scale in (
            (ANALYSIS, "Share that labellers agree on", SAME, both.exact, (0.0, 1.0)),
            (KAPPA, "Quadratic kappa of labellers", QUADRATIC, both.kappa, (-1.0, 1.0)),
        ):
            made.append(
                Estimate(
                    analysis=analysis,
                    metric=name,
                    source=EVERYWHERE,
                    model=EVERYWHERE,
                    script=EVERYWHERE,
                    condition=EVERYWHERE,
                    target=RUN,
                    method=method,
                    value=value,
                    level=data.level,
                    title=f"{words}: {title}",
                    unit="share" if analysis == ANALYSIS else "kappa",
                    better="higher",
                    scale=scale,
                    n=both.n,
                    note=joined("no intervals", data.remark),
                )
            )
    return made
