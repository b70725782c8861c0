"""Contrasts between scripts, models, versions of a persona and policies, at each position and of drift. No baseline."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import msgspec

from longplay.analysis.changes import last_first, last_first_dialogues
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, Framing, for_replies, joined, present
from longplay.analysis.frames import Frame, constant, equals, stack
from longplay.analysis.items import BEFORE, COUNTED, PLACE, VALUES, collapse, pair
from longplay.analysis.measuring import banded, measure
from longplay.records import PLAIN, ROUNDS, Estimate

KINDS = ("script", "model", "version", "policy")
AT = "one {kind} - another, paired by persona, item and order; t interval over personas"
DRIFT = (
    "change from first to last under one {kind} - that under another, paired by persona, item and order; t interval "
    "over personas"
)
QUESTIONS = "the scripts' rounds are other questions: paired by persona and order alone"
PAIRED = [*PLACE, "item", "order"]  # what two sides are paired by
# what a setting is held against
_WITHOUT = {
    "policy": {"play_policy": PLAIN.play_policy, "ask_policy": PLAIN.ask_policy},
    "version": {"version": PLAIN.version},
}


MOST = 12  # scripts; imported transcripts are a script each


class Sides(msgspec.Struct, frozen=True, eq=False):
    """Two frames whose rows match, once both have the same `column`: the left one's value, and the right one's."""

    one: Frame
    other: Frame
    column: str
    left: Any
    right: Any
    note: str = ""


def between(data: Data) -> list[Estimate]:
    """What personas do under one script, model, version or policy, minus what they do under another: each pair of
    scripts (of MOST at most) and models, each version and policy against the plain one. A persona-directed script
    stands before others.

    Before the dialogue scripts share their answers, so there is nothing to contrast.
    """
    return for_replies(data, lambda replies: _between(data, replies))


def _between(data: Data, replies: Replies) -> list[Estimate]:
    kinds = [kind for kind in KINDS if kind in data.tables.study.analysis.contrasts]
    frames = (_levels(data, replies), drifts(data, replies)) if kinds else ()
    return [estimate for kind in kinds for estimate in _contrasts(data, replies, kind, frames)]


def _levels(data: Data, replies: Replies) -> Frame:
    cells = data.cells[replies]
    return collapse(cells[cells["speaker"] == "persona"], PAIRED)


def drifts(data: Data, replies: Replies) -> Frame:
    """Changes of answers by item and order; of rounds, whose question effects are removed over orders, by persona."""
    moved, whole = last_first_dialogues(data, replies), last_first(data, replies)
    answers = collapse(moved[(moved["speaker"] == "persona") & (moved["item"] >= 0)], PAIRED)
    rounds = whole[(whole["speaker"] == "persona") & (whole["item"] < 0)].assign(order=0)
    return stack([answers, collapse(rounds, PAIRED)])


def _contrasts(data: Data, replies: Replies, kind: str, frames: tuple[Frame, ...]) -> list[Estimate]:
    found: list[Estimate] = []
    seed = data.tables.study.seed
    for frame, method in zip(frames, (AT, DRIFT), strict=True):
        for sides in _sides(data, kind, frame):
            pairs = pair(sides.one, sides.other, PAIRED)
            if pairs.empty:
                continue
            framing = Framing(
                f"{kind}-contrast",
                method.format(kind=kind),
                PERSONAS,
                data.level,
                replies,
                {sides.column: sides.right},
                spans=_spans(data, sides),
                note=joined(sides.note, data.remark),
                tests=True,
                seed=seed,
            )
            measured = measure(pairs, data.level)
            found += present(banded(measured, data.level, seed) if method == AT else measured, framing)
    return found


def _spans(data: Data, sides: Sides) -> dict[tuple[str, str], tuple[int, int]]:
    """Those of the study, and of a pair of scripts the span of the first where the second has the same."""
    if sides.column != "script":
        return data.spans
    here = {place: span for place, span in data.spans.items() if place[1] == sides.left}
    return {place: span for place, span in here.items() if data.spans.get((place[0], sides.right)) == span}


def _sides(data: Data, kind: str, frame: Frame) -> Iterator[Sides]:
    if kind == "script":
        yield from _scripts(data, frame)
    elif kind == "model":
        names = [model.title for model in data.tables.study.models]
        for one, other in combinations([name for name in names if name in frame["model"].cat.categories], 2):
            yield named_sides(frame, "model", one, other)
    else:
        for setting in frame["setting"].cat.categories:
            plain = msgspec.structs.replace(setting, **_WITHOUT[kind])
            if plain != setting:
                yield named_sides(frame, "setting", setting, plain)


def _scripts(data: Data, frame: Frame) -> Iterator[Sides]:
    known = data.tables.scripts
    names = [name for name in data.tables.study.dialogues.scripts if name in frame["script"].cat.categories]
    names.sort(key=lambda name: not (name in known and known[name].kind == "persona-directed"))
    later = frame[frame["position"] != 0]
    rounds = later["source"] == ROUNDS
    whole = collapse(later[rounds].assign(item=-1), PAIRED)
    for one, other in _pairs(names):
        yield named_sides(later[~rounds], "script", one, other)
        yield msgspec.structs.replace(named_sides(whole, "script", one, other), note=QUESTIONS)


def _pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every pair; of more than MOST names none, as there would be more contrasts than anyone asked about."""
    return combinations(names if len(names) <= MOST else (), 2)


def named_sides(frame: Frame, column: str, one: Any, other: Any) -> Sides:
    """Both sides with the left one's value in the column that tells them apart, so that they match."""
    here, there = frame[equals(frame[column], one)], frame[equals(frame[column], other)]
    columns = [*PAIRED, *VALUES, *COUNTED, *([BEFORE] if BEFORE in frame else [])]
    shared = {column: constant(one, len(here))}, {column: constant(one, len(there))}
    return Sides(here[columns].assign(**shared[0]), there[columns].assign(**shared[1]), column, one, other)
