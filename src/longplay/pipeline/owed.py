"""How many answers and verdicts a study owes at each place, the noise sample's among them. Counts; lists nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from longplay.judging import METRICS
from longplay.pipeline.experiment import Experiment
from longplay.records import Cell, DialogueKey, Item, RoundRef


class Owed:
    """The counts of one study, by these metrics of its rounds and of its probes, else by those that the study asks for.
    Each place is counted once."""

    def __init__(
        self,
        experiment: Experiment,
        of_rounds: Sequence[str] | None = None,
        of_probes: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._experiment = experiment
        self._of_rounds = experiment.rounds_scored_by if of_rounds is None else of_rounds
        self._of_probes = experiment.scored_by if of_probes is None else of_probes
        self._one_pass = cache(self._pass)
        self._sampled = cache(self._sample)

    def answers(self, persona: str | None, checkpoint: int) -> int:
        """Answers to all items put to a persona after one prefix."""
        twice = len(self._experiment.sample(persona)) if self._experiment.answers_twice(checkpoint) else 0
        return self._times(checkpoint) * len(self._experiment.asked(persona)) + twice

    def verdicts(self, persona: str | None, checkpoint: int) -> Counter[str]:
        """Verdicts on these answers, by metric."""
        points = self._experiment.study.checkpoints
        times, first = self._times(checkpoint), checkpoint == points[0]
        counts = Counter({name: times * count for name, count in self._one_pass(persona, first).items()})
        counts.update(self._sampled(persona, checkpoint))
        return counts

    def of_rounds(self, key: DialogueKey) -> Counter[str]:
        """Verdicts on the rounds of a whole dialogue, by metric."""
        experiment, rounds = self._experiment, self._experiment.rounds(key)
        twice = sum(experiment.judged_twice(RoundRef(key, number)) for number in range(1, rounds + 1))
        texts = rounds * experiment.study.judging.repeats + twice
        seen = {name: len(experiment.judged_as(name, key.persona, None)) for name in self._of_rounds}
        return Counter({name: texts * count for name, count in seen.items()})

    def once(self) -> Counter[str]:
        """All verdicts by metric; those on an answer before the dialogue, which its scripts, orders and draws share,
        are counted once."""
        experiment, counts = self._experiment, Counter[str]()
        shared: set[tuple[str, str | None]] = set()
        for key in experiment.dialogues():
            counts.update(self.of_rounds(key))
            if key.order not in experiment.study.conditioning.orders:
                continue
            for checkpoint in experiment.checkpoints(key):
                if checkpoint or (key.model, key.persona) not in shared:
                    counts.update(self.verdicts(key.persona, checkpoint))
                if not checkpoint:
                    shared.add((key.model, key.persona))
        return counts

    def _times(self, checkpoint: int) -> int:
        return len(self._experiment.draws(checkpoint)) * len(self._experiment.study.conditioning.policies)

    def _pass(self, persona: str | None, first: bool) -> Counter[str]:
        return self._of(persona, self._experiment.asked(persona), first, self._experiment.study.judging.repeats)

    def _sample(self, persona: str | None, checkpoint: int) -> Counter[str]:
        """Verdicts on the sample's second answers, and the second ones of its first answers."""
        experiment = self._experiment
        first, policy = checkpoint == experiment.study.checkpoints[0], experiment.study.conditioning.policies[0]
        places = [(probe, experiment.items[probe, item]) for probe, item in experiment.sample(persona)]
        counts = Counter[str]()
        if experiment.answers_twice(checkpoint):
            counts += self._of(persona, places, first, experiment.study.judging.repeats)
        key = DialogueKey("", persona, "")
        again = [
            (probe, item)
            for probe, item in places
            if experiment.judged_twice(Cell(key, checkpoint, persona, policy, probe, item.id))
        ]
        judged = self._of(persona, again, first, 1)
        return counts + Counter({name: count for name, count in judged.items() if not METRICS[name].verified})

    def _of(self, persona: str | None, places: Iterable[tuple[str, Item]], first: bool, repeats: int) -> Counter[str]:
        """At the first checkpoint there are no earlier answers to compare with; programs need no repeats."""
        counts = Counter[str]()
        for probe, item in places:
            for name in self._of_probes[probe]:
                metric = METRICS[name]
                if metric.against == "item" or not first:
                    seen = len(self._experiment.judged_as(name, persona, item))
                    counts[name] += seen * (1 if metric.verified else repeats)
        return counts
