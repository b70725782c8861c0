"""Targets, bands, families, contrasts between conditions, equivalence and who moves: small runs computed by hand."""

from collections.abc import Iterable

import numpy as np
import pytest
from scipy import stats

from analysis_runs import Run, estimates, pick
from longplay.dialogue import user_turns
from longplay.pipeline import load_text
from longplay.records import Contrast, Estimate, Item, Script
from longplay.specs import StudyError
from named import at_place, condition, gap, word
from scale_ends import SHARE, bounded, of_units

KNOWLEDGE = {"fidelity": ("knowledge",)}
FOLLOW = {"follow": ("follow-strict",)}
PERSONAS = "abcd"


def interval(values: Iterable[float], level: float = 0.95) -> tuple[float, float]:
    some = list(values)
    low, high = stats.t.interval(level, len(some) - 1, np.mean(some), stats.sem(some))
    return low, high


def scored(run: Run, persona: str | None, checkpoint: int, values: Iterable[float | str], **where: int) -> None:
    """One persona's scores on items i0, i1, ...; the baseline's as each persona."""
    for i, value in enumerate(values):
        verdicts = {"knowledge": value} if persona else {("knowledge", p): value for p in run.personas}
        run.answer(persona, checkpoint, f"i{i}", verdicts, **where)


def drifting(ends: dict[str, tuple[float, float]], run: Run | None = None, **where: int) -> Run:
    """A persona's only item at checkpoints 0 and 8."""
    run = run or Run("".join(ends), KNOWLEDGE)
    for persona, (first, last) in ends.items():
        scored(run, persona, 0, [first], **where)
        scored(run, persona, 8, [last], **where)
    return run


DRIFT = {"a": (5, 3), "b": (5, 4), "c": (4, 4), "d": (5, 2)}


def test_for_these_personas_a_level_rests_on_items_and_dialogues() -> None:
    noise = np.random.default_rng(0).integers(-1, 2, size=(2, 3, 5))
    values = np.clip(
        3.0 + noise + np.array([-1, 0, 1])[:, None] + np.array([-1, 1, 0, 1, 0]), 1, 5
    )  # persona, draw, item
    run = Run("ab", KNOWLEDGE)
    for persona, of_persona in zip("ab", values, strict=True):
        for draw, of_draw in enumerate(of_persona):
            scored(run, persona, 8, of_draw, draw=draw)
    found = pick(run, "these-personas", position=8)
    table = values.mean(axis=0)
    mean, draws, items = table.mean(), table.mean(axis=1), table.mean(axis=0)
    by_items = 3 * ((items - mean) ** 2).sum() / 4
    by_draws = 5 * ((draws - mean) ** 2).sum() / 2
    rest = ((table - draws[:, None] - items + mean) ** 2).sum() / 8
    assert min(by_items, by_draws) > rest  # else that component would count as 0
    variance = (by_items + by_draws - rest) / 15
    df = (15 * variance) ** 2 / (by_items**2 / 4 + by_draws**2 / 2 + rest**2 / 8)
    assert found.value == pytest.approx(mean)
    assert found.high == pytest.approx(bounded(mean, variance**0.5, df, values.mean(axis=(1, 2)))[1])
    assert found.target == "these personas; items, dialogue draws like these; for this order"
    assert found.note == "rests on 5 items, 3 dialogue draws"


def of_baseline(draws: Iterable[float], ends: dict[str, float], checkpoint: int = 8) -> Run:
    """A baseline whose dialogues shift its answers, judged as personas who each see them a little differently."""
    run = Run("".join(ends), KNOWLEDGE)
    for draw, shift in enumerate(draws):
        for persona, own in ends.items():
            verdicts = {("knowledge", persona): 3 + shift + own}
            run.answer(None, checkpoint, f"{persona}0", verdicts, draw=draw, answer_draw=draw * (checkpoint == 0))
    return run


