"""One dialogue by itself: its change, where it changed, and its first broken round. Rounds are the units.

For conditions that are one dialogue: a chat that was imported, a persona played once. Knows no other dialogue.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.drift import one_order
from longplay.analysis.estimating import contrast, joined
from longplay.analysis.frames import Frame, groups
from longplay.analysis.items import COUNTED, collapse
from longplay.analysis.quantities import Scale, scale_of
from longplay.analysis.scores import KEYS
from longplay.analysis.subjects import ROUNDS_AN_ORDER
from longplay.records import ROUNDS, Estimate
from longplay.stats import last_minus_first, one_step
from longplay.stats.intervals import Floats, Integers
from longplay.stats.one_series import FEWEST_ROUNDS

UNIT = "round"  # what one unit of these estimates is
TARGET = "this dialogue, rounds like these"
CHANGE = (
    "last block of rounds - first; Korn-Graubard intervals of both, neighbouring rounds correlated; p by permutation"
)
STEP = "one step over all rounds; p by permutation, range of rounds that the residuals leave open"
FIRST = "first round that is scored in the worse half of the scale"
NO_STEP = "no change to place: a step as clear comes about in {share:.0f} % of dialogues that do not change"
TOO_SHORT = f"fewer than {FEWEST_ROUNDS} scored rounds, or all scored alike"
ROUND_UNIT = "rounds"


class _Series(msgspec.Struct, frozen=True, eq=False):
    """The scores of one dialogue's rounds, in order. `row`: KEYS; `at`: round numbers of the scored ones; `span`: last
    rounds of its first and last block; `sides`: how many scored rounds those have."""

    row: dict[str, Any]
    values: Floats
    at: Integers
    span: tuple[int, int]
    sides: tuple[int, int]
    missing: int
    flagged: int


def this_dialogue(data: Data) -> list[Estimate]:
    """`this-dialogue`: its drift; `round-change-point`: from which round on; `first-broken`: its first broken round.

    Of each quantity of a model, script and setting with one dialogue whose rounds were judged; from all replies.
    Opening and closing remarks are left out.
    """
    return [e for series in _series(data) for e in _estimates(data, series)]


def _series(data: Data) -> Iterator[_Series]:
    cells = data.cells["all"]
    rows = cells[(cells["source"] == ROUNDS).to_numpy()]
    if rows.empty:
        return
    found = groups(rows, KEYS)
    order = np.argsort(found.code, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(found.code[order])) + 1):
        one = rows.take(part)
        series = _one(data, one) if _alone(one) else None
        if series is not None:
            yield series


def _alone(rows: Frame) -> bool:
    """Whether the rows are of one dialogue; a baseline may be judged as several personas."""
    orders = rows["item"].to_numpy() // ROUNDS_AN_ORDER
    several = len(np.unique(orders)) > 1 or len(np.unique(rows["replicate"])) > 1
    return not several and (str(rows["speaker"].iloc[0]) == "baseline" or len(np.unique(rows["unit"])) == 1)


def _one(data: Data, rows: Frame) -> _Series | None:
    row = {key: rows[key].iloc[0] for key in KEYS}
    span = data.spans.get((ROUNDS, str(row["script"])))
    means = collapse(rows, [*KEYS, "position", "item"])
    value, position = means["value"].to_numpy(np.float64), means["position"].to_numpy()
    known = np.flatnonzero(~np.isnan(value))
    known = known[np.argsort(means["item"].to_numpy()[known], kind="stable")]
    if span is None or not len(known):
        return None
    sides = tuple(int((position[known] == end).sum()) for end in span)
    counts = {name: int(means[name].sum()) for name in COUNTED}
    if not all(sides):
        return None
    at = means["item"].to_numpy(np.int64)[known] % ROUNDS_AN_ORDER
    return _Series(row, value[known], at, span, (sides[0], sides[1]), counts["missing"], counts["flagged"])


def _estimates(data: Data, one: _Series) -> Iterator[Estimate]:
    scale = scale_of(one.row["quantity"])
    rng = np.random.default_rng([data.tables.study.seed, 13])
    yield _change(data, one, scale, rng)
    found = one_step(one.values, rng, data.level)
    made = _estimate(data, one, ("round-change-point", STEP, ROUND_UNIT), "" if found else TOO_SHORT)
    told = found if found is not None and found.p <= 1 - data.level else None
    if told is not None:
        before, after = one.values[: told.at].mean(), one.values[told.at :].mean()
        at, low, high = (float(one.at[place]) for place in (told.at, told.low, told.high))
        means = {"first": float(before), "last": float(after)}
        note = joined(f"mean {before:.3g} before, {after:.3g} from there on", made.note)
        yield msgspec.structs.replace(made, value=at, low=low, high=high, p=told.p, note=note, **means)
    elif found is not None:
        note = joined(NO_STEP.format(share=100 * found.p), made.note)
        yield msgspec.structs.replace(made, p=found.p, beyond="never", note=note)
    else:
        yield made
    if scale.better != "neither":
        yield _first_broken(data, one, scale, None if told is None else told.at)


def _change(data: Data, one: _Series, scale: Scale, rng: np.random.Generator) -> Estimate:
    length = scale.length
    found = last_minus_first((one.values - scale.lowest) / length, one.sides, rng, data.level)
    made = _estimate(data, one, ("this-dialogue", CHANGE, scale.unit))
    made = msgspec.structs.replace(made, value=length * found.value, clusters=found.n)
    if found.ends is None:
        return msgspec.structs.replace(made, note=joined("too few scored rounds at an end, or all alike", made.note))
    low, high = found.ends
    return msgspec.structs.replace(made, low=length * low, high=length * high, p=found.p)


def _first_broken(data: Data, one: _Series, scale: Scale, step: int | None) -> Estimate:
    """Its error are the rounds that read as broken while the role holds, and as whole once it is gone."""
    middle = (scale.lowest + scale.highest) / 2
    broken = one.values < middle if scale.better == "higher" else one.values > middle
    what = "first-broken", FIRST, ROUND_UNIT
    if not broken.any():
        none = _estimate(data, one, what, "no round is scored in the worse half of the scale")
        return msgspec.structs.replace(none, beyond="never")
    n, count = len(broken), int(broken.sum())
    note = f"{count} of {n} rounds read as broken; no change is told from none"
    if step is not None:
        early, late = int(broken[:step].sum()), n - step - int(broken[step:].sum())
        note = (
            f"{early} of {step} rounds before the change point read as broken, {late} of {n - step} after it as whole"
        )
    made = _estimate(data, one, what)
    note = joined(note, data.remark)  # it compares no ends, so that questions that differ are not said
    return msgspec.structs.replace(made, value=float(one.at[int(broken.argmax())]), note=note)


def _estimate(data: Data, one: _Series, what: tuple[str, str, str], note: str = "") -> Estimate:
    """One without a number."""
    scale = scale_of(one.row["quantity"])
    analysis, method, unit = what
    return Estimate(
        analysis=analysis,
        quantity=one.row["quantity"],
        source=one.row["source"],
        of=contrast(one.row),
        target=TARGET,
        method=method,
        value=None,
        judge=one.row["judge"],
        span=one.span,
        level=data.level,
        unit=unit,
        better=scale.better,
        scale=scale.ends,
        n=len(one.values),
        clusters=len(one.values),
        cluster=UNIT,
        missing=one.missing,
        flagged=one.flagged,
        seed=data.tables.study.seed,
        note=joined(note, one_order(data), data.remark),
    )
