"""Means at every checkpoint and block of rounds, for each model, script, condition and quantity. Knows no contrasts."""

import msgspec

from longplay.analysis.answering import answered
from longplay.analysis.baselines import Apart
from longplay.analysis.data import Data, missing_reasons
from longplay.analysis.estimating import (
    BASELINE,
    PERSONAS,
    Framing,
    Reasons,
    joined,
    over_own_dialogues,
    over_units,
    present,
)
from longplay.analysis.frames import Frame
from longplay.analysis.measuring import banded, measure
from longplay.records import Estimate

OVER_PERSONAS = "mean of persona means; Korn-Graubard interval over personas"
OVER_DRAWS = "mean of dialogue draw means; Korn-Graubard interval over draws"
BEFORE = "before the dialogue: no dialogues to rest an interval on"


def curves(data: Data) -> list[Estimate]:
    """Mean of unit means at every position. Remarks are part of their blocks here."""
    found: list[Estimate] = []
    for replies, items in data.items.items():
        scores = data.scores if replies == "all" else data.scores[~data.scores["flagged"]]
        seed = data.tables.study.seed
        framing = Framing("curves", OVER_PERSONAS, PERSONAS, data.level, replies, note=data.remark, seed=seed)
        found += means(items, Apart(data.cells[replies], answered(data, replies)), framing, missing_reasons(scores))
    return found


def means(items: Frame, apart: Apart, framing: Framing, reasons: Reasons) -> list[Estimate]:
    """Estimates of item means; `apart`: those of questions with dialogues and answers apart.

    A baseline judged against each persona has a value per persona, and what its dialogues vary in its interval. One
    whose judge is blind has none: its interval is over its own dialogue draws, and before the dialogue there is no
    interval, as all draws share that prefix.
    """
    draws = msgspec.structs.replace(framing, method=OVER_DRAWS, target=BASELINE, cluster="dialogue draw")
    start = msgspec.structs.replace(draws, intervals=False, note=joined(BEFORE, framing.note))
    blind, before = items["unit"] < 0, items["position"] == 0
    spoken = items["speaker"] == "baseline"
    return [
        *over_own_dialogues(items[spoken & ~blind], apart, framing, reasons),
        *_curve(items[~spoken & ~blind], msgspec.structs.replace(framing, new=True), reasons),
        *_curve(items[blind & ~before], draws, reasons),
        *over_units(items[blind & before], start, reasons),
    ]


def _curve(items: Frame, framing: Framing, reasons: Reasons) -> list[Estimate]:
    """With a band over the positions of each curve, where the framing names the seed for it."""
    if items.empty or framing.seed is None:
        return over_units(items, framing, reasons)
    return present(banded(measure(items, framing.level), framing.level, framing.seed), framing, reasons)
