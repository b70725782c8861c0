"""Scores of every metric and condition as slopes need them: dialogues apart, rounds by question. Fits nothing."""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.frames import Frame, among, groups
from longplay.analysis.items import item_means
from longplay.analysis.scores import KEYS
from longplay.analysis.subjects import ROUNDS_AN_ORDER, questions
from longplay.analysis.tables import Tables
from longplay.judging.quantities import COMPOSITES
from longplay.records import ROUNDS
from longplay.stats import Scores

_COLUMNS = ["position", "dialogue", "unit", "item", "value", "n", "missing", "flagged"]


class Observed(msgspec.Struct, frozen=True, eq=False):
    """All scores of one metric in one condition of the personas. `row`: KEYS; `span`: first and last position."""

    row: dict[str, Any]
    scores: Scores
    span: tuple[int, int]
    n: int
    missing: int
    flagged: int


def observed(data: Data, scores: Frame) -> Iterator[Observed]:
    """Scores of personas, remarks left out, by KEYS; the composites of the fidelity metrics among them."""
    kept = scores[(scores["speaker"] == "persona").to_numpy() & (scores["unit"] >= 0) & ~scores["remark"]]
    if kept.empty:
        return
    composed = {part for of in COMPOSITES.values() for part in of}
    parts = kept[among(kept["quantity"], composed.__contains__)]
    yield from _by_keys(data.tables, _single(kept))
    if len(parts):
        means = item_means(parts, ("dialogue",))
        yield from _by_keys(data.tables, means[among(means["quantity"], COMPOSITES.__contains__)])


def _single(scores: Frame) -> Frame:
    gone = np.isnan(scores["score"].to_numpy())
    counts = {"n": (~gone).astype(np.int64), "missing": gone.astype(np.int64)}
    return scores.rename(columns={"score": "value"}).assign(**counts, flagged=scores["flagged"].to_numpy() & ~gone)


def _by_keys(tables: Tables, frame: Frame) -> Iterator[Observed]:
    if frame.empty:
        return
    found = groups(frame, KEYS)
    rows = frame[KEYS].take(found.first).to_dict("records")
    order = np.argsort(found.code, kind="stable")
    columns = {name: frame[name].to_numpy()[order] for name in (*_COLUMNS, "subject") if name in frame}
    ends = np.cumsum(np.bincount(found.code))
    for i, row in enumerate(rows):
        some = slice(ends[i - 1] if i else 0, ends[i])
        yield _one(tables, row, {name: column[some] for name, column in columns.items()})


def _one(tables: Tables, row: dict[str, Any], columns: dict[str, np.ndarray]) -> Observed:
    of_rounds = row["source"] == ROUNDS
    item, position = columns["item"].astype(np.int64), columns["position"].astype(np.float64)
    if of_rounds:
        position, item = (item % ROUNDS_AN_ORDER).astype(np.float64), questions(tables, row["script"], item)
    return Observed(
        row=row,
        scores=Scores(
            score=columns["value"].astype(np.float64),
            persona=columns["unit"].astype(np.int64),
            dialogue=columns["dialogue"].astype(np.int64),
            item=item,
            position=position,
            questions=of_rounds,
            answer=columns["subject"].astype(np.int64) if "subject" in columns else None,
        ),
        span=(int(position.min()), int(position.max())),
        n=int(columns["n"].sum()),
        missing=int(columns["missing"].sum()),
        flagged=int(columns["flagged"].sum()),
    )
