"""What the plan owes and nobody was asked is missing: in counts and bounds, at both ends of a change, in every row."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from analysis_runs import MODEL, Run, estimates, pick
from longplay.analysis import analyse, headlines, prepare, read_tables
from longplay.cli import main
from longplay.experiment.workload import due
from longplay.records import DialogueKey, Item, Script
from longplay.specs import ModelSpec
from longplay.store import Reader
from longplay.study.recorded_experiment import recorded
from named import condition, having

KNOWLEDGE = {"fidelity": ("knowledge",)}
ITEMS = tuple(("fidelity", Item(name, "?")) for name in ("i0", "i1"))


def planned(
    personas: str = "abcd",
    probes: Mapping[str, tuple[str, ...]] = KNOWLEDGE,
    items: tuple[tuple[str, Item], ...] = ITEMS,
) -> Run:
    """Two items at checkpoints 0 and 8; nothing is asked yet. Without baseline or rounds that are judged."""
    run = Run(personas, probes, items, (0, 8), planned=True)
    dialogues = msgspec.structs.replace(run.study.dialogues, baseline=False)
    judging = msgspec.structs.replace(run.study.judging, rounds=())
    run.study = msgspec.structs.replace(run.study, dialogues=dialogues, judging=judging)
    run.written["study"]["study"] = run.study
    return run


def asked(run: Run, persona: str, checkpoint: int, *scores: float) -> None:
    for number, score in enumerate(scores):
        run.answer(persona, checkpoint, f"i{number}", {"knowledge": score})


def test_what_was_not_asked_counts_and_widens_the_worst_case_at_both_ends() -> None:
    run = planned("ab")
    asked(run, "a", 0, 5, 4)
    asked(run, "b", 0, 3)
    asked(run, "a", 8, 2)
    start, end, drift = pick(run, "curves", position=0), pick(run, "curves", position=8), pick(run, "drift")
    assert (start.n, start.missing, start.reasons) == (3, 1, {"not-asked": 1})
    assert (end.n, end.missing, end.reasons) == (1, 3, {"not-asked": 3})
    assert (start.lowest, start.highest) == pytest.approx(((4.5 + 2) / 2, (4.5 + 4) / 2))
    assert (drift.value, drift.n, drift.missing) == (-3.0, 2, 4)
    assert (drift.first, drift.last) == (5.0, 2.0), "the levels of a change are over what it compares"
    of_a, of_b = ((2 - 5) + (1 - 4)) / 2, ((1 - 3) + (1 - 5)) / 2
    assert drift.lowest == pytest.approx((of_a + of_b) / 2)


def test_bounds_of_a_change_hold_scores_missing_at_the_first_checkpoint_as_at_the_last() -> None:
    run = Run("a", KNOWLEDGE, checkpoints=(0, 8))
    for item, first, last in (("i0", 4, 2), ("i1", "unparsable", 3), ("i2", 2, "unparsable")):
        run.answer("a", 0, item, {"knowledge": first})
        run.answer("a", 8, item, {"knowledge": last})
    drift = pick(run, "drift")
    assert (drift.value, drift.missing) == (-2.0, 2)
    assert (drift.lowest, drift.highest) == pytest.approx(((-2 + (3 - 5) + (1 - 2)) / 3, (-2 + (3 - 1) + (5 - 2)) / 3))


def test_a_card_has_its_start_and_end_over_the_same_pairs() -> None:
    run = planned()
    for persona in "abcd":
        asked(run, persona, 0, 5, 4)
        asked(run, persona, 8, 3)
    (card,) = headlines(analyse(run), run.study)
    assert card.drift.last is not None
    assert card.drift.first is not None
    assert card.drift.last - card.drift.first == card.drift.value == -2
    assert card.start.value == 4.5, "the level itself holds all that was asked"


def test_every_row_of_an_unfinished_run_says_so_and_none_of_a_whole_one() -> None:
    run = planned()
    for persona in "abcd":
        asked(run, persona, 0, 5, 4)
    assert all("the run is not finished" in e.note for e in estimates(run))
    for persona in "abcd":
        asked(run, persona, 8, 4, 4)
        for number in range(1, 9):
            run.round(persona, number, {})
    assert not any("not finished" in e.note for e in estimates(run))


def test_scores_that_are_still_to_be_judged_are_said_once_each() -> None:
    items = (("refusal", Item("s", "?", label="safe")), ("refusal", Item("u", "?", label="unsafe")))
    run = planned("ab", {"refusal": ("refusal",)}, items)
    for persona in "ab":
        for checkpoint in (0, 8):
            for item in ("s", "u"):
                given = {"refusal": "full"} if persona == "a" else {}
                run.answer(persona, checkpoint, item, given, probe="refusal")
        for number in range(1, 9):
            run.round(persona, number, {})
    said = "the run is not finished: 4 scores are still to be judged and count as missing"
    assert all(e.note.endswith(said) for e in estimates(run))
    nobody = ModelSpec("imported/somebody")
    run.study = msgspec.structs.replace(run.study, judge=nobody)
    run.written["study"]["study"] = run.study
    assert not any("not finished" in e.note for e in estimates(run)), "nothing can be asked of an imported judge"


def test_what_a_user_has_ended_is_not_due() -> None:
    run = planned("ab")
    for persona in "ab":
        asked(run, persona, 0, 5, 4)
    asked(run, "a", 8, 4, 4)
    assert pick(run, "curves", position=8).missing == 2
    key = DialogueKey(MODEL, "b", "talk")
    run.written["ended-by-user"] = {"b": {"dialogue": key, "rounds": 3}}
    run.known = (None, [])
    assert pick(run, "curves", position=8).missing == 0
    rounds = pick(run, "missing", "replies", source="rounds", position=8)
    assert rounds.missing == 8 + 3


def test_an_import_owes_the_dialogues_that_it_has() -> None:
    run = Run("ab", KNOWLEDGE, ITEMS, (0, 8))
    asked(run, "a", 0, 5, 4)
    run.round("a", 1, {"knowledge": 4})
    assert not having(estimates(run), missing=1)
    assert all(not e.missing for e in estimates(run))


def test_a_model_that_nobody_has_begun_is_missing_as_a_whole() -> None:
    run = planned()
    for persona in "abcd":
        for checkpoint in (0, 8):
            asked(run, persona, checkpoint, 5, 4)
    run.declare(models=(MODEL, "other"), scripts=(Script("talk", "goal-oriented", ("?",) * 8),))
    found = having(analyse(run), analysis="curves", metric="knowledge", model="other", position=8, replies="all")
    assert [(e.value, e.n, e.missing) for e in found] == [(None, 0, 8)]


STUDY = """
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh", "queen"]
scripts = ["goal-oriented"]
rounds = 4
baseline_draws = 2
[conditioning]
checkpoints = [0, 4]
noise_share = 0.5
[[probes]]
name = "fidelity"
limit = 2
[[probes]]
name = "role"
limit = 2
[budget]
requests = 250
"""


def test_a_run_cut_by_its_budget_owes_the_answers_and_rounds_of_its_plan(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    assert main(["run", str(tmp_path / "study.toml"), "--into", str(tmp_path / "run"), "--no-cache"]) == 1
    with Reader.open(tmp_path / "run") as reader:
        experiment = recorded(reader)
        data = prepare(read_tables(reader), changed_after_data=False)
        found = analyse(reader)
    owed = due(experiment)
    rounds = sum(count for place, count in owed.items() if place.kind == "rounds")
    assert len(data.tables.rounds) == rounds
    later = sum(count for place, count in owed.items() if place.kind == "answers" and place.part == "4")
    assert (data.tables.answers["checkpoint"] == 4).sum() == later
    persona = [e for e in found if e.analysis == "missing" and condition(e) == "persona" and e.position == 4]
    assert any(e.reasons.get("not-asked") for e in persona)
    assert main(["report", str(tmp_path / "run")]) == 0
    assert "not-asked" in (tmp_path / "run" / "estimates.csv").read_text("utf-8")
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "failed and is left out" not in page
    assert "the run is not finished" in page
