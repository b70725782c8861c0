"""When a persona moves: half-life and change point of each curve, both given and none chosen. Knows no baseline.

Neither is given where the drift's own interval holds 0, where the means depart from the shape, or where each block of
rounds has questions of its own, so that their difficulty would be timed.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np

from longplay.analysis.data import Data, Replies
from longplay.analysis.drift import drift, one_order
from longplay.analysis.estimating import PERSONAS, contrast, for_replies, joined
from longplay.analysis.frames import Frame, equals, groups
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.scores import KEYS
from longplay.analysis.subjects import ROUNDS_AN_ORDER
from longplay.records import ROUNDS, Contrast, Estimate, Quantity
from longplay.records.estimates import Beyond
from longplay.stats import FEWEST_CLUSTERS, Bend, Shape, half_life, step

ROUND_UNIT, TOKEN_UNIT = "rounds", "tokens"
APPROACH = "exponential approach of the mean over personas; interval from a t test over personas of each half-life"
STEP = "one step of the mean over personas; range of places that t tests over personas leave open"
NO_DRIFT = "no drift to time: the interval of the change holds 0"
NO_APPROACH = "the changes do not level off as an exponential approach does"
NO_STEP = "the change does not come in one step"
MIXED = "not timed: questions and rounds change together"
TOO_LITTLE = "too few positions or personas to fit a shape"
NO_TOKENS = "the servers gave no token counts"
_FEWEST_PLACES = 4


class _Curve(msgspec.Struct, frozen=True, eq=False):
    """One quantity of one condition: values, rounds and tokens so far by (persona, position), and what they rest on.

    `drifts`: whether the interval of its drift excludes 0; None where that has none."""

    row: dict[str, Any]
    values: np.ndarray
    rounds: np.ndarray
    tokens: np.ndarray
    positions: tuple[int, int]
    n: int
    missing: int
    flagged: int
    drifts: bool | None = None


def shapes(data: Data) -> list[Estimate]:
    """Half-life in rounds, in tokens of the history (which each persona fills at its own pace), and change point.

    Of each quantity of the personas with at least four positions; see `stats.half_life` and `stats.step`.
    """
    return for_replies(data, lambda replies: _shapes(data, replies))


def _shapes(data: Data, replies: Replies) -> list[Estimate]:
    found: list[Estimate] = []
    drifts = _drifts(data, replies)
    for plain in _curves(data, replies):
        key = _Key(plain.row["quantity"], plain.row["source"], contrast(plain.row), plain.row["judge"])
        curve = msgspec.structs.replace(plain, drifts=drifts.get(key))
        found.append(_half_life(data, curve, curve.rounds, ROUND_UNIT))
        found.append(_half_life(data, curve, curve.tokens, TOKEN_UNIT))
        found.append(_change_point(data, curve))
    return [msgspec.structs.replace(one, replies=replies) for one in found]


class _Key(NamedTuple):
    quantity: Quantity
    source: str
    of: Contrast
    judge: str


def _drifts(data: Data, replies: Replies) -> dict[_Key, bool]:
    """Of every drift with an interval whether that excludes 0; of one with several targets, whether all of them do."""
    found: dict[_Key, bool] = {}
    for e in drift(data):
        if e.replies == replies and e.low is not None and e.high is not None:
            key = _Key(e.quantity, e.source, e.of, e.judge)
            found[key] = found.get(key, True) and e.low * e.high > 0
    return found


def _curves(data: Data, replies: Replies) -> Iterator[_Curve]:
    items = data.without_remarks(replies)
    units = collapse(items[(items["speaker"] == "persona") & (items["unit"] >= 0)], PLACE)
    so_far = _so_far(data)
    found = groups(units, KEYS)
    if not found.size:
        return
    for rows in np.split(np.argsort(found.code, kind="stable"), np.cumsum(np.bincount(found.code))[:-1]):
        row = {key: units[key].iloc[rows[0]] for key in KEYS}
        position, unit, value = (units[name].to_numpy()[rows] for name in ("position", "unit", "value"))
        places, personas = np.unique(position), np.unique(unit)
        if len(places) >= _FEWEST_PLACES:
            values = _mean_table(unit, position, value, personas, places)
            rounds = np.broadcast_to(so_far.rounds(row, places), values.shape)
            tokens = so_far.tokens(row, personas, places)
            n, missing, flagged = (int(units[name].to_numpy()[rows].sum()) for name in ("n", "missing", "flagged"))
            yield _Curve(row, values, rounds, tokens, (int(places[0]), int(places[-1])), n, missing, flagged)


def _mean_table(
    unit: np.ndarray, place: np.ndarray, value: np.ndarray, units: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """(units, places): means of the values that are known; NaN where none is. Both axes must be sorted."""
    row, column = np.searchsorted(units, unit), np.searchsorted(places, place)
    row, column = np.minimum(row, len(units) - 1), np.minimum(column, len(places) - 1)
    used = (units[row] == unit) & (places[column] == place) & ~np.isnan(value)
    cell, size = (row * len(places) + column)[used], len(units) * len(places)
    count = np.bincount(cell, minlength=size)
    sums = np.bincount(cell, weights=value[used], minlength=size)
    return np.divide(sums, count, out=np.full(size, np.nan), where=count > 0).reshape(len(units), len(places))


class _SoFar(msgspec.Struct, frozen=True, eq=False):
    """How long the dialogue was: rounds and tokens before an answer at a checkpoint, or before a block's mean round."""

    played: Frame

    def rounds(self, row: dict[str, Any], places: np.ndarray) -> np.ndarray:
        """Completed rounds at each position."""
        if row["source"] != ROUNDS:
            return places.astype(np.float64)
        here = self._rows(row, ("model", "script"))
        before = here["before"].to_numpy(np.float64)
        return _mean_table(np.zeros(len(here)), here["position"].to_numpy(), before, np.zeros(1), places)[0]

    def tokens(self, row: dict[str, Any], personas: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Tokens of the history at each position, by persona; NaN where no server told."""
        here = self._rows(row, ("model", "script", "speaker", "setting"))
        by, value = ("position", "tokens_before") if row["source"] == ROUNDS else ("number", "tokens")
        persona, place, tokens = (here[name].to_numpy() for name in ("persona", by, value))
        found = _mean_table(persona, place, tokens, personas, places)
        if row["source"] != ROUNDS:
            found[:, places == 0] = 0.0
        return found

    def _rows(self, row: dict[str, Any], keys: tuple[str, ...]) -> Frame:
        """The rounds of a condition, remarks left out where places are blocks."""
        same = [equals(self.played[key], row[key]) for key in keys]
        if row["source"] == ROUNDS:
            same.append(~self.played["remark"].to_numpy())
        return self.played[np.logical_and.reduce(same)]


def _so_far(data: Data) -> _SoFar:
    """One row a round: its number, rounds and tokens before it, tokens with it."""
    played = data.subjects[0]
    number = played["item"].to_numpy() % ROUNDS_AN_ORDER
    tokens = data.tables.rounds[["prompt", "completion"]].sum(axis=1, skipna=False).to_numpy()
    prompt = data.tables.rounds["prompt"].to_numpy()
    return _SoFar(played.assign(number=number, before=number - 1, tokens=tokens, tokens_before=prompt))


def _half_life(data: Data, curve: _Curve, at: np.ndarray, unit: str) -> Estimate:
    found = half_life(curve.values, at, data.level)
    name = "half-life" if unit == ROUND_UNIT else "half-life-tokens"
    unknown = NO_TOKENS if unit == TOKEN_UNIT and np.isnan(at[:, 1:]).all() else ""
    made = _estimate(data, curve, found, (name, APPROACH, unit))
    return msgspec.structs.replace(made, note=joined(unknown, made.note, *_open_ends(made)))


def _change_point(data: Data, curve: _Curve) -> Estimate:
    found = step(curve.values, curve.rounds, data.level)
    return _estimate(data, curve, found, ("change-point", STEP, ROUND_UNIT))


def _estimate(data: Data, curve: _Curve, found: Shape, what: tuple[str, str, str]) -> Estimate:
    """`what`: analysis, method, unit. Without a change, or a shape that holds, there is no time to give."""
    row, (analysis, method, unit) = curve.row, what
    confounded = one_order(data) if row["source"] == ROUNDS else ""
    beyond = _beyond(curve, found)
    told = not confounded and found.told and beyond != "never"
    return Estimate(
        analysis=analysis,
        quantity=row["quantity"],
        source=row["source"],
        of=contrast(row),
        target=PERSONAS,
        method=method,
        value=found.value if told else None,
        low=found.low if told else None,
        high=found.high if told else None,
        judge=row["judge"],
        span=curve.positions,
        level=data.level,
        unit=unit,
        reach=found.reach if told else None,
        beyond="" if confounded else beyond,
        n=curve.n,
        clusters=found.units,
        missing=curve.missing,
        flagged=curve.flagged,
        note=joined(*_words(found, beyond, (analysis, unit), confounded), data.remark),
    )


def _beyond(curve: _Curve, found: Shape) -> Beyond:
    if found.change_low is None:
        return ""
    if not found.changes or curve.drifts is False:
        return "never"
    return "refuted" if found.refuted else found.beyond


def _words(found: Shape, beyond: Beyond, what: tuple[str, str], confounded: str) -> Iterator[str]:
    analysis, unit = what
    if confounded:
        yield MIXED
        yield confounded
        return
    if found.change_low is None:
        yield f"{found.units} personas: no interval under {FEWEST_CLUSTERS}" if found.units else TOO_LITTLE
    elif beyond == "never":
        yield NO_DRIFT
    elif beyond == "refuted":
        yield f"{NO_STEP if analysis == 'change-point' else NO_APPROACH} (p {found.misfit:.2g})"
    if found.bend is not None and beyond in ("never", "refuted"):
        yield _bent(found.bend, unit)
    if found.change is not None and found.change_low is not None and found.change_high is not None:
        yield f"change from first to last {found.change:.3g} [{found.change_low:.3g}, {found.change_high:.3g}]"


def _bent(bend: Bend, unit: str) -> str:
    first, last = abs(bend.from_first), abs(bend.from_last)
    moved, side = ("dips and recovers", "below") if bend.from_first < 0 else ("rises and falls back", "above")
    return f"{moved}: after {bend.place:,.0f} {unit} {first:.2g} {side} the first mean, {last:.2g} {side} the last"


def _open_ends(e: Estimate) -> Iterator[str]:
    """What is out of reach, in words."""
    if e.reach is None:
        return
    below, above = f"< {e.reach[0]:g} {e.unit}", f"> {e.reach[1]:g} {e.unit}"
    if e.beyond:
        yield f"half-life {below if e.beyond == 'below' else above}"
    if e.low is None:
        yield f"interval from {below}"
    if e.high is None:
        yield f"interval to {above}"
