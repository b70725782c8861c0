"""Facts that users stated, recalled so many rounds later. Knows no judge; the facts of cards have curves as all else.

Whether a model no longer finds what it was told, or finds it and does not act on it, is told by these beside fidelity.
"""

import msgspec
import numpy as np
from msgspec import UNSET

from longplay.analysis.data import Data, items_of
from longplay.analysis.estimating import BASELINE, PERSONAS, Framing, over_units
from longplay.analysis.frames import Frame, among, mapped
from longplay.analysis.subjects import ROUNDS_AN_ORDER, questions
from longplay.judging.quantities import part_of
from longplay.records import Estimate, Item
from longplay.stats.intervals import Integers

NAME = "recall-by-distance"
METHOD = "share of right answers so many rounds after the user stated the fact; interval over personas"
UNSAID = "not stated yet"
DISTANCES = (8, 32)
"""Rounds since the fact was stated, up to which answers are taken together."""


def recall(data: Data) -> list[Estimate]:
    """Recall of facts that users stated, by the rounds since: answers of all checkpoints and dialogues together. Before
    a fact is stated, and where the dialogue's script does not state it, an answer can only guess."""
    stated = {data.tables.names.code(item.id): item for item in data.tables.items.values() if item.stated is not UNSET}
    scores = data.scores
    scores = scores[among(scores["quantity"], lambda one: one.metric == "recall") & scores["item"].isin(list(stated))]
    if scores.empty:
        return []
    since, made = _since(data, scores, stated), list[Estimate]()
    for words, low, high in _bins():
        here = scores[(since >= low) & (since < high)]
        if here.empty:
            continue
        of = mapped(here["quantity"], lambda one, words=words: part_of(one, kind=words))
        items = items_of(here.assign(quantity=of, position=np.int32(-1)))["all"]
        framing = Framing(NAME, METHOD, PERSONAS, data.level, note=data.remark)
        nobody = items["speaker"] == "baseline"
        alone = msgspec.structs.replace(framing, target=BASELINE, intervals=False)
        made += [*over_units(items[~nobody], framing), *over_units(items[nobody], alone)]
    return made


def _bins() -> list[tuple[str, float, float]]:
    """The words for each distance, its least rounds and those at which the next begins."""
    edges = [0, *(end + 1 for end in DISTANCES)]
    found = [(UNSAID, -np.inf, 0.0)]
    for low, high in zip(edges, [*edges[1:], np.inf], strict=True):
        words = f"{low} to {high - 1:g} rounds later" if np.isfinite(high) else f"{low} rounds later or more"
        found.append((words, low, high))
    return found


def _since(data: Data, scores: Frame, stated: dict[int, Item]) -> np.ndarray:
    """Completed rounds since the fact of each answer was stated, less than 0 where it was not."""
    told = {
        (script, order): _rounds_of(data, script, order)
        for script in scores["script"].cat.categories
        for order in np.unique(scores["order"].to_numpy())
    }
    rows = zip(scores["script"].astype(str), scores["order"], scores["item"], scores["position"], strict=True)
    return np.array([_distance(told[script, order], stated[item], script, at) for script, order, item, at in rows])


def _distance(told: dict[int, int], item: Item, script: str, position: int) -> int:
    where = item.stated
    if where is UNSET or where.script != script or where.question - 1 not in told:
        return -1
    return position - told[where.question - 1]


def _rounds_of(data: Data, script: str, order: int) -> dict[int, int]:
    """By question of a script, from 0 as written: the round that asked it under an order."""
    rounds: Integers = np.arange(1, data.tables.study.dialogues.rounds + 1)
    places = questions(data.tables, script, order * ROUNDS_AN_ORDER + rounds)
    return {int(place): int(number) for place, number in zip(places, rounds, strict=True) if place >= 0}
