"""What repeats say of means: the variance of an answer or verdict, and how many a mean rests on. Knows no effects."""

from typing import Any

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.frames import Frame, groups
from longplay.analysis.items import PLACE, collapse, item_means
from longplay.analysis.judge_time import without_late
from longplay.analysis.measuring import CELL
from longplay.analysis.noise_components import THINGS, hidden_variance, repeated, unmoved, variances
from longplay.analysis.scores import KEYS
from longplay.records import Place, Quantity
from longplay.records.estimates import Repeated
from longplay.stats import Answers, distinct_answers

_DRAWN: tuple[Repeated, ...] = ("answered", "judged")


class Cell(msgspec.Struct, frozen=True):
    """What is measured at one place."""

    source: str
    quantity: Quantity
    judge: str
    place: Place


class Noise(msgspec.Struct, frozen=True):
    """Variance between repeats and its interval, its df, and what is to be said where no repeat differed."""

    variance: float
    low: float
    high: float
    df: int
    said: str = ""


class Noises(msgspec.Struct, frozen=True):
    """`answered`, `judged`: by cell and position (None: over all positions). `answers`: by cell, replies and position,
    how many distinct answers a mean rests on."""

    answered: dict[tuple[Cell, int | None], Noise]
    judged: dict[tuple[Cell, int | None], Noise]
    answers: dict[tuple[Cell, str, int], float]


def noises(data: Data) -> Noises:
    """The variance of an answer is that of the mean of all its verdicts: one answer of the baseline, judged as each of
    several personas, is one answer. That of a verdict is of each alone."""
    scores = data.scores[~data.scores["remark"]]
    at_once = without_late(data, scores)
    answered, judged = (_of_kind(at_once, kind, data.level) for kind in _DRAWN)
    return Noises(answered, judged, _answers(data, scores) if answered else {})


def _of_kind(scores: Frame, kind: Repeated, level: float) -> dict[tuple[Cell, int | None], Noise]:
    again = repeated(scores, kind)
    found: dict[tuple[Cell, int | None], Noise] = {}
    if again.empty:
        return found
    if kind == "answered":
        again = collapse(_once(again), [*PLACE, *THINGS[kind], "again"])
    for keys in (CELL, KEYS):
        within = variances(again, keys, kind, level)
        rows = again.iloc[groups(again, keys).first].to_dict("records")
        for i, row in enumerate(rows):
            if within.df[i]:
                hidden = hidden_variance(within, i, row["quantity"], level)
                noise = Noise(
                    variance=float(within.variance[i]),
                    low=float(within.low[i]),
                    high=float(within.high[i]) if hidden is None else hidden,
                    df=int(within.df[i]),
                    said="" if hidden is None else unmoved(int(within.df[i]), level),
                )
                found[_cell(row), int(row["position"]) if keys is CELL else None] = noise
    return found


def _once(frame: Frame) -> Frame:
    """The baseline's answers once each, for whomever they were judged."""
    return frame.assign(unit=frame["unit"].where(frame["speaker"] == "persona", -1))


def _answers(data: Data, scores: Frame) -> dict[tuple[Cell, str, int], float]:
    found: dict[tuple[Cell, str, int], float] = {}
    for replies, some in (("all", scores), ("unflagged", scores[~scores["flagged"]])):
        items = item_means(some, ("order", "replicate", "again"))
        known = items[items["value"].notna()]
        cell, once = groups(known, CELL), _once(known)
        answer = ["order", "replicate", "again"]
        asked = Answers(
            value=known["value"].to_numpy(np.float64),
            thing=groups(once, [*PLACE, "item"]).code,
            answer=groups(once, [*PLACE, "item", *answer]).code,
            unit=groups(known, ["unit"]).code,
            cell=cell.code,
        )
        many = distinct_answers(asked, cell.size)
        for i, row in enumerate(known.iloc[cell.first].to_dict("records")):
            found[_cell(row), replies, int(row["position"])] = float(many[i])
        if data.items["unflagged"] is data.items["all"]:
            return found | {(cell, "unflagged", at): n for (cell, _, at), n in found.items()}
    return found


def _cell(row: dict[str, Any]) -> Cell:
    place = Place(row["model"], row["script"], row["speaker"], row["setting"])
    return Cell(row["source"], row["quantity"], row["judge"], place)
