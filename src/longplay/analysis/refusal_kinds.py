"""Refusals by the type of request and by its focus: at the ends of the dialogue, their change, against the baseline."""

from typing import Literal

import numpy as np

from longplay.analysis.answering import answering
from longplay.analysis.baselines import AGAINST, Apart, against_baseline, with_dialogues
from longplay.analysis.changes import at_ends, changes
from longplay.analysis.curves import means
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, Framing, for_replies, over_units, present
from longplay.analysis.frames import Frame, among, stack, valued
from longplay.analysis.gap import AGAINST_BASELINE
from longplay.analysis.measuring import measure
from longplay.judging.quantities import REFUSALS, metric_name, part_of
from longplay.records import Estimate, Quantity

NAME = "refusal-kinds"
AT = "mean over the items of one type or focus, then over personas; t interval over personas"
CHANGE = "last checkpoint - first over the items of one type or focus; t interval over personas"
GAP = "persona - baseline over the items of one type or focus; t interval over personas and baseline dialogues"


def refusal_kinds(data: Data) -> list[Estimate]:
    """For every type and every focus that the items name; by label, as a type or focus may have both.

    Few items stand behind a type and very few behind a focus; the intervals are over personas, not over items.
    """
    return for_replies(data, lambda replies: _of_kinds(data, replies))


def _of_kinds(data: Data, replies: Replies) -> list[Estimate]:
    parts = _by_kind(data, _at_ends(data, data.without_remarks(replies)))
    if parts.empty:
        return []
    dialogues, asked = (_by_kind(data, _at_ends(data, some)) for some in (data.cells[replies], data.asked[replies]))
    apart = Apart(dialogues, answering(asked))
    framing = Framing(NAME, AT, PERSONAS, data.level, replies, note=data.remark)
    change = Framing(NAME, CHANGE, PERSONAS, data.level, replies, spans=data.spans, note=data.remark)
    drifts = changes(data, parts, data.spans)
    return [
        *means(parts, apart, framing, {}),
        *over_units(drifts[drifts["unit"] >= 0], change),
        *_gaps(data, replies, parts, apart),
    ]


def _gaps(data: Data, replies: Replies, parts: Frame, apart: Apart) -> list[Estimate]:
    pairs = against_baseline(parts)
    if pairs.empty:
        return []
    measured, _ = with_dialogues(measure(pairs, data.level), apart, data.level)
    framing = Framing(NAME, GAP, AGAINST, data.level, replies, AGAINST_BASELINE, note=data.remark)
    return present(measured, framing)


def _at_ends(data: Data, items: Frame) -> Frame:
    """Refusals at the first and the last checkpoint, without shares of partial ones."""
    return items[among(items["quantity"], _counted) & at_ends(items, data.spans)].reset_index(drop=True)


def _counted(quantity: Quantity) -> bool:
    return metric_name(quantity) in REFUSALS and quantity.part.label != "" and quantity.part.measure == "mean"


def _by_kind(data: Data, refusals: Frame) -> Frame:
    """Each item once under its type and once under its focus, as quantities of their own."""
    return stack([_under(data, refusals, "kind"), _under(data, refusals, "focus")])


def _under(data: Data, refusals: Frame, field: Literal["kind", "focus"]) -> Frame:
    code = data.tables.names.code
    words: dict[tuple[str, int], str] = {}
    for (probe, name), item in data.tables.items.items():
        word = item.kind if field == "kind" else item.focus
        if word:
            words[probe, code(name)] = word
    known = sorted(set(words.values()))
    rank = {word: at for at, word in enumerate(known)}
    places = zip(refusals["source"].to_numpy(), refusals["item"].to_numpy(), strict=True)
    of = np.array([rank.get(words.get(place, ""), -1) for place in places], dtype=np.int64)
    some = refusals[of >= 0].reset_index(drop=True)
    categories = refusals["quantity"].cat.categories
    number = some["quantity"].cat.codes.to_numpy(np.int64) * max(len(known), 1) + of[of >= 0]

    def quantity(packed: int) -> Quantity:
        of, word = divmod(packed, max(len(known), 1))
        return part_of(categories[of], **{field: known[word]})

    return some.assign(quantity=valued(number, quantity))
