"""The share of a study that is answered and judged twice: which, where, counted, judged, and what it tells."""

from collections import Counter
from pathlib import Path

import pytest

from longplay.analysis import analyse
from longplay.experiment import expected, plan
from longplay.experiment.noise_sample import is_sampled, repeated_checkpoints
from longplay.folder import Outcome
from longplay.judging import METRICS
from longplay.pipeline import Control, Ready, load_text, run_study
from longplay.records import Cell, DialogueKey, RoundRef
from longplay.store import Reader
from named import condition, metric

STUDY = """
seed = 7
[[models]]
name = "sim/speaker"
[judge]
name = "sim/judge"
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
scripts = ["persona-directed"]
rounds = 8
[conditioning]
checkpoints = [0, 2, 4, 6, 8]
draws_at_0 = 1
noise_share = SHARE
[[probes]]
name = "fidelity"
limit = 4
[[probes]]
name = "follow"
limit = 4
"""
KEY = DialogueKey("sim/speaker", "silver", "persona-directed")
POINTS = (0, 2, 4, 6, 8)


def study(share: float = 0.3, *changes: tuple[str, str]) -> Ready:
    text = STUDY.replace("SHARE", str(share))
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return load_text(text)


def go(ready: Ready, into: Path, *, extend: bool = False) -> Control:
    seen: list[Control] = []
    assert run_study(ready, into, watch=seen.append, extend=extend) == Outcome("complete")
    return seen[0]


def rows(run: Path, name: str) -> list[dict[str, object]]:
    with Reader.open(run) as reader:
        found = reader.table(name)
    return [dict(zip(found.columns, row, strict=True)) for row in found.rows]


def test_three_checkpoints_answer_the_sample_twice_and_all_others_once(tmp_path: Path) -> None:
    ready = study()
    go(ready, tmp_path)
    sizes = {persona: len(ready.experiment.sample(persona)) for persona in (None, "silver", "marsh")}
    assert 0 < sum(sizes.values()) < 3 * 8
    answers = rows(tmp_path, "answers")
    seconds = Counter(row["checkpoint"] for row in answers if row["answer_draw"] == 1)
    assert seconds == dict.fromkeys((0, 4, 8), sum(sizes.values()))
    assert len(answers) - seconds.total() == 3 * 8 * 5


def test_the_judge_sees_the_samples_first_answers_and_three_rounds_twice(tmp_path: Path) -> None:
    ready = study()
    go(ready, tmp_path)
    answers = {row["id"]: row for row in rows(tmp_path, "answers")}
    again = [answers[row["subject"]] for row in rows(tmp_path, "answer_verdicts") if row["repeat"] == 1]
    assert again
    assert {row["checkpoint"] for row in again} == {0, 4, 8}
    assert {row["answer_draw"] for row in again} == {0}
    rounds = {row["id"]: row["round"] for row in rows(tmp_path, "rounds")}
    judged = [rounds[row["subject"]] for row in rows(tmp_path, "round_verdicts") if row["repeat"] == 1]
    # three dialogues by three metrics, the baseline's as each of the two personas
    assert Counter(judged) == dict.fromkeys((1, 4, 8), 3 * (1 + 1 + 2))
    with Reader.open(tmp_path) as reader:
        for probe, item in ready.experiment.sample("silver"):
            found = reader.verdicts(Cell(KEY, 4, "silver", "plain", probe, item))
            assert {(one.verdict.metric, one.verdict.repeat) for one in found} == {
                (name, repeat)
                for name in ready.experiment.scored_by[probe]
                for repeat in (range(1) if METRICS[name].verified else range(2))
            }


def test_what_is_owed_is_counted_planned_and_made(tmp_path: Path) -> None:
    for share, more in ((0, ""), (0.3, ""), (1, ""), (0.3, "draws = 2\n")):
        ready = study(share, ("draws_at_0 = 1\n", f"draws_at_0 = 1\n{more}"))
        run = tmp_path / f"{share}{len(more)}"
        control = go(ready, run)
        assert control.progress.done == control.progress.expected == expected(ready.experiment)
        planned = {(line.model, line.kind): line.calls for line in plan(ready.experiment).lines}
        assert planned["sim/speaker", "answers"] == control.progress.done["answers"] == len(rows(run, "answers"))
        assert plan(ready.experiment).verdicts == control.progress.done["verdicts"]


