"""Texts that come in together to be judged: a block of rounds, or all answers after one prefix. Knows no store."""

import hashlib
from typing import NamedTuple

from longplay.experiment.experiment import Experiment
from longplay.records import Cell, DialogueKey, RoundRef


class Stretch(NamedTuple):
    """Rounds `first` to `last` of a dialogue, or, where there is a policy, the answers after `last` rounds; `pairs`:
    checkpoints (later, earlier) whose answers can be compared now."""

    key: DialogueKey
    first: int
    last: int
    policy: str | None = None
    pairs: tuple[tuple[int, int], ...] = ()

    @property
    def whose(self) -> tuple[DialogueKey, str | None]:
        """What its texts have in common with those that came earlier or come later."""
        return self.key, self.policy

    def begins(self, experiment: Experiment) -> bool:
        """Whether it holds the early texts of which some are judged again late."""
        first = experiment.study.checkpoints[0]
        return self.last == first if self.policy is not None else self.first <= max(1, first) <= self.last

    def ends(self, experiment: Experiment) -> bool:
        """Whether it holds the last texts of its dialogue."""
        if self.policy is None:
            return self.last == experiment.rounds(self.key)
        return self.last == max(experiment.checkpoints(self.key), default=0)

    @property
    def place(self) -> str:
        """A key to sort by: the same in every run, whenever the texts came in."""
        return repr(self)


def seeded_place(seed: int, ref: RoundRef | Cell | None, *names: str | None) -> bytes:
    """Where something stands in a random order that the seed alone decides."""
    return hashlib.blake2b(repr((seed, ref, names)).encode(), digest_size=8).digest()
