"""Small bugs that no test noticed once: each test here fails with one of them, or with a neighbour of it."""

import msgspec
import numpy as np
import pytest

from analysis_runs import Given, Run, pick
from longplay.analysis import analyse, headlines
from longplay.inference import Tries
from longplay.judging import METRICS
from longplay.pipeline.spending import Account, Spending
from longplay.records import ROUNDS
from longplay.report.words import p_value
from longplay.specs import Budget, ModelSpec
from longplay.stats import first_of_last_run, half_widths
from test_judging import SUBJECT, judged

KNOWLEDGE = {"fidelity": ("knowledge",)}
PERSONAS = "abcde"
POINTS = (0, 2, 4, 6, 8)


def gaps(levels: tuple[float, ...]) -> Run:
    """A run whose gap to the baseline is about these at each checkpoint."""
    run = Run(PERSONAS, KNOWLEDGE, checkpoints=POINTS)
    for place, (point, level) in enumerate(zip(POINTS, levels, strict=True)):
        for number, persona in enumerate(PERSONAS):
            run.answer(persona, point, "i", {"knowledge": 2 + level + 0.01 * number})
        for draw in range(1 if point == 0 else 3):
            of_baseline = {("knowledge", persona): 2.0 + 0.01 * draw * (1 + place) for persona in PERSONAS}
            run.answer(None, point, "i", of_baseline, draw=draw)
    return run


@pytest.mark.parametrize(
    ("passed", "first"), [([0, 1, 0, 1, 1], 3), ([0, 0, 1], 2), ([1, 1, 0], None), ([0, 1, 1, 0, 1], 4)]
)
def test_after_two_failures_the_sequence_starts_past_the_last(passed: list[int], first: int | None) -> None:
    assert first_of_last_run(np.array(passed, dtype=bool)) == first


def test_equivalence_starts_past_the_last_of_two_failures_and_no_earlier_p_is_under_a_later_one() -> None:
    run = gaps((2.0, 0.0, 2.0, 0.0, 0.0))
    run.declare(margins={"knowledge": 0.5})
    assert pick(run, "equivalence", position=None).value in (6.0, 8.0)
    tests = [pick(run, "equivalence", position=point) for point in POINTS[1:]]
    adjusted = [e.p_adjusted for e in tests if e.p_adjusted is not None]
    assert adjusted == sorted(adjusted, reverse=True)
    assert tests[0].p is not None
    assert tests[0].p_adjusted is not None
    assert tests[0].p < 0.05 < tests[0].p_adjusted, "it passes by itself; the failure after it counts"


def test_the_headline_is_the_probes_where_rounds_were_judged_too() -> None:
    run = Run(PERSONAS, KNOWLEDGE, checkpoints=(0, 2, 4))
    for number, persona in enumerate(PERSONAS):
        for point, score in ((0, 4.0), (2, 3.0), (4, 3.0)):
            run.answer(persona, point, "i", {"knowledge": score + 0.1 * number})
        for round_ in range(1, 5):
            run.round(persona, round_, {"knowledge": 5.0 - 0.5 * round_})
    (card,) = headlines(analyse(run), run.study)
    assert ROUNDS not in (card.drift.source, card.start.source, card.end.source)
    assert card.drift.value == pytest.approx(-1.0)


@pytest.mark.parametrize("lacking", [0, 4])
def test_no_headline_is_told_where_one_of_its_levels_was_not_estimated(lacking: int) -> None:
    run = Run(PERSONAS, KNOWLEDGE, checkpoints=(0, 4))
    for persona in PERSONAS:
        for point in (0, 4):
            run.answer(persona, point, "i", {"knowledge": 4.0 - point / 4})
    found = analyse(run)
    assert len(headlines(found, run.study)) == 1
    left = [e for e in found if (e.analysis, e.position) != ("curves", lacking)]
    assert headlines(left, run.study) == []


