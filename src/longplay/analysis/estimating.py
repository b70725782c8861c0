"""Measured cells -> estimates: interval, bounds, band, p-value, note. Reads no tables, computes no means."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec
import numpy as np

from longplay.analysis.baselines import Apart, with_own_dialogues
from longplay.analysis.data import Data, Replies
from longplay.analysis.frames import Frame
from longplay.analysis.items import BEFORE
from longplay.analysis.measuring import (
    CELL,
    Measured,
    any_units_ends,
    banded,
    bound_errors,
    joint_ends,
    measure,
    new_unit_ends,
    without_empty,
)
from longplay.analysis.quantities import scale_of
from longplay.records import Contrast, Estimate, Place
from longplay.records.estimates import Side
from longplay.stats import FEWEST_CLUSTERS, hidden, imbens_manski, two_sided_p
from longplay.stats.bounded import ALIKE

PERSONAS = "personas like these"
BASELINE = "this baseline, dialogues drawn like these"
RUN = "this run"
TOO_WIDE = "these data say too little: the interval would be wider than the scale"
AND_DIALOGUES = " and baseline dialogues"
Reasons: TypeAlias = Mapping[tuple[object, ...], dict[str, int]]
Other: TypeAlias = Mapping[str, object]


class Framing(msgspec.Struct, frozen=True):
    """How an analysis presents its numbers. `right`: for differences, the fields of the place in which the right side
    is another. `side`: of a difference that part of its change.

    `spans`: first and last position by (source, script), for contrasts over the dialogue. `intervals`: False where the
    units carry no variance that the target has; `note` says why. `fewest`: units that an interval needs. `tests`: also
    p-values of no effect. `seed`: of simulated bands. `no_width`: what to say where there is nothing that varies.
    `new`: also where a further persona would lie, and the mean
    however personas vary. `cluster`: what one unit is. `confounded`: see Estimate.
    """

    analysis: str
    method: str
    target: str
    level: float
    replies: Replies = "all"
    right: Other | None = None
    side: Side = ""
    spans: Mapping[tuple[str, str], tuple[int, int]] = {}
    intervals: bool = True
    note: str = ""
    fewest: int = FEWEST_CLUSTERS
    tests: bool = False
    seed: int | None = None
    no_width: str = ""
    confounded: bool = False
    new: bool = False
    cluster: str = "persona"


def for_replies(data: Data, make: Callable[[Replies], list[Estimate]]) -> list[Estimate]:
    """Estimates of all replies, then without flagged ones; made once where no reply is flagged."""
    found = make("all")
    if data.items["unflagged"] is data.items["all"]:
        return [*found, *(msgspec.structs.replace(estimate, replies="unflagged") for estimate in found)]
    return [*found, *make("unflagged")]


def over_units(
    items: Frame,
    framing: Framing,
    reasons: Reasons | None = None,
) -> list[Estimate]:
    """Estimates of `measure`'s means over units, with their intervals."""
    return [] if items.empty else present(measure(items, framing.level), framing, reasons)


def over_own_dialogues(judged: Frame, apart: Apart, framing: Framing, reasons: Reasons | None = None) -> list[Estimate]:
    """The same of a baseline that was judged as each persona, with what its dialogues vary in the intervals, and bands
    where the framing names the seed for them."""
    if judged.empty:
        return []
    measured, shared = with_own_dialogues(measure(judged, framing.level), apart, framing.level)
    if framing.seed is not None:
        measured = banded(measured, framing.level, framing.seed, shared)
    return present(measured, msgspec.structs.replace(framing, method=framing.method + AND_DIALOGUES), reasons)


def present(measured: Measured, framing: Framing, reasons: Reasons | None = None) -> list[Estimate]:
    """One estimate a cell, its interval left out where it would say nothing (see `without_empty`)."""
    measured = without_empty(measured, framing.level)
    rows: list[dict[str, Any]] = measured.cells.to_dict("records")
    found = measured.found
    nothing = np.full((2, len(rows)), np.nan)
    more = _More(
        p=two_sided_p(found.mean, found.error, found.df),
        joint=joint_ends(measured),
        new=new_unit_ends(measured, framing.level) if framing.new else (nothing[0], nothing[1]),
        any=any_units_ends(measured, framing.level) if framing.new else (nothing[0], nothing[1]),
    )
    made = [_estimate(row, i, measured, framing, reasons or {}, more) for i, row in enumerate(rows)]
    return _with_errors(made, measured, framing) if framing.intervals else made