def test_a_baseline_level_has_what_its_dialogues_vary_in_its_interval() -> None:
    draws, ends = (0.5, -0.25, -0.5, 0.25), {"a": 0.1, "b": -0.2, "c": 0.0, "d": 0.3}
    found = pick(of_baseline(draws, ends), "curves", position=8, condition="baseline")
    parts = np.array([stats.sem(list(ends.values())) ** 2, stats.sem(draws) ** 2])
    df = parts.sum() ** 2 / (parts**2 / 3).sum()
    assert found.value == pytest.approx(3.05)
    assert found.high == pytest.approx(bounded(3.05, parts.sum() ** 0.5, df, list(ends.values()))[1])
    assert found.target == "personas like these, baseline dialogues like these"
    assert found.note.startswith("4 baseline dialogues, their variance is in the interval")
    before = pick(of_baseline(draws, ends, checkpoint=0), "curves", position=0, condition="baseline")
    # every persona has an item of its own there, so that what answers vary is in the spread of personas
    assert (before.low, before.high) == pytest.approx(of_units([3 + own for own in ends.values()]))
    assert before.target == "personas like these, baseline answers like these"


def test_one_baseline_dialogue_is_fixed_and_said_so() -> None:
    ends = {"a": 0.1, "b": -0.2, "c": 0.0, "d": 0.3}
    found = pick(of_baseline((0.5,), ends), "curves", position=8, condition="baseline")
    assert found.target == "personas like these, for this baseline dialogue"
    assert (found.low, found.high) == pytest.approx(of_units([3.5 + own for own in ends.values()]))


def test_a_baselines_change_has_what_its_dialogues_vary_in_its_interval() -> None:
    draws, ends = (0.5, -0.25, -0.5, 0.25), {"a": 0.1, "b": -0.2, "c": 0.0, "d": 0.3}
    run = of_baseline(draws, ends)
    for persona in ends:
        run.answer(None, 0, f"{persona}0", {("knowledge", persona): 4.0})
    found = pick(run, "drift", condition="baseline")
    parts = np.array([stats.sem(list(ends.values())) ** 2, stats.sem(draws) ** 2])
    df = parts.sum() ** 2 / (parts**2 / 3).sum()
    assert found.value == pytest.approx(-0.95)
    assert found.low == pytest.approx(-0.95 - stats.t.ppf(0.975, df) * parts.sum() ** 0.5)
    assert found.target == "personas like these, baseline dialogues like these"


def test_a_distance_to_the_baselines_profile_has_what_its_dialogues_vary_in_its_interval() -> None:
    draws, own = (0.5, -0.25, -0.5, 0.25), {"a": 1.1, "b": 0.8, "c": 1.0, "d": 1.3}
    items = (("traits", Item("o", "?", dimension="openness")),)
    run = Run("".join(own), {"traits": ("trait",)}, items=items)
    for draw, shift in enumerate(draws):
        run.answer(None, 8, "o", {"trait": 3 + shift}, probe="traits", draw=draw)
    for persona, more in own.items():
        run.answer(persona, 8, "o", {"trait": 3 + more}, probe="traits")
    found = pick(run, "trait-distance", "trait-distance-to-baseline", position=8)
    parts = np.array([stats.sem(list(own.values())) ** 2, stats.sem(draws) ** 2]) / 16
    df = parts.sum() ** 2 / (parts**2 / 3).sum()
    assert found.value == pytest.approx(1.05 / 4)
    distances = [one / 4 for one in own.values()]
    ends = bounded(1.05 / 4, parts.sum() ** 0.5, df, distances, SHARE)
    assert (found.low, found.high) == pytest.approx(ends)
    assert found.target == "personas like these, baseline dialogues like these"


def test_for_these_personas_what_has_one_unit_is_fixed_and_said_so() -> None:
    run = Run("ab", KNOWLEDGE)
    for persona in "ab":
        scored(run, persona, 8, [4, 2, 3])
        scored(run, persona, 4, [4])
    several, one = (pick(run, "these-personas", position=at) for at in (8, 4))
    assert several.target == "these personas; items like these; for this order and this dialogue draw"
    assert (several.low, several.high) == pytest.approx(bounded(3.0, stats.sem([4, 2, 3]), 2, [3, 3, 3]))
    assert one.target == "these personas; for this order and this dialogue draw and this item"
    assert (one.value, one.low, one.high) == (4.0, None, None)
    assert "nothing that could vary" in one.note


