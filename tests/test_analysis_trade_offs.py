"""Fidelity against other aspects: points and regions at every checkpoint, the front over policies, the correlation."""

import pytest

from analysis_runs import Run, pick
from longplay.analysis import prepare, read_tables, trade_offs
from longplay.records import TradeOff
from longplay.records.estimates import Measured
from named import at_place, quantity

PROBES = {"fidelity": ("knowledge", "style", "in-character"), "follow": ("follow-loose",)}
# what each persona keeps of fidelity (levels) and gains of following (shares out of ten), by checkpoint
FADES = {0: 0.0, 4: 1.0, 8: 2.0}


def run(personas: str = "abcdef", *, sign: int = 1) -> Run:
    made = Run(personas=personas, probes=PROBES)
    for place, persona in enumerate((*personas, None)):
        for at, fade in FADES.items():
            own = place % 3 * fade / 4
            score = 5 - fade - own
            judged = personas if persona is None else persona
            for item in "xy":
                metrics = PROBES["fidelity"]
                made.answer(persona, at, item, {(name, one): score for name in metrics for one in judged})
            kept = round(4 + sign * (fade + own))
            for item in range(10):
                share = {"follow-loose": float(item < kept)}
                made.answer(persona, at, f"f{item}", share, probe="follow")
    return made


def found(made: Run) -> list[TradeOff]:
    return trade_offs(prepare(read_tables(made), changed_after_data=False))


def test_every_condition_and_checkpoint_has_a_point() -> None:
    points = found(run())
    assert [(one.place, one.position) for one in points] == [
        (place, at) for place in (at_place(speaker="baseline"), at_place()) for at in FADES
    ]
    start = next(one for one in points if one.place == at_place())
    assert start.across == Measured("fidelity", quantity("fidelity"), "sim/judge")
    assert start.up == Measured("follow", quantity("follow-loose"), "verifier")
    assert (start.x, start.y, start.n) == (100.0, pytest.approx(0.4), 6)
    assert len(start.outline) == 48
    assert next(one for one in points if one.place.speaker == "baseline").note.startswith("one baseline")


def test_few_personas_have_no_region() -> None:
    points = [one for one in found(run("abc")) if one.place == at_place()]
    assert {one.outline for one in points} == {()}
    assert {one.note for one in points} == {"3 personas: no region under 4"}


def test_who_loses_more_fidelity_gains_more_following() -> None:
    gains, loses = (pick(run(sign=sign), "trade-off", "fidelity ~ follow-loose") for sign in (1, -1))
    assert gains.value is not None
    assert loses.value is not None
    assert gains.value < -0.7
    assert loses.value > 0.7
    assert (gains.unit, gains.clusters, gains.n, gains.span) == ("correlation", 6, 18, (0, 8))


def test_one_condition_has_nothing_to_be_compared_with() -> None:
    assert {one.front for one in found(run())} == {None}


def test_a_policy_that_is_worse_in_both_is_behind_the_front() -> None:
    made = run()
    for persona in "abcdef":
        for item in "xy":
            worse = {name: 1.0 + 0.1 * "abcdef".index(persona) for name in PROBES["fidelity"]}
            made.answer(persona, 8, item, worse, asked_by="reminder")
        for item in range(10):
            made.answer(persona, 8, f"f{item}", {"follow-loose": 0.0}, probe="follow", asked_by="reminder")
    ends = [one for one in found(made) if one.position == 8 and one.place.speaker != "baseline"]
    assert [(one.place, one.front, one.beaten_by) for one in ends] == [
        (at_place(), True, ()),
        (at_place(ask_policy="reminder"), False, (at_place(),)),
    ]


def test_where_no_persona_has_both_there_is_no_point_and_nothing_on_the_front() -> None:
    made = run()
    for persona in "ab":
        made.answer(persona, 8, "x", dict.fromkeys(PROBES["fidelity"], 1.0), asked_by="reminder")
    for persona in "cd":
        made.answer(persona, 8, "f0", {"follow-loose": 0.0}, probe="follow", asked_by="reminder")
    ends = [one for one in found(made) if one.position == 8 and one.place.speaker != "baseline"]
    assert [(one.place, one.front) for one in ends] == [(at_place(), None)]
