"""Persona minus baseline, paired by item at every position, and how that gap changes. Knows no single condition."""

from longplay.analysis.data import Data, Replies
from longplay.analysis.drift import changes
from longplay.analysis.estimating import AGAINST_BASELINE, Framing, joined, over_units
from longplay.analysis.frames import Frame, constant, matches, stack
from longplay.analysis.items import PLACE, VALUES, collapse, pair
from longplay.records import Estimate

CONDITION = "persona - baseline"
GAP = "persona - baseline, paired by item and the persona judged as; t interval over personas"
CHANGE = "last - first of persona - baseline, paired by item and persona; t interval over personas"
FIXED = "the baseline's own dialogues are taken as they are"


def gap(data: Data) -> list[Estimate]:
    """Persona minus baseline at each position; remarks are left out, as their wording differs.

    Where the judge sees a description, the baseline's texts were judged as each persona and are paired with it; where
    the judge is blind, the one baseline stands against every persona, and `n` counts its scores once for each.
    """
    found: list[Estimate] = []
    for replies in data.items:
        pairs = against_baseline(data.without_remarks(replies))
        framing = _framing(data, "gap", GAP, replies)
        found += over_units(pairs, framing)
    return found


def gap_drift(data: Data) -> list[Estimate]:
    """Change of the gap from the first position to the last: what the persona loses beyond what the baseline does.

    Both sides saw the same questions, so question content does not stand in the way.
    """
    found: list[Estimate] = []
    for replies in data.items:
        pairs = against_baseline(changes(data, data.without_remarks(replies)))
        found += over_units(pairs, _framing(data, "gap-drift", CHANGE, replies))
    return found


def against_baseline(items: Frame) -> Frame:
    """Pairs (see `items.pair`) of persona and baseline; the speaker column says persona."""
    keys = [key for key in [*PLACE, "item"] if key != "speaker"]
    personas = items[(items["speaker"] == "persona") & (items["unit"] >= 0)]
    baseline = items[items["speaker"] == "baseline"]
    judged, blind = baseline[baseline["unit"] >= 0], baseline[baseline["unit"] < 0]
    unseen = [key for key in keys if key != "unit"]
    nobody = collapse(blind, unseen)
    rows, of_nobody = matches(personas, nobody, unseen)
    everybody = nobody.take(of_nobody).assign(unit=personas["unit"].to_numpy()[rows])
    columns = [*keys, *VALUES, "n", "missing", "flagged"]
    pairs = pair(personas, stack([judged[columns], everybody[columns]]), keys)
    return pairs.assign(speaker=constant("persona", len(pairs)))


def _framing(data: Data, analysis: str, method: str, replies: Replies) -> Framing:
    note = joined(FIXED, data.remark)
    return Framing(analysis, method, AGAINST_BASELINE, data.level, replies, CONDITION, data.spans, note=note)
