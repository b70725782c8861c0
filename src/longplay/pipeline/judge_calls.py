"""How often the judge is called if each text is judged once by each metric: with comparisons in one order, and in both.

Knows the metrics a probe is made for, not the forms in which a study has them judged. Spends nothing.
"""

import msgspec

from longplay.judging import METRICS
from longplay.pipeline.experiment import Experiment
from longplay.pipeline.owed import Owed
from longplay.probes import PROBES


class JudgeCalls(msgspec.Struct, frozen=True):
    """Calls of the judge, second tries aside, if every comparison is asked in one order, or in both."""

    one_order: int
    both_orders: int


def judge_calls(experiment: Experiment) -> JudgeCalls:
    """The calls of a whole study; answers that are shared before the dialogue are judged once."""
    of_probes = {name: PROBES[name].metrics for name in experiment.probes if name in PROBES}
    owed = Owed(experiment, experiment.study.judging.rounds, of_probes).once()
    judged = {name: count for name, count in owed.items() if not METRICS[name].verified}
    return JudgeCalls(sum(judged.values()), sum(METRICS[name].calls * count for name, count in judged.items()))
