"""How far a persona's traits, as its answers show them, lie from its target profile and from the baseline's profile.

Both with every trait alike and with traits weighed by their items: the paper uses one here and the other there. Knows
no other metric.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from longplay.analysis.answering import AGAIN, answering
from longplay.analysis.baselines import Apart, against_baseline, with_dialogues
from longplay.analysis.changes import DIALOGUE, dialogue_changes
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import (
    PERSONAS,
    Framing,
    for_replies,
    joined,
    over_own_dialogues,
    over_units,
    present,
)
from longplay.analysis.frames import Frame, among, constant, like, matches, stack
from longplay.analysis.gap import framing as gap_framing
from longplay.analysis.items import COUNTED, PLACE, VALUES, collapse, pair
from longplay.analysis.measuring import measure
from longplay.analysis.profiles import changed, distances, linear, scored_in_both
from longplay.analysis.tables import Tables
from longplay.analysis.versions import without_version
from longplay.judging.quantities import TRAITS, metric_name
from longplay.records import Estimate, Quantity
from longplay.records.quantities import Measure
from longplay.specs import TRAITS as BIG_FIVE

NAME = "trait-distance"
TO_TARGET: Measure = "distance"
TO_BASELINE: Measure = "distance-to-baseline"
_LABELLED = "bfi"  # the probe whose items the sets of labels are of
AT = "mean of |mean level - target| / 4, over traits or weighed by items; t interval over personas"
APART = "mean of |mean level - the baseline's| / 4, over traits or weighed by items; t interval over personas"
CHANGED = (
    "last checkpoint - first of the distance, over items scored at both: of its square less the noise variance, over "
    "the sum of both root mean squares; t interval over personas"
)
AGAINST = (
    "distance of the persona - distance of the baseline, over items scored for both; t interval over personas and "
    "baseline dialogues"
)
UPWARDS = "noise in a trait's mean raises a distance, more so with few items"


def trait_distance(data: Data) -> list[Estimate]:
    """Distances (0-1) at each checkpoint and their change; from the target also the persona's minus the baseline's.

    Baselines are measured from every persona's profile, which says how far nobody in particular is from it. A persona
    counts with the traits that have a target and items; it has no value where one of those has no score left.
    """
    return for_replies(data, lambda replies: _alldistances(data, replies))


def _alldistances(data: Data, replies: Replies) -> list[Estimate]:
    traits = _traits(data.items[replies])
    if traits.empty:
        return []
    targeted = _with_targets(traits, data.tables)
    apart = against_baseline(traits).assign(target=0.0)
    dialogues = _traits(data.cells[replies])
    asked = _traits(data.asked[replies])
    towards = Apart(
        _of_dialogues(_with_targets(dialogues, data.tables, DIALOGUE), TO_TARGET),
        answering(linear(_with_targets(asked, data.tables, AGAIN), TO_TARGET)),
    )
    away = Apart(
        _of_dialogues(_with_levels(dialogues, traits), TO_BASELINE),
        answering(linear(_with_levels(asked, traits, AGAIN), TO_BASELINE)),
    )
    baseline = (targeted["speaker"] == "baseline").to_numpy()
    found = [
        *_placed(data, replies, targeted[~baseline], TO_TARGET, None),
        *_placed(data, replies, targeted[baseline], TO_TARGET, towards),
        *_placed(data, replies, apart, TO_BASELINE, away),
    ]
    return found if targeted.empty else [*found, *_against(data, replies, _gaps(targeted), towards)]


def _placed(data: Data, replies: Replies, items: Frame, of: Measure, apart: Apart | None) -> list[Estimate]:
    """Distances at every checkpoint, and from the first to the last; `apart`: those of the baseline."""
    if items.empty:
        return []
    labels = data.tables.study.analysis.bfi_labels if data.tables.trait_labels else ""
    held = f"labels of the probe {_LABELLED}: {labels}" if labels and of == TO_TARGET else ""
    method, note = APART if of == TO_BASELINE else AT, joined(held, data.remark)
    at = Framing(NAME, method, PERSONAS, data.level, replies, note=joined(UPWARDS, note))
    change = Framing("drift", CHANGED, PERSONAS, data.level, replies, spans=data.spans, note=note, tests=True)
    levels, drifts = distances(items, of), changed(items, of, data.spans)
    if apart is None:
        return [*over_units(levels, at), *over_units(drifts, change)]
    return [
        *over_own_dialogues(levels, apart, at),
        *over_own_dialogues(
            drifts, Apart(dialogue_changes(apart.dialogues, data.spans), apart.answers, data.spans), change
        ),
    ]


def _of_dialogues(items: Frame, of: Measure) -> Frame:
    """Distances with dialogues apart, whose noise is the greater by their fewer items."""
    return distances(items, of, DIALOGUE).assign(item=-1)


def _against(data: Data, replies: Replies, pairs: Frame, apart: Apart) -> list[Estimate]:
    """Gaps; a baseline dialogue's effect is that on its own distance."""
    if pairs.empty:
        return []
    measured, _ = with_dialogues(measure(pairs, data.level), apart, data.level)
    return present(measured, gap_framing(data, "gap", AGAINST, replies))


