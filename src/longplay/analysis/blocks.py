"""The last block of rounds minus the first, without what their questions do where orders allow it. No intervals."""

import numpy as np
import pandas as pd

from longplay.analysis.data import Data, Spans
from longplay.analysis.frames import Frame, matches
from longplay.analysis.items import BEFORE, COUNTED, PLACE, VALUES, collapse, pair
from longplay.analysis.subjects import ROUNDS_AN_ORDER, questions
from longplay.records import ROUNDS
from longplay.stats import Contrast, without_questions
from longplay.stats.intervals import Integers

_KEYS = [*PLACE, "item"]


def block_changes(data: Data, items: Frame, spans: Spans) -> Frame:
    """Pairs (see `items.pair`) with position and item -1, a row a unit, and whether it is `confounded`.

    By least squares with question effects (`stats.without_questions`) where several orders put the same questions into
    several blocks: then all blocks count, and `n` and `missing` are over them. Otherwise the difference of the two
    block means, in which questions and position are confounded.
    """
    marked = items.assign(block=items["position"], asked=items["item"], position=-1, item=-1)
    plain = _plain(marked, spans).assign(confounded=True)
    if plain.empty:
        return plain
    marked = marked.assign(question=_questions(data, marked))
    rows, of = matches(marked, plain, _KEYS)
    order = np.argsort(of, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(of[order])) + 1)
    scripts = plain["script"].astype(str).to_numpy()
    columns = {name: marked[name].to_numpy() for name in ("asked", "block", "question", *VALUES, *COUNTED)}
    found = [_free(columns, part, spans[ROUNDS, script]) for part, script in zip(parts, scripts, strict=True)]
    adjusted = [i for i, one in enumerate(found) if one is not None]
    return _replaced(plain, np.array(adjusted, dtype=np.int64), [one for one in found if one is not None])


def _plain(marked: Frame, spans: Spans) -> Frame:
    scripts = marked["script"].astype(str).map(lambda script: spans.get((ROUNDS, script), (-2, -2)))
    first, last = (np.array([span[end] for span in scripts], dtype=np.int64) for end in (0, 1))
    block = marked["block"].to_numpy()
    return pair(collapse(marked[block == last], _KEYS), collapse(marked[block == first], _KEYS), _KEYS)


def _free(columns: dict[str, np.ndarray], rows: Integers, span: tuple[int, int]) -> dict[str, float | int] | None:
    if len(np.unique(columns["asked"][rows] // ROUNDS_AN_ORDER)) == 1:
        return None
    value, lowest, highest, n, missing, flagged = (
        columns[name][rows] for name in ("value", "lowest", "highest", "n", "missing", "flagged")
    )
    question, block = columns["question"][rows], columns["block"][rows]
    found: Contrast | None = without_questions(value, (lowest, highest), question, block, span)
    if found is None:
        return None
    formed = found.value is not None
    # the first block's own mean has its questions in it, so that it says nothing of how far the change could go
    return {
        BEFORE: np.nan,
        "value": np.nan if found.value is None else found.value,
        "lowest": found.lowest,
        "highest": found.highest,
        "n": int(n.sum()) if formed else 0,
        "missing": int(missing.sum()),
        "flagged": int(flagged.sum()) if formed else 0,
        "dropped": 0 if formed else 1,
        "confounded": False,
    }


def _replaced(plain: Frame, rows: Integers, found: list[dict[str, float | int]]) -> Frame:
    if not len(rows):
        return plain
    new = pd.DataFrame(found)
    columns = {name: plain[name].to_numpy().copy() for name in new.columns}
    for name, column in columns.items():
        column[rows] = new[name].to_numpy()
    return plain.assign(**columns)


def _questions(data: Data, marked: Frame) -> Integers:
    """A number for the question of each round, one for questions of the same words."""
    tables, asked = data.tables, marked["asked"].to_numpy(np.int64)
    found = np.empty(len(asked), dtype=np.int64)
    for script in marked["script"].cat.categories:
        here = (marked["script"] == script).to_numpy()
        number = questions(tables, script, asked[here])
        words = tables.scripts[script].questions if script in tables.scripts else ()
        first = np.array([words.index(word) for word in words], dtype=np.int64)
        found[here] = np.where(number >= 0, first[np.maximum(number, 0)], number) if words else number
    return found
