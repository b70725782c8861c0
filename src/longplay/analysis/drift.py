"""Last checkpoint minus first, paired by item; last block of rounds minus first. Knows no baseline."""

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import BASELINE, PERSONAS, Framing, joined, over_units
from longplay.analysis.frames import Frame
from longplay.analysis.items import PLACE, collapse, pair
from longplay.analysis.subjects import ROUNDS
from longplay.records import Estimate

PAIRED = "last checkpoint - first, paired by item within persona; t interval over personas"
BLOCKS = "last block of rounds - first, remarks left out; t interval over personas"
CONFOUNDED = "one order: the blocks differ in their questions too"
ONE_BASELINE = "one baseline: no personas to rest an interval on"


def drift(data: Data) -> list[Estimate]:
    """Change from the first position to the last, in units of the metric; answers and rounds apart."""
    found: list[Estimate] = []
    for replies in data.items:
        pairs = changes(data, data.without_remarks(replies))
        rounds = pairs["source"] == ROUNDS
        for of_rounds, method in ((False, PAIRED), (True, BLOCKS)):
            confounded = CONFOUNDED if of_rounds and len(data.tables.study.dialogues.orders) == 1 else ""
            note = joined(confounded, data.remark)
            framing = Framing("drift", method, PERSONAS, data.level, replies, spans=data.spans, note=note)
            blind = msgspec.structs.replace(
                framing, target=BASELINE, intervals=False, note=joined(ONE_BASELINE, framing.note)
            )
            part = pairs[rounds == of_rounds]
            found += over_units(part[part["unit"] >= 0], framing)
            found += over_units(part[part["unit"] < 0], blind)
    return found


def changes(data: Data, items: Frame) -> Frame:
    """Pairs (see `items.pair`) of the last and the first position, position -1.

    Answers are paired by item. Different blocks hold different rounds, so a block is one mean.
    """
    last, first = (_comparable(end) for end in ends(data, items))
    return pair(last, first, [*PLACE, "item"])


def ends(data: Data, items: Frame) -> tuple[Frame, Frame]:
    """The items of the last and of the first position of their source and script, position -1."""
    sources, scripts = items["source"].cat, items["script"].cat
    span = np.full((2, len(sources.categories), len(scripts.categories)), -1, dtype=np.int64)
    for (source, script), edges in data.spans.items():
        span[:, sources.categories.get_loc(source), scripts.categories.get_loc(script)] = edges
    first, last = span[:, sources.codes, scripts.codes]
    position = items["position"].to_numpy()
    return items[position == last].assign(position=-1), items[position == first].assign(position=-1)


def _comparable(items: Frame) -> Frame:
    item = items["item"].where(items["source"] != ROUNDS, -1)
    # draws before the dialogue are not those of its end, so that a baseline without personas is one mean
    return collapse(items.assign(item=item, unit=items["unit"].where(items["unit"] >= 0, -1)), [*PLACE, "item"])
