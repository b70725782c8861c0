"""How often the judge is called if each text is judged once by each metric: with comparisons in one order, and in both.

Knows the metrics a probe is made for, not the forms in which a study has them judged. Spends nothing.
"""

from collections.abc import Sequence

import msgspec

from longplay.experiment.experiment import Experiment
from longplay.experiment.workload import Workload
from longplay.judging import asking, metrics_of
from longplay.probes import metrics_for
from longplay.records import ROUNDS


class JudgeCalls(msgspec.Struct, frozen=True):
    """Calls of the judge, second tries aside, if every comparison is asked in one order, or in both."""

    one_order: int
    both_orders: int


def judge_calls(experiment: Experiment) -> JudgeCalls:
    """The calls of a whole study; answers that are shared before the dialogue are judged once."""

    def made_for(source: str) -> Sequence[str]:
        if source == ROUNDS:
            return every(experiment.study.rounds_scored_by)
        return every(metrics_for(experiment.study, source))

    def every(names: Sequence[str]) -> Sequence[str]:
        return asking([one for name in names for one in metrics_of(name, experiment.metrics)], experiment.metrics)

    once = Workload(experiment, made_for).all(experiment.dialogues(), once=True)
    owed = [(experiment.metrics[place.part], count) for place, count in once.items()]
    judged = [(metric.calls, count) for metric, count in owed if not metric.verified]
    return JudgeCalls(sum(count for _, count in judged), sum(calls * count for calls, count in judged))
