"""What asking and judging again change, and what that says of drifts and gaps, on runs written by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from analysis_runs import Run, estimates, pick
from longplay.records import Estimate, Item, Script
from named import condition

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
    assert not [one for one in estimates(made) if condition(one).endswith("answered again")]


def test_a_drift_has_the_floor_of_asking_again() -> None:
    drift, noise = pick(made := run(), "drift"), component(made, "answered again")
    assert drift.floor is not None
    assert noise.value is not None
    # two ends, each the mean of 6 personas x 20 items x 2 answers
    assert drift.floor == pytest.approx(1.96 * noise.value * np.sqrt(2 / 240), rel=0.1)
    assert drift.value is not None
    assert drift.floor_times == pytest.approx(abs(drift.value) / drift.floor)
    assert not drift.note


def test_a_drift_that_asking_again_could_make_is_flagged() -> None:
    found = pick(run(drop=0.0, sd=3.0), "drift")
    assert found.value is not None
    assert found.floor is not None
    assert abs(found.value) <= found.floor
    assert found.note.startswith("below the noise floor")


def test_a_floor_of_nothing_says_what_so_many_repeats_can_still_hide() -> None:
    found = pick(run(sd=0.0), "drift")
    assert (found.floor, found.floor_low, found.floor_times) == (0.0, 0.0, None)
    share = 1 - 0.05 ** (1 / 120)  # 6 personas x 20 items, each answered twice, at each of two ends
    spread = share * 4**2 / 2
    assert found.floor_high == pytest.approx(stats.t.ppf(0.975, 240) * np.sqrt(2 * spread / 240))
    assert found.note == "none of 120 repeats differed; up to 2 % of answers still may"
    assert component(run(sd=0.0), "answered again", 8).high == pytest.approx(np.sqrt(spread))


def test_an_answer_that_is_judged_as_several_personas_is_one_answer_of_the_floor() -> None:
    made = Run(PERSONAS, {"fidelity": ("knowledge",)})
    for at in (0, 8):
        for item in range(10):
            for draw, off in enumerate((SD, -SD)):
                verdicts = {("knowledge", persona): 3 + off for persona in PERSONAS}
                made.answer(None, at, f"q{item}", verdicts, answer_draw=draw)
                for persona in PERSONAS:
                    made.answer(persona, at, f"q{item}", {"knowledge": (4 + off,) * 3}, answer_draw=draw)
    alone, many = (1, 10 * 2), (1, 10 * 2 * len(PERSONAS))
    assert pick(made, "drift", condition="baseline").floor == pytest.approx(expected(alone, alone))
    # three verdicts on one answer are one answer too
    assert pick(made, "drift", condition="persona").floor == pytest.approx(expected(many, many))
    assert pick(made, "gap", position=8).floor == pytest.approx(expected(alone, many))


def test_no_floor_is_wider_than_the_scale() -> None:
    made = Run(PERSONAS, {"fidelity": ("knowledge",)})
    for persona in PERSONAS:
        for at in (0, 8):
            for draw in range(2 if persona == "a" else 1):
                made.answer(persona, at, "q", {"knowledge": 1 + 4 * draw}, answer_draw=draw)
    found = pick(made, "drift")
    assert (found.floor, found.floor_high) == (4.0, 4.0)


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
    assert not [one for one in estimates(made) if condition(one).endswith("played again") and one.position == 0]


SD = 0.3  # of one answer, in the runs below: +SD and -SD, whose mean is the truth
Truth = Callable[[str, int], float]


def twice(
    made: Run, truth: Truth, *, items: int = 5, personas: str = PERSONAS, metric: str = "knowledge", call: int = 0
) -> None:
    """Every item answered twice at three checkpoints, SD off the truth up and down."""
    for persona in personas:
        for at in (0, 4, 8):
            for item in range(items):
                for draw, off in enumerate((SD, -SD)):
                    shared = call + 1000 * (ord(persona) - 97) + 2 * item + draw + 1 if call and at == 0 else None
                    made.answer(
                        persona, at, f"q{item}", {metric: truth(persona, at) + off}, answer_draw=draw, call=shared
                    )


def expected(*means: tuple[float, int]) -> float:
    """The floor of a sum of means, each with its weight and answers, half of them repeats; two answers SD off have a
    variance of 2 SD**2."""
    parts = np.array([weight**2 * 2 * SD**2 / n for weight, n in means])
    df = parts.sum() ** 2 / (parts**2 / [n / 2 for _, n in means]).sum()
    return float(stats.t.ppf(0.975, df) * np.sqrt(parts.sum()))


def test_a_contrast_of_scripts_has_the_noise_of_both_and_none_of_answers_they_share() -> None:
    goal, persona = (
        Script(name, f"{name}-oriented" if name == "goal" else name, ("?",) * 8)
        for name in ("goal", "persona-directed")
    )
    made = Run(PERSONAS, {"fidelity": ("knowledge",)}, script=goal)
    made.declare(scripts=(goal, persona))
    for script, slope in ((goal, 0.1), (persona, 0.0)):
        made.script = script
        twice(made, lambda one, at, slope=slope: 4 - ord(one) % 2 * 0.5 - slope * at, call=10_000_000)
    n = len(PERSONAS) * 5 * 2
    there = pick(made, "script-contrast", position=8)
    assert there.floor == pytest.approx(expected((1, n), (1, n)))
    # before the dialogue both scripts have the same answers, so that the change's contrast is that of the ends
    assert pick(made, "script-contrast", position=None).floor == pytest.approx(there.floor)
    own = pick(made, "drift", script="goal")
    assert own.floor == pytest.approx(expected((1, n), (1, n)))


def test_a_contrast_of_models_has_the_noise_of_all_four_ends() -> None:
    made = Run(PERSONAS, {"fidelity": ("knowledge",)})
    made.declare(models=("one", "other - model"))
    for model in ("one", "other - model"):
        made.model = model
        twice(made, lambda one, at: 3 + ord(one) % 3 * 0.25 - 0.1 * at)
    n = len(PERSONAS) * 5 * 2
    assert pick(made, "model-contrast", position=4).floor == pytest.approx(expected((1, n), (1, n)))
    assert pick(made, "model-contrast", position=None).floor == pytest.approx(expected(*[(1, n)] * 4))


def test_a_contrast_of_versions_has_each_sides_own_number_of_scores() -> None:
    made = Run(PERSONAS, {"fidelity": ("knowledge",)})
    made.declare(versions={"short": {"e": "a", "f": "b"}})
    twice(made, lambda one, at: 3 + ord(one) % 3 * 0.25 - 0.1 * at)
    found = pick(made, "version-contrast", position=8)
    assert found.floor == pytest.approx(expected((1, 4 * 5 * 2), (1, 2 * 5 * 2)))


def test_a_slope_has_the_noise_of_a_line_through_its_means() -> None:
    made = Run(PERSONAS, {"fidelity": ("knowledge",)})
    twice(made, lambda one, at: 3.5 + ord(one) % 3 * 0.25 - 0.1 * at)
    n = len(PERSONAS) * 5 * 2
    # a line through 0, 4, 8 rises by (last - first) / 8 a round
    assert pick(made, "slope").floor == pytest.approx(expected((10 / 8, n), (10 / 8, n)))


def test_a_distance_between_profiles_has_the_noise_of_its_traits() -> None:
    traits = ("openness", "extraversion")
    items = tuple(
        ("bfi-like", Item(f"{trait}{i}", "?", dimension=trait))
        for trait, count in zip(traits, (4, 2), strict=True)
        for i in range(count)
    )
    made = Run(
        PERSONAS, {"bfi-like": ("trait",)}, items=items, traits={p: dict.fromkeys(traits, 5.0) for p in PERSONAS}
    )
    for persona in PERSONAS:
        for at in (0, 4, 8):
            for _, item in items:
                for draw, off in enumerate((SD, -SD)):
                    score = 4 - 0.1 * at - 0.1 * (ord(persona) % 3) + off
                    made.answer(persona, at, item.id, {"trait": score}, probe="bfi-like", answer_draw=draw)
    n = len(PERSONAS) * 2
    alike = pick(made, "drift", "trait-distance", condition="persona")
    first, last = (np.array([start, start + 0.1, start + 0.2]) / 4 for start in (1.0, 1.8))
    roots = np.sqrt((first**2).mean()), np.sqrt((last**2).mean())
    assert alike.value == pytest.approx((last**2 - first**2).mean() / sum(roots))
    assert alike.floor == pytest.approx(expected(*[(1 / 8, 4 * n), (1 / 8, 2 * n)] * 2))
    by_item = pick(made, "drift", "trait-distance-by-item", condition="persona")
    assert by_item.floor == pytest.approx(expected(*[(4 / 24, 4 * n), (2 / 24, 2 * n)] * 2))


def test_both_sides_of_a_converging_gap_have_their_floor_and_their_shares_none() -> None:
    made = run(baseline=True, drop=2.0)
    moving, gap = pick(made, "convergence", side="left"), pick(made, "gap-drift")
    assert moving.floor == pytest.approx(pick(made, "drift", condition="persona").floor)
    assert gap.floor is not None
    assert moving.floor is not None
    assert moving.floor < gap.floor
    assert pick(made, "convergence-share", side="left").floor is None
    assert (
        pick(made, "these-personas", position=8, condition="persona - baseline").floor
        == pick(made, "gap", position=8).floor
    )
    assert pick(made, "these-personas", position=8, condition="persona").floor is None
