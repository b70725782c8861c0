"""Which of the model's own answers an answer is compared with, and when both are there. Reads no store."""

from collections.abc import Sequence

from longplay.experiment.experiment import Experiment
from longplay.judging import Metric
from longplay.records import DialogueKey


def opponent_at(metric: Metric, checkpoint: int, checkpoints: Sequence[int]) -> int | None:
    """The checkpoint whose answer the one at `checkpoint` is compared with; None where there is none before it."""
    if checkpoint == checkpoints[0]:
        return None
    return 0 if metric.against == "own-0" else checkpoints[checkpoints.index(checkpoint) - 1]


class Answered:
    """Prefixes after which every item has been asked. Each comparison is ready once, when its later side comes in."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        names = {name for several in experiment.scored_by.values() for name in several}
        self._own = [metric for name in sorted(names) if (metric := experiment.metrics[name]).against != "item"]
        self._ended: dict[tuple[DialogueKey, str], set[int]] = {}

    def end(self, key: DialogueKey, checkpoint: int, policy: str) -> list[tuple[int, int]]:
        """All answers after a prefix are in: the pairs of checkpoints (later, earlier) that can be compared now."""
        if not self._own:
            return []
        points = self._experiment.checkpoints(key)
        ended = self._ended.setdefault((key, policy), set())
        ended.add(checkpoint)
        pairs = {(later, opponent_at(metric, later, points)) for metric in self._own for later in points}
        ready = [(later, earlier) for later, earlier in pairs if earlier is not None and checkpoint in (later, earlier)]
        if len(ended) == len(points):
            del self._ended[key, policy]
        return sorted((later, earlier) for later, earlier in ready if {later, earlier} <= ended)