def test_orders_are_what_an_interval_for_these_personas_rests_on_where_there_are_several() -> None:
    run = Run("a", KNOWLEDGE)
    for order, score in enumerate((5, 3, 4)):
        scored(run, "a", 8, [score], order=order)
    found = pick(run, "these-personas", position=8)
    assert (found.low, found.high) == pytest.approx(bounded(4.0, stats.sem([5, 3, 4]), 2, [4, 4, 4]))
    assert (found.target, found.clusters) == ("this persona; orders like these; for this item", 3)


def test_for_these_personas_a_gap_has_the_dialogues_of_both_sides() -> None:
    run = Run("ab", KNOWLEDGE)
    for persona, draws in {"a": (5, 4), "b": (4, 4)}.items():
        for draw, score in enumerate(draws):
            scored(run, persona, 8, [score], draw=draw)
    for draw, score in enumerate((1, 2, 4)):
        scored(run, None, 8, [score], draw=draw)
    found = pick(run, "these-personas", condition="persona - baseline")
    one, other = stats.sem([4.5, 4]) ** 2, stats.sem([1, 2, 4]) ** 2
    df = (one + other) ** 2 / (one**2 / 1 + other**2 / 2)
    assert found.value == pytest.approx(4.25 - 7 / 3)
    assert found.value + stats.t.ppf(0.975, df) * (one + other) ** 0.5 > found.high
    assert found.high == pytest.approx(5 - 7 / 3)  # where the scale ends
    assert "persona dialogue draws, baseline dialogue draws like these; for this order" in found.target


def test_the_gaps_interval_has_the_baselines_dialogues_once_for_all_personas() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    for persona, score in zip(PERSONAS, (5, 4, 3, 5), strict=True):
        scored(run, persona, 8, [score])
    for draw, score in enumerate((2, 2.5)):
        scored(run, None, 8, [score], draw=draw)
    found = pick(run, "gap", position=8)
    parts = stats.sem([5, 4, 3, 5]) ** 2, stats.sem([2, 2.5]) ** 2
    df = sum(parts) ** 2 / (parts[0] ** 2 / 3 + parts[1] ** 2 / 1)
    assert found.value == pytest.approx(4.25 - 2.25)
    assert found.low == pytest.approx(max(found.value - stats.t.ppf(0.975, df) * sum(parts) ** 0.5, 1 - 2.25))
    assert found.high == pytest.approx(min(found.value + stats.t.ppf(0.975, df) * sum(parts) ** 0.5, 5 - 2.25))
    assert "2 baseline dialogues" in found.note


def test_one_baseline_answer_that_nothing_repeats_gives_a_gap_without_interval() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    for persona, score in zip(PERSONAS, (5, 4, 3, 5), strict=True):
        scored(run, persona, 8, [score])
    scored(run, None, 8, [2])
    found = pick(run, "gap", position=8)
    assert found.value == pytest.approx(2.25)
    assert (found.low, found.high, found.p, found.joint_low) == (None, None, None, None)
    assert found.note == (
        "one baseline dialogue, nothing repeated: no interval; play 2 or more ([dialogues] baseline_draws); "
        "rests on 1 item, 1 dialogue"
    )
    assert found.target == "personas like these, for this baseline dialogue, asked this item"


def answered_again(run: Run, checkpoint: int, values: Iterable[Iterable[float]]) -> list[list[float]]:
    """The baseline's items i0, i1, ..., each answered as often as it has values; every judge sees the same in them."""
    every = [list(some) for some in values]
    for i, some in enumerate(every):
        for draw, value in enumerate(some):
            verdicts = {("knowledge", p): value for p in run.personas}
            run.answer(None, checkpoint, f"i{i}", verdicts, answer_draw=draw)
    return every


