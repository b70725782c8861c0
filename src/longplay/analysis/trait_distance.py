"""How far a persona's traits, as its answers show them, lie from its target profile. Knows no other metric."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from longplay.analysis.baselines import with_dialogues
from longplay.analysis.changes import DIALOGUE, ends
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, Framing, for_replies, joined, over_units, present
from longplay.analysis.frames import Frame, constant, matches, stack
from longplay.analysis.gap import framing as gap_framing
from longplay.analysis.items import PLACE, VALUES, collapse, pair
from longplay.analysis.measuring import measure
from longplay.analysis.quantities import DISTANCE, quantity
from longplay.analysis.tables import Tables
from longplay.records import Estimate

_PREFIX = "trait-"
_COUNTS = ("n", "missing", "flagged")
AT = "mean over traits of |mean level - target| / 4; t interval over personas"
CHANGED = "last checkpoint - first of the distance, over items scored at both; t interval over personas"
AGAINST = (
    "distance of the persona - distance of the baseline, over items scored for both; t interval over personas and "
    "baseline dialogues"
)
UPWARDS = "noise in a trait's mean raises a distance, more so with few items"


def trait_distance(data: Data) -> list[Estimate]:
    """Distance (0-1) at each checkpoint, its change, and the persona's minus the baseline's.

    Baselines are measured from every persona's profile, which says how far nobody in particular is from it. A persona
    counts with the traits that have a target and items; it has no value where one of those has no score left.
    """
    return for_replies(data, lambda replies: _all_distances(data, replies))


def _all_distances(data: Data, replies: Replies) -> list[Estimate]:
    found: list[Estimate] = []
    items = _with_targets(data.items[replies], data.tables)
    if items.empty:
        return found
    at = Framing("trait-distance", AT, PERSONAS, data.level, replies, note=joined(UPWARDS, data.remark))
    found += over_units(_distances(items), at)
    change = Framing("drift", CHANGED, PERSONAS, data.level, replies, None, data.spans, note=data.remark, tests=True)
    found += over_units(_drifts(data, items), change)
    found += _against(data, replies, _gaps(items))
    return found


def _against(data: Data, replies: Replies, pairs: Frame) -> list[Estimate]:
    """Gaps; a baseline dialogue's effect is that on its own distance, whose noise is the greater by its fewer items."""
    if pairs.empty:
        return []
    cells = _distances(_with_targets(data.cells[replies], data.tables, DIALOGUE), DIALOGUE).assign(item=-1)
    measured, _ = with_dialogues(measure(pairs, data.level), cells, data.level)
    return present(measured, gap_framing(data, "gap", AGAINST, replies))


def _targets(tables: Tables, metrics: Sequence[str]) -> Frame:
    """unit, metric (categorical over `metrics`) and target level, for the traits that have items."""
    rows = [
        (tables.names.code(name), f"{_PREFIX}{trait}", level)
        for name, persona in tables.personas.items()
        if not any(name in of for of in tables.study.analysis.versions.values())
        for trait, level in persona.traits.items()
        if f"{_PREFIX}{trait}" in metrics
    ]
    targets = pd.DataFrame(rows, columns=["unit", "metric", "target"])
    return targets.assign(
        unit=targets["unit"].astype(np.int32),
        metric=pd.Categorical(targets["metric"], categories=pd.Index(metrics, dtype="str")),
        target=targets["target"].astype(np.float64),
    )


def _with_targets(items: Frame, tables: Tables, apart: Sequence[str] = ()) -> Frame:
    """Items of traits with their persona's target; the baseline's, averaged over draws, stand once with each one's."""
    metrics = list(items["metric"].cat.categories)
    targets = _targets(tables, metrics)
    keys = [*PLACE, "item", *apart]
    traits = items[items["metric"].isin([name for name in metrics if name.startswith(_PREFIX)])]
    rows, found = matches(traits, targets, ["unit", "metric"])
    own = traits.take(rows)[[*keys, *VALUES, *_COUNTS]].assign(target=targets["target"].to_numpy()[found])
    nobody = collapse(traits[traits["unit"] < 0].assign(unit=-1), keys).drop(columns="unit")
    everybody = nobody.merge(targets, on="metric")
    return stack([own, everybody[own.columns]])


def _distances(items: Frame, apart: Sequence[str] = ()) -> Frame:
    """One row a unit and position: the distance over its traits, with bounds."""
    ends = quantity(f"{_PREFIX}level")
    span = ends.highest - ends.lowest
    levels = collapse(items, [*PLACE, "target", *apart])
    below, above = levels["lowest"] - levels["target"], levels["highest"] - levels["target"]
    inside = (below <= 0) & (above >= 0)
    traits = levels.assign(
        value=(levels["value"] - levels["target"]).abs() / span,
        lowest=np.where(inside, 0.0, np.minimum(below.abs(), above.abs())) / span,
        highest=np.maximum(below.abs(), above.abs()) / span,
        metric=constant(DISTANCE, len(levels)),
    )
    units = collapse(traits, [*PLACE, *apart], skipna=False)
    return units.assign(**{name: units[name].where(units["value"].notna(), 0) for name in ("n", "flagged")})


def _drifts(data: Data, items: Frame) -> Frame:
    last, first = ends(items, data.spans)
    last, first = _scored_in_both(last, first, [*PLACE, "item"])
    return pair(_distances(last), _distances(first), PLACE)


def _gaps(items: Frame) -> Frame:
    same = [key for key in [*PLACE, "item"] if key != "speaker"]
    persona, baseline = (items[items["speaker"] == speaker] for speaker in ("persona", "baseline"))
    persona, baseline = _scored_in_both(persona, baseline, same)
    keys = [key for key in PLACE if key != "speaker"]
    pairs = pair(_distances(persona), _distances(baseline), keys)
    return pairs.assign(speaker=constant("persona", len(pairs)))


def _scored_in_both(one: Frame, other: Frame, same: list[str]) -> tuple[Frame, Frame]:
    """The items that both sides asked; where one has no score the other's does not count. Bounds keep them all."""
    return _scored_also_in(one, other, same), _scored_also_in(other, one, same)


def _scored_also_in(one: Frame, other: Frame, same: list[str]) -> Frame:
    rows, there = matches(one, other, same)
    both = one.take(rows)
    usable = both["value"].notna().to_numpy() & other["value"].notna().to_numpy()[there]
    counts = {name: np.where(usable, both[name], 0) for name in ("n", "flagged")}
    return both.assign(value=np.where(usable, both["value"], np.nan), **counts)
