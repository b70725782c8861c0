"""What asking the same once more would change in a mean, where units share answers. Knows arrays only.

One answer may be scored once for every unit (a baseline's answer judged as each persona). What that answer has by
chance is then in the means of all these units alike, and a spread between units does not show it.
"""

import msgspec
import numpy as np

from longplay.stats.intervals import Flags, Floats, Integers, unrounded
from longplay.stats.satterthwaite import Variance, added


class Answers(msgspec.Struct, frozen=True, eq=False):
    """Scores of answers, (k,) each. `thing`: what was answered, `answer`: which answer of it, `unit`: whom the score is
    for, `cell`: the table it counts for; codes from 0 on, an answer of one thing, a thing in one cell."""

    value: Floats
    thing: Integers
    answer: Integers
    unit: Integers
    cell: Integers


def answer_variance(answers: Answers, size: int) -> Variance:
    """Variance of one answer about the mean of all answers to its thing, pooled over the things of each of `size`
    cells; without what scoring adds for single units. NaN where no thing has two answers.

    An analysis of variance of answers crossed with units within things: (between answers - rest) / units, df by
    Satterthwaite; 0 where the rest is the greater. NaN values are left out.
    """
    known = ~np.isnan(answers.value)
    value = answers.value[known]
    thing, answer, unit, cell = (part[known] for part in (answers.thing, answers.answer, answers.unit, answers.cell))
    of_thing, of_answer = _per(answer, thing), _per(unit, thing)
    crossed = _sums(cell, of_answer[thing] > 1, size) > 0
    used = (of_thing[thing] > 1) & ((of_answer[thing] > 1) | ~crossed[cell])
    value, thing, answer, unit, cell = value[used], thing[used], answer[used], unit[used], cell[used]
    left = unrounded(value - _mean(value, _paired(thing, unit)), value)
    answer = np.unique(answer, return_inverse=True)[1]
    shared = _mean(left, answer)
    each = 1 / np.bincount(answer)[answer] if len(answer) else np.zeros(0)
    between, rest = _sums(cell, shared**2 * each, size), _sums(cell, (left - shared) ** 2, size)
    scores, many = _sums(cell, np.ones(len(cell)), size), np.rint(_sums(cell, each, size))
    things, pairs = (_distinct(part, cell, size).astype(np.float64) for part in (thing, _paired(thing, unit)))
    df, rest_df = many - things, scores - many - pairs + things
    units = np.divide(scores, many, out=np.ones(size), where=many > 0)
    return less_rest(_over(between, df), df, _over(rest, rest_df * units), rest_df, several=units > 1)


def less_rest(whole: Floats, df: Floats, rest: Floats, rest_df: Floats, *, several: np.ndarray) -> Variance:
    """whole - rest where there are `several` units, with Satterthwaite's df; 0 where the rest is the greater.

    NaN where `whole` has no df. With one unit the rest cannot be told from the whole, which then stands.
    """
    usable = df > 0
    less = np.where(several & (rest_df > 0) & (whole > rest), rest, 0.0)
    found = added([np.where(usable, whole, 0.0), -less], [df, np.where(less > 0, rest_df, np.nan)])
    nothing = several & (less == 0) & (rest > 0)
    variance = np.where(nothing, 0.0, np.where(less > 0, found.variance, whole))
    return Variance(np.where(usable, variance, np.nan), np.where(usable, np.where(less > 0, found.df, df), np.nan))


def shared_weight(answers: Answers, size: int) -> Floats:
    """What one unit of an answer's variance adds to the variance of a mean over units beyond what their spread shows.

    A unit's mean is over its things, each the mean of its answers. The weight is the mean over pairs of units of the
    products of their weights on the same answers: 1 / (things x answers) where all units share all answers, 0 where
    none shares any. With one unit it is that of the unit's own mean. Size: (cells,).
    """
    answer, unit, cell, each = _weights(answers)
    together, alone = _squared(answer, cell, each, size), _sums(cell, each**2, size)
    units = _distinct(unit, cell, size)
    return np.where(units > 1, _over(together - alone, units * (units - 1.0)), together)


def distinct_answers(answers: Answers, size: int) -> Floats:
    """How many answers a mean over units rests on: an answer's variance over this number is what answering adds to the
    variance of the mean. An answer counts once for how many units it may be scored; 0 where there is none."""
    answer, unit, cell, each = _weights(answers)
    return _over(_distinct(unit, cell, size).astype(np.float64) ** 2, _squared(answer, cell, each, size))


def _weights(answers: Answers) -> tuple[Integers, Integers, Integers, Floats]:
    """answer, unit, cell of each score, and its weight in its unit's mean: alike over things, then over answers."""
    known = ~np.isnan(answers.value)
    thing, answer, unit, cell = (part[known] for part in (answers.thing, answers.answer, answers.unit, answers.cell))
    if not len(cell):
        return answer, unit, cell, np.zeros(0)
    whose, pair = _paired(cell, unit), _paired(thing, unit)
    scores = np.bincount(_paired(answer, unit))[_paired(answer, unit)]
    return answer, unit, cell, 1 / (_per(pair, whose)[whose] * _per(answer, pair)[pair] * scores)


def _squared(answer: Integers, cell: Integers, each: Floats, size: int) -> Floats:
    """Squares of the weights of answers, summed over each cell."""
    if not len(answer):
        return np.zeros(size)
    many = int(answer.max()) + 1
    whole, of = _sums(answer, each, many), np.zeros(many, dtype=np.int64)
    of[answer] = cell
    return _sums(of, whole**2, size)


def _mean(value: Floats, group: Integers) -> Floats:
    """Of each row: the mean of its group."""
    return (np.bincount(group, value) / np.maximum(np.bincount(group), 1))[group] if len(value) else value


def _per(one: Integers, other: Integers) -> Integers:
    """How many different ones each other has."""
    if not len(one):
        return np.zeros(0, dtype=np.int64)
    return _distinct(one, other, int(other.max()) + 1)


def _distinct(one: Integers, other: Integers, size: int) -> Integers:
    if not len(one):
        return np.zeros(size, dtype=np.int64)
    many = int(one.max()) + 1
    return np.bincount(np.unique(other * many + one) // many, minlength=size)


def _paired(one: Integers, other: Integers) -> Integers:
    return np.unique(one * (int(other.max()) + 1) + other, return_inverse=True)[1] if len(one) else one


def _sums(group: Integers, value: Floats | Flags, size: int) -> Floats:
    return np.bincount(group, value, size).astype(np.float64)  # integers where nothing is given


def _over(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