def _with_errors(made: list[Estimate], measured: Measured, framing: Framing) -> list[Estimate]:
    """The estimates; those that have an interval with its standard error, and with what their worst cases vary by."""
    low, high, df = bound_errors(measured)
    lowest, highest = (measured.cells[name].to_numpy(np.float64) for name in ("lowest", "highest"))
    all_low, all_high = imbens_manski(lowest, highest, low, high, df, framing.level)
    found = measured.found
    return [
        msgspec.structs.replace(
            e,
            error=_number(found.error[i]),
            df=_number(found.df[i]),
            lowest_error=_number(low[i]),
            highest_error=_number(high[i]),
            all_low=_number(all_low[i]),
            all_high=_number(all_high[i]),
        )
        if e.low is not None
        else e
        for i, e in enumerate(made)
    ]


class _More(msgspec.Struct, frozen=True, eq=False):
    """What stands beside the interval of each cell: p-values, ends of joint bands, ends for a new unit, ends that hold
    however units vary."""

    p: np.ndarray
    joint: tuple[np.ndarray, np.ndarray]
    new: tuple[np.ndarray, np.ndarray]
    any: tuple[np.ndarray, np.ndarray]


def _estimate(
    row: dict[str, Any], i: int, measured: Measured, framing: Framing, reasons: Reasons, more: _More
) -> Estimate:
    scale, found = scale_of(row["quantity"]), measured.found
    low, high, joint_low, joint_high, new_low, new_high, any_low, any_high = (
        _number(end[i]) if framing.intervals else None
        for end in (found.low, found.high, *more.joint, *more.new, *more.any)
    )
    drawn = measured.drawn is not None and bool(measured.drawn[i])
    first = _number(row.get(BEFORE, np.nan)) if row["position"] < 0 and framing.right is None else None
    return Estimate(
        analysis=framing.analysis,
        quantity=row["quantity"],
        source=row["source"],
        of=contrast(row, framing.right),
        target=measured.targets[i] if measured.targets else framing.target,
        method=framing.method,
        value=_number(found.mean[i]),
        low=low,
        high=high,
        judge=row["judge"],
        side=framing.side,
        position=int(row["position"]) if row["position"] >= 0 else None,
        span=framing.spans.get((row["source"], row["script"])) if row["position"] < 0 else None,
        level=framing.level,
        unit=scale.unit,
        better=scale.better,
        scale=scale.ends,
        n=int(row["n"]),
        clusters=int(found.n[i]),
        cluster=_cluster(i, measured, framing),
        missing=int(row["missing"]),
        reasons=dict(reasons.get(tuple(row[key] for key in CELL), {})),
        flagged=int(row["flagged"]),
        first=first,
        last=None if first is None else _number(first + found.mean[i]),
        confounded=framing.confounded,
        lowest=_number(row["lowest"]),
        highest=_number(row["highest"]),
        replies=framing.replies,
        joint_low=joint_low,
        joint_high=joint_high,
        new_low=new_low,
        new_high=new_high,
        any_low=any_low,
        any_high=any_high,
        p=_number(more.p[i]) if framing.tests and low is not None else None,
        seed=framing.seed if drawn else None,
        note=_note(row, i, measured, framing),
    )


def contrast(row: Mapping[str, Any], right: Other | None = None) -> Contrast:
    """The place of a row of a frame, or its difference from another one that differs in these fields."""
    left = Place(row["model"], row["script"], row["speaker"], row["setting"])
    return Contrast(left, None if right is None else msgspec.structs.replace(left, **right))


def _cluster(i: int, measured: Measured, framing: Framing) -> str:
    return measured.cluster[i] if measured.cluster else framing.cluster


def _note(row: dict[str, Any], i: int, measured: Measured, framing: Framing) -> str:
    found = measured.found
    n = int(found.n[i])
    units = f"{n} {_cluster(i, measured, framing)}{'s' if n != 1 else ''}"
    parts: list[str] = []
    if n == 0:
        parts.append("no scores" if not row.get("dropped") else "no pair with both sides scored")
    elif framing.intervals and n < framing.fewest:
        parts.append(f"{units}: no interval under {framing.fewest}")
    elif framing.intervals and found.error[i] <= ALIKE * measured.within.span[i]:
        share = f"{100 * hidden(n, framing.level):.0f} % of all may be others"
        alike = framing.no_width or f"all {units} have the same mean"
        parts.append(f"{alike}: {share}" if n >= FEWEST_CLUSTERS else alike)
    elif framing.intervals and _cut(measured, i):
        parts.append("the interval ends where the scale does")
    if row.get("dropped"):
        parts.append(f"pairs dropped because a side is missing: {row['dropped']}")
    wide = TOO_WIDE if framing.intervals and measured.empty is not None and measured.empty[i] else ""
    return joined(*parts, measured.notes[i] if measured.notes else "", wide, framing.note)


def _cut(measured: Measured, i: int) -> bool:
    """Whether the interval of a difference ends where its values must."""
    found, within = measured.found, measured.within
    return not within.level and bool(found.low[i] == within.least[i] or found.high[i] == within.most[i])


def joined(*parts: str) -> str:
    """The parts of a note that say something, in one line."""
    return "; ".join(part for part in parts if part)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