def pooled(values: list[list[float]]) -> tuple[float, int]:
    """Variance of one answer about the mean of its item, and its df."""
    squares = sum(float(((np.array(some) - np.mean(some)) ** 2).sum()) for some in values)
    df = sum(len(some) - 1 for some in values)
    return squares / df, df


def items_beyond(values: Iterable[float], answering: float) -> tuple[float, float]:
    """What items add beyond the answering that is counted already, of differences by item that all personas have; df
    such that its square over them is that of the items' whole variance."""
    some = list(values)
    whole = stats.sem(some) ** 2
    left = max(whole - answering, 0.0)
    return left, (len(some) - 1) * (left / whole) ** 2


def test_one_baseline_dialogue_has_what_answering_again_changes_in_its_interval() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    own = {"a": 5.0, "b": 4.0, "c": 3.0, "d": 5.0}
    for persona, score in own.items():
        scored(run, persona, 8, [score] * 5)
    values = answered_again(run, 8, [[2, 3], [1, 1], [2, 4], [3], [1, 2]])
    found = pick(run, "gap", position=8)
    variance, df = pooled(values)
    answering = variance * sum(1 / len(some) for some in values) / 25
    items, items_df = items_beyond((np.mean(some) for some in values), answering)
    assert items > 0
    parts = np.array([stats.sem(list(own.values())) ** 2, answering, items])
    dfs = np.array([3, df, items_df])
    whole = parts.sum() ** 2 / (parts**2 / dfs).sum()
    half = stats.t.ppf(0.975, whole) * parts.sum() ** 0.5
    assert (found.low, found.high) == pytest.approx((found.value - half, 5 - 2.2))  # where the scale ends
    ends = "the interval ends where the scale does"
    assert found.note == f"{ends}; one baseline dialogue: what answering again changes is in the interval"


def test_what_the_baseline_answered_before_the_dialogue_is_in_all_its_changes() -> None:
    ends = {"a": (5.0, 3.0), "b": (5.0, 4.0), "c": (4.0, 4.0), "d": (5.0, 2.0)}
    run = Run(PERSONAS, KNOWLEDGE)
    for persona, (first, last) in ends.items():
        scored(run, persona, 0, [first] * 4)
        scored(run, persona, 8, [last] * 4)
    first = answered_again(run, 0, [[2, 2.5], [1, 1], [2, 2.5], [3, 3.5]])
    shifts = (0.5, -0.25, -0.5, 0.25)
    for draw, shift in enumerate(shifts):
        scored(run, None, 8, [2 + shift] * 4, draw=draw)
    variance, df = pooled(first)
    dialogues, answers = stats.sem(shifts) ** 2, variance / 8
    personas = stats.sem([last - first for first, last in ends.values()]) ** 2
    # 4 dialogues answered each of 4 items once: of what they vary that much is answering
    items, items_df = items_beyond((np.mean(some) for some in first), answers + variance / 16)
    assert items > 0
    for name, side, parts, dfs in (
        ("gap-drift", "", (personas, dialogues, answers, items), (3, 3, df, items_df)),
        ("drift", "baseline", (dialogues, answers), (3, df)),
        ("convergence", "right", (dialogues, answers), (3, df)),
    ):
        where = {"condition": side} if name == "drift" else {"side": side} if side else {}
        found = pick(run, name, **where)
        whole = sum(parts) ** 2 / sum(part**2 / one for part, one in zip(parts, dfs, strict=True))
        assert found.low == pytest.approx(found.value - stats.t.ppf(0.975, whole) * sum(parts) ** 0.5), name


