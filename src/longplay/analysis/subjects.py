"""Rounds and answers as one shape: who spoke, under which condition, where, and what the item is. Averages nothing."""

import msgspec
import numpy as np
import pandas as pd
from msgspec import UNSET

from longplay.analysis.frames import Column, Frame, Integers, constant, valued
from longplay.analysis.tables import Tables
from longplay.dialogue import ScriptError, remark_rounds, user_turns
from longplay.records import PLAIN, ROUNDS, Setting
from longplay.records.places import AskedAs

SPEAKERS = pd.CategoricalDtype(["baseline", "persona"])
ROUNDS_AN_ORDER = 100_000  # a question of rounds is order * this + round
_RELATIONS: tuple[AskedAs, ...] = ("own", "nobody", "somebody", "another")


def block_ends(checkpoints: tuple[int, ...], rounds: int) -> tuple[int, ...]:
    """Last rounds of the blocks (c_{i-1}, c_i] between checkpoints; rounds past the last one are one more block."""
    ends = [checkpoint for checkpoint in checkpoints if checkpoint > 0]
    return tuple(ends) if ends and ends[-1] >= rounds else (*ends, rounds)


def remarks(tables: Tables, script: str) -> tuple[int, ...]:
    """Rounds of a script that are opening or closing remarks."""
    found = tables.scripts.get(script)
    return remark_rounds(found, tables.study.dialogues.rounds) if found is not None else ()


def rounds(tables: Tables) -> Frame:
    """One row a round. `item` tells questions apart: the same round of the same order is the same question."""
    frame = tables.rounds
    ends = np.array(block_ends(tables.study.checkpoints, tables.study.dialogues.rounds))
    number = frame["round"].to_numpy()
    remark = np.zeros(len(frame), dtype=bool)
    for script in tables.scripts:
        remark |= (frame["script"] == script).to_numpy() & np.isin(number, remarks(tables, script))
    persona = frame["persona"].cat.codes.astype(np.int32)
    return _common(frame, persona, persona, None).assign(
        source=constant(ROUNDS, len(frame)),
        position=ends[np.minimum(np.searchsorted(ends, number), len(ends) - 1)].astype(np.int32),
        item=(frame["ord"].to_numpy() * ROUNDS_AN_ORDER + number).astype(np.int32),
        remark=remark,
        own=np.int32(-1),
        label=np.int32(-1),
        dimension=np.int32(-1),
    )


