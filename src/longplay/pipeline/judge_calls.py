"""How often the judge is called if each text is judged once by each metric: with comparisons in one order, and in both.

Knows the metrics a probe is made for, not the forms in which a study has them judged. Spends nothing.
"""

from collections import Counter

import msgspec

from longplay.judging import METRICS
from longplay.pipeline.experiment import Experiment
from longplay.probes import PROBES


class JudgeCalls(msgspec.Struct, frozen=True):
    """Calls of the judge, second tries aside, if every comparison is asked in one order, or in both."""

    one_order: int
    both_orders: int


def judge_calls(experiment: Experiment) -> JudgeCalls:
    """The calls of a whole study; answers that are shared before the dialogue are judged once."""
    verdicts = _on_rounds(experiment)
    passes = _passes(experiment)
    for persona, times in passes.items():
        for name, count in _on_one_pass(experiment, persona).items():
            verdicts[name] += times * count
    repeats = experiment.study.judging.repeats
    judged = {name: count * repeats for name, count in verdicts.items() if not METRICS[name].verified}
    return JudgeCalls(sum(judged.values()), sum(METRICS[name].calls * count for name, count in judged.items()))


def _on_rounds(experiment: Experiment) -> Counter[str]:
    found, study = Counter[str](), experiment.study
    for key in experiment.dialogues():
        for name in study.judging.rounds:
            found[name] += study.dialogues.rounds * len(experiment.judged_as(name, key.persona, None))
    return found


def _on_one_pass(experiment: Experiment, persona: str | None) -> Counter[str]:
    """Verdicts on one answer to every item that is put to a persona."""
    found = Counter[str]()
    for probe, item in experiment.asked(persona):
        for name in PROBES[probe].metrics:
            found[name] += len(experiment.judged_as(name, persona, item))
    return found


def _passes(experiment: Experiment) -> Counter[str | None]:
    """How often all items are put to each persona; before the dialogue once over scripts, orders and draws."""
    study, found = experiment.study, Counter[str | None]()
    shared: set[tuple[str, str | None]] = set()
    for key in experiment.dialogues():
        if key.order not in study.conditioning.orders:
            continue
        for checkpoint in study.checkpoints:
            if checkpoint or (key.model, key.persona) not in shared:
                found[key.persona] += len(experiment.draws(checkpoint)) * len(study.conditioning.policies)
        shared.add((key.model, key.persona))
    return found