def test_baseline_dialogues_that_are_alike_are_called_so() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    for persona, score in zip(PERSONAS, (5, 4, 3, 5), strict=True):
        scored(run, persona, 8, [score, score])
    for draw in range(4):
        scored(run, None, 8, [2, 1], draw=draw)
    found = pick(run, "gap", position=8)
    assert found.note == "the interval ends where the scale does; 4 baseline dialogues, all alike"
    parts = np.array([stats.sem([3.5, 2.5, 1.5, 3.5]), stats.sem([2, 1])]) ** 2  # personas, items
    half = stats.t.ppf(0.975, parts.sum() ** 2 / (parts**2 / (3, 1)).sum()) * parts.sum() ** 0.5
    assert (found.low, found.high) == pytest.approx((2.75 - half, 5 - 1.5))


def test_an_interval_wider_than_the_scale_is_not_shown() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    for persona, score in zip(PERSONAS, (5, 4, 3, 5), strict=True):
        scored(run, persona, 8, [score, score])
    for draw, score in enumerate((1, 5)):
        scored(run, None, 8, [score, score], draw=draw)
    found = pick(run, "gap", position=8)
    assert (found.low, found.high, found.p) == (None, None, None)
    assert found.note == (
        "2 baseline dialogues, their variance is in the interval; "
        "these data say too little: the interval would be wider than the scale"
    )


def test_one_baseline_dialogue_in_each_of_several_orders_is_several_dialogues() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    for order, score in enumerate((1, 2, 4)):
        for persona, own in zip(PERSONAS, (5, 4, 3, 5), strict=True):
            scored(run, persona, 8, [own], order=order)
        scored(run, None, 8, [score], order=order)
    found = pick(run, "gap", position=8)
    parts = stats.sem([5, 4, 3, 5]) ** 2, stats.sem([1, 2, 4]) ** 2
    df = sum(parts) ** 2 / (parts[0] ** 2 / 3 + parts[1] ** 2 / 2)
    assert found.low == pytest.approx(max(found.value - stats.t.ppf(0.975, df) * sum(parts) ** 0.5, 1 - 7 / 3))


def test_bands_are_wider_than_intervals_and_the_same_where_there_is_one_position() -> None:
    run = drifting(DRIFT)
    first = pick(run, "curves", position=0, condition="persona")
    band = of_units([5, 5, 4, 5], level=0.95**0.5)
    assert (first.joint_low, first.joint_high) == pytest.approx(band)
    assert first.joint_low < first.low
    assert first.seed is None
    alone = Run(PERSONAS, KNOWLEDGE)
    for persona, score in zip(PERSONAS, (1, 2, 3, 5), strict=True):
        scored(alone, persona, 8, [score])
    one = pick(alone, "curves", position=8)
    assert (one.joint_low, one.joint_high) == pytest.approx((one.low, one.high))


def test_from_twenty_personas_on_bands_come_from_a_seeded_simulation() -> None:
    names = "abcdefghijklmnopqrst"
    run = drifting({name: (1 + i % 5, 1 + (i * 7) % 5) for i, name in enumerate(names)})
    for name in names:
        scored(run, None, 8, [3.0], draw=names.index(name) % 2)
    found = pick(run, "curves", position=0, condition="persona")
    assert found.seed == run.study.seed
    assert found.joint_high is not None
    half = stats.t.ppf((1 + 0.95**0.5) / 2, 19) * stats.sem([1 + i % 5 for i in range(20)])
    assert found.joint_high - found.value == pytest.approx(half, rel=0.05)
    assert pick(run, "gap", position=8).seed == run.study.seed


def test_contrasts_have_p_values_and_holms_correction_over_the_declared_family() -> None:
    run = Run(PERSONAS, {"fidelity": ("knowledge", "style")})
    for persona, (first, last) in DRIFT.items():
        run.answer(persona, 0, "i", {"knowledge": first, "style": 3})
        run.answer(persona, 8, "i", {"knowledge": last, "style": 2 if persona == "a" else 3})
    p = [stats.ttest_1samp(values, 0).pvalue for values in ([-2, -1, 0, -3], [-1, 0, 0, 0])]
    knowledge, style = (pick(run, "drift", metric) for metric in ("knowledge", "style"))
    assert (knowledge.p, style.p) == pytest.approx(tuple(p))
    assert (knowledge.p_adjusted, style.p_adjusted) == pytest.approx((2 * min(p), max(2 * min(p), max(p))))
    assert knowledge.family == "primary, last-first"
    run.declare(families={"one": ("last-first/style",), "two": ("early",)})
    assert (pick(run, "drift", "style").family, pick(run, "drift", "style").p_adjusted) == ("one", pytest.approx(p[1]))
    undeclared = pick(run, "drift")  # a card shows it, so that it is in the family of the cards
    assert (undeclared.family, undeclared.family_size, undeclared.p_adjusted) == ("the cards", 1, pytest.approx(p[0]))
    assert pick(run, "early").family == "two"


