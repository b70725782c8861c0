"""What a study that decides while it runs has allocated: every round of every dialogue, until its user ends it. Kept in
the store, so that what is owed follows from study and store."""

import asyncio

import msgspec

from longplay.pipeline.bench import Bench
from longplay.pipeline.experiment import Experiment
from longplay.pipeline.owed import by_kind, due
from longplay.records import DialogueKey
from longplay.store import Reader
from longplay.store.documents import ENDED_BY_USER, EndedByUser


def allocated(experiment: Experiment, reader: Reader) -> Experiment:
    """The experiment with the dialogues that were ended by their users so far. Raises StoreError."""
    bodies = reader.documents(ENDED_BY_USER).values()
    found = [msgspec.json.decode(body, type=EndedByUser) for body in bodies]
    return msgspec.structs.replace(experiment, ended={one.dialogue: one.rounds for one in found})


def end(bench: Bench, key: DialogueKey, rounds: int) -> tuple[dict[str, int], asyncio.Future[None]]:
    """A dialogue's user has ended it after so many rounds: how many rounds, answers and verdicts are not owed any more,
    and when that is on the disk."""
    before = by_kind(due(bench.experiment, [key]))
    bench.experiment.ended[key] = rounds
    after = by_kind(due(bench.experiment, [key]))
    name, body = (msgspec.json.encode(value).decode() for value in (key, EndedByUser(key, rounds)))
    return {kind: before[kind] - after[kind] for kind in before}, bench.store.put_document(ENDED_BY_USER, name, body)
