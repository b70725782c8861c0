"""About how long a study takes, from its plan and an assumed speed. Counts; sends nothing."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.prefix_lengths import reply_length
from longplay.records import Role
from longplay.specs import ModelSpec

TOKENS_A_SECOND = 30.0  # of one reply, where nobody says otherwise


class Work(msgspec.Struct, frozen=True):
    """Tokens of replies that one model owes: all, and those of its longest dialogue, which follow each other."""

    model: ModelSpec
    tokens: int
    path: int
    judges: bool = False

    def seconds(self, tokens_a_second: float) -> float:
        """With all slots busy, and no sooner than the longest dialogue ends. The reading of prompts is not in it."""
        slots = self.model.concurrency * len(self.model.servers())
        return max(self.path, self.tokens / slots) / tokens_a_second


def works(experiment: Experiment, completions: Iterable[tuple[Role, int]], reply_tokens: int) -> list[Work]:
    """What each model owes in each role; simulated ones take no time to speak of. `completions`: tokens by role."""
    owed = Counter[Role]()
    for role, tokens in completions:
        owed[role] += tokens
    rounds = 0 if experiment.imported is not None else experiment.study.dialogues.rounds

    def path(role: Role, spec: ModelSpec) -> int:
        return rounds * reply_length(reply_tokens, spec.sampling.max_tokens) if role.kind == "model" else 0

    real = ((role, spec) for role, spec in experiment.roles.items() if not spec.simulated)
    return [Work(spec, owed[role], path(role, spec), role.kind == "judge") for role, spec in real]


def seconds(found: Sequence[Work], tokens_a_second: float) -> float | None:
    """All work side by side, so the slowest decides; None where all are simulated."""
    return max((work.seconds(tokens_a_second) for work in found), default=None)


def seconds_in_turn(found: Sequence[Work], tokens_a_second: float) -> float | None:
    """The same where judging begins when all else has ended."""
    sides = [seconds([work for work in found if work.judges == judges], tokens_a_second) for judges in (False, True)]
    known = [side for side in sides if side is not None]
    return sum(known) if known else None
