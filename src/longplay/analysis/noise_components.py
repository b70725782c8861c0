"""What asking again, judging again and other dialogues change, as variance components. Knows no effects.

A component is the standard deviation of one score about the mean of its repeats.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import contrast, joined
from longplay.analysis.frames import Frame, groups
from longplay.analysis.items import PLACE, item_means
from longplay.analysis.judge_time import without_late
from longplay.analysis.quantities import scale_of
from longplay.analysis.scores import KEYS
from longplay.records import ROUNDS, Estimate, Quantity
from longplay.records.estimates import Repeated
from longplay.stats import Repeats, Within, unseen, within

ANALYSIS = "noise-components"
TARGET = "one more of the same, for personas like these"
METHOD = "standard deviation between repeats; jackknife over personas on the log, chi-squared under 4"
# What is repeated, by what tells repeats apart: the rest of a score's place is the same.
_LEVELS = ("order", "replicate", "again", "repeat")
THINGS: Mapping[Repeated, tuple[str, ...]] = {
    "judged": ("item", "order", "replicate", "again"),
    "answered": ("item", "order", "replicate"),
    "played": ("item",),
}


def components(data: Data) -> list[Estimate]:
    """The components of each quantity and condition, at each position and pooled, as far as anything was repeated.

    Judged again: the same reply by the same judge. Answered again: the same item after the same dialogue (its judging
    included). Played again: other orders and draws of the dialogue (answering and judging included); a question of
    rounds is another in each order, so that for rounds it is the block's mean that repeats. Second judgements of early
    texts that waited for the last ones tell what the judge changed meanwhile (`judge_time`) and are no repeats.
    """
    scores = without_late(data, data.scores[~data.scores["remark"]])
    found: list[Estimate] = []
    for kind in THINGS:
        again = repeated(scores, kind)
        if len(again):
            found += _components(data, again, kind)
    return found


def repeated(scores: Frame, kind: Repeated) -> Frame:
    """Means of the scores of things that have several, one row a repeat, the composite of the fidelity metrics too."""
    things = THINGS[kind]
    levels = _LEVELS if kind == "judged" else _LEVELS[:3] if kind == "answered" else _LEVELS[:2]
    rest = [name for name in levels if name not in things]
    if kind == "answered":
        scores = scores[scores["source"] != ROUNDS]
        # before the dialogue the replicates are the answer's own draws
        scores = scores.assign(replicate=scores["replicate"].where(scores["position"] > 0, 0))
    if not any(scores[name].any() for name in rest):
        return scores[:0]
    if kind == "played":
        # before the dialogue there is none to play again
        scores = scores[(scores["source"] == ROUNDS) | (scores["position"] > 0)]
        scores = scores.assign(item=scores["item"].where(scores["source"] != ROUNDS, 0))
    code = groups(scores, [*PLACE, *things]).code
    other = groups(scores, [*PLACE, *things, *rest])
    several = np.bincount(code[other.first], minlength=1) > 1
    return item_means(scores[several[code]], levels)


def _components(data: Data, again: Frame, kind: Repeated) -> Iterator[Estimate]:
    for keys in ([*KEYS, "position"], KEYS):
        cell = groups(again, keys)
        found = variances(again, keys, kind, data.level)
        rows: list[dict[str, Any]] = again.iloc[cell.first].to_dict("records")
        for i, row in enumerate(rows):
            if found.df[i]:
                hidden = hidden_variance(found, i, row["quantity"], data.level)
                ends = [float(np.sqrt(part)) for part in (found.variance[i], found.low[i], hidden or found.high[i])]
                counts = int(found.n[i]), int(found.units[i])
                said = "" if hidden is None else unmoved(int(found.df[i]), data.level)
                yield _component(data, row | {"kind": kind, "pooled": keys is KEYS, "said": said}, ends, counts)


def variances(again: Frame, keys: list[str], kind: Repeated, level: float) -> Within:
    """Variances between repeats (see `repeated`), one entry for each group of the keys, in their order."""
    cell = groups(again, keys)
    repeats = Repeats(
        value=again["value"].to_numpy(np.float64),
        thing=groups(again, [*PLACE, *THINGS[kind]]).code,
        unit=groups(again, [*keys, "unit"]).code,
        cell=cell.code,
    )
    return within(repeats, cell.size, level)


def hidden_variance(found: Within, i: int, quantity: Quantity, level: float) -> float | None:
    """Where no repeat differed: the variance if as many differ as may, each by the whole scale; else None."""
    if found.variance[i] > 0:
        return None
    return unseen(int(found.df[i]), level) * scale_of(quantity).length ** 2 / 2


def unmoved(repeats: int, level: float) -> str:
    """What so many repeats that do not differ leave open."""
    return f"none of {repeats} repeats differed; up to {100 * unseen(repeats, level):.0f} % of answers still may"


def _component(data: Data, row: dict[str, Any], ends: Sequence[float], counts: tuple[int, int]) -> Estimate:
    value, low, high = ends
    return Estimate(
        analysis=ANALYSIS,
        quantity=row["quantity"],
        source=row["source"],
        of=contrast(row),
        target=TARGET,
        method=METHOD,
        value=value,
        low=low,
        high=high,
        judge=row["judge"],
        repeated=row["kind"],
        position=None if row["pooled"] else int(row["position"]),
        level=data.level,
        unit=scale_of(row["quantity"]).unit,
        better="lower",
        n=counts[0],
        clusters=counts[1],
        note=joined(row["said"], data.remark),
    )
