"""The change between two blocks of rounds without what their questions do. Knows arrays only."""

import msgspec
import numpy as np

from longplay.stats.intervals import Floats, Integers

_TOLERANCE = 1e-8


class Contrast(msgspec.Struct, frozen=True):
    """A contrast of block effects and its worst-case bounds; None in `value` where it cannot be estimated."""

    value: float | None
    lowest: float
    highest: float
    n: int


def without_questions(
    value: Floats, bounds: tuple[Floats, Floats], question: Integers, block: Integers, ends: tuple[int, int]
) -> Contrast | None:
    """Effect of block ends[1] - that of ends[0] by least squares with an effect for each question and each block.

    value: (k,) NaN = missing; bounds: the lowest and highest that each value can be. One row a question of an order.
    A question that stands in several blocks in different orders tells the blocks apart; one that stands in a single
    block tells nothing (analysis of covariance with fixed question effects; Scheffe 1959, chapter 4). None where even
    with every value known the blocks are not connected through questions.
    """
    every = _weights(question, block, ends)
    if every is None:
        return None
    low, high = bounds
    lowest = float(np.where(every > 0, every * low, every * high).sum())
    highest = float(np.where(every > 0, every * high, every * low).sum())
    known = ~np.isnan(value)
    weights = every if known.all() else _weights(question[known], block[known], ends)
    n = int(known.sum())
    found = None if weights is None else float(weights @ value[known])
    return Contrast(found, lowest, highest, n)


def _weights(question: Integers, block: Integers, ends: tuple[int, int]) -> Floats | None:
    """What each value counts in the contrast; None where it cannot be estimated."""
    questions, of_question = np.unique(question, return_inverse=True)
    blocks, of_block = np.unique(block, return_inverse=True)
    if not np.isin(ends, blocks).all():
        return None
    counts = np.zeros((len(questions), len(blocks)))
    np.add.at(counts, (of_question, of_block), 1.0)
    shares = counts / counts.sum(axis=1, keepdims=True)
    normal = np.diag(counts.sum(axis=0)) - counts.T @ shares
    wanted = (blocks == ends[1]).astype(np.float64) - (blocks == ends[0])
    solved = np.linalg.pinv(normal, hermitian=True) @ wanted
    if np.abs(normal @ solved - wanted).max() > _TOLERANCE * len(questions):
        return None
    return solved[of_block] - (shares @ solved)[of_question]
