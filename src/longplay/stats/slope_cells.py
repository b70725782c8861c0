"""Scores of one metric in one condition, averaged within cells, and which variances can be told apart. Knows arrays."""

import msgspec
import numpy as np

from longplay.stats.intervals import Floats, Integers
from longplay.stats.mixed_likelihood import Term

ROUNDS_A_UNIT = 10.0  # slopes are per ten rounds
_DIGITS = 11


class Scores(msgspec.Struct, frozen=True, eq=False):
    """One metric of one condition; arrays of one length.

    score: NaN = missing; persona, dialogue (within its persona), item: integers; position: completed rounds. `answer`:
    which reply was scored, so that one that was judged once more counts no more; None where each was scored once.
    `questions`: the items are a dialogue's own rounds, each asked once a dialogue at a place of its own, not at every
    position.
    """

    score: Floats
    persona: Integers
    dialogue: Integers
    item: Integers
    position: Floats
    questions: bool = False
    answer: Integers | None = None


class Cells(msgspec.Struct, frozen=True, eq=False):
    """Means over items, one a dialogue and position (a round, for questions), every item counting alike.

    Of cells: persona, dialogue, item (of questions, else 0): codes from 0 on; position; x: ten rounds from their mean;
    `mean`. Of scores that are not missing: `cell`, `value`, `asked` (code of the item), `share` (of its cell).
    """

    persona: Integers
    dialogue: Integers
    item: Integers
    position: Floats
    x: Floats
    mean: Floats
    cell: Integers
    value: Floats
    asked: Integers
    share: Floats
    questions: bool

    @property
    def design(self) -> Floats:
        """(cells, 1 or 2): x and, where questions change places, the mean place of a cell's question.

        With the second column the first one's slope rests on the same question asked at different places alone: what
        questions differ in, and how they are ordered, drops out. Mundlak (1978), Econometrica 46(1).
        """
        if not self.questions:
            return self.x[:, None]
        place = (np.bincount(self.item, self.x) / np.maximum(np.bincount(self.item), 1))[self.item]
        both = np.column_stack((self.x, place - place.mean()))
        spread = (both**2).mean(axis=0)
        if spread[1] < 1e-9 * spread[0] or np.linalg.matrix_rank(both, tol=1e-6 * np.abs(both).max()) < 2:
            return self.x[:, None]
        return both

    @property
    def confounded(self) -> bool:
        """Whether every question stands at one place, so that places differ in their questions too."""
        return self.questions and self.design.shape[1] == 1

    @property
    def moving(self) -> int:
        """Personas seen at two positions or more: the units that a slope rests on."""
        pairs = np.unique(np.column_stack((self.persona, self.position)), axis=0)
        return int((np.bincount(pairs[:, 0].astype(np.int64)) > 1).sum()) if len(pairs) else 0

    @property
    def places(self) -> int:
        """Distinct positions."""
        return len(np.unique(self.position))

    def mean_within(self, values: Floats) -> Floats:
        """(cells,) means of one value a score."""
        return np.bincount(self.cell, self.share * values, len(self.mean)).astype(np.float64)

    def terms(self) -> list[Term]:
        """Random effects that the cells can tell apart: intercepts and slopes of personas, intercepts of dialogues and
        of questions.

        No slopes where two positions of one dialogue leave nothing to compare them with. That dialogues differ in slope
        too is seen in how personas do, each being a mean over its own.
        """
        ones = np.ones((len(self.mean), 1))
        both = np.column_stack((ones, self.x))
        personas, dialogues = (len(np.unique(codes)) for codes in (self.persona, self.dialogue))
        several, places = dialogues > personas, self.places
        found: list[Term] = []
        if personas > 1:
            found.append(Term("persona", self.persona, both if several or places > 2 else ones))
        if several:
            found.append(Term("dialogue", self.dialogue, ones))
        if self.questions and len(np.unique(self.item)) < len(self.mean):
            found.append(Term("question", self.item, ones))
        return found


def cells(scores: Scores) -> Cells:
    """What is not missing, averaged: verdicts within an answer, answers within an item, items within a cell.

    Answers before the dialogue belong to a persona, not to one of its several dialogues.
    """
    known = ~np.isnan(scores.score)
    value, position = scores.score[known], scores.position[known].astype(np.float64)
    _, persona = np.unique(scores.persona[known], return_inverse=True)
    _, asked = np.unique(scores.item[known], return_inverse=True)
    own = scores.dialogue[known].astype(np.int64)
    if not scores.questions:
        own = np.where(position == 0, own.min(initial=0) - 1, own) if len(np.unique(own)) > 1 else own
    _, dialogue = _codes(persona, own)
    places, place = np.unique(position, return_inverse=True)
    first, cell = _codes(dialogue, place)
    size, items = len(first), int(asked.max(initial=-1)) + 1
    pair = cell * items + asked
    weight = np.ones(len(pair))
    if scores.answer is not None:
        _, reply = _codes(pair, scores.answer[known].astype(np.int64))
        weight = 1 / np.bincount(reply)[reply]
    whole = np.bincount(pair, weight, size * items)
    held = np.count_nonzero(whole.reshape(size, items), axis=1)
    share = weight / (whole[pair] * held[cell])
    position = places[place[first]]
    return Cells(
        persona=persona[first],
        dialogue=dialogue[first],
        item=asked[first] if scores.questions else np.zeros(size, dtype=np.int64),
        position=position,
        x=(position - position.mean()) / ROUNDS_A_UNIT if size else position,
        # without what the order of rows leaves in a sum, from which a search for variances could take another way
        mean=np.round(np.bincount(cell, share * value, size).astype(np.float64), _DIGITS),
        cell=cell,
        value=value,
        asked=asked,
        share=share,
        questions=scores.questions,
    )


def _codes(one: Integers, other: Integers) -> tuple[Integers, Integers]:
    """First row of each pair of values, and each row's pair, numbered."""
    lowest = int(other.min(initial=0))
    packed = one * (int(other.max(initial=0)) - lowest + 1) + (other - lowest)
    _, first, code = np.unique(packed, return_index=True, return_inverse=True)
    return first, code
