"""Texts judged as another persona: the floor of metrics that see a persona, and how far above it the own persona is.

Knows no baseline. A judge that sees no difference gives a floor as high as the level itself.
"""

from longplay.analysis.data import Data, Replies, items_of
from longplay.analysis.estimating import PERSONAS, Framing, for_replies, over_units, present
from longplay.analysis.frames import Frame, like, stack
from longplay.analysis.items import PLACE, pair
from longplay.analysis.measuring import measure
from longplay.analysis.scores import KEYS, score_table
from longplay.records import Estimate

FLOOR, ABOVE = "wrong-persona", "above-wrong-persona"
AS_ANOTHER = "texts of a seeded sample judged as another persona; mean of persona means, interval over personas"
OWN_LESS = "the same texts judged as their own persona less as another, paired by item; t interval over personas"


def wrong_persona(data: Data) -> list[Estimate]:
    """At each position the level of texts judged as another persona, and of the same texts the own less that."""
    verdicts = data.tables.round_verdicts, data.tables.answer_verdicts
    pairs = zip(data.subjects, verdicts, strict=True)
    scores = stack([score_table(data.tables, one, judged, as_another=True) for one, judged in pairs])
    if scores.empty:
        return []
    items = items_of(scores)
    return for_replies(data, lambda replies: _estimates(data, items[replies], replies))


def _estimates(data: Data, wrong: Frame, replies: Replies) -> list[Estimate]:
    wrong = wrong[~wrong["remark"]]
    own = data.without_remarks(replies)
    above = pair(own, like(wrong, own, KEYS), [*PLACE, "item"])
    level = Framing(FLOOR, AS_ANOTHER, PERSONAS, data.level, replies, note=data.remark)
    less = Framing(ABOVE, OWN_LESS, PERSONAS, data.level, replies, note=data.remark, tests=True)
    return [*over_units(wrong, level), *present(measure(above, data.level), less)]
