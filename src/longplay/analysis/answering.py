"""What answering once more would change in the baseline's mean, which all its personas share. Makes no estimates."""

import msgspec
import numpy as np

from longplay.analysis.changes import DIALOGUE
from longplay.analysis.data import Data, Replies
from longplay.analysis.frames import Frame, groups
from longplay.analysis.measuring import CELL
from longplay.analysis.scores import KEYS
from longplay.stats import Answers, Variance, answer_variance, shared_weight
from longplay.stats.intervals import ROUNDING, Flags, Floats, Integers

AGAIN = [*DIALOGUE, "again"]
FEWEST_DF = 4  # with fewer repeats at one position those of others are taken
_THING = [*CELL, "item", *DIALOGUE]


class Answering(msgspec.Struct, frozen=True, eq=False):
    """One row a cell (CELL in `cells`): what answering adds to the variance of a mean over personas, NaN where nothing
    was repeated; how many `items` there are, the mean number of `answers` to one, and whether personas are `sharing`
    answers: one of which each has its own adds nothing to their spread."""

    cells: Frame
    variance: Variance
    items: Integers
    answers: Floats
    sharing: Flags


def answered(data: Data, replies: Replies) -> Answering:
    """`answering` of all that the baseline was asked, found once."""
    if ("answered", replies) not in data.kept:
        data.kept["answered", replies] = answering(data.asked[replies])
    return data.kept["answered", replies]


def answering(answers: Frame) -> Answering:
    """Of the baseline's means at each position. answers: CELL, unit, item, AGAIN, value; each answer apart.

    The variance of one answer is pooled within items over those that were answered again at the position, after the
    same dialogue. Where these are few, over all positions after the start, then over all; where nothing was answered
    again, over the dialogues in which the same was asked.
    """
    spoken = answers[(answers["speaker"] == "baseline") & answers["value"].notna()]
    before = (spoken["position"] == 0).to_numpy()
    spoken = spoken.assign(  # before the dialogue there are no dialogues to tell apart
        unit=spoken["unit"].where(spoken["unit"] >= 0, -1), replicate=spoken["replicate"].where(~before, 0)
    )
    cell, curve = groups(spoken, CELL), groups(spoken, KEYS)
    asked = _answers(spoken, _THING, cell.code)
    variance, df = _parts(answer_variance(asked, cell.size))
    at_start, of = before[cell.first], curve.code[cell.first]
    wider = (
        (_answers(spoken[~before], _THING, curve.code[~before]), ~at_start),
        (_answers(spoken, _THING, curve.code), np.ones(cell.size, dtype=bool)),
        (_answers(spoken, [*CELL, "item", "order"], curve.code), np.ones(cell.size, dtype=bool)),
    )
    for some, allowed in wider:
        more, more_df = (part[of] for part in _parts(answer_variance(some, curve.size)))
        better = allowed & (df < FEWEST_DF) & (more_df > df)
        variance, df = np.where(better, more, variance), np.where(better, more_df, df)
    weight = shared_weight(asked, cell.size)
    sharing = weight > ROUNDING
    shared = Variance(np.where(sharing, variance * weight, 0.0), np.where(df > 0, df, np.nan))
    each, item = groups(spoken, [*_THING, "again"]), groups(spoken, [*CELL, "item"])
    items = np.bincount(cell.code[item.first], minlength=cell.size)
    many = np.bincount(cell.code[each.first], minlength=cell.size) / items
    return Answering(spoken[CELL].take(cell.first), shared, items, many, sharing)


def _answers(spoken: Frame, thing: list[str], cell: Integers) -> Answers:
    return Answers(
        value=spoken["value"].to_numpy(np.float64),
        thing=groups(spoken, thing).code,
        answer=groups(spoken, [*_THING, "again"]).code,
        unit=groups(spoken, ["unit"]).code,
        cell=cell,
    )


def _parts(found: Variance) -> tuple[Floats, Floats]:
    return found.variance, np.nan_to_num(found.df)
