"""What the plan owes and the run lacks, as rows of its tables that say so. Averages nothing, knows no verdicts.

A run that was stopped, or whose parts are at different places, then misses what it has not asked: in every count, in
every bound, and at the start of a change as at its end.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np
import pandas as pd
from msgspec import UNSET

from longplay.analysis.frames import Frame, groups, matches, stack
from longplay.analysis.tables import DIALOGUE, Tables
from longplay.battery import BATTERIES, NEUTRAL_KINDS, NEUTRAL_TEXTS
from longplay.experiment.noise_sample import is_sampled, repeated_checkpoints
from longplay.records import REASONS, Item
from longplay.specs import Persona
from longplay.stats.intervals import Integers

CODE = 2 + len(REASONS)  # of NOT_ASKED among REASON_NAMES
_ASKED = ("checkpoint", "ask_persona", "ask_policy", "probe", "item", "answer_draw")
_ROUND = [*DIALOGUE, "round"]
_ANSWER = [*DIALOGUE, *_ASKED]
# Dialogues of one model, persona and script share what was answered before the dialogue.
_SHARED = ["model", "persona", "script", *_ASKED]


def with_planned(tables: Tables) -> Tables:
    """The tables, with a row for every round and answer that the study owes and that was not asked yet.

    Dialogues are those of the study; of an imported run those that it has, none of whose rounds is due. What a user has
    ended is not due. Of answers every draw is owed that some answer of the run has, the noise sample's second ones too.
    """
    if tables.rounds.empty and tables.answers.empty:
        return tables
    dialogues = _dialogues(tables)
    imported = tables.study.dialogues.imported  # their rounds are what the source had
    rounds = _lacking(tables.rounds, _rounds(dialogues.iloc[:0] if imported else dialogues), _ROUND)
    owed = _answers(tables, dialogues)
    before = owed["checkpoint"].to_numpy() == 0
    answers = tables.answers
    lacking = [
        _lacking(answers[answers["checkpoint"] == 0], owed[before], _SHARED),
        _lacking(answers[answers["checkpoint"] > 0], owed[~before], _ANSWER),
    ]
    return msgspec.structs.replace(tables, rounds=_with(tables.rounds, [rounds]), answers=_with(answers, lacking))


def _dialogues(tables: Tables) -> Frame:
    """DIALOGUE as codes (-1 = no persona) and `length` in rounds: every dialogue that is due."""
    code, asked = tables.names.code, tables.study.dialogues
    if asked.imported:
        return _imported(tables)
    lengths = {
        (code(key.model), code(key.persona), code(key.script), key.order, code(key.policy), key.draw): rounds
        for key, rounds in tables.ended.items()
    }
    speakers = [(code(persona), asked.draws) for persona in tables.personas]
    speakers += [(code(name), asked.neutral_draws(NEUTRAL_TEXTS[NEUTRAL_KINDS[name]])) for name in tables.neutral]
    if asked.baseline:
        speakers.append((-1, asked.baseline_draws))
    keys = [
        (code(model.title), persona, code(script), order, code(asked.policy), draw)
        for model in tables.study.models
        for persona, draws in speakers
        for script in asked.scripts
        for order in asked.orders
        for draw in range(draws)
    ]
    found = pd.DataFrame(keys, columns=list(DIALOGUE), dtype=np.int64)
    return found.assign(length=[lengths.get(key, asked.rounds) for key in keys])


def _imported(tables: Tables) -> Frame:
    parts = [
        pd.DataFrame({name: _codes(frame[name]) for name in DIALOGUE} | {"length": frame[last].to_numpy(np.int64)})
        for frame, last in ((tables.rounds, "round"), (tables.answers, "checkpoint"))
    ]
    return pd.concat(parts).groupby(list(DIALOGUE), as_index=False)["length"].max()


def _rounds(dialogues: Frame) -> Frame:
    length = dialogues["length"].to_numpy(np.int64)
    every = _repeated(dialogues[list(DIALOGUE)], length)
    number = np.arange(len(every)) - np.repeat(np.cumsum(length) - length, length) + 1
    return every.assign(round=number)


def _answers(tables: Tables, dialogues: Frame) -> Frame:
    """Every answer that is due; before the dialogue once for all dialogues of one model, persona and script."""
    conditioning, code = tables.study.conditioning, tables.names.code
    dialogues = dialogues[dialogues["ord"].isin(conditioning.orders).to_numpy()]
    parts: list[Frame] = []
    for speaker in (None, *tables.neutral, *tables.personas):
        persona = None if speaker in tables.neutral else speaker
        of, items = dialogues[dialogues["persona"].to_numpy() == code(speaker)], _asked(tables, persona)
        for checkpoint in tables.study.checkpoints:
            here = of[of["length"].to_numpy() >= checkpoint]
            if checkpoint == 0:
                here = here.take(groups(here, ["model", "persona", "script"]).first)
            each = np.array(list(_each(tables, persona, checkpoint, items)), dtype=np.int64).reshape(-1, 4)
            every = _repeated(here[list(DIALOGUE)], np.full(len(here), len(each)))
            own = np.tile(each, (len(here), 1))
            asked = {"checkpoint": checkpoint, "ask_persona": every["persona"], "ask_policy": own[:, 0]}
            parts.append(every.assign(**asked, probe=own[:, 1], item=own[:, 2], answer_draw=own[:, 3]))
    return pd.concat(parts)


def _each(
    tables: Tables, persona: str | None, checkpoint: int, items: Sequence[tuple[str, str]]
) -> Iterator[tuple[int, int, int, int]]:
    """Policy, probe and item as codes, and the draw, of every answer owed after one prefix: as many draws as the study
    asks and some answer there has, and the noise sample's second ones where the run has any."""
    conditioning, answers, code = tables.study.conditioning, tables.answers, tables.names.code
    planned = conditioning.draws if checkpoint else max(conditioning.draws, conditioning.draws_at_0)
    seen = answers["answer_draw"][(answers["checkpoint"] == 0) == (checkpoint == 0)]
    most = int(seen.max()) + 1 if len(seen) else 1
    for policy in conditioning.policies:
        for draw in range(min(planned, most)):
            yield from ((code(policy), code(probe), code(item), draw) for probe, item in items)
    if planned == 1 and most > 1 and checkpoint in repeated_checkpoints(tables.study):
        for probe, item in items:
            if is_sampled(conditioning.noise_share, persona, probe, item):
                yield code(conditioning.policies[0]), code(probe), code(item), 1