def questions(tables: Tables, script: str, item: Integers) -> Integers:
    """Which question of the script each round asked, by the round's `item`: its place as written, -1 for a remark. Of
    rounds where that is not known every item has a number of its own, below -1."""
    found, known, count = -2 - item, tables.scripts.get(script), tables.study.dialogues.rounds
    if known is None:
        return found
    remarked = {name: None if getattr(known, name) is None else "-1" for name in ("opening", "closing")}
    places = tuple(map(str, range(len(known.questions))))
    numbered = msgspec.structs.replace(
        known, questions=places, opening_baseline=None, closing_baseline=None, **remarked
    )
    for order in np.unique(item // ROUNDS_AN_ORDER):
        try:
            turns = user_turns(numbered, None, count, int(order), tables.study.seed)
        except ScriptError:
            continue
        here = (item // ROUNDS_AN_ORDER == order) & (item % ROUNDS_AN_ORDER <= len(turns))
        places = np.array([-2 if turn is None else int(turn) for turn in turns], dtype=np.int64)
        place = places[item[here] % ROUNDS_AN_ORDER - 1]
        found[here] = np.where(place == -2, found[here], place)  # what a user's model asks is asked once
    return found


def answers(tables: Tables, facts: Frame) -> Frame:
    """One row an answer that was paid for; `facts` (see `item_facts`) are joined by probe and item.

    Draws, orders and policies that share a call (before the dialogue their prefixes are equal) are one answer of each
    condition, not several. `order` and `replicate` tell dialogues apart; before the dialogue there are none, and the
    answer's own draw is the replicate.
    """
    frame = tables.answers
    shared = ["model", "persona", "script", "ask_persona", "ask_policy", "policy", "probe", "item", "call"]
    early = frame[(frame["checkpoint"] == 0) & frame["call"].notna()]
    frame = frame.drop(index=early.index[early.duplicated(shared)]).reset_index(drop=True)
    before = (frame["checkpoint"] == 0).to_numpy()
    asked = frame["ask_persona"].cat.codes.astype(np.int32)
    common = _common(frame, frame["persona"].cat.codes.astype(np.int32), asked, frame["ask_policy"]).assign(
        source=frame["probe"].cat.remove_unused_categories(),
        position=frame["checkpoint"].to_numpy(np.int32),
        item=frame["item"].cat.codes.to_numpy(np.int32),
        remark=False,
        order=np.where(before, 0, frame["ord"]).astype(np.int32),
        replicate=np.where(before, frame["answer_draw"], frame["draw"]).astype(np.int32),
        again=frame["answer_draw"].to_numpy(np.int32),
    )
    keys = pd.DataFrame({"probe": frame["probe"].cat.codes, "item": common["item"]})
    known = keys.merge(facts, on=["probe", "item"], how="left").fillna(-1).astype(np.int32)
    matched = common.assign(item=_as_baseline(tables)[common["item"].to_numpy()])
    return matched.assign(**{name: known[name].to_numpy() for name in ("own", "label", "dimension")})


def stand_ins(tables: Tables) -> set[tuple[int, int]]:
    """(item, persona): items whose answer by the baseline is judged as some personas alone, and these: those whose own
    items it stands in for, or those of the kind that it is for."""
    code, named, personas = tables.names.code, tables.items.values(), tables.personas
    of_kind = [item for item in named if item.for_kind is not UNSET]
    suited = {(code(item.id), code(name)) for item in of_kind for name, one in personas.items() if item.suits(one)}
    return suited | {(code(item.baseline_item), code(item.persona)) for item in named if item.baseline_item is not None}


def _as_baseline(tables: Tables) -> np.ndarray:
    """By code of an item: the code under which the baseline is asked the same, so that both sides match."""
    codes = np.arange(len(tables.names.dtype.categories), dtype=np.int32)
    for item in tables.items.values():
        if item.baseline_item is not None:
            codes[tables.names.code(item.id)] = tables.names.code(item.baseline_item)
    return codes


def item_facts(tables: Tables) -> Frame:
    """probe, item, own (persona whose item it is), label and dimension (index in `item_labels`); -1 = none."""
    rank = {word: i for i, word in enumerate(item_labels(tables))}
    code = tables.names.code

    def at(word: str | None) -> int:
        return rank.get(word or "", -1)

    rows = [
        (code(probe), code(name), code(item.persona), at(item.label), at(item.dimension))
        for (probe, name), item in tables.items.items()
    ]
    return pd.DataFrame(rows, columns=["probe", "item", "own", "label", "dimension"], dtype=np.int64)


def item_labels(tables: Tables) -> tuple[str, ...]:
    """Labels and dimensions of the items, sorted."""
    words = {word for item in tables.items.values() for word in (item.label, item.dimension) if word}
    return tuple(sorted(words))


def _common(frame: Frame, persona: Column, asked: Column, asked_by: Column | None) -> Frame:
    """The columns that rounds and answers share."""
    return pd.DataFrame(
        {
            "id": frame["id"],
            "model": frame["model"].cat.remove_unused_categories(),
            "script": frame["script"].cat.remove_unused_categories(),
            "speaker": pd.Categorical.from_codes((persona >= 0).astype(np.int8), dtype=SPEAKERS),
            "setting": _setting(frame["policy"], persona, asked, asked_by),
            "persona": persona,
            "asked": asked,
            "draw": frame["draw"],
            "order": frame["ord"].to_numpy(np.int32),
            "replicate": frame["draw"].to_numpy(np.int32),
            "dialogue": (frame["ord"].to_numpy() * 100_000 + frame["draw"].to_numpy()).astype(np.int32),
            "again": np.int32(0),
            "reason": frame["reason"].to_numpy(np.int8),
            "flagged": frame["flagged"],
        }
    )


def _setting(played_by: Column, persona: Column, asked: Column, asked_by: Column | None) -> pd.Categorical:
    """How each was played and asked; rounds are asked nothing, which counts as the plain way."""
    policies = (PLAIN.play_policy, *played_by.cat.categories)
    count = len(policies)
    relation = np.select([persona == asked, asked < 0, persona < 0], [0, 1, 2], default=3)
    played = played_by.cat.codes.to_numpy(np.int64) + 1
    by = asked_by.cat.codes.to_numpy(np.int64) + 1 if asked_by is not None else np.zeros(len(played), dtype=np.int64)

    def setting(code: int) -> Setting:
        rest, by_code = divmod(code, count)
        relation_code, played_code = divmod(rest, count)
        return Setting(policies[played_code], policies[by_code], _RELATIONS[relation_code])

    return valued((relation * count + played) * count + by, setting)