def test_nothing_is_repeated_where_everything_is(tmp_path: Path) -> None:
    ready = study(1, ("draws_at_0 = 1\n", "draws = 2\n"), ("[conditioning]", "[judging]\nrepeats = 2\n[conditioning]"))
    go(ready, tmp_path)
    assert {row["answer_draw"] for row in rows(tmp_path, "answers")} == {0, 1}
    assert Counter(row["checkpoint"] for row in rows(tmp_path, "answers")) == dict.fromkeys(POINTS, 2 * 3 * 8)
    assert not ready.experiment.judged_twice(RoundRef(KEY, 4))


def test_a_larger_study_has_the_sample_of_the_smaller_and_ends_as_if_it_had_been_so_from_the_start(
    tmp_path: Path,
) -> None:
    small, large = study(), study(0.3, ("limit = 4", "limit = 7"), ('"marsh"]', '"marsh", "wren"]'))
    for persona in (None, "silver", "marsh"):
        assert set(small.experiment.sample(persona)) <= set(large.experiment.sample(persona))
    go(small, tmp_path / "grown")
    go(large, tmp_path / "grown", extend=True)
    go(large, tmp_path / "fresh")
    assert _places(tmp_path / "grown") == _places(tmp_path / "fresh")


def _places(run: Path) -> Counter[tuple[object, ...]]:
    with Reader.open(run) as reader:
        names = reader.names()
    return Counter(
        (
            *(names[int(str(row[name]))] for name in ("model", "persona", "probe", "item")),
            *(row[name] for name in ("checkpoint", "answer_draw", "reason")),
        )
        for row in rows(run, "answers")
    )


@pytest.mark.parametrize("change", [("[0, 2, 4, 6, 8]", "[0, 4, 8]"), ("SHARE", "0.05"), ("limit = 4", "limit = 2")])
def test_a_study_made_smaller_keeps_what_it_has_and_ends(tmp_path: Path, change: tuple[str, str]) -> None:
    go(study(), tmp_path)
    before = len(rows(tmp_path, "answer_verdicts"))
    smaller = load_text(STUDY.replace(*change).replace("SHARE", "0.3"))
    control = go(smaller, tmp_path, extend=True)
    assert control.progress.done == control.progress.expected
    assert len(rows(tmp_path, "answer_verdicts")) == before


def test_a_study_with_another_middle_repeats_there_and_ends(tmp_path: Path) -> None:
    go(study(), tmp_path)
    ready = study(0.3, ("[0, 2, 4, 6, 8]", "[0, 2, 8]"))
    control = go(ready, tmp_path, extend=True)
    assert control.progress.done == control.progress.expected
    assert {row["checkpoint"] for row in rows(tmp_path, "answers") if row["answer_draw"] == 1} == {0, 2, 4, 8}


def test_a_share_is_about_a_share_and_other_items_for_other_personas() -> None:
    sampled = {
        persona: {item for item in range(2000) if is_sampled(0.1, persona, "follow", f"follow-{item:03}")}
        for persona in (None, "silver", "marsh")
    }
    for some in sampled.values():
        assert 150 < len(some) < 250
    assert len(sampled["silver"] & sampled["marsh"]) < 50


def test_the_first_middle_and_last_checkpoint() -> None:
    assert repeated_checkpoints(study().experiment.study) == (0, 4, 8)


def test_answering_and_judging_again_have_their_noise_at_the_first_middle_and_last_checkpoint(tmp_path: Path) -> None:
    ready = study(0.5, ('"sim/judge"', '"sim/judge"\njudge = { accuracy = 0.6 }'))
    go(ready, tmp_path)
    with Reader.open(tmp_path) as reader:
        found = [one for one in analyse(reader) if one.analysis == "noise-components"]
    at = {
        kind: {one.position for one in found if condition(one) == f"persona, {kind}" and one.source == "fidelity"}
        for kind in ("judged again", "answered again")
    }
    # texts before the dialogue are judged again among the last, which shows the judge's change and not its noise
    assert at == {"judged again": {4, 8, None}, "answered again": {0, 4, 8, None}}
    of_rounds = [one for one in found if condition(one) == "persona, judged again" and one.source == "rounds"]
    assert {metric(one) for one in of_rounds} >= {"knowledge", "style", "in-character"}
    assert all(one.low is not None and one.high is not None and one.low <= (one.value or 0) for one in found)
