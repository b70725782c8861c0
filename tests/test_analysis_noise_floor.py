"""What asking and judging again change, and what that says of drifts and gaps, on runs written by hand."""

import numpy as np
import pytest

from analysis_runs import Run, estimates, pick
from longplay.records import Estimate

PERSONAS = "abcdef"


def run(
    *, drop: float = 1.0, sd: float = 0.3, answers: int = 2, judgings: int = 1, baseline: bool = False, seed: int = 1
) -> Run:
    """Twenty items a persona at three checkpoints; each score is off by `sd` whenever it is asked for again."""
    rng = np.random.default_rng(seed)
    made = Run(personas=PERSONAS, probes={"fidelity": ("knowledge",)})
    for persona in (*PERSONAS, *((None,) if baseline else ())):
        for at, place in ((0, 0.0), (4, 0.5), (8, 1.0)):
            for item in range(20):
                truth = 3.5 - drop * place + 0.5 * rng.standard_normal()
                for draw in range(answers):
                    scores = tuple(truth + sd * rng.standard_normal() for _ in range(judgings))
                    seen = PERSONAS if persona is None else persona
                    verdicts = {("knowledge", one): scores for one in seen}
                    made.answer(persona, at, f"q{item}", verdicts, answer_draw=draw)
    return made


def component(made: Run, kind: str, position: int | None = None) -> Estimate:
    return pick(made, "noise-components", condition=f"persona, {kind}", position=position)


def test_answers_drawn_again_give_their_component_at_each_position_and_pooled() -> None:
    made = run()
    for position, n in ((0, 240), (4, 240), (8, 240), (None, 720)):
        found = component(made, "answered again", position)
        assert found.value == pytest.approx(0.3, rel=0.15)
        assert found.low is not None
        assert found.high is not None
        assert found.low < 0.3 < found.high
        assert (found.n, found.clusters) == (n, 6)


def test_judging_again_is_told_from_answering_again() -> None:
    made = run(answers=1, judgings=3)
    assert component(made, "judged again").value == pytest.approx(0.3, rel=0.1)
    assert not [one for one in estimates(made) if one.condition.endswith("answered again")]


def test_a_drift_has_the_floor_of_asking_again() -> None:
    drift, noise = pick(made := run(), "drift"), component(made, "answered again")
    assert drift.floor is not None
    assert noise.value is not None
    # two ends, each the mean of 6 personas x 20 items x 2 answers
    assert drift.floor == pytest.approx(1.96 * noise.value * np.sqrt(2 / 240), rel=0.1)
    assert "times the noise floor of asking again alone" in drift.note


def test_a_drift_that_asking_again_could_make_is_flagged() -> None:
    found = pick(run(drop=0.0, sd=3.0), "drift")
    assert found.value is not None
    assert found.floor is not None
    assert abs(found.value) <= found.floor
    assert found.note.startswith("below the noise floor")


def test_without_noise_there_is_a_floor_of_nothing_and_no_ratio() -> None:
    found = pick(run(sd=0.0), "drift")
    assert (found.floor, found.floor_low, found.floor_high) == (0.0, 0.0, 0.0)
    assert "noise floor" not in found.note


def test_a_gap_has_the_noise_of_both_its_sides() -> None:
    made = run(baseline=True)
    gap, drift = pick(made, "gap", position=8), pick(made, "drift", condition="persona")
    assert gap.floor is not None
    assert drift.floor is not None
    assert gap.floor > 0


def test_nothing_repeated_means_no_floor() -> None:
    made = run(answers=1)
    assert pick(made, "drift").floor is None
    assert not [one for one in estimates(made) if one.analysis == "noise-components"]


def test_orders_of_a_dialogue_are_a_component_of_their_own() -> None:
    rng = np.random.default_rng(12)
    made = Run(personas=PERSONAS, probes={"fidelity": ("knowledge",)})
    for persona in PERSONAS:
        for order in (0, 1, 2):
            shift = 0.4 * rng.standard_normal()
            for at in (0, 4, 8):
                for item in range(10):
                    made.answer(persona, at, f"q{item}", {"knowledge": 3 + (at > 0) * shift}, order=order, call=None)
    found = component(made, "played again", 8)
    assert found.value == pytest.approx(0.4, rel=0.35)
    assert not [one for one in estimates(made) if one.condition.endswith("played again") and one.position == 0]
