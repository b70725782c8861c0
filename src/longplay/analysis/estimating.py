"""Item means or pairs -> mean over units, interval, bounds, note: one Estimate a cell. Reads no tables."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from longplay.analysis.data import Replies
from longplay.analysis.frames import Frame, groups
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.quantities import quantity
from longplay.analysis.scores import KEYS
from longplay.records import Estimate
from longplay.stats import FEWEST_CLUSTERS, Intervals, t_intervals

PERSONAS = "personas like these"
AGAINST_BASELINE = "personas like these, against this baseline"
BASELINE = "this baseline, dialogues drawn like these"
RUN = "this run"
_CELL = [*KEYS, "position"]
_NO_WIDTH = 1e-12


class Framing(msgspec.Struct, frozen=True):
    """How an analysis presents its numbers. `condition`: in place of the speaker, for contrasts between speakers.

    `spans`: first and last position by (source, script), for contrasts over the dialogue. `intervals`: False where the
    units carry no variance that the target has; `note` says why.
    """

    analysis: str
    method: str
    target: str
    level: float
    replies: Replies = "all"
    condition: str | None = None
    spans: Mapping[tuple[str, str], tuple[int, int]] = {}
    intervals: bool = True
    note: str = ""


def over_units(
    items: Frame,
    framing: Framing,
    reasons: Mapping[tuple[str | int, ...], dict[str, int]] | None = None,
) -> list[Estimate]:
    """Mean over items within each unit, then mean and t interval over units, for each cell (KEYS and position).

    items: as `item_means` or `pair` give them; position -1 stands for contrasts over the dialogue. Every unit counts
    alike, however many items it has left.
    """
    if items.empty:
        return []
    units = collapse(items, PLACE)
    code = groups(units, _CELL).code
    cells = collapse(units, _CELL)
    found = t_intervals(units["value"].to_numpy(np.float64), code, len(cells), framing.level)
    rows: list[dict[str, Any]] = cells.to_dict("records")
    return [_estimate(row, i, found, framing, reasons or {}) for i, row in enumerate(rows)]


def _estimate(
    row: dict[str, Any],
    i: int,
    found: Intervals,
    framing: Framing,
    reasons: Mapping[tuple[str | int, ...], dict[str, int]],
) -> Estimate:
    named = quantity(row["metric"])
    low, high = (_number(end[i]) if framing.intervals else None for end in (found.low, found.high))
    return Estimate(
        analysis=framing.analysis,
        metric=named.name,
        source=row["source"],
        model=row["model"],
        script=row["script"],
        condition=f"{framing.condition or row['speaker']}{row['setting']}",
        target=framing.target,
        method=framing.method,
        value=_number(found.mean[i]),
        low=low,
        high=high,
        position=int(row["position"]) if row["position"] >= 0 else None,
        span=framing.spans.get((row["source"], row["script"])) if row["position"] < 0 else None,
        level=framing.level,
        title=named.title,
        unit=named.unit,
        better=named.better,
        scale=(named.lowest, named.highest),
        n=int(row["n"]),
        clusters=int(found.n[i]),
        missing=int(row["missing"]),
        reasons=dict(reasons.get(tuple(row[key] for key in _CELL), {})),
        flagged=int(row["flagged"]),
        lowest=_number(row["lowest"]),
        highest=_number(row["highest"]),
        replies=framing.replies,
        note=_note(row, i, found, framing),
    )


def _note(row: dict[str, Any], i: int, found: Intervals, framing: Framing) -> str:
    units = "dialogue draws" if framing.target == BASELINE else "personas"
    parts: list[str] = []
    if found.n[i] == 0:
        parts.append("no scores" if not row.get("dropped") else "no pair with both sides scored")
    elif framing.intervals and found.n[i] < FEWEST_CLUSTERS:
        parts.append(f"{found.n[i]} {units}: no interval under {FEWEST_CLUSTERS}")
    elif framing.intervals and found.high[i] - found.low[i] < _NO_WIDTH:
        parts.append(f"all {units} have the same mean, so the interval has no width")
    if row.get("dropped"):
        parts.append(f"pairs dropped because a side is missing: {row['dropped']}")
    return joined(*parts, framing.note)


def joined(*parts: str) -> str:
    """The parts of a note that say something, in one line."""
    return "; ".join(part for part in parts if part)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