def _traits(items: Frame) -> Frame:
    """Items of Big Five levels, in every form of judging them."""
    return items[among(items["quantity"], _is_trait)].reset_index(drop=True)


def _is_trait(quantity: Quantity) -> bool:
    return metric_name(quantity) in TRAITS and quantity.part.label in BIG_FIVE


def _targets(tables: Tables, items: Frame) -> Frame:
    """source, unit, quantity and target level: of `bfi` the labels that the study chose, else the persona's own."""
    levels, sources = (list(items[name].cat.categories) for name in ("quantity", "source"))
    versions = tables.study.analysis.versions.values()
    characters = [name for name in tables.personas if not any(name in of for of in versions)]
    own = {name: tables.personas[name].traits for name in characters}
    labels = {name: tables.trait_labels[name] for name in characters if name in tables.trait_labels}
    rows = [
        (source, *row) for source in sources for row in _rows(tables, labels if source == _LABELLED else own, levels)
    ]
    found = pd.DataFrame(rows, columns=["source", "unit", "quantity", "target"])
    return found.assign(
        source=pd.Categorical(found["source"], dtype=items["source"].dtype),
        unit=found["unit"].astype(np.int32),
        quantity=pd.Categorical(found["quantity"], dtype=items["quantity"].dtype),
        target=found["target"].astype(np.float64),
    )


def _rows(
    tables: Tables, profiles: Mapping[str, Mapping[str, float]], levels: Sequence[Quantity]
) -> list[tuple[int, Quantity, float]]:
    return [
        (tables.names.code(persona), quantity, level)
        for persona, traits in profiles.items()
        for trait, level in traits.items()
        for quantity in levels
        if quantity.part.label == trait
    ]


def _with_targets(traits: Frame, tables: Tables, apart: Sequence[str] = ()) -> Frame:
    """Items of traits with their persona's target; the baseline's, averaged over draws, stand once with each one's."""
    targets = _targets(tables, traits)
    keys = [*PLACE, "item", *apart]
    rows, found = matches(traits, targets, ["source", "unit", "quantity"])
    own = traits.take(rows)[[*keys, *VALUES, *COUNTED]].assign(target=targets["target"].to_numpy()[found])
    nobody = collapse(traits[traits["unit"] < 0].assign(unit=-1), keys).drop(columns="unit")
    everybody = nobody.merge(targets, on=["source", "quantity"])
    return stack([own, everybody[own.columns]])


def _with_levels(cells: Frame, traits: Frame, apart: Sequence[str] = DIALOGUE) -> Frame:
    """The baseline's items, dialogues apart, once with each persona's level of the trait as the target. No judge of
    traits is told of a persona there, so that it is one baseline for all."""
    levels = collapse(traits[traits["speaker"] == "persona"], PLACE)
    levels = levels[levels["value"].notna()].rename(columns={"value": "target"})
    baseline = cells[(cells["speaker"] == "baseline") & (cells["unit"] < 0)].assign(unit=-1)
    shared = [key for key in PLACE if key not in ("speaker", "unit", "setting")]
    targets = levels[[*shared, "unit", "setting", "target"]].assign(plain=without_version(levels["setting"]))
    nobody = collapse(baseline, [*PLACE, "item", *apart]).drop(columns="unit").rename(columns={"setting": "plain"})
    return nobody.merge(like(targets, nobody, shared), on=[*shared, "plain"]).drop(columns="plain")


def _gaps(items: Frame) -> Frame:
    same = [key for key in [*PLACE, "item"] if key != "speaker"]
    persona, baseline = (items[items["speaker"] == speaker] for speaker in ("persona", "baseline"))
    persona, baseline = scored_in_both(persona, baseline, same)
    keys = [key for key in PLACE if key != "speaker"]
    pairs = pair(distances(persona, TO_TARGET), distances(baseline, TO_TARGET), keys)
    return pairs.assign(speaker=constant("persona", len(pairs)))
