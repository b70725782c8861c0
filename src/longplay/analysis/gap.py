"""Persona minus baseline, paired by item at every position, and how that gap changes. Knows no single condition."""

import numpy as np

from longplay.analysis.answering import answered
from longplay.analysis.baselines import AGAINST, Apart, against_baseline, with_dialogues
from longplay.analysis.changes import last_first, last_first_dialogues
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import Framing, for_replies, present
from longplay.analysis.frames import Frame
from longplay.analysis.measuring import Measured, Shared, banded, measure
from longplay.analysis.over_items import item_effects, with_items
from longplay.records import Estimate

AGAINST_BASELINE = {"speaker": "baseline"}
GAP = "persona - baseline, paired by item and the persona judged as; t interval over personas and baseline dialogues"
CHANGE = (
    "last - first of persona - baseline, paired by item and persona; t interval over personas and baseline dialogues"
)


def gap(data: Data) -> list[Estimate]:
    """Persona minus baseline at each position; remarks are left out, as their wording differs.

    Where the judge sees a description, the baseline's texts were judged as each persona and are paired with it; where
    the judge is blind, the one baseline stands against every persona, and `n` counts its scores once for each.
    """
    return for_replies(data, lambda replies: present(gaps(data, replies), framing(data, "gap", GAP, replies)))


def gap_drift(data: Data) -> list[Estimate]:
    """Change of the gap from the first position to the last: what the persona loses beyond what the baseline does.

    Both sides saw the same questions, so question content does not stand in the way.
    """

    return for_replies(
        data, lambda replies: present(moved(data, replies)[1], framing(data, "gap-drift", CHANGE, replies))
    )


def gaps(data: Data, replies: Replies) -> Measured:
    """The gap at every position, with bands over positions."""
    if ("gaps", replies) not in data.kept:
        paired = pairs(data, replies)
        plain = measure(paired, data.level)
        measured, shared = with_dialogues(plain, Apart(data.cells[replies], answered(data, replies)), data.level)
        wide = _with_items(measured, paired, shared, data.level)
        of_items = np.nan_to_num(np.fmax(wide.found.error**2 - measured.found.error**2, 0.0))
        items = item_effects(paired, of_items)
        data.kept["gaps", replies] = banded(wide, data.level, data.tables.study.seed, shared, items)
    return data.kept["gaps", replies]


def _with_items(measured: Measured, items: Frame, shared: Shared, level: float) -> Measured:
    """For items like these; what answering varies is in the baseline's part already."""
    answered = shared.cells["answered"].to_numpy(np.float64)
    return with_items(measured, items, AGAINST, level, answered)


def pairs(data: Data, replies: Replies) -> Frame:
    """Persona - baseline by item at every position."""
    if ("pairs", replies) not in data.kept:
        data.kept["pairs", replies] = against_baseline(data.without_remarks(replies))
    return data.kept["pairs", replies]


def moved(data: Data, replies: Replies) -> tuple[Frame, Measured, Shared]:
    """How the gap changed from the first position to the last: by item, its mean, what baseline dialogues vary.

    Intervals are for personas asked items like these.
    """
    if ("moved", replies) not in data.kept:
        changed = against_baseline(last_first(data, replies))
        plain = measure(changed, data.level)
        apart = Apart(last_first_dialogues(data, replies), answered(data, replies), data.spans)
        measured, shared = with_dialogues(plain, apart, data.level)
        data.kept["moved", replies] = changed, _with_items(measured, changed, shared, data.level), shared
    return data.kept["moved", replies]


def framing(data: Data, analysis: str, method: str, replies: Replies) -> Framing:
    """How gaps are presented."""
    seed = data.tables.study.seed
    return Framing(
        analysis, method, AGAINST, data.level, replies, AGAINST_BASELINE, spans=data.spans, note=data.remark,
        tests=True, seed=seed, new=True,
    )  # fmt: skip
