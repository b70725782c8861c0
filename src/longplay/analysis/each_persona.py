"""The change of every persona by itself, and the means for the items asked. Makes no interval over items."""

import msgspec

from longplay.analysis.changes import last_first
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, Framing, contrast, for_replies, joined, present
from longplay.analysis.frames import Frame
from longplay.analysis.gap import AGAINST_BASELINE, moved
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.measuring import measure
from longplay.analysis.over_items import THESE, item_targets
from longplay.analysis.quantities import scale_of
from longplay.records import Estimate

OWN = "last position - first of one persona, paired by item"
OWN_GAP = "last - first of persona - baseline, of one persona, paired by item"
PAIRED = "last checkpoint - first, paired by item within persona; t interval over personas, items fixed"


def each_persona(data: Data) -> list[Estimate]:
    """`persona-drift` and `persona-gap-drift`: the change of each persona, from all replies, a number without interval.

    What a mean over few personas hides stands here: one that collapses among others that hold.
    """
    changed = last_first(data, "all")
    own = changed[(changed["speaker"] == "persona").to_numpy() & (changed["unit"] >= 0)]
    return [
        *_each(data, own, Framing("persona-drift", OWN, "this persona", data.level, note=data.remark)),
        *_each(
            data,
            moved(data, "all")[0],
            Framing("persona-gap-drift", OWN_GAP, "this persona", data.level, right=AGAINST_BASELINE, note=data.remark),
        ),
    ]


def _each(data: Data, pairs: Frame, framing: Framing) -> list[Estimate]:
    names = data.tables.names.dtype.categories
    rows = collapse(pairs, PLACE).to_dict("records") if len(pairs) else []
    found: list[Estimate] = []
    for row in rows:
        scale, value = scale_of(row["quantity"]), float(row["value"])
        found.append(
            Estimate(
                analysis=framing.analysis,
                quantity=row["quantity"],
                source=row["source"],
                of=contrast(row, framing.right),
                target=framing.target,
                method=framing.method,
                value=None if value != value else value,
                judge=row["judge"],
                persona=str(names[int(row["unit"])]) if row["unit"] >= 0 else "",
                span=data.spans.get((row["source"], row["script"])),
                level=framing.level,
                unit=scale.unit,
                better=scale.better,
                scale=scale.ends,
                n=int(row["n"]),
                clusters=1,
                missing=int(row["missing"]),
                flagged=int(row["flagged"]),
                note=joined("no pair with both sides scored" if value != value else "", framing.note),
            )
        )
    return found


def these_items(data: Data) -> list[Estimate]:
    """`these-items`: drift for personas like these, but asked these very items, where others could be asked."""
    framing = Framing("these-items", PAIRED, PERSONAS, data.level, spans=data.spans, note=data.remark, tests=True)

    def make(replies: Replies) -> list[Estimate]:
        changed = last_first(data, replies)
        own = changed[(changed["speaker"] == "persona").to_numpy() & (changed["unit"] >= 0) & (changed["item"] >= 0)]
        if own.empty:
            return []
        measured = measure(own, data.level)
        asked = item_targets(measured.cells, THESE)
        targets = tuple(f"{PERSONAS}, {one}" for one in asked)
        found = present(
            msgspec.structs.replace(measured, targets=targets), msgspec.structs.replace(framing, replies=replies)
        )
        return [e for e, one in zip(found, asked, strict=True) if one == THESE]

    return for_replies(data, make)
