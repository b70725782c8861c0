"""What a study owes: the verdicts on one text are the same whether they are listed or counted."""

from collections import Counter

import pytest

from longplay.experiment import Experiment, expected
from longplay.experiment.workload import Place, due, verdicts_due
from longplay.pipeline import load_text
from longplay.records import Cell, RoundRef

STUDY = """
seed = 7
[[models]]
name = "sim/speaker"
[[models]]
name = "sim/speaker"
label = "other"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 2
orders = [0, 1, 2]
rounds = 6
[conditioning]
checkpoints = [0, 2, 4, 6]
orders = [0, 1]
draws_at_0 = 2
noise_share = NOISE
[judging]
forms = ["ours", "parity", "own-0", "previous"]
rounds = ["style", "knowledge"]
repeats = REPEATS
[[probes]]
name = "role"
limit = 6
[[probes]]
name = "follow"
limit = 6
[[probes]]
name = "refusal"
limit = 6
"""


def listed(experiment: Experiment) -> Counter[Place]:
    """Every text of the study, one by one, and every verdict on it."""
    counts = Counter[Place]()
    for key in experiment.dialogues():
        rounds = [RoundRef(key, number) for number in range(1, experiment.rounds(key) + 1)]
        cells = {point: list(experiment.cells(key, point)) for point in experiment.checkpoints(key)}
        counts[Place("rounds", key.model)] += len(rounds)
        for point, several in cells.items():
            counts[Place("answers", key.model, str(point))] += len(several)
        texts: list[RoundRef | Cell] = [*rounds, *(cell for several in cells.values() for cell in several)]
        for ref in texts:
            counts.update(Place("verdicts", one.judge, one.metric.name) for one in verdicts_due(experiment, ref))
    return counts


@pytest.mark.parametrize(("noise", "repeats"), [(0, 1), (0.5, 1), (0.5, 2), (1, 1)])
def test_what_is_counted_by_kinds_of_texts_is_what_the_texts_are_owed_one_by_one(noise: float, repeats: int) -> None:
    text = STUDY.replace("NOISE", f"{noise}").replace("REPEATS", f"{repeats}")
    experiment = load_text(text).experiment
    counts = listed(experiment)
    assert due(experiment) == +counts
    assert expected(experiment) == {
        kind: sum(count for place, count in counts.items() if place.kind == kind)
        for kind in ("rounds", "answers", "verdicts")
    }


def test_a_verdict_is_owed_once() -> None:
    experiment = load_text(STUDY.replace("NOISE", "1").replace("REPEATS", "1")).experiment
    key = next(key for key in experiment.dialogues() if key.persona is None)
    for cell in experiment.cells(key, 4):
        found = [(one.metric.name, one.judge, one.judged_as, one.repeat) for one in verdicts_due(experiment, cell)]
        assert len(found) == len(set(found))
