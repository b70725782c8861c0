"""Last checkpoint minus first, paired by item; last block of rounds minus first; early change. Knows no baseline."""

import msgspec

from longplay.analysis.answering import answered
from longplay.analysis.baselines import Apart
from longplay.analysis.changes import changes, dialogue_changes, last_first, last_first_dialogues
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import (
    BASELINE,
    PERSONAS,
    Framing,
    for_replies,
    joined,
    over_own_dialogues,
    over_units,
    present,
)
from longplay.analysis.frames import Frame
from longplay.analysis.measuring import measure
from longplay.analysis.over_items import with_items
from longplay.records import ROUNDS, Estimate

PAIRED = "last checkpoint - first, paired by item within persona; t interval over personas and items"
BLOCKS = "last block of rounds - first, remarks left out; t interval over personas"
FREE = "last block of rounds - first, remarks left out, question effects removed over orders; t interval over personas"
EARLY = "last checkpoint up to round 8 - first, paired by item within persona; t interval over personas and items"
CONFOUNDED = "one order: the blocks differ in their questions too"
IMPORTED = "the dialogues are as their source has them: early and late rounds differ in their questions too"
UNCONNECTED = "the orders put no question into both blocks or between them: the blocks differ in their questions too"
ONE_BASELINE = "one baseline: no personas to rest an interval on"


def one_order(data: Data) -> str:
    """What is to be said of changes between rounds where each question stands in one place; empty where orders vary."""
    dialogues = data.tables.study.dialogues
    if len(dialogues.orders) > 1:
        return ""
    return IMPORTED if dialogues.imported else CONFOUNDED


def drift(data: Data) -> list[Estimate]:
    """Change from the first position to the last, in units of the metric; answers and rounds apart."""
    kept = data.kept.setdefault(("drift", "all"), [])
    if not kept:
        kept.extend(for_replies(data, lambda replies: _last_first(data, replies)))
    return list(kept)


def _last_first(data: Data, replies: Replies) -> list[Estimate]:
    pairs = last_first(data, replies)
    rounds, confounded = pairs["source"] == ROUNDS, pairs["confounded"]
    dialogues = Apart(last_first_dialogues(data, replies), answered(data, replies), data.spans)
    framing = Framing("drift", PAIRED, PERSONAS, data.level, replies, spans=data.spans, note=data.remark, tests=True)
    note = joined(one_order(data) or UNCONNECTED, data.remark)
    mixed = msgspec.structs.replace(framing, method=BLOCKS, note=note, confounded=True)
    return [
        *_estimates(pairs[~rounds], dialogues, framing),
        *_estimates(pairs[rounds & ~confounded], dialogues, msgspec.structs.replace(framing, method=FREE)),
        *_estimates(pairs[rounds & confounded], dialogues, mixed),
    ]


def early(data: Data) -> list[Estimate]:
    """Change of answers within the first rounds (`Data.early`): many roles wear off soon or not at all."""
    if "early" not in data.tables.study.analysis.contrasts:
        return []
    return for_replies(data, lambda replies: _early(data, replies))


def _early(data: Data, replies: Replies) -> list[Estimate]:
    pairs = changes(data, data.without_remarks(replies), data.early)
    dialogues = Apart(dialogue_changes(data.cells[replies], data.early), answered(data, replies), data.early)
    framing = Framing("early", EARLY, PERSONAS, data.level, replies, spans=data.early, note=data.remark, tests=True)
    return _estimates(pairs, dialogues, framing)


def _estimates(pairs: Frame, dialogues: Apart, framing: Framing) -> list[Estimate]:
    note = joined(ONE_BASELINE, framing.note)
    blind = msgspec.structs.replace(framing, target=BASELINE, intervals=False, note=note)
    nobody, spoken = pairs["unit"] < 0, pairs["speaker"] == "baseline"
    return [
        *over_own_dialogues(pairs[spoken & ~nobody], dialogues, framing),
        *over_personas(pairs[~spoken], msgspec.structs.replace(framing, new=True)),
        *over_units(pairs[nobody], blind),
    ]


def over_personas(pairs: Frame, framing: Framing) -> list[Estimate]:
    """Estimates of changes for personas asked items like these."""
    if pairs.empty:
        return []
    return present(with_items(measure(pairs, framing.level), pairs, framing.target, framing.level), framing)
