"""Whether a judge changed while a run went on: what it says of the same early texts among the last, minus at first.

Such texts are the early part of the noise sample; see `Experiment.judged_late`. Knows no drift of texts.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import PERSONAS, Framing, joined, over_units
from longplay.analysis.frames import Frame, groups
from longplay.analysis.items import item_means, pair
from longplay.analysis.scores import KEYS
from longplay.analysis.subjects import ROUNDS_AN_ORDER
from longplay.records import ROUNDS, Contrast, Estimate, Quantity
from longplay.stats.intervals import Flags

JUDGE_TIME = "judge-over-time"
METHOD = "the same early texts judged again among the last, minus when they came in; t interval over personas"
STEADY = "the judge scores early texts alike when it sees them again among the last"
CHANGED = "the judge changed: early texts score {} when it sees them again among the last"
UNSURE = "early texts score {} when the judge sees them again among the last, without an interval"
_BESIDE = frozenset(("drift", "early", "gap-drift"))
_TEXT = ("order", "replicate", "again")


def judge_time(data: Data) -> list[Estimate]:
    """Of each quantity of what personas and the baseline said; nothing where no early text was judged late."""
    if not _waited(data):
        return []
    scores = _judged_twice(data, data.scores)
    if scores.empty:
        return []
    means = item_means(scores, (*_TEXT, "repeat"))
    late, first = (means[means["repeat"] == one].drop(columns="repeat") for one in (1, 0))
    pairs = pair(late, first, [*KEYS, "unit", "item", *_TEXT])
    pairs = pairs.assign(position=scores["position"].to_numpy()[:1].repeat(len(pairs)), remark=False)
    framing = Framing(JUDGE_TIME, METHOD, PERSONAS, data.level, "all", note=data.remark)
    nobody = pairs["unit"] < 0
    return [
        *over_units(pairs[~nobody], framing),
        *over_units(pairs[nobody], msgspec.structs.replace(framing, intervals=False)),
    ]


def without_late(data: Data, scores: Frame) -> Frame:
    """The scores without second judgements of early texts that waited for the last ones: they differ from the first by
    what the judge changed meanwhile too, so they are no repeats of its noise."""
    if not _waited(data):
        return scores
    return scores[~(_early(data, scores) & (scores["repeat"].to_numpy() > 0))]


def _waited(data: Data) -> bool:
    return data.tables.judged_late and data.tables.study.judging.repeats <= 1


def _early(data: Data, scores: Frame) -> Flags:
    """Which scores are of the first position."""
    first = data.tables.study.checkpoints[0]
    rounds = (scores["source"] == ROUNDS).to_numpy()
    number = scores["item"].to_numpy() % ROUNDS_AN_ORDER
    return np.where(rounds, number == max(1, first), scores["position"].to_numpy() == first).astype(np.bool_)


def _judged_twice(data: Data, scores: Frame) -> Frame:
    """The scores of early texts that were judged twice."""
    early = scores[_early(data, scores)]
    code = groups(early, [*KEYS, "unit", "item", *_TEXT, "seen"]).code
    twice = np.bincount(code, weights=early["repeat"].to_numpy() == 1, minlength=1) > 0
    return early[twice[code]]


def beside_drift(estimates: list[Estimate]) -> list[Estimate]:
    """The estimates, changes over the dialogue among them with what the judge's own change was."""
    known: dict[tuple[Quantity, str, str, Contrast], Estimate] = {
        (e.quantity, e.source, e.judge, e.of): e for e in estimates if e.analysis == JUDGE_TIME and e.value is not None
    }
    return [_beside(e, known) if known and e.analysis in _BESIDE else e for e in estimates]


def _beside(e: Estimate, known: dict[tuple[Quantity, str, str, Contrast], Estimate]) -> Estimate:
    judge = known.get((e.quantity, e.source, e.judge, Contrast(e.place)))
    if judge is None or judge.value is None:
        return e
    said = _number(judge)
    if judge.low is None or judge.high is None:
        return msgspec.structs.replace(e, note=joined(e.note, UNSURE.format(said)))
    if judge.low * judge.high <= 0:
        return msgspec.structs.replace(e, note=joined(e.note, f"{STEADY}: {said}"))
    return msgspec.structs.replace(e, warning=joined(e.warning, CHANGED.format(said)))


def _number(e: Estimate) -> str:
    ends: Sequence[float | None] = (e.low, e.high)
    known = [f"{one:+.2g}" for one in ends if one is not None]
    return f"{e.value:+.2g}" + (f" [{', '.join(known)}]" if len(known) == 2 else "")