def test_the_early_contrast_ends_at_the_last_checkpoint_up_to_round_8() -> None:
    run = Run(PERSONAS, KNOWLEDGE, checkpoints=(0, 4, 16))
    for persona in PERSONAS:
        for checkpoint, score in ((0, 5), (4, 4), (16, 1)):
            scored(run, persona, checkpoint, [score])
    found = pick(run, "early")
    assert (found.value, found.span) == (-1.0, (0, 4))
    run.declare(contrasts=("last-first",))
    assert [e for e in estimates(run) if e.analysis == "early"] == []


def test_question_effects_are_removed_from_rounds_over_orders() -> None:
    script = Script("talk", "goal-oriented", tuple(f"q{i}" for i in range(12)))
    run = Run("abcd", checkpoints=(0, 4, 8, 12), script=script)
    hard = dict(zip(script.questions, np.linspace(-1, 1, 12), strict=True))
    for order in (0, 1):
        turns = user_turns(script, None, 12, order, run.study.seed)
        for persona, drop in zip("abcd", (0.5, 1.0, 1.5, 2.0), strict=True):
            for number, turn in enumerate(turns, 1):
                run.round(persona, number, {"knowledge": 3 + hard[turn] - drop * (number > 8)}, order=order)
    found = pick(run, "drift", source="rounds")
    assert found.value == pytest.approx(-1.25)
    assert (found.low, found.high) == pytest.approx(interval([-0.5, -1, -1.5, -2]))
    assert "question effects removed over orders" in found.method
    assert (found.lowest, found.highest, found.n) == (pytest.approx(-1.25), pytest.approx(-1.25), 4 * 24)


def between(run: Run, kind: str, **wanted: object) -> Estimate:
    return pick(run, f"{kind}-contrast", **wanted)


def test_scripts_are_compared_persona_by_persona_item_by_item_and_order_by_order() -> None:
    goal, persona = Script("goals", "goal-oriented", ("?",) * 8), Script("interview", "persona-directed", ("?",) * 8)
    run = Run(PERSONAS, KNOWLEDGE)
    run.declare(scripts=(goal, persona))
    for script, loss in ((goal, (0, 1, 0, 1)), (persona, (2, 2, 2, 3))):
        run.script = script
        drifting({p: (5, 5 - less) for p, less in zip(PERSONAS, loss, strict=True)}, run)
        scored(run, "a", 8, [1], order=1) if script is goal else None  # an order the other script lacks
    found = between(run, "script", position=8)
    assert (word(found, "script"), condition(found), found.value) == ("interview - goals", "persona", -1.75)
    assert (found.low, found.high) == pytest.approx(interval([-2, -1, -2, -2]))
    drift = between(run, "script", position=None)
    assert (drift.value, drift.span) == (pytest.approx(-1.75), (0, 8))
    assert [e.position for e in estimates(run) if e.analysis == "script-contrast" and e.replies == "all"] == [8, None]


def test_models_are_compared_at_every_checkpoint_and_in_their_drift() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    run.declare(models=("large", "small"))
    for model, last in (("large", 4), ("small", 2)):
        run.model = model
        drifting(dict.fromkeys(PERSONAS, (5, last)), run)
    assert between(run, "model", position=8).value == 2.0
    assert between(run, "model", position=None).of == Contrast(at_place("large"), at_place("small"))
    run.declare(models=("large", "small"), contrasts=("last-first",))
    assert [e for e in estimates(run) if e.analysis == "model-contrast"] == []


