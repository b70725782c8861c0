"""Some answers asked for again with equal bytes, to see whether the server answers the same. They disturb no answer:
a repeat is journalled beside its answer and never scored. Knows what is stored; sends nothing."""

from collections.abc import Iterator

import msgspec

from longplay.dialogue import settling
from longplay.experiment.noise_sample import repeated_checkpoints, spread
from longplay.pipeline.workbench import Workbench
from longplay.records import Cell, DialogueKey, Reply, Steps

NUMBER = 1  # each answer is repeated once


def repeats_due(bench: Workbench, key: DialogueKey, checkpoint: int, policy: str) -> Iterator[Cell]:
    """Answers after this prefix that are to be repeated and have no final repeat yet. Missing answers are not."""
    experiment, store, study = bench.experiment, bench.store, bench.experiment.study
    chosen: list[Cell] = []
    if checkpoint in repeated_checkpoints(study) and not experiment.models[key.model].simulated:
        ways = (policy, 0) if policy == study.conditioning.policies[0] else None
        cells = [c for c in experiment.cells(key, checkpoint) if (c.ask_policy, c.draw) == ways]
        chosen = spread(cells, study.conditioning.repeats)
    if not chosen:
        return
    place = key, checkpoint, key.persona, policy
    obtained = {(a.probe, a.item, a.draw) for a in store.answers(*place) if a.reply is not None and a.reason is None}
    done = {(r.probe, r.item, r.draw) for r in store.repeats(*place) if r.reply.final}
    yield from (cell for cell in chosen if (cell.probe, cell.item, cell.draw) in obtained - done)


def again(steps: Steps[Reply]) -> Steps[Reply]:
    """An answer's steps, its last request marked as a repeat: the policy's own calls are found, not made again."""
    return settling(steps, lambda request: msgspec.structs.replace(request, repeat=NUMBER))
