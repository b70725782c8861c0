"""Dialogues that their user has ended before their last round. Kept in the store, so that what a run owes follows from
study and store."""

import asyncio

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import by_kind, due
from longplay.records import DialogueKey
from longplay.store import Reader, Store
from longplay.store.documents import ENDED_BY_USER, EndedByUser


def with_ended(experiment: Experiment, reader: Reader) -> Experiment:
    """The experiment with the dialogues that were ended by their users so far. Raises StoreError."""
    bodies = reader.documents(ENDED_BY_USER).values()
    found = [msgspec.json.decode(body, type=EndedByUser) for body in bodies]
    return msgspec.structs.replace(experiment, ended={one.dialogue: one.rounds for one in found})


def end_dialogue(
    experiment: Experiment, store: Store, key: DialogueKey, rounds: int
) -> tuple[dict[str, int], asyncio.Future[None]]:
    """A dialogue's user has ended it after so many rounds: how many rounds, answers and verdicts are not owed any more,
    and when that is on the disk."""
    before = by_kind(due(experiment, [key]))
    experiment.ended[key] = rounds
    after = by_kind(due(experiment, [key]))
    name, body = (msgspec.json.encode(value).decode() for value in (key, EndedByUser(key, rounds)))
    return {kind: before[kind] - after[kind] for kind in before}, store.put_document(ENDED_BY_USER, name, body)
