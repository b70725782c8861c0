"""A study maps roles to models: several judges side by side, helpers and users, each asked at its own server."""

from collections import Counter
from pathlib import Path

import pytest

from longplay.cli import main
from longplay.pipeline import load, run_study, stand
from longplay.store import Reader
from tables import contents

STUDY = """
[[models]]
name = "sim/speaker"
[[judges]]
name = "sim/judge"
[[judges]]
name = "sim/judge-2"
[judges.judge]
accuracy = 0.5
[dialogues]
personas = ["silver", "marsh"]
baseline_draws = 1
rounds = 6
[conditioning]
repeats = 0
checkpoints = [0, 3, 6]
[[probes]]
name = "follow"
limit = 2
[[probes]]
name = "refusal"
limit = 2
"""
ONE_JUDGE = STUDY.replace('[[judges]]\nname = "sim/judge-2"\n[judges.judge]\naccuracy = 0.5\n', "")


def written(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(text)
    return folder / "study.toml"


def test_every_judged_metric_is_judged_by_each_judge_and_what_programs_score_once(tmp_path: Path) -> None:
    ready = load(written(tmp_path, STUDY))
    assert run_study(ready, tmp_path / "run").status == "complete"
    with Reader.open(tmp_path / "run") as reader:
        judged = Counter[tuple[str, str]]()
        for one in reader.scored():
            judged[one.of.judge, one.of.metric] += one.count
        standing = stand(reader, ready.experiment)
    metrics = {metric for judge, metric in judged if judge == "sim/judge"}
    assert {"style", "knowledge", "in-character", "refusal"} <= metrics
    assert all(judged["sim/judge", metric] == judged["sim/judge-2", metric] > 0 for metric in metrics)
    assert {judge for judge, metric in judged if metric.startswith("follow")} == {"verifier"}
    assert (standing.left, standing.lost, standing.others) == (0, 0, {})
    assert {who: part.due for who, part in standing.by("verdicts").items()} == {
        who: sum(count for (judge, _), count in judged.items() if judge == who)
        for who in ("sim/judge", "sim/judge-2", "verifier")
    }


def test_a_second_judge_joins_a_run_with_extend_and_only_its_own_verdicts_are_paid(tmp_path: Path) -> None:
    study, run = written(tmp_path, ONE_JUDGE), tmp_path / "run"
    assert main(["run", str(study), "--into", str(run)]) == 0
    before = contents(run)
    written(tmp_path, STUDY)
    assert main(["run", str(study), "--into", str(run)]) == 2
    assert main(["run", str(study), "--into", str(run), "--extend"]) == 0
    after = contents(run)
    assert after["rounds"] == before["rounds"]
    with Reader.open(run) as reader:
        spent = {place: one.requests for place, one in reader.spent().items()}
    assert spent["sim/judge-2", "judge"] == spent["sim/judge", "judge"]
    assert load(run / "study.toml").experiment.study == load(study).experiment.study


@pytest.mark.parametrize("width", [1, 3])
def test_both_judges_say_the_same_whatever_the_number_of_slots(tmp_path: Path, width: int) -> None:
    narrow = STUDY.replace('name = "sim/', f'concurrency = {width}\nname = "sim/')
    for name, text in (("wide", STUDY), ("narrow", narrow)):
        assert run_study(load(written(tmp_path / name, text)), tmp_path / name / "run").status == "complete"
    wide, found = contents(tmp_path / "wide/run"), contents(tmp_path / "narrow/run")
    for table in ("rounds", "answers", "round_verdicts", "answer_verdicts"):
        assert found[table] == wide[table], table