def _asked(tables: Tables, persona: str | None) -> list[tuple[str, str]]:
    """(probe, item) of what is put to a persona: its own items and the common ones; the baseline is asked
    everybody's, or what stands in for them. A probe whose items are not recorded has those that were asked."""
    study = tables.study
    named = {spec.name for spec in study.probes} if study.probes is not None else set(BATTERIES[study.battery].probes)
    probes = [probe for probe in tables.metrics if probe in named or not study.dialogues.imported]
    stand_ins = {item.baseline_item for item in tables.items.values() if item.persona in tables.personas}
    never = {item.baseline_item for item in tables.items.values()} - stand_ins
    recorded = {probe for probe, _ in tables.items}
    found = [
        (probe, item.id)
        for (probe, _), item in tables.items.items()
        if probe in probes and item.id not in never and _is_asked(item, persona, stand_ins, tables.personas)
    ]
    for probe in probes:
        if probe not in recorded:
            seen = tables.answers["item"][(tables.answers["probe"] == probe).to_numpy()]
            found += [(probe, item) for item in sorted(set(seen))]
    return found


def _is_asked(item: Item, persona: str | None, stand_ins: set[str | None], personas: Mapping[str, Persona]) -> bool:
    if item.id in stand_ins:
        return persona is None
    suited = (item.suits(one) for name, one in personas.items() if persona in (None, name))
    if item.for_kind is not UNSET and not any(suited):
        return False
    if item.persona is None:
        return True
    if persona is None:
        return item.baseline_item is None and item.persona in personas
    return item.persona == persona


def _lacking(stored: Frame, owed: Frame, keys: list[str]) -> Frame:
    """What is owed and not stored, by these keys."""
    there = pd.DataFrame({name: _codes(stored[name]) for name in keys})
    once = there.take(groups(there, keys).first) if len(there) else there
    found, _ = matches(owed, once, keys) if len(owed) else (np.empty(0, dtype=np.int64), None)
    return owed.take(np.setdiff1d(np.arange(len(owed)), found))


def _with(stored: Frame, lacking: Sequence[Frame]) -> Frame:
    """Rows for what is lacking below those that are stored; their ids are below 0, where no verdict is."""
    more = pd.concat(lacking)
    return stack([stored, _as_rows(stored, more)]) if len(more) else stored


def _as_rows(stored: Frame, more: Frame) -> Frame:
    return pd.DataFrame(dict(_columns(stored, more)), copy=False)


def _columns(stored: Frame, more: Frame) -> Iterator[tuple[str, object]]:
    size = len(more)
    for name in stored.columns:
        kind = stored[name].dtype
        if name == "id":
            yield name, -1 - np.arange(size)
        elif name == "reason":
            yield name, np.full(size, CODE, dtype=kind)
        elif name not in more:
            empty = np.nan if kind.kind == "f" else 0
            yield name, np.full(size, empty, dtype=kind)
        elif isinstance(kind, pd.CategoricalDtype):
            yield name, pd.Categorical.from_codes(more[name].to_numpy(np.int64), dtype=kind)
        else:
            yield name, more[name].to_numpy(kind)


def _codes(column: Frame) -> Integers:
    """Codes of names, -1 = none; numbers as they are."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(np.int64)
    return column.to_numpy(np.int64)


def _repeated(frame: Frame, times: Integers) -> Frame:
    return frame.take(np.repeat(np.arange(len(frame)), times)).reset_index(drop=True)