@pytest.mark.parametrize("n", [(8, 2), (2, 8)])
def test_the_floor_of_a_change_has_the_variance_of_its_own_two_positions(n: tuple[int, int]) -> None:
    """Repeats differ by little at the first checkpoint and by much at the last; neither is the pooled variance."""
    sds = (0.05, 0.6)
    rng = np.random.default_rng(5)
    run = Run("abcdef", KNOWLEDGE, checkpoints=(0, 8))
    for persona in "abcdef":
        for item in range(12):
            for point, draws, sd in zip((0, 8), n, sds, strict=True):
                for draw in range(draws):
                    score = 3.0 + sd * float(rng.standard_normal())
                    run.answer(persona, point, f"q{item}", {"knowledge": score}, answer_draw=draw)
    floor = pick(run, "drift").floor
    parts = [pick(run, "noise-components", condition="persona, answered again", position=point) for point in (0, 8)]
    values = [part.value for part in parts]
    assert floor is not None
    assert values[0] is not None
    assert values[1] is not None
    error = np.sqrt(sum(value**2 / (72 * draws) for value, draws in zip(values, n, strict=True)))
    assert floor == pytest.approx(float(half_widths(np.array([error]), np.array([100.0]), 0.95)[0]), rel=0.05)


@pytest.mark.parametrize(
    ("scores", "bounds"),
    [
        ({0: ("unparsable", 3), 8: (4, 4)}, (0.0, 2.0)),  # 4 - 5..1 and 1
        ({0: (4, 3), 8: ("unparsable", 4)}, (-1.0, 1.0)),  # 1..5 - 4 and 1
        ({0: ("unparsable", 3), 8: ("unparsable", 4)}, (-1.5, 2.5)),  # 1..5 - 5..1 and 1
    ],
)
def test_the_bounds_of_a_change_hold_what_is_missing_at_either_end(
    scores: dict[int, tuple[Given, Given]], bounds: tuple[float, float]
) -> None:
    run = Run(PERSONAS, KNOWLEDGE, checkpoints=(0, 8))
    for persona in PERSONAS:
        for point, given in scores.items():
            for item, score in zip("ij", given, strict=True):
                run.answer(persona, point, item, {"knowledge": score})
    found = pick(run, "drift")
    assert found.value == 1.0
    assert (found.lowest, found.highest) == pytest.approx(bounds)


def test_calls_under_way_count_against_a_cap_on_requests() -> None:
    spending, model = Spending(Budget(requests=3)), ModelSpec("sim/m")
    spending.roles["model"].requests = 2
    assert spending.forbids("model", model) is None
    spending.roles["judge"].in_flight = 1
    assert spending.forbids("model", model) == "budget.requests = 3 is reached"


def test_requests_that_were_sent_count_where_more_were_sent_than_settled() -> None:
    spending, model = Spending(Budget(requests=3)), ModelSpec("sim/m")
    spending.roles["model"].tries.sent = 3
    assert spending.forbids("judge", model) == "budget.requests = 3 is reached"
    account = Account("budget.roles.model", msgspec.structs.replace(Budget()), Tries(3))
    account.requests, account.in_flight = 1, 1
    assert account.sent == 1


def test_no_two_requests_about_one_text_have_the_same_draw_whether_repeated_or_asked_again() -> None:
    draws = [
        request.draw
        for repeat in range(20)
        for request in judged(
            METRICS["style"], "none", "none", subject=msgspec.structs.replace(SUBJECT, repeat=repeat)
        )[1]
    ]
    assert len(draws) == len(set(draws)) == 40


@pytest.mark.parametrize(
    ("p", "said"), [(0.009, "0.009"), (0.0015, "0.002"), (0.001, "0.001"), (0.00099, "< 0.001"), (None, "–")]
)
def test_only_what_is_under_a_thousandth_is_said_to_be(p: float | None, said: str) -> None:
    assert p_value(p) == said