def test_policies_are_compared_with_the_plain_way() -> None:
    run = Run("ab", KNOWLEDGE)
    for persona, plain, reminded in (("a", 2, 5), ("b", 3, 4)):
        run.answer(persona, 8, "i", {"knowledge": plain})
        run.answer(persona, 8, "i", {"knowledge": reminded}, asked_by="reminder")
    found = between(run, "policy", position=8)
    assert (condition(found), found.value) == ("persona, asked by reminder - persona", 2.0)


def test_a_version_of_a_character_is_no_persona_more_and_is_compared_with_it() -> None:
    run = Run("abcdef", {"fidelity": ("knowledge",), "follow": ("follow-strict",)})
    run.declare(versions={"short": {"e": "a", "f": "b"}})
    for persona, score in zip("abcdef", (5, 4, 3, 5, 2, 3), strict=True):
        run.answer(persona, 8, "i", {"knowledge": score})
        run.answer(persona, 8, "i", {"follow-strict": score % 2}, probe="follow")
        run.answer(None, 8, f"only-{persona}", {("knowledge", persona): 1})
    run.answer(None, 8, "i", {("knowledge", p): 1 + (p in "ef") for p in "abcdef"})
    run.answer(None, 8, "i", {"follow-strict": 1}, probe="follow")
    plain = pick(run, "curves", position=8, condition="persona")
    assert (plain.value, plain.clusters) == (4.25, 4)
    version = pick(run, "curves", position=8, condition="persona, version short")
    assert (version.value, version.clusters) == (2.5, 2)
    assert between(run, "version", position=8).value == -2.0
    gap = pick(run, "gap", position=8, condition="persona - baseline, version short")
    assert gap.value == 2.5 - 2
    blind = pick(run, "gap", "follow-strict", position=8, condition="persona - baseline, version short")
    assert blind.value == -0.5


def gaps_run(gaps: dict[int, tuple[float, ...]], margins: dict[str, float]) -> Run:
    run = Run(PERSONAS, KNOWLEDGE, checkpoints=tuple(gaps))
    run.declare(margins=margins)
    for checkpoint, values in gaps.items():
        for persona, value in zip(PERSONAS, values, strict=True):
            scored(run, persona, checkpoint, [3 + value])
        for draw in (0, 1):
            scored(run, None, checkpoint, [3], draw=draw, answer_draw=draw * (checkpoint == 0))
    return run


def test_equivalence_is_tested_from_the_last_checkpoint_back_to_the_first_failure() -> None:
    near, far = (0.1, -0.1, 0.05, 0.0), (1.5, 1.4, 1.6, 1.5)
    run = gaps_run({0: near, 4: far, 8: near, 16: near}, {"knowledge": 0.5})
    tests = {e.position: e for e in estimates(run) if e.analysis == "equivalence" and e.replies == "all"}
    assert (tests[None].value, tests[None].unit, tests[None].span) == (8.0, "rounds", (0, 16))
    assert tests[8].p_adjusted == pytest.approx(tests[8].p)
    assert tests[0].p_adjusted == pytest.approx(tests[4].p)  # a checkpoint before a failure is not reached
    assert (tests[16].low, tests[16].high) == pytest.approx(interval(near, 0.9))
    assert tests[16].level == pytest.approx(0.9)
    assert "not shown" in tests[0].note
    never = gaps_run({0: near, 8: far}, {"knowledge": 0.5})
    last = pick(never, "equivalence", position=None)
    assert (last.value, "at the last" in last.note) == (None, True)


def test_without_a_declared_margin_nothing_is_called_equivalent() -> None:
    found = pick(gaps_run({0: (0, 0, 0, 0), 8: (0, 0, 0, 0)}, {}), "equivalence")
    assert (found.value, found.p, found.position) == (None, None, None)
    assert "no margin declared for 'knowledge'" in found.note


