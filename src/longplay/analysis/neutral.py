"""Neutral system messages as further baselines: their own lines, and personas against them. Knows no other condition.

A neutral speaker is to its analyses what the baseline is to theirs: they are made of the same run with it in the
baseline's place. No other analysis meets its rows.
"""

import msgspec
import numpy as np
import pandas as pd

from longplay.analysis.curves import curves
from longplay.analysis.data import Data, prepared
from longplay.analysis.frames import Column, Frame
from longplay.analysis.gap import gap, gap_drift
from longplay.analysis.tables import Tables
from longplay.analysis.these_personas import these_personas
from longplay.battery import NEUTRAL_KINDS, NEUTRAL_TEXTS, speakers_of
from longplay.records import Contrast, Estimate, Place
from longplay.records.places import NEUTRAL
from longplay.specs import NeutralKind

_APART = 1_000  # draws of an answer before the dialogue, by text


def neutral(data: Data) -> list[Estimate]:
    """Levels of each kind of neutral speaker, persona minus neutral at every position, and how that changes."""
    found: list[Estimate] = []
    if data.whole is None:
        return found
    kinds: list[NeutralKind] = [NEUTRAL_KINDS[name] for name in data.whole.neutral]
    for kind in dict.fromkeys(kinds):
        beside = prepared(_in_place(data.whole, kind), changed_after_data=data.changed_after_data)
        made = [*curves(beside), *gap(beside), *gap_drift(beside), *these_personas(beside)]
        found += [_renamed(e, kind) for e in made if any(place.speaker == "baseline" for place in e.of.places)]
    return found


def _in_place(tables: Tables, kind: NeutralKind) -> Tables:
    """The run with a kind's speakers in the baseline's place, the texts as so many of its dialogues."""
    draws = tables.study.dialogues.neutral_draws(NEUTRAL_TEXTS[kind])
    place = {tables.names.code(name): i for i, name in enumerate(speakers_of(kind)) if name in tables.neutral}
    personas = [tables.names.code(name) for name in tables.personas]
    ended = {
        msgspec.structs.replace(key, persona=None, draw=key.draw + draws * speakers_of(kind).index(key.persona)): rounds
        for key, rounds in tables.ended.items()
        if key.persona is not None and NEUTRAL_KINDS.get(key.persona) == kind
    }
    return msgspec.structs.replace(
        tables,
        rounds=_moved(tables.rounds, place, personas, draws),
        answers=_moved(tables.answers, place, personas, draws),
        neutral={},
        ended={key: rounds for key, rounds in tables.ended.items() if key.persona in tables.personas} | ended,
    )


def _moved(frame: Frame, place: dict[int, int], personas: list[int], draws: int) -> Frame:
    """The rows of personas, and those of texts by code and number as the baseline's; each text has its own draws."""
    codes = frame["persona"].cat.codes.to_numpy()
    here = np.isin(codes, list(place))
    rows = here | np.isin(codes, personas)
    kept, here = frame[rows], here[rows]
    number = np.zeros(len(kept), dtype=np.int64)
    for code, at in place.items():
        number[codes[rows] == code] = at
    changed = {"persona": _nobody(kept["persona"], here), "draw": kept["draw"].to_numpy() + draws * number}
    if "checkpoint" in kept:
        changed["ask_persona"] = _nobody(kept["ask_persona"], here)
        before = (kept["checkpoint"] == 0).to_numpy()
        changed["answer_draw"] = kept["answer_draw"].to_numpy() + np.where(before, _APART * number, 0)
    return kept.assign(**changed).reset_index(drop=True)


def _nobody(column: Column, here: np.ndarray) -> pd.Categorical:
    return pd.Categorical.from_codes(np.where(here, -1, column.cat.codes.to_numpy()), dtype=column.dtype)


def _renamed(e: Estimate, kind: NeutralKind) -> Estimate:
    """What was made of it as of the baseline says what it is."""
    left, right = (None if place is None else _place(place, kind) for place in (e.of.left, e.of.right))
    said = {name: getattr(e, name).replace("baseline", "neutral prompt") for name in ("target", "method", "note")}
    return msgspec.structs.replace(e, of=Contrast(left or e.of.left, right), **said)


def _place(place: Place, kind: NeutralKind) -> Place:
    return msgspec.structs.replace(place, speaker=NEUTRAL[kind]) if place.speaker == "baseline" else place
