"""Persona against baseline: pairs, and what all personas share of what the baseline varies. Makes no estimates."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
import numpy as np
import pandas as pd

from longplay.analysis.answering import Answering
from longplay.analysis.baseline_dialogues import between_dialogues, between_orders, or_else, several_orders
from longplay.analysis.frames import Frame, matches, stack
from longplay.analysis.items import PLACE, VALUES, collapse, pair
from longplay.analysis.measuring import UNSPOKEN, Measured, Shared, widened, without_empty
from longplay.analysis.versions import without_version
from longplay.stats import Variance, added, larger
from longplay.stats.intervals import Flags, Floats, Integers

AGAINST = "personas like these, against baseline dialogues like these"
AGAINST_ONE = "personas like these, for this baseline dialogue"
AGAINST_ANSWERS = "personas like these, against baseline answers like these"
AGAINST_ANSWER = "personas like these, for these answers of the baseline"
OWN = "personas like these, baseline dialogues like these"
OWN_ANSWERS = "personas like these, baseline answers like these"
# targets by what is known of the baseline: several dialogues, one; before the dialogue several answers, one
_GAPS = (AGAINST, AGAINST_ONE, AGAINST_ANSWERS, AGAINST_ANSWER)
_OWN = (OWN, AGAINST_ONE, OWN_ANSWERS, AGAINST_ANSWER)
IN_INTERVAL, ALIKE = "their variance is in the interval", "all alike"
_DIALOGUES, _ANSWERS = "{count} baseline dialogues, ", "{count} baseline answers an item, "
_AGAIN = "what answering again changes is in the interval"


class _One(NamedTuple):
    """What is said where there is one, and what answering again changes is known or not."""

    known: str
    unknown: str


_ONE_DIALOGUE = _One(
    f"one baseline dialogue: {_AGAIN}",
    "one baseline dialogue, nothing repeated: no interval; play 2 or more ([dialogues] baseline_draws)",
)
_ONE_ANSWER = _One(
    f"one baseline answer an item: {_AGAIN}",
    "one baseline answer an item, nothing repeated: no interval; ask for 2 or more ([conditioning] draws_at_0)",
)
_ITEM = [*PLACE, "item"]


def against_baseline(items: Frame, keys: list[str] = _ITEM) -> Frame:
    """Pairs (see `items.pair`) of persona and baseline on these keys; the speaker column says persona.

    Where the judge saw a description, the baseline's texts were judged as each persona and are paired with it; a
    baseline whose judge is blind stands against every persona, and every version of one.
    """
    same = [key for key in keys if key != "speaker"]
    personas = items[(items["speaker"] == "persona") & (items["unit"] >= 0)]
    baseline = items[items["speaker"] == "baseline"]
    judged, blind = baseline[baseline["unit"] >= 0], baseline[baseline["unit"] < 0]
    unseen = [key for key in same if key != "unit"]
    nobody = collapse(blind, unseen)
    rows, of_nobody = matches(personas.assign(setting=without_version(personas["setting"])), nobody, unseen)
    whose = {name: personas[name].take(rows).array for name in ("unit", "setting")}
    everybody = nobody.take(of_nobody).assign(**whose)
    columns = [*same, *VALUES, "n", "missing", "flagged"]
    pairs = pair(personas, stack([judged[columns], everybody[columns]]), same)
    return pairs.assign(speaker=pd.Categorical(["persona"] * len(pairs), dtype=items["speaker"].dtype))


class Apart(msgspec.Struct, frozen=True, eq=False):
    """What the baseline's part of an interval is found from. `dialogues`: values of persona and baseline, dialogues
    apart (`Data.cells`, or `dialogue_changes` of them); `answers`: what answering adds; `spans`: of changes, the first
    and last position by (source, script)."""

    dialogues: Frame
    answers: Answering
    spans: Mapping[tuple[str, str], tuple[int, int]] = {}


def with_dialogues(measured: Measured, apart: Apart, level: float) -> tuple[Measured, Shared]:
    """Gaps (or their changes) with the variance of the baseline in every interval, and that variance.

    measured: of pairs of persona and baseline. The baseline is one speaker, so that what its dialogues and answers vary
    is no part of what differs between personas and does not shrink with their number. It is the variance between its
    dialogues; with one dialogue the target is that dialogue, and the variance that of answering again. What was asked
    before the dialogue is shared by all dialogues: its answering variance comes on top. Where that part is not known,
    as nothing was repeated, there is no interval.
    """
    return _with(measured, _baseline(apart, measured.cells, _between_orders), _GAPS, level)


def with_own_dialogues(measured: Measured, apart: Apart, level: float) -> tuple[Measured, Shared]:
    """The same for levels or changes of the baseline alone, judged as each persona."""
    return _with(measured, _baseline(apart, measured.cells, _of_orders), _OWN, level)


class _Baseline(msgspec.Struct, frozen=True, eq=False):
    """The baseline's part at each wanted cell: its variance (NaN = not known), how many dialogues, items and answers to
    an item there are, whether all dialogues are alike, whether personas share answers."""

    shared: Shared
    dialogues: Integers
    alike: Flags
    items: Integers
    answers: Floats
    sharing: Flags


def _baseline(apart: Apart, wanted: Frame, of_orders: Callable[[Frame], Shared]) -> _Baseline:
    start = wanted["position"].to_numpy() == 0
    between, asked = _between(apart.dialogues, of_orders), apart.answers
    place = np.where(start, -1, aligned(wanted, between.cells))
    first, last = _ends(wanted, apart.spans)
    at_first = np.where(start | (first == 0), aligned(wanted.assign(position=0), asked.cells), -1)
    at_last = aligned(wanted.assign(position=last), asked.cells)
    several = place >= 0
    dialogues = _at(Variance(*(between.cells[name].to_numpy() for name in ("variance", "df"))), place)
    answered, shared = _at(asked.variance, at_last), _at(asked.variance, at_first)
    # of few dialogues the spread may come out below what answering alone brings into it
    own, dialogues = dialogues.variance, larger(dialogues, answered)
    # of what was not asked before the dialogue nothing is shared; of what was, the variance may be unknown
    used = ((dialogues, several), (answered, ~several & ~start), (shared, start | (first == 0)))
    parts = np.array([np.where(here, one.variance, 0.0) for one, here in used])
    dfs = np.array([one.df for one, _ in used])
    known = ~np.isnan(parts).any(axis=0)
    whole = added(np.where(known, parts, 0.0), dfs)
    # of several dialogues the spread holds what answering varies too
    answering = np.nan_to_num(np.where(start, 0.0, answered.variance)) + np.nan_to_num(parts[2])
    each = {"dialogues": (parts[0], dfs[0]), "start": (parts[2], dfs[2])}
    apart_too = {
        f"{name}_{of}": one for name, pair in each.items() for of, one in zip(("variance", "df"), pair, strict=True)
    }
    cells = wanted.assign(
        variance=np.where(known, whole.variance, np.nan), df=whole.df, answered=answering, **apart_too
    )
    # what dialogues' own effects do not make up
    rest = whole.variance - np.where(several, own, 0.0)
    shown = np.where(start, at_first, at_last)
    return _Baseline(
        shared=Shared(cells, _effects_of(between, place, np.where(known, rest, 0.0))),
        dialogues=_taken(between.cells["dialogues"].to_numpy(), place, 1),
        alike=_taken(between.cells["alike"].to_numpy(), place, False),
        items=_taken(asked.items, shown, 0),
        answers=_taken(asked.answers, shown, 1.0),
        sharing=_taken(asked.sharing, shown, True),
    )


def _ends(wanted: Frame, spans: Mapping[tuple[str, str], tuple[int, int]]) -> tuple[Integers, Integers]:
    """First and last position of a change; of a level -1 and its position."""
    position = wanted["position"].to_numpy().astype(np.int64)
    places = zip(wanted["source"].astype(str), wanted["script"].astype(str), strict=True)
    ends = np.array([spans.get(place, (-1, -1)) for place in places], dtype=np.int64).reshape(len(wanted), 2)
    return np.where(position < 0, ends[:, 0], -1), np.where(position < 0, ends[:, 1], position)


def _effects_of(between: Shared, place: Integers, answered: Floats) -> Frame:
    """Effects of dialogues at the wanted cells; answering is one cluster of its own in each of them."""
    parts = [between.effects[between.effects["cell"] == old].assign(cell=new) for new, old in enumerate(place)]
    own = np.flatnonzero(np.nan_to_num(answered) > 0)
    alone = pd.DataFrame({"cell": own, "cluster": -1 - own, "effect": np.sqrt(answered[own])})
    return pd.concat([*parts, alone[between.effects.columns]], ignore_index=True)


def _at(found: Variance, where: Integers) -> Variance:
    return Variance(_taken(found.variance, where, np.nan), _taken(found.df, where, np.nan))


def _taken(values: np.ndarray, where: Integers, otherwise: float) -> np.ndarray:
    """Values at these places, -1 = none."""
    return np.where(where >= 0, values[where], otherwise) if len(values) else np.full(len(where), otherwise)


def _with(measured: Measured, found: _Baseline, targets_of: tuple[str, ...], level: float) -> tuple[Measured, Shared]:
    wide = widened(measured, found.shared, level)
    words = [_words(found, i, targets_of) for i in range(len(measured.cells))]
    targets, notes = zip(*words, strict=True) if words else ((), ())
    said = tuple(note if n else "" for note, n in zip(notes, measured.found.n, strict=True))
    return without_empty(msgspec.structs.replace(wide, targets=targets, notes=said), level), found.shared


def _words(found: _Baseline, i: int, targets_of: tuple[str, ...]) -> tuple[str, str]:
    start = found.shared.cells["position"].to_numpy()[i] == 0
    count = round(float(found.answers[i])) if start else int(found.dialogues[i])
    what, one = (_ANSWERS, _ONE_ANSWER) if start else (_DIALOGUES, _ONE_DIALOGUE)
    several, single = targets_of[2:] if start else targets_of[:2]
    if np.isnan(found.shared.cells["variance"].to_numpy()[i]):
        said = one.unknown
    elif count > 1:
        said = what.format(count=count) + (ALIKE if found.alike[i] else IN_INTERVAL)
    else:
        said = one.known if found.sharing[i] else ""
    unit = ("answer" if start else "dialogue") + ("s" if count > 1 else "")
    few = f"rests on 1 item, {count} {unit}" if found.items[i] == 1 else ""
    return several if count > 1 else single, _joined(said, few)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _between(cells: Frame, of_orders: Callable[[Frame], Shared]) -> Shared:
    """Of each cell (CELL, later than the start): the variance of the baseline's mean over its dialogues.

    Between dialogues of one order where an order has several: each dialogue's mean deviation from its order's mean of
    the same item and persona, less what dialogues do to single personas alone, which is in the variance between
    personas already (an analysis of variance of personas crossed with dialogues). Else between several orders, by
    `of_orders`.
    """
    cells = cells[cells["position"] != 0]
    baseline = cells[(cells["speaker"] == "baseline") & cells["value"].notna()]
    baseline = baseline.assign(unit=baseline["unit"].where(baseline["unit"] >= 0, -1))
    found = between_dialogues(baseline, [*_ITEM, "order"])
    several = several_orders(cells)
    return or_else(found, of_orders(cells[several])) if several.any() else found


def _between_orders(cells: Frame) -> Shared:
    """Between the mean gaps of orders, which leaves out what an order's questions do to both sides, and has the persona
    dialogues' share of 1 / personas in it on top."""
    keys = [*_ITEM, "order"]
    return between_orders(against_baseline(collapse(cells, keys), keys))


def _of_orders(cells: Frame) -> Shared:
    """Between the baseline's means under orders; what an order's questions do to it is in there too."""
    return between_orders(cells[cells["speaker"] == "baseline"])


def aligned(wanted: Frame, known: Frame) -> Integers:
    """For each wanted cell the place of the known one with the same setting, else with that without its version; -1 =
    none. Whose cells they are makes no difference."""
    where = np.full(len(wanted), -1)
    for cells in (wanted.assign(setting=without_version(wanted["setting"])), wanted):
        rows, there = matches(cells, known, UNSPOKEN)
        where[rows] = there
    return where
