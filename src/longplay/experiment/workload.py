"""What a study owes: the verdicts on one text, and how many pieces there are at each place. Reads no store.

Texts that are alike are counted together, so that a large study is not listed.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.pairs import lags_at
from longplay.experiment.wrong_persona import as_another
from longplay.judging.owed import Due, Scoring, Text, each, scorings
from longplay.records import ROUNDS, Cell, DialogueKey, Item, RoundRef
from longplay.specs import ModelSpec

Names = Callable[[str], Sequence[str]]  # the metrics of a probe's answers, or of ROUNDS


class Place(msgspec.Struct, frozen=True, order=True):
    """Whose pieces these are: of rounds and answers the model's title, of verdicts the judge's. `part`: the checkpoint
    of answers, the metric of verdicts."""

    kind: str
    who: str
    part: str = ""


def text_of(experiment: Experiment, ref: RoundRef | Cell) -> Text:
    """What decides about one round or answer."""
    persona, twice = experiment.as_whom(ref.dialogue.persona), experiment.judged_twice(ref)
    if isinstance(ref, RoundRef):
        another = as_another(experiment.study, experiment.personas, persona, ROUNDS, str(ref.round))
        lags = lags_at(experiment.study, ref.round)
        return Text(ROUNDS, persona, persona, twice=twice, lags=lags, another=another)
    first = ref.checkpoint == experiment.study.checkpoints[0]
    return answer_text(experiment, ref.probe, experiment.items[ref.probe, ref.item], persona, first=first, twice=twice)


def answer_text(
    experiment: Experiment, probe: str, item: Item, persona: str | None, *, first: bool, twice: bool = False
) -> Text:
    """What decides about an answer to an item."""
    persona = experiment.as_whom(persona)
    another = as_another(experiment.study, experiment.personas, persona, probe, item.baseline_item or item.id)
    return Text(probe, persona, persona, item.persona, experiment.stands_for(item), first, twice, another)


def study_metrics(experiment: Experiment) -> Names:
    """The metrics that the study asks for."""
    return lambda source: experiment.rounds_scored_by if source == ROUNDS else experiment.scored_by[source]


def owed(experiment: Experiment, text: Text, names: Names) -> tuple[Scoring, ...]:
    """Every verdict that a text is owed by metrics of these names."""
    return tuple(scorings((experiment.metrics[name] for name in names(text.source)), text, experiment.panel))


def verdicts_due(experiment: Experiment, ref: RoundRef | Cell, by: ModelSpec | None = None) -> Iterator[Due]:
    """Every verdict that one text is owed; `by`: by one judge alone, the first one with what programs score.

    Looked up once for all texts that are alike.
    """
    text = text_of(experiment, ref)
    found = experiment.owed.get(text)
    if found is None:
        found = experiment.owed[text] = owed(experiment, text, study_metrics(experiment))
    return each(found, by)


def count(experiment: Experiment, texts: Iterable[Text], names: Names | None = None) -> Counter[Place]:
    """The same of several texts, counted."""
    counts, names = Counter[tuple[str, str]](), names or study_metrics(experiment)
    for text, times in Counter(texts).items():
        for one in owed(experiment, text, names):
            for judge in one.judges:
                counts[one.metric.judge_title(judge), one.metric.name] += times * len(one.judged_as) * one.repeats
    return Counter({Place("verdicts", judge, metric): total for (judge, metric), total in counts.items()})


class Workload:
    """The counts of one study, the noise sample's among them, by the metrics that it asks for or by others. Each place
    is counted once."""

    def __init__(self, experiment: Experiment, names: Names | None = None) -> None:
        self._experiment = experiment
        self._names = names or study_metrics(experiment)
        self._one_pass = cache(self._pass)
        self._sampled = cache(self._sample)
        self._asked = cache(self._items)
        self._played = cache(self._rounds)

    def answers(self, persona: str | None, checkpoint: int) -> int:
        """Answers to all items put to a persona after one prefix."""
        twice = len(self._experiment.sample(persona)) if self._experiment.answers_twice(checkpoint) else 0
        return self._passes(checkpoint) * self._asked(persona) + twice

    def verdicts(self, persona: str | None, checkpoint: int) -> Counter[Place]:
        """Verdicts on these answers."""
        times, first = self._passes(checkpoint), checkpoint == self._experiment.study.checkpoints[0]
        counts = _times(times, self._one_pass(persona, first))
        counts.update(self._sampled(persona, checkpoint))
        return counts

    def of_rounds(self, key: DialogueKey) -> Counter[Place]:
        """Verdicts on the rounds of a whole dialogue."""
        return self._played(key.persona, self._experiment.rounds(key))

    def all(self, keys: Iterable[DialogueKey], *, once: bool = False) -> Counter[Place]:
        """Verdicts on all rounds and answers of these dialogues. `once`: those on an answer before the dialogue, which
        scripts, orders and draws share, are counted once."""
        experiment, shared = self._experiment, set[tuple[str, str | None]]()
        played, asked = Counter[tuple[str | None, int]](), Counter[tuple[str | None, int]]()
        for key in keys:
            played[key.persona, experiment.rounds(key)] += 1
            if key.order not in experiment.study.conditioning.orders:
                continue
            for checkpoint in experiment.checkpoints(key):
                if not once or checkpoint or (key.model, key.persona) not in shared:
                    asked[key.persona, checkpoint] += 1
                if not checkpoint:
                    shared.add((key.model, key.persona))
        counts = Counter[Place]()
        for (persona, rounds), times in played.items():
            counts.update(_times(times, self._played(persona, rounds)))
        for (persona, checkpoint), times in asked.items():
            counts.update(_times(times, self.verdicts(persona, checkpoint)))
        return counts

    def _passes(self, checkpoint: int) -> int:
        return len(self._experiment.draws(checkpoint)) * len(self._experiment.study.conditioning.policies)

    def _items(self, persona: str | None) -> int:
        return len(self._experiment.asked(persona))

    def _rounds(self, persona: str | None, rounds: int) -> Counter[Place]:
        refs = (RoundRef(DialogueKey("", persona, ""), number) for number in range(1, rounds + 1))
        return self._count(text_of(self._experiment, ref) for ref in refs)

    def _pass(self, persona: str | None, first: bool) -> Counter[Place]:
        """Verdicts on one answer to each item."""
        asked = self._experiment.asked(persona)
        return self._count(answer_text(self._experiment, probe, item, persona, first=first) for probe, item in asked)

    def _sample(self, persona: str | None, checkpoint: int) -> Counter[Place]:
        """Verdicts on the sample's second answers, and the second ones of its first answers."""
        experiment, key = self._experiment, DialogueKey("", persona, "")
        policy = experiment.study.conditioning.policies[0]
        cells = [Cell(key, checkpoint, persona, policy, probe, item) for probe, item in experiment.sample(persona)]
        texts = [text_of(experiment, cell) for cell in cells]
        counts, once = self._count(texts), self._count(msgspec.structs.replace(text, twice=False) for text in texts)
        return counts if experiment.answers_twice(checkpoint) else counts - once

    def _count(self, texts: Iterable[Text]) -> Counter[Place]:
        return count(self._experiment, texts, self._names)


