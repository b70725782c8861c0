"""Tasks of Inspect as probes: asked after our rounds, scored by their own scorers, refused by name where that fails."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import longplay
from inspect_questions import STUDY, TASKS
from longplay.plugged import Found
from longplay.specs import LongplayError
from longplay.store import Reader
from longplay.tasks import LoadedTask, TaskError, asks_a_model, load, scored, task_name

pytest.importorskip("inspect_ai", reason="inspect-ai is not installed; pip install '.[inspect]'")


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tasks") / "questions.py"
    path.write_text(TASKS)
    return path


def loaded(tasks: Path, name: str, **args: object) -> LoadedTask:
    return load(Found("probes", f"inspect/questions.py@{name}", "questions.py", "1", "", name), str(tasks), args)


Replies = Sequence[str | None]


def score(task: LoadedTask, answer: str, replies: Replies = ()) -> tuple[float | None, list[str]]:
    """What the task's first scorer gives for its first sample, and what it asked on the way."""
    steps, asked, left = (
        scored(task, task.sampled()[0].id, next(iter(task.scorers)), answer),
        list[str](),
        list(replies),
    )
    try:
        question = next(steps)
        while True:
            asked.append(question.messages[-1][1])
            question = steps.send(left.pop(0))
    except StopIteration as ended:
        return ended.value.value, asked


def test_samples_are_asked_as_their_task_asks_them(tasks: Path) -> None:
    first, second = loaded(tasks, "sums", n=2).sampled()
    assert (first.id, first.text, first.target) == ("s1", "Be brief.\n\nWhat is 1 and 1?", "2")
    assert second.id == "s2"
    (one,) = loaded(tasks, "talk").sampled()
    assert (one.before, one.text) == ((("user", "Hello"), ("assistant", "Good day")), "Who?")
    (sky,) = loaded(tasks, "colours").sampled()
    assert "A) red\nB) blue" in sky.text


@pytest.mark.parametrize(
    ("name", "answer", "replies", "found"),
    [
        ("sums", "It is 2.", (), 1.0),
        ("sums", "It is 3.", (), 0.0),
        ("sums", "", (), 0.0),
        ("colours", "ANSWER: B", (), 1.0),
        ("colours", "ANSWER: A", (), 0.0),
        ("talk", "It is me.", (), 1.0),
        ("long", "x" * 50, (), 0.5),
        ("graded", "yes", ("GRADE: C",), 1.0),
        ("graded", "no", ("GRADE: I",), 0.0),
        ("graded", "no", ("I cannot say",), None),
        ("graded", "no", (None,), None),
    ],
)
def test_answers_are_scored_by_the_tasks_own_scorer(
    name: str, answer: str, replies: Replies, found: float | None, tasks: Path
) -> None:
    task = loaded(tasks, name)
    given, asked = score(task, answer, replies)
    assert given == found
    assert len(asked) == len(replies)
    assert asks_a_model(task, next(iter(task.scorers))) == bool(replies)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("two_turns", "asks the model more than once"),
        ("tools", "gives the model tools"),
        ("boxed", "needs a sandbox"),
        ("fetched", "wants to download its data"),
        ("bare", "has no scorer"),
        ("absent", "cannot be made"),
    ],
)
def test_tasks_that_cannot_be_asked_after_a_dialogue_are_refused_by_name(name: str, said: str, tasks: Path) -> None:
    with pytest.raises(TaskError, match=f"questions.py@{name}.*{said}"):
        loaded(tasks, name).sampled()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pays", "asks the model 'mockllm/model' by itself"),
        ("two_numbers", "several numbers at once"),
        ("faulty", "KeyError"),
    ],
)
def test_scorers_that_cannot_score_are_refused_by_name(name: str, said: str, tasks: Path) -> None:
    task = loaded(tasks, name)
    with pytest.raises(TaskError, match=said):
        asks_a_model(task, next(iter(task.scorers)))


@pytest.mark.parametrize(
    "name", ["inspect/", "inspect/a.py", "inspect/a.py@", "inspect/@t", "inspect/a b/c", "inspect/a/b/c"]
)
def test_names_that_are_none_say_how_to_write_one(name: str) -> None:
    with pytest.raises(TaskError, match=r"inspect/FILE\.py@TASK"):
        task_name(name)


@pytest.fixture
def study(tasks: Path, tmp_path: Path) -> Path:
    (tmp_path / "questions.py").write_bytes(tasks.read_bytes())
    path = tmp_path / "study.toml"
    probes = ('"inspect/questions.py@sums"\nargs = { n = 2 }', '"inspect/questions.py@graded"')
    path.write_text(STUDY + "".join(f"[[probes]]\nname = {probe}\n" for probe in probes))
    return path


def test_nothing_of_a_task_file_runs_before_it_is_allowed(study: Path, tmp_path: Path) -> None:
    (tmp_path / "questions.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(LongplayError, match=r"--allow-code questions\.py"):
        longplay.run(study, tmp_path / "run")
    assert not (tmp_path / "ran").exists()


def test_a_run_asks_scores_resumes_and_opens_without_the_task(study: Path, tmp_path: Path) -> None:
    longplay.run(study, tmp_path / "run", allow_code=["questions.py"])
    with Reader.open(tmp_path / "run") as reader:
        calls = sum(one.count for one in reader.replied())
    assert calls
    longplay.run(study, tmp_path / "run", allow_code=["questions.py"])
    with Reader.open(tmp_path / "run") as reader:
        assert sum(one.count for one in reader.replied()) == calls, "a finished run sends nothing again"

    (tmp_path / "questions.py").unlink()
    opened: Any = longplay.open(tmp_path / "run").estimates()
    rows: list[dict[str, object]] = opened.to_dict("records")
    found = {str(row["quantity"]): row for row in rows if row["analysis"] == "drift"}
    assert found["sums.match"]["scale_high"] == 1.0
    assert found["sums.match"]["judge"] != found["graded.model_graded_qa"]["judge"], "a grader is the study's judge"


def test_a_task_file_that_has_changed_is_other_code(study: Path, tmp_path: Path) -> None:
    longplay.run(study, tmp_path / "run", allow_code=["questions.py"])
    with (tmp_path / "questions.py").open("a") as file:
        file.write("# changed\n")
    with pytest.raises(LongplayError, match=r"questions\.py"):
        longplay.run(study, tmp_path / "run")
