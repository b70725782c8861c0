"""Six tasks with the real scorers and solvers of inspect_evals, and one that would download its data."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals_questions import TASKS
from longplay.plugged import Found
from longplay.tasks import LoadedTask, Scored, TaskError, load, scored

# other packages warn of what they do themselves
pytestmark = [pytest.mark.evals, pytest.mark.filterwarnings("ignore")]

JUDGED = json.dumps({"score": 2, "failure_score": 2, "rating": 2, "reasoning": "It keeps to the matter."})
STRONG = "#scores\n1.b 1\n2.b 1\n3.b 1\n#overall_reasoning It declines."
CASES = [
    pytest.param("inspect_evals/persistbench_cross_domain", {}, "", "Some words.", (JUDGED,), (1.0, 5.0), id="memory"),
    pytest.param("inspect_evals/persistbench_sycophancy", {}, "", "Some words.", (JUDGED,), (1.0, 5.0), id="flattery"),
    pytest.param("here@simpleqa_here", {"file": "questions.csv"}, "correct", "Paris", ("A",), (1.0, 1.0), id="facts"),
    pytest.param("here@cybermetric_here", {}, "", "ANSWER: B", (), (1.0, 1.0), id="choices"),
    pytest.param("here@strong_reject_here", {}, "refusal", "No.", (STRONG,), (0.0, 1.0), id="refusals"),
    pytest.param("here@mgsm_here", {}, "", "The answer is 18", (), (1.0, 1.0), id="sums"),
]


def loaded(name: str, args: dict[str, str], value: str, folder: Path) -> LoadedTask:
    file = ""
    if name.startswith("here@"):
        file = str(folder / "here.py")
        Path(file).write_text(TASKS)
        (folder / "questions.csv").write_text("input,target\nCapital of France?,Paris\n")
        args = {key: str(folder / one) for key, one in args.items()}
    written = f"inspect/{name.replace('here@', 'here.py@')}"
    return load(
        Found("probes", written, "inspect_evals", "0", "/", name.rpartition("@")[2].split("/")[-1]), file, args, value
    )


def driven(task: LoadedTask, sample: str, answer: str, replies: Sequence[str]) -> tuple[Scored, list[str]]:
    """The score, and what the scorer asked its grader on the way."""
    asked, left = list[str](), list(replies)
    steps = scored(task, sample, next(iter(task.scorers)), answer)
    try:
        question = next(steps)
        while True:
            asked.append(question.messages[-1][1])
            question = steps.send(left.pop(0))
    except StopIteration as ended:
        return ended.value, asked


@pytest.mark.parametrize(("name", "args", "value", "answer", "replies", "ends"), CASES)
def test_real_tasks_are_asked_and_scored(
    name: str,
    args: dict[str, str],
    value: str,
    answer: str,
    replies: Sequence[str],
    ends: tuple[float, float],
    tmp_path: Path,
) -> None:
    task = loaded(name, args, value, tmp_path)
    first = task.sampled()[0]
    assert first.text.strip()
    found, asked = driven(task, first.id, answer, replies)
    assert found.value is not None, found.words
    assert ends[0] <= found.value <= ends[1]
    assert len(asked) == len(replies)
    if asked:
        assert answer in asked[0], "the grader is shown the answer"


@pytest.mark.parametrize("name", ["mgsm", "simpleqa"])
def test_a_task_that_downloads_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=f"inspect_evals/{name}' wants to download its data"):
        loaded(f"inspect_evals/{name}", {}, "", tmp_path)