def due(experiment: Experiment, dialogues: Iterable[DialogueKey] | None = None) -> Counter[Place]:
    """How many rounds, answers and verdicts a whole run stores, by place; `dialogues`: those of these alone."""
    owed, rounds, answers = Workload(experiment), Counter[str](), Counter[tuple[str, int]]()
    keys = list(experiment.dialogues() if dialogues is None else dialogues)
    for key in keys:
        rounds[key.model] += experiment.rounds(key)
        if key.order in experiment.study.conditioning.orders:
            for checkpoint in experiment.checkpoints(key):
                answers[key.model, checkpoint] += owed.answers(key.persona, checkpoint)
    counts = Counter({Place("rounds", title): count for title, count in rounds.items()})
    counts.update({Place("answers", title, str(point)): count for (title, point), count in answers.items()})
    counts.update(owed.all(keys))
    return counts


def _times(times: int, counts: Counter[Place]) -> Counter[Place]:
    return Counter({place: times * count for place, count in counts.items()})


def by_kind(counts: Counter[Place]) -> dict[str, int]:
    """Rounds, answers and verdicts of all places together."""
    found = Counter(rounds=0, answers=0, verdicts=0)
    for place, count in counts.items():
        found[place.kind] += count
    return dict(found)


def expected(experiment: Experiment, model: str | None = None) -> dict[str, int]:
    """How many rounds, answers and verdicts a whole run stores; `model`: the title of the one to count alone."""
    return by_kind(due(experiment, (key for key in experiment.dialogues() if model in (None, key.model))))


def brought_in(experiment: Experiment) -> Counter[Place]:
    """How many verdicts were imported beside those that the study itself asks for."""
    counts = Counter[Place]()
    if experiment.imported is not None:
        own = {(name, judge) for name in experiment.rounds_scored_by for judge in experiment.judges}
        for source, metric, judge, count in experiment.imported.tally.verdicts:
            if source not in experiment.asking and not (source == ROUNDS and (metric, judge) in own):
                counts[Place("verdicts", judge, metric)] += count
    return counts