def moving(run_ends: dict[str, tuple[float, float]], baseline: tuple[float, float]) -> Run:
    run = drifting(run_ends)
    for checkpoint, score in zip((0, 8), baseline, strict=True):
        for draw in (0, 1):
            scored(run, None, checkpoint, [score], draw=draw, answer_draw=draw * (checkpoint == 0))
    return run


def test_a_gap_that_closes_is_split_into_the_persona_and_the_baseline_moving() -> None:
    run = moving({"a": (5, 3.1), "b": (5, 2.9), "c": (4, 2), "d": (5, 3)}, (1, 2))
    persona, baseline = (pick(run, "convergence", of=gap(), side=side) for side in ("left", "right"))
    assert persona.value == pytest.approx(-2.0)
    assert (persona.low, persona.high) == pytest.approx(interval([-1.9, -2.1, -2, -2]))
    assert baseline.value == 1.0
    share, rest = (pick(run, "convergence-share", of=gap(), side=side) for side in ("left", "right"))
    assert (share.value, rest.value) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert share.low is not None
    assert rest.high is not None
    assert share.low < share.value < share.high
    assert rest.high == pytest.approx(1 - share.low)


def test_a_gap_that_may_not_have_changed_is_not_split() -> None:
    run = moving(DRIFT | {"a": (3, 5)}, (3, 3))
    share = pick(run, "convergence-share", side="left")
    assert (share.value, share.low) == (None, None)
    assert "cannot be told from 0" in share.note


def test_a_warning_where_missing_changes_more_than_the_value() -> None:
    run = Run(PERSONAS, KNOWLEDGE)
    for persona in PERSONAS:
        scored(run, persona, 0, [4, 4, 4, 4])
        scored(run, persona, 8, [4, 4, "unparsable", "filtered"])
    found = pick(run, "drift")
    assert "missing scores changed by +50.0 points" in found.warning
    assert (found.lowest, found.highest) == (pytest.approx(-1.5), pytest.approx(0.5))
    assert not pick(drifting(DRIFT), "drift").warning
    warned = {e.analysis for e in estimates(run) if e.warning}
    assert warned == {"drift", "early"}, "contrasts that a study can declare, and no other change"


def test_contrasts_are_also_given_without_flagged_replies() -> None:
    run = drifting(DRIFT)
    run.answer("a", 8, "j", {"knowledge": 1}, empty=True)
    run.answer("a", 0, "j", {"knowledge": 5})
    for analysis in ("drift", "early", "these-personas"):
        every, rest = (pick(run, analysis, position=None, replies=of) for of in ("all", "unflagged"))
        assert (every.value, rest.value) == (pytest.approx((-3 - 1 + 0 - 3) / 4), pytest.approx(-1.5))


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ('primary = ["charm"]', ["[analysis.primary] 'charm' is not known", "knowledge"]),
        ("margins = { refusal-odd = 1 }", ["[analysis.margins] 'refusal-odd'", "refusal-safe"]),
        ('families = { a = ["early/charm"] }', ["[analysis.families] 'charm'"]),
        ('versions = { short = { silver = "nobody" } }', ["[analysis.versions.short] 'nobody'", "marsh"]),
    ],
)
def test_an_analysis_part_that_names_what_is_not_there_is_refused_before_anything_is_paid(
    line: str, parts: list[str]
) -> None:
    text = (
        f'[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n[dialogues]\nrounds = 12\n[analysis]\n{line}\n'
    )
    with pytest.raises(StudyError) as caught:
        load_text(text)
    assert all(part in str(caught.value) for part in parts)


def test_real_quantities_are_known() -> None:
    text = (
        '[[models]]\nname = "sim/speaker"\n[judge]\nname = "sim/judge"\n[dialogues]\nrounds = 12\n[analysis]\n'
        'primary = ["fidelity", "trait-distance"]\nmargins = { refusal-unsafe-partial = 0.1, trait-openness = 0.5 }\n'
    )
    assert load_text(text).experiment.study.analysis.margins["trait-openness"] == 0.5
